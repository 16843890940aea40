"""Packed assets: ``.npz`` files whose bytes depend on their arrays alone.

Here are also the comparison with one that is there, and what the converters' command lines have in common.
"""

import argparse
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.whole_file import check_writable, whole_file

Arrays = dict[str, NDArray]
#: (made, packed), both of one shape -> their greatest difference.
Difference = Callable[[NDArray, NDArray], float]


def write_npz(path: Path, arrays: Mapping[str, NDArray]) -> int:
    """Write a compressed ``.npz`` whose bytes depend on the arrays alone (fixed time stamps); returns its size.

    The file appears whole or not at all; one that is there is replaced.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    with whole_file(path, force=True) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = BytesIO()
            # Not ascontiguousarray alone: it makes a 0-dimensional array 1-dimensional.
            np.lib.format.write_array(buffer, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
            entry = zipfile.ZipInfo(name + ".npy", (2020, 1, 1, 0, 0, 0))
            archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return path.stat().st_size


def read_npz(path: Path) -> Arrays:
    """All arrays of a packed file.

    Raises:
        StatueError: ``missing-file``, or ``bad-training-data`` for anything but an ``.npz`` of plain arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (AttributeError, ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None


def greatest_difference(made: NDArray, packed: NDArray) -> float:
    """Of two arrays of one shape; 1 where texts differ."""
    if made.dtype.kind not in "biuf":
        return float((made != packed).any())
    if not made.size:
        return 0.0
    difference = np.abs(made.astype(np.float64) - packed.astype(np.float64))
    return float("inf") if np.isnan(difference).any() else float(difference.max())


def relative_difference(floor: float) -> Difference:
    """Greatest |made - packed| / (|packed| + floor)."""

    def of(made: NDArray, packed: NDArray) -> float:
        unit = np.abs(packed.astype(np.float64)) + floor
        return greatest_difference(made.astype(np.float64) / unit, packed.astype(np.float64) / unit)

    return of


def compare(
    made: Mapping[str, NDArray],
    packed: Mapping[str, NDArray],
    tolerance: Callable[[str], float],
    difference: Difference = greatest_difference,
) -> tuple[list[str], list[str]]:
    """A line for each array of either, and the names of those that do not agree.

    Args:
        made: what a converter made; packed: what it should have made. Names, shapes, dtypes and values count.
        tolerance: name -> the greatest difference that is allowed; infinity for what is only to be shown.
        difference: measures it.
    """
    lines, bad = [], []
    for name in [*packed, *(name for name in made if name not in packed)]:
        if name not in made or name not in packed:
            verdict, agrees = "only in the packed file" if name in packed else "not in the packed file", False
        elif _form(made[name]) != _form(packed[name]) and np.isfinite(tolerance(name)):
            verdict, agrees = f"is {_form(made[name])}, packed {_form(packed[name])}", False
        else:
            same_form = made[name].shape == packed[name].shape
            greatest = difference(made[name], packed[name]) if same_form else float("inf")
            agrees = greatest <= tolerance(name)
            verdict = f"greatest difference {greatest:.3g}, allowed {tolerance(name):.3g}"
        lines.append(f"{name:40s} {verdict}{'' if agrees else '  <- DIFFERS'}")
        if not agrees:
            bad.append(name)
    return lines, bad


def _form(array: NDArray) -> tuple[str, tuple[int, ...]]:
    # The length of a text array's longest entry is no property of its content.
    return "text" if array.dtype.kind == "U" else str(array.dtype), array.shape


def add_converter_arguments(parser: argparse.ArgumentParser, source: str, help_source: str) -> None:
    """The arguments that every converter takes: what it reads, ``-o``, ``--check``."""
    parser.add_argument("source", type=Path, metavar=source, help=help_source)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .npz to write")
    parser.add_argument("--check", type=Path, metavar="PACKED", help="compare with this file, fail if it differs")
    parser.add_argument("--force", action="store_true", help="overwrite the output if it is there")


def convert(
    options: argparse.Namespace,
    make: Callable[[], Arrays],
    tolerance: Callable[[str], float],
    difference: Difference = greatest_difference,
) -> None:
    """Make, write, compare, as the options say.

    Raises:
        StatueError: what ``make`` raises, ``output-exists``, ``output-unwritable``, ``disk-full``;
            ``bad-training-data`` when the result differs from the packed file (it is written all the same).
    """
    check_writable(options.output, options.force)
    packed = read_npz(options.check) if options.check else None
    arrays = make()
    size = write_npz(options.output, arrays)
    print(f"wrote {options.output}: {len(arrays)} arrays, {size / 1e6:.2f} MB")
    if packed is None:
        return
    lines, bad = compare(arrays, packed, tolerance, difference)
    print("\n".join(lines))
    if bad:
        reason = f"{options.output} differs from it in {', '.join(bad[:5])}{' and more' if len(bad) > 5 else ''}"
        raise StatueError("bad-training-data", path=options.check, reason=reason)
    print(f"agrees with {options.check}")
