"""Making a run's network the program's own: its weights, their checksum and how good they are, in ``models.json``."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.networks.landmarknet import LandmarkNet
from statue_models.networks.loading import load_into
from statue_models.networks.statueflow import StatueFlow
from statue_models.whole_file import whole_file
from training.engine import checkpoints
from training.engine.run_log import METRICS
from training.models_file import with_row


@dataclass(frozen=True)
class Product:
    """What of a system ships.

    Attributes:
        network: name in the system, of the weights file, and of its row.
        table: the list in ``models.json`` that holds its row.
        make: the network as the program builds it.
        better: whether a judgement's metrics are good enough to ship, and in words than what.
        finish: sets what of the network the judgement measured.
    """

    network: str
    table: str
    make: Callable[[], nn.Module]
    better: Callable[[Mapping[str, float]], bool]
    than: str
    finish: Callable[[nn.Module, Mapping[str, float]], None] = lambda network, metrics: None


def _surer_than_facemesh(metrics: Mapping[str, float]) -> bool:
    names = [name.removesuffix("/facemesh") for name in metrics if name.startswith("bad/") and "/facemesh" in name]
    halves = [name for name in names if name.endswith("/half")]
    halves = [name for name in halves if "photographs" in name] or halves
    return bool(halves) and all(metrics[name] <= metrics[f"{name}/facemesh"] for name in halves)


def _calibrate(network: nn.Module, metrics: Mapping[str, float]) -> None:
    """What ``landmarknet``'s ellipses are multiplied by, on visible and on missing pixels."""
    calibration = network.get_buffer("calibration")
    for place, label in enumerate(("visible", "missing")):
        calibration[place] = metrics[f"calibration/{label}"]


#: System -> what of it ships; others are for comparison.
PRODUCTS = {
    "landmarknet": Product(
        "landmarknet", "predictors", LandmarkNet, _surer_than_facemesh, "FaceMesh on half faces", _calibrate,
    ),
    "statueflow": Product(
        "statueflow", "methods", StatueFlow,
        lambda metrics: metrics["psnr/1 steps"] > max(metrics["psnr/telea"], metrics["psnr/fill"]),
        "fast marching and the fitted head",
    ),
}  # fmt: skip


def publish(run: Path, weights: Path = models_file.WEIGHTS, models: Path = models_file.MODELS) -> Path:
    """Copy a run's network beside the program and name it in ``models.json``.

    Args:
        run: folder of a run. weights, models: the program's folder of weights, and its ``models.json``.

    Returns:
        Where the weights now lie.

    Raises:
        StatueError: ``missing-file`` for what is no run; ``untrained-model`` if it is not good enough; as
            ``load_weights`` does for a network of another shape; ``output-unwritable`` or ``disk-full``.
    """
    checkpoint, _ = checkpoints.read(run)
    if checkpoint.system not in PRODUCTS:
        raise StatueError("bad-recipe", reason=f"{checkpoint.system} is for comparison, the program does not use it")
    product = PRODUCTS[checkpoint.system]
    metrics = _metrics(run / METRICS)
    if not product.better(metrics):
        how = f"It is no better than {product.than} on held-out pictures: train it for longer."
        raise StatueError("untrained-model", name=product.network, how=how)
    network = product.make()
    load_into(network, run / f"{product.network}.safetensors", None)
    product.finish(network, metrics)
    target = weights / f"{product.network}.safetensors"
    checkpoints.write_network(target, network.state_dict())
    changes: dict[str, Any] = {
        "weights": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "quality": {},
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    content = with_row(models, product.table, product.network, **changes)
    with whole_file(models, force=True) as stream:
        stream.write(content)
    return target


def _metrics(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metrics"]
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (ValueError, KeyError):
        raise StatueError("bad-training-data", path=path, reason="it holds no judgement of a run") from None
