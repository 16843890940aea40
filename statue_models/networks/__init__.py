"""Pure networks, one architecture per file: tensors in, tensors out; no files, no devices, no photographs.

``loading`` brings their weights from files, and them onto a device. Beside this room torch is imported by what runs a
network (its method, its landmark predictor), by ``Restorer``, to ask what the machine has, and by ``threads``.
"""
