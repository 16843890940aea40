"""Training examples for ``statueflow`` with the fitted head's fill beside them, prepared once and kept on the disk.

A fill takes a few tenths of a second and a training step a thousandth on a GPU, so the fills are made beforehand. The
fit is given landmarks with the errors that landmark networks make, so that the fills err as they will in use.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks, interocular_distance
from statue_models.methods.method import Crop
from statue_models.methods.statuefit.statuefit import StatueFit
from statue_models.request import Hypothesis, no_progress
from statue_models.whole_file import whole_file
from training.damage.draws import Draws
from training.damage.mixture import training_masks
from training.examples.batches import Jitter, add_film, compose_pictures, draw_chosen, frame_faces
from training.examples.landmark_prior import FaceMeshPrior
from training.examples.pictures import Pictures
from training.workers import WorkerPool

#: Examples per file; chosen.
SHARD = 128
#: Share of photographs. Chosen.
PHOTOGRAPHS = 0.35
#: Errors of the other landmarks over the eye distance: common shift, each visible point, and what hidden points share.
#: Standard deviations; chosen.
SHIFT_ERROR, VISIBLE_ERROR, HIDDEN_ERROR = 0.01, 0.015, 0.04
#: Bits of ``flags``: missing, and missing with a known truth.
MISSING, COUNTED = 1, 2


@dataclass(frozen=True, eq=False)
class FittedExamples:
    """Examples: crops in the face frame of side S, uint8 but for the landmarks.

    Attributes:
        picture, sketch, fill: (N, 3, S, S), 0..255; the head as it was lit, and with the photograph's stone on it.
        normal: (N, 3, S, S), (n + 1) / 2 * 255 rounded, 128 beside the head.
        surface: (N, 2, S, S) coverage and openness, 0..255.
        flags: (N, 1, S, S) of ``MISSING`` and ``COUNTED``.
        landmarks: (N, 68, 2) float32 fractions of the side, as the fit was given them.
        truth: (N, 68, 2) float32, as they are.
    """

    picture: Tensor
    sketch: Tensor
    fill: Tensor
    normal: Tensor
    surface: Tensor
    flags: Tensor
    landmarks: Tensor
    truth: Tensor

    def __len__(self) -> int:
        return len(self.picture)


NAMES = tuple(FittedExamples.__dataclass_fields__)


def read_fitted(folder: Path, limit: int | None = None) -> FittedExamples:
    """All complete shards of a folder.

    Raises:
        StatueError: ``missing-file`` without a shard, ``bad-training-data`` for a damaged one.
    """
    paths = sorted(folder.glob("fitted-*.npz"))
    if not paths:
        raise StatueError("missing-file", path=folder / shard_name(0))
    parts: dict[str, list[Tensor]] = {name: [] for name in NAMES}
    for path in paths[: None if limit is None else -(-limit // SHARD)]:
        try:
            with np.load(path, allow_pickle=False) as file:
                for name in NAMES:
                    parts[name].append(torch.from_numpy(file[name]))
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None
    return FittedExamples(**{name: torch.cat(tensors)[:limit] for name, tensors in parts.items()})


def shard_name(number: int) -> str:
    """The file of a shard."""
    return f"fitted-{number:05d}.npz"


@dataclass(frozen=True, eq=False)
class Preparation:
    """What examples are made from, and how.

    Attributes:
        origins: of the pictures. size: side of the crops. seed: decides everything else.
        found: share of the examples whose landmarks FaceMesh finds on the damaged picture; 0 = its files need not be
            there.
        models: folder of FaceMesh's files; None = the usual places.
    """

    origins: list[Pictures]
    size: int
    seed: int
    #: Chosen.
    found: float = 0.4
    models: Path | None = None


def prepare(
    work: Preparation, folder: Path, count: int, workers: int, progress: Callable[[int], None] = lambda made: None
) -> None:
    """Write the missing shards of ``count`` examples; a shard appears whole or not at all.

    Args:
        workers: processes; 1 = here.
        progress: gets the number of examples made, shard by shard.

    Raises:
        StatueError: ``output-unwritable``, ``disk-full``, or for FaceMesh's files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    todo = [n for n in range(-(-count // SHARD)) if not (folder / shard_name(n)).is_file()]
    if workers <= 1:
        writer = ShardWriter(work, folder)
        for number in todo:
            writer.write(number)
            progress(SHARD)
        return
    # Forked, so that the workers share the pictures.
    with WorkerPool(workers, "fork", ShardWriter, work, folder) as pool:
        for _ in pool.map(ShardWriter.write, todo):
            progress(SHARD)


