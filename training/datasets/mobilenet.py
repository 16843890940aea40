"""Pack Keras' MobileNetV2 0.35 (ImageNet, without its classifier) from its HDF5 weights file.

    python -m training data mobilenet WEIGHTS.h5 -o mobilenet_v2_035_imagenet_notop.npz [--check PACKED]

Keras assigns such a file's weights by their order, not by their names (older files name the layers otherwise), so this
does the same: the file's layers with weights, in the order of its attribute ``layer_names``, are the network's, in the
order of ``layers``; every shape is checked. Written are 260 float32 arrays, ``LAYER.WEIGHT``, kernels as Keras keeps
them (height, width, in, out; depthwise: height, width, channels, 1): first what training changes, then the moving means
and variances.

Reading HDF5 needs h5py, which is not among the project's packages: ``pip install h5py``.
"""

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.datasets.packing import Arrays, add_converter_arguments, convert

#: Output channels and number of the blocks of each stage (Sandler et al. 2018, table 2) times 0.35, to multiples of 8.
STAGES = ((8, 1), (8, 2), (16, 3), (24, 4), (32, 3), (56, 3), (112, 1))
#: Channels of the first and the last layer, and of blocks over their input (Sandler et al. 2018, table 2).
STEM, HEAD, EXPANSION = 16, 1280, 6
NORM = ("gamma", "beta", "moving_mean", "moving_variance")
MOVING = ("moving_mean", "moving_variance")
#: The same numbers, only packed otherwise: nothing may differ.
TOLERANCE = 0.0

Weights = list[NDArray[np.float32]]


def layers() -> list[tuple[str, tuple[str, ...], tuple[tuple[int, ...], ...]]]:
    """(name, weight names, their shapes) of the network's layers that have weights, from input to output."""
    found: list[tuple[str, tuple[str, ...], tuple[tuple[int, ...], ...]]] = []

    def convolution(name: str, norm: str, shape: tuple[int, ...], kernel: str = "kernel") -> None:
        width = shape[2] if kernel == "depthwise_kernel" else shape[3]
        found.append((name, (kernel,), (shape,)))
        found.append((norm, NORM, ((width,),) * len(NORM)))

    convolution("Conv1", "bn_Conv1", (3, 3, 3, STEM))
    before = STEM
    widths = [width for width, count in STAGES for _ in range(count)]
    for index, width in enumerate(widths):
        name = f"block_{index}" if index else "expanded_conv"
        middle = before * EXPANSION if index else before
        if index:
            convolution(f"{name}_expand", f"{name}_expand_BN", (1, 1, before, middle))
        convolution(f"{name}_depthwise", f"{name}_depthwise_BN", (3, 3, middle, 1), "depthwise_kernel")
        convolution(f"{name}_project", f"{name}_project_BN", (1, 1, middle, width))
        before = width
    convolution("Conv_1", "Conv_1_bn", (1, 1, before, HEAD))
    return found


def read_layers(path: Path) -> list[tuple[str, Weights]]:
    """(name, weights) of a Keras HDF5 file's layers that have weights, in its order.

    Raises:
        ModuleNotFoundError: without h5py.
        StatueError: ``missing-file``; ``bad-training-data`` for another kind of file.
    """
    h5py = importlib.import_module("h5py")
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    try:
        with h5py.File(path, "r") as file:
            # A whole model, as opposed to weights alone, keeps them in a group.
            group = file.get("model_weights", file)
            return [(name, weights) for name in _texts(group, "layer_names") if (weights := _weights(group[name]))]
    except (OSError, KeyError, TypeError, ValueError) as error:
        reason = f"it is not a weights file of Keras' HDF5 form ({error})"
        raise StatueError("bad-training-data", path=path, reason=reason) from None


def _weights(group: Any) -> Weights:
    return [np.asarray(group[name], np.float32) for name in _texts(group, "weight_names")]


def _texts(group: Any, attribute: str) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs[attribute]]


def pack(path: Path, found: Sequence[tuple[str, Weights]]) -> Arrays:
    """The arrays of the packed file from the layers of the file ``path``.

    Raises:
        StatueError: ``bad-training-data`` when they are not this network's.
    """
    expected = layers()
    if len(found) != len(expected):
        reason = f"it has {len(found)} layers with weights, MobileNetV2 without its classifier {len(expected)}"
        raise StatueError("bad-training-data", path=path, reason=reason)
    arrays: Arrays = {}
    for (name, weight_names, shapes), (its_name, weights) in zip(expected, found, strict=True):
        if tuple(w.shape for w in weights) != shapes:
            reason = f"its layer {its_name} does not have the shapes of {name} in MobileNetV2 0.35"
            raise StatueError("bad-training-data", path=path, reason=reason)
        if not all(np.isfinite(w).all() for w in weights):
            raise StatueError("bad-training-data", path=path, reason=f"weights of its layer {its_name} are not finite")
        arrays |= {f"{name}.{part}": w for part, w in zip(weight_names, weights, strict=True)}
    learnt = {name: array for name, array in arrays.items() if not name.endswith(MOVING)}
    return learnt | {name: array for name, array in arrays.items() if name.endswith(MOVING)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_converter_arguments(parser, "WEIGHTS.h5", "Keras' HDF5 file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Convert, write, compare.

    Raises:
        StatueError: as ``convert``, ``read_layers`` and ``pack`` do.
    """
    convert(options, lambda: pack(options.source, read_layers(options.source)), lambda name: TOLERANCE)
