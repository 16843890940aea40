"""From what ``--models`` and ``--baselines`` name to what can be scored.

A name is a method of the registry or a baseline; ``NAME@FILE`` is a network of the registry with the weights of a file;
``SCHEME:ARGUMENT`` is whatever the scheme's opener makes of the argument. A new kind of system (a trainer's checkpoint
folder, say) is one row in ``SCHEMES``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from statue_models.errors import StatueError
from statue_models.methods import registry
from training.evaluation.contenders import baselines, resynthesizer
from training.evaluation.contenders.baselines import Restoring, of_module, of_registry

#: What stands beside every model, the slower programs last.
BASELINES = ("mean", "telea", "ns", "biharmonic", "mirror", "gmic", "resynthesizer")


@dataclass(frozen=True)
class Setting:
    """How methods are made and asked: device, quality, sampling steps of those that have them (None = their own)."""

    device: str = "cpu"
    steps: int | None = None
    quality: str = "full"


@dataclass(frozen=True, eq=False)
class Contender:
    """What is scored.

    Attributes:
        name: as in the tables.
        restore: restores.
        about: what exactly it is, where the name does not say; else "".
        command: the model's name for ``statue restore``, where it is one; else None.
    """

    name: str
    restore: Restoring
    about: str = ""
    command: str | None = None


#: (what stands behind the colon, setting) -> what restores. Raises StatueError.
Opener = Callable[[str, Setting], Restoring]


def _network_of_file(name: str, argument: str, setting: Setting) -> Restoring:
    """A network of the registry with the weights of a file, or of the folder of a training run."""
    path = Path(argument)
    if path.is_dir():  # the trainer calls the file as the network is called
        path = path / f"{name.replace('-', '_')}.safetensors"
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    return of_registry(name, setting.device, setting.quality, setting.steps, path)


def _best_network() -> str:
    """The name of the network that the program prefers."""
    return next(one.name for one in registry.descriptors() if one.kind == "network")


SCHEMES: dict[str, Opener] = {
    "path": lambda argument, setting: _network_of_file(_best_network(), argument, setting),
    "module": lambda argument, setting: of_module(argument),
}

_PLAIN: Mapping[str, Callable[[], Restoring]] = {
    "mean": lambda: baselines.mean_colour,
    "untouched": lambda: baselines.keep_damaged,
    "gmic": baselines.open_gmic,
    "resynthesizer": resynthesizer.open_resynthesizer,
}


def contender(name: str, setting: Setting) -> Contender:
    """What a name stands for.

    Raises:
        StatueError: ``unknown-model``, ``untrained-model``; ``missing-package`` for a program that is not installed;
            ``usage``; or one of the weights'.
    """
    if name in _PLAIN:
        restore = _PLAIN[name]()
        return Contender(name, restore, getattr(restore, "about", ""))
    scheme, colon, argument = name.partition(":")
    if colon and scheme in SCHEMES:
        return Contender(_short(argument), SCHEMES[scheme](argument, setting), name)
    model, at, file = name.partition("@")
    if at:
        if registry.descriptor(model).kind != "network":
            networks = ", ".join(one.name for one in registry.descriptors() if one.kind == "network")
            raise StatueError("usage", reason=f"{model} takes no weights file; these do: {networks}")
        return Contender(f"{model}@{_short(file)}", _network_of_file(model, file, setting), name)
    return Contender(name, of_registry(name, setting.device, setting.quality, setting.steps), command=name)


def _short(path: str) -> str:
    """The last part of a path, for a table."""
    return Path(path).stem or path


def contenders(
    names: Sequence[str],
    setting: Setting,
    optional: Sequence[str],
    make: Callable[[str, Setting], Contender] = contender,
) -> tuple[list[Contender], list[str]]:
    """All that are named.

    Args:
        names: as ``contender`` takes them; each must be there.
        setting: for all.
        optional: baselines that may be missing on this machine.
        make: what makes one of a name.

    Returns:
        contenders: ``optional`` before ``names``, each once; not_measured: sentences for what is missing.

    Raises:
        StatueError: as ``contender`` does, for ``names``; ``usage`` if two would go by the same name.
    """
    found: list[Contender] = []
    missing: list[str] = []
    for name in dict.fromkeys([*optional, *names]):
        try:
            found.append(make(name, setting))
        except StatueError as error:
            if error.code != "missing-package" or name in names:
                raise
            missing.append(f"{name}. {error.sentence} {error.remedy}")
    if len({one.name for one in found}) < len(found):
        raise StatueError("usage", reason="two of the models have the same name in the table; rename their files")
    return found, missing
