"""Making a run's network the program's own: its weights, their checksum and how good they are, in ``models.json``."""

import hashlib
import json
from pathlib import Path
from typing import Any

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.landmarks import registry as predictors
from statue_models.whole_file import whole_file
from training.engine import checkpoints
from training.engine.run_log import METRICS
from training.models_file import with_row
from training.systems.system import product_of


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
    product = product_of(checkpoint.system)
    if product is None:
        raise StatueError("bad-recipe", reason=f"{checkpoint.system} is for comparison, the program does not use it")
    metrics = _metrics(run / METRICS)
    if not product.better(metrics):
        how = f"It is no better than {product.than} on held-out pictures: train it for longer."
        raise StatueError("untrained-model", name=product.method or product.network, how=how)
    network = product.read(run / f"{product.network}.safetensors")
    product.finish(network, metrics)
    name = product.method or product.network
    target = weights / f"{product.network}.safetensors"
    checkpoints.write_network(target, network.state_dict(), getattr(network, "shape", None))
    changes: dict[str, Any] = {
        "weights": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "quality": product.quality(metrics),
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    content = with_row(models, _table(name), name, **changes)
    with whole_file(models, force=True) as stream:
        stream.write(content)
    return target


def _table(network: str) -> str:
    """The list in ``models.json`` that holds a network's row: of landmark predictors, or of methods."""
    return "predictors" if network in {one.name for one in predictors.descriptors()} else "methods"


def _metrics(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metrics"]
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (ValueError, KeyError):
        raise StatueError("bad-training-data", path=path, reason="it holds no judgement of a run") from None
