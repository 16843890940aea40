"""Pure networks, one architecture per file: tensors in, tensors out; no files, no devices, no photographs.

``loading`` brings their weights from files, and them onto a device. Beside this room only what runs a network imports
torch: its method, its landmark predictor, and ``Restorer``, to ask what the machine has.
"""
