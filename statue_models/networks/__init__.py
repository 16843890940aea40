"""Pure ``nn.Module``s, one architecture per file: no files, no devices, no photographs."""
