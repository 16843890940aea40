"""Pure networks, one architecture per file: tensors in, tensors out; no files, no devices, no photographs.

This is the only room, with ``statue_models.flow_method``, that imports torch.
"""
