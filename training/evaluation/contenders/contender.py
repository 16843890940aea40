"""From what ``--models`` and ``--baselines`` name to what can be scored.

A name is a method of the registry or a baseline; ``NAME@FILE`` is a network of the registry with the weights of a file;
``SCHEME:ARGUMENT`` is whatever the scheme's opener makes of the argument. A new kind of system (a trainer's checkpoint
folder, say) is one row in ``SCHEMES``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.methods.method import Method
from training.evaluation.contenders import baselines, resynthesizer
from training.evaluation.contenders.baselines import MethodRestoring, Restoring, of_module, of_registry

#: What stands beside every model, the slower programs last.
BASELINES = ("mean", "telea", "ns", "biharmonic", "mirror", "gmic", "resynthesizer")


@dataclass(frozen=True)
class Setting:
    """How methods are made: device and sampling steps of networks (None = their own)."""

    device: str = "cpu"
    steps: int | None = None


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


def _statueflow_of_file(path: Path, setting: Setting) -> Method:
    from statue_models.methods.statueflow import FlowMethod

    return FlowMethod.from_file(path, None, device=setting.device, steps=setting.steps)


#: Networks of the registry that take other weights -> the method with those of a file. A training run calls its file
#: NAME.safetensors.
NETWORKS: Mapping[str, Callable[[Path, Setting], Method]] = {"statueflow": _statueflow_of_file}


def _network_of_file(name: str, path: Path, setting: Setting) -> Restoring:
    """A network with the weights of a file, or of the folder of a training run."""
    file = path / f"{name}.safetensors" if path.is_dir() else path
    if not file.is_file():
        raise StatueError("missing-file", path=file)
    return MethodRestoring(NETWORKS[name](file, setting), needs_face=True, has_hypotheses=True)


def _network_of_run(argument: str, setting: Setting) -> Restoring:
    """The network that the folder of a training run holds."""
    first, *others = NETWORKS
    name = next((name for name in others if (Path(argument) / f"{name}.safetensors").is_file()), first)
    return _network_of_file(name, Path(argument), setting)


def _lafin_of_file(argument: str, setting: Setting) -> Restoring:
    """LaFIn's generator, as a training run's folder or its safetensors file."""
    from training.evaluation.contenders.lafin import LafinMethod

    method = LafinMethod.from_file(Path(argument), setting.device)
    return MethodRestoring(method, needs_face=True, has_hypotheses=False)


SCHEMES: dict[str, Opener] = {
    "lafin": _lafin_of_file,
    "path": _network_of_run,
    "module": lambda argument, setting: of_module(argument),
}

_PLAIN: Mapping[str, Callable[[], Restoring]] = {
    "mean": lambda: baselines.mean_colour,
    "untouched": lambda: baselines.untouched,
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
        network = models_file.entry(model).name
        if network not in NETWORKS:
            raise StatueError("usage", reason=f"{model} takes no weights file; {', '.join(NETWORKS)} can")
        return Contender(f"{model}@{_short(file)}", _network_of_file(network, Path(file), setting), name)
    return Contender(name, of_registry(name, setting.device, setting.steps), command=name)


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
