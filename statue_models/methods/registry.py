"""What can restore: every descriptor that a folder of this room exports, and the methods that are loaded."""

import pkgutil
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import statue_models.methods as room
from statue_models.errors import StatueError
from statue_models.methods.descriptor import MethodDescriptor, MethodOptions
from statue_models.models_file import preferred

if TYPE_CHECKING:
    from statue_models.methods.method import Answer, Crop, Method
    from statue_models.request import Hypothesis, Progress

#: Methods that a ``LoadedMethods`` keeps: the chosen one, the one for what no frame shows, and the ones before. Chosen.
MOST_LOADED = 4
_KINDS = ("network", "fit", "classical")


@cache
def _all() -> tuple[MethodDescriptor, ...]:
    """In the order of the folders; importing them loads neither weights nor PyTorch nor OpenCV."""
    folders = [module.name for module in pkgutil.iter_modules(room.__path__) if module.ispkg]
    return tuple(one for folder in folders for one in import_module(f"{room.__name__}.{folder}").DESCRIPTORS)


def descriptors() -> tuple[MethodDescriptor, ...]:
    """All methods, the default first, then networks, fits and classical ones, and published systems behind our own."""
    default = descriptor("default")
    return tuple(sorted(_all(), key=lambda one: (one is not default, *_rank(one))))


def descriptor(name: str) -> MethodDescriptor:
    """The descriptor of a method; "default" names the best that can run here.

    Raises:
        StatueError: ``unknown-model``.
    """
    known = {one.name: one for one in _all()}
    if name == "default":
        name = next(one for one in preferred() if known[one].runs_here)
    if name not in known:
        raise StatueError("unknown-model", name=name)
    return known[name]


def trained_names_and_titles() -> list[tuple[str, str]]:
    """Of all methods that this version can run, ours first, networks first: the same on every machine."""
    ordered = sorted(_all(), key=_rank)
    return [(one.name, one.title) for one in ordered if one.trained]


def _rank(one: MethodDescriptor) -> tuple[bool, int]:
    return one.published, _KINDS.index(one.kind)


@dataclass(frozen=True, eq=False)
class ReadyMethod:
    """A loaded method with what it is asked for.

    Attributes:
        descriptor: what its folder says of it.
        method: what restores.
        options: of the type that the descriptor names.
    """

    descriptor: MethodDescriptor
    method: "Method"
    options: MethodOptions

    def restore(self, crop: "Crop", hypotheses: "Sequence[Hypothesis]", progress: "Progress") -> "Answer":
        """See ``Method.restore``."""
        return self.method.restore(crop, hypotheses, self.options, progress)


class LoadedMethods:
    """Methods by (name, device, precision), loaded once; those that were used last are kept.

    Args:
        most: how many.
    """

    def __init__(self, most: int = MOST_LOADED) -> None:
        self._most = most
        self._loaded: OrderedDict[tuple[str, str, str], Method] = OrderedDict()

    def ready(
        self,
        chosen: MethodDescriptor,
        device: str = "auto",
        precision: str = "fp32",
        options: MethodOptions | None = None,
    ) -> ReadyMethod:
        """The method with its options; None = those of a request that says nothing.

        Raises:
            StatueError: as ``MethodDescriptor.open`` does.
        """
        return ReadyMethod(chosen, self.get(chosen, device, precision), options or chosen.options())

    def get(self, chosen: MethodDescriptor, device: str = "auto", precision: str = "fp32") -> "Method":
        """The method, loaded where it is not yet.

        Raises:
            StatueError: as ``MethodDescriptor.open`` does.
        """
        # Only networks heed device and precision.
        key = (chosen.name, device, precision) if chosen.kind == "network" else (chosen.name, "", "")
        if key not in self._loaded:
            self._loaded[key] = chosen.open(device, precision)
        self._loaded.move_to_end(key)
        while len(self._loaded) > self._most:
            self._loaded.popitem(last=False)
        return self._loaded[key]
