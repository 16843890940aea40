"""Pure networks, one architecture per file: tensors in, tensors out; no files, no devices, no photographs.

Beside them only the methods that run them (``flow_method``, ``landmark_network``) import torch, and ``Restorer``, to
ask what the machine has.
"""
