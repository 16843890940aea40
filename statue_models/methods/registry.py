"""What can restore: name -> entry, and name -> method, ready to use.

The entries are data (``models.json``); a method's own imports happen when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from statue_models.errors import StatueError, require_package
from statue_models.models_file import entry

if TYPE_CHECKING:
    from statue_models.methods.method import Method


#: Methods that are made without arguments: name -> (module, class).
PLAIN = {
    "statuefit": ("statue_models.methods.statuefit.statuefit", "StatueFit"),
    "mirror": ("statue_models.methods.classical", "Mirror"),
    "biharmonic": ("statue_models.methods.classical", "Biharmonic"),
    "telea": ("statue_models.methods.classical", "Telea"),
    "ns": ("statue_models.methods.classical", "NavierStokes"),
}


def method(name: str, device: str = "auto", precision: str = "fp32", steps: int | None = None) -> "Method":
    """The method of that name.

    Args:
        name: as for ``entry``.
        device: "auto", "cpu" or "cuda"; networks only.
        precision: "fp32" or "bf16"; networks only.
        steps: sampling steps; None = the model's own; networks only.

    Raises:
        StatueError: ``unknown-model``, ``untrained-model``, ``missing-package``, ``no-cuda``, or one of the weights'.
    """
    row = entry(name)
    if not row.trained:
        raise StatueError("untrained-model", name=row.name, how=row.how)
    if row.name in PLAIN:
        module, class_name = PLAIN[row.name]
        return getattr(import_module(module), class_name)()
    path = row.weights_path
    assert path is not None, f"the network {row.name} is marked as trained but names no weights"
    how = "Install it with 'pip install restore-statue-face[torch]', or choose the model statuefit."
    with require_package("torch", how):
        from statue_models.methods.statueflow import FlowMethod
    return FlowMethod.from_file(path, row.sha256, device=device, precision=precision, steps=steps)
