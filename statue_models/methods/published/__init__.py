"""The published systems that can be chosen by name: one file each, with its descriptor.

Their networks are those of ``statue_models.networks.published``, in the shape that their weights file names; what they
have in common as methods is ``statue_models.methods.completion``.
"""

import pkgutil
from importlib import import_module

from statue_models.methods.descriptor import MethodDescriptor

DESCRIPTORS: tuple[MethodDescriptor, ...] = tuple(
    import_module(f"{__name__}.{module.name}").DESCRIPTOR
    for module in pkgutil.iter_modules(__path__)
    if module.name != "describe"
)
