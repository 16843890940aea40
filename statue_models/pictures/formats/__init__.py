"""Picture files: one format per module, its reader and its encoder, which lose nothing that the format can hold."""