class ShardWriter:
    """Makes shards with one thread.

    Raises:
        StatueError: for FaceMesh's files.
    """

    def __init__(self, work: Preparation, folder: Path) -> None:
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        self.work, self.folder = work, folder
        self.prior, self.fit = FaceMeshPrior(work.models) if work.found else None, StatueFit()

    def write(self, number: int) -> None:
        """Write a shard, whole or not at all.

        Raises:
            StatueError: ``output-unwritable``, ``disk-full``.
        """
        draws = Draws(self.work.seed * 1_000_003 + number, torch.device("cpu"))
        batches = [_batch(self.work, self.prior, self.fit, 16, draws) for _ in range(SHARD // 16)]
        arrays = {name: np.concatenate([batch[name] for batch in batches]) for name in NAMES}
        with whole_file(self.folder / shard_name(number), force=True) as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]


def _batch(
    work: Preparation, prior: FaceMeshPrior | None, fit: StatueFit, count: int, draws: Draws
) -> dict[str, NDArray[np.generic]]:
    chosen = draw_chosen(work.origins, count, draws, PHOTOGRAPHS)
    whole, landmarks, bare = compose_pictures(chosen, draws)
    seen = frame_faces(whole, landmarks, draws, Jitter(), work.size)
    picture = add_film(seen.picture, bare, draws)
    damage = training_masks(seen.landmarks, work.size, draws)
    given = disturb_landmarks(seen.landmarks, damage, draws)
    if prior is not None:
        found, trust = prior(picture * 2 - 1, damage, seen.landmarks, draws)
        use = (trust * draws.chance(work.found, count))[:, None, None] > 0
        given = torch.where(use, found, given)
    rgb = (picture * 255).round().byte()
    flags = torch.maximum(damage, 1 - seen.inside) * MISSING + damage * seen.inside * COUNTED
    fits = [
        fit_and_fill(fit, image, hole, there, points)
        for image, hole, there, points in zip(rgb, damage, seen.inside, given, strict=True)
    ]
    return {
        "picture": rgb.numpy(),
        **{name: np.stack([made[name] for made in fits]) for name in ("sketch", "fill", "normal", "surface")},
        "flags": flags.byte().numpy(),
        "landmarks": given.numpy(),
        "truth": seen.landmarks.numpy(),
    }


def disturb_landmarks(landmarks: Tensor, damage: Tensor, draws: Draws) -> Tensor:
    """Landmarks with the errors of a good predictor: small where stone is to be seen, larger and shared where not.

    Args:
        landmarks: (N, 68, 2) fractions of the side. damage: (N, 1, S, S).
    """
    count, size = len(landmarks), damage.shape[-1]
    eyes = (landmarks[:, 45] - landmarks[:, 36]).norm(dim=1)[:, None, None]
    cells = (landmarks * size).long().clamp(0, size - 1)
    missing = torch.stack([m[0, c[:, 1], c[:, 0]] for m, c in zip(damage, cells, strict=True)])[..., None]
    shared = draws.normal(count, 1, 2) * HIDDEN_ERROR * missing
    own = draws.normal(count, 68, 2) * (VISIBLE_ERROR * (1 - missing) + 0.5 * HIDDEN_ERROR * missing)
    return landmarks + eyes * (draws.normal(count, 1, 2) * SHIFT_ERROR + shared + own)


def fit_and_fill(fit: StatueFit, rgb: Tensor, damage: Tensor, inside: Tensor, points: Tensor) -> dict[str, NDArray]:
    """The fit's sketch and fill of one crop as bytes.

    Args:
        rgb: (3, S, S) uint8. damage, inside: (1, S, S) of 0 and 1. points: (68, 2) fractions of the side.
    """
    size = rgb.shape[-1]
    hole = damage[0].numpy() > 0
    landmarks = points.double().numpy() * size
    if interocular_distance(landmarks) < 2:
        landmarks = landmarks + np.linspace(0, 4, 68)[:, None]
    marked = Landmarks.given(landmarks).hidden_under(hole.astype(np.uint8))
    image = np.ascontiguousarray(rgb.permute(1, 2, 0).numpy().astype(np.float32) / np.float32(255))
    known = (inside[0].numpy() > 0) & ~hole
    crop = Crop(image, hole, known, replace(marked, placed=None), 1.0)
    draft = fit.draft(crop, [Hypothesis(0, 0)], no_progress)
    sketch, fill = draft.sketches[0], draft.answer.fills[0].rgb
    return {
        "sketch": _bytes(sketch.rgb).transpose(2, 0, 1),
        "fill": _bytes(fill).transpose(2, 0, 1),
        "normal": _bytes(sketch.normal / 2 + 0.5).transpose(2, 0, 1),
        "surface": np.stack([_bytes(sketch.coverage), _bytes(sketch.openness)]),
    }


def _bytes(unit: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)
