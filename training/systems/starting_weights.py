"""The files that a network begins with: one, or several, whose mean it takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from statue_models.networks.loading import load_into
from training.toml_tables import bad_recipe, converted_field


def files_field() -> Any:
    """The key ``weights``: one file or a list of them; none = the network begins anew."""
    return converted_field(tuple, _files)


def _files(value: object) -> tuple[Path, ...]:
    files = [value] if isinstance(value, str) else value
    if not isinstance(files, list) or not all(isinstance(one, str) and one for one in files):
        raise bad_recipe(f"weights = {value!r} is neither a file nor a list of files")
    return tuple(map(Path, files))


def begin_with(network: nn.Module, files: Sequence[Path]) -> None:
    """Give a network the mean of the files' weights.

    Of runs that went on from the same weights the mean is often better than each of them: their noise cancels, and what
    they have in common stays (Wortsman et al., "Model soups", 2022).

    Args:
        files: of networks of one form; none = nothing is done.

    Raises:
        StatueError: as ``load_weights`` does.
    """
    total: dict[str, Any] = {}
    for file in files:
        load_into(network, file, None)
        for name, tensor in network.state_dict().items():
            total[name] = total.get(name, 0) + tensor.double() / len(files)
    if total:
        network.load_state_dict({name: total[name].to(tensor.dtype) for name, tensor in network.state_dict().items()})
