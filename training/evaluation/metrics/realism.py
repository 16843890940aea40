"""How far rendered statues are from photographs: the Frechet distance of ``metrics``, and plain statistics.

    python -m training realism --assets DIR SOURCE... [--count 2000] [--film] [--pairs FILE]

Every render is cut out as statues128 cuts out its faces: a photograph of its training split is drawn, and the crop
puts the landmarks' box where that photograph has it, at the same size (``crop_like_photographs``). 128 pixels,
through a JPEG file of the photographs' quality; the whole crop is the window.
Photographs: the good ones of the training split that are neither duplicates nor the ``check`` suite's.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.whole_file import whole_file
from training.commands import add_assets
from training.evaluation.metrics.hole import FEATURE_SIDE, FRECHET_STAGE, frechet, grey
from training.evaluation.metrics.rendered_pictures import RenderedPicture, read_renders
from training.features.mobilenet import MobileNet
from training.suites.cases import FOLDER
from training.suites.held_back import photograph_names

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

#: Pixels: side of ``statues128``'s pictures.
SIDE = 128
#: A crop may lie outside the render by this share of its side; there the border is repeated. Chosen.
BEYOND = 0.04
#: Photographs that are drawn for a render before it is left out; chosen.
TRIES = 12
#: Views with more yaw are profiles, which the photographs lack. Degrees; chosen.
MOST_YAW = 60.0
#: Pictures that the network sees at a time; chosen, for memory.
BATCH = 32
#: Quality of statues128's files, after their quantisation tables. Of 100.
QUALITY = 75


@dataclass(frozen=True, eq=False)
class Photographs:
    """N pictures (128, 128, 3) and their landmarks (N, 68, 2) in pixels."""

    pictures: list[Picture]
    landmarks: Points


def read_photographs(assets: Path) -> Photographs:
    """The photographs to compare with.

    Raises:
        StatueError: ``missing-file``.
    """
    path = assets / FOLDER / "relabelled_landmarks68.json"
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    labels = json.loads(path.read_text(encoding="utf-8"))
    names, _ = photograph_names(assets)
    pictures = [np.asarray(cv2.imread(str(assets / FOLDER / n), cv2.IMREAD_COLOR_RGB), np.uint8) for n in names]
    return Photographs(pictures, np.array([labels[name]["points"] for name in names], np.float64))


def _box(points: Points) -> tuple[NDArray[np.float64], float]:
    """Middle and larger side of the landmarks' box."""
    low, high = points.min(0), points.max(0)
    return (low + high) / 2, float((high - low).max())


def crop_like_photographs(
    render: RenderedPicture, photographs: Photographs, rng: np.random.Generator
) -> Picture | None:
    """(128, 128, 3) crop as a random photograph frames its face; None if no draw lies within the render."""
    middle, size = _box(render.landmarks)
    height, width = render.image.shape[:2]
    for _ in range(TRIES):
        wanted, wanted_size = _box(photographs.landmarks[rng.integers(len(photographs.landmarks))])
        scale = wanted_size / size
        corner = middle - wanted / scale
        far = corner + SIDE / scale
        spare = BEYOND * SIDE / scale
        if corner.min() < -spare or far[0] > width + spare or far[1] > height + spare:
            continue
        # Cut out at its own resolution, then made smaller as photographs are: by areas.
        side = max(1, round(SIDE / scale))
        shift = np.array([[1, 0, -round(corner[0])], [0, 1, -round(corner[1])]], np.float64)
        cut = cv2.warpAffine(
            render.image, shift, (side, side), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )
        how = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
        return compress(np.asarray(cv2.resize(cut, (SIDE, SIDE), interpolation=how), np.uint8))
    return None


def compress(picture: Picture) -> Picture:
    """As the photographs were: through a JPEG file of their quality. What it leaves is half of how they look."""
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def crop_renders(source: Path, count: int, photographs: Photographs, seed: int) -> list[Picture]:
    """Up to ``count`` framed renders of a source."""
    rng = np.random.default_rng(seed)
    found: list[Picture] = []
    for render in read_renders(source, seed):
        if render.yaw is not None and abs(render.yaw) > MOST_YAW:
            continue
        crop = crop_like_photographs(render, photographs, rng)
        if crop is not None:
            found.append(crop)
        if len(found) == count:
            break
    return found


def add_film(picture: Picture) -> Picture:
    """The prototypes' film: contrast 1.3 about the mean, then an unsharp mask of radius 1 and amount 1."""
    values = picture.astype(np.float32)
    values = (values - values.mean()) * 1.3 + values.mean()
    return np.rint(np.clip(2 * values - cv2.GaussianBlur(values, (0, 0), 1.0), 0, 255)).astype(np.uint8)


def pool_features(network: MobileNet, pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """(N, 32) features of whole crops."""
    parts = []
    for first in range(0, len(pictures), BATCH):
        batch = [
            cv2.resize(p, (FEATURE_SIDE,) * 2, interpolation=cv2.INTER_LINEAR) for p in pictures[first : first + BATCH]
        ]
        parts.append(network(np.stack(batch).astype(np.uint8))[FRECHET_STAGE].mean((2, 3)).double().numpy())
    return np.concatenate(parts)


def statistics(pictures: Sequence[Picture]) -> dict[str, float]:
    """Means over pictures: grey level, its spread within and between pictures, Laplacian, saturation (all of 255)."""
    greys = [grey(picture) for picture in pictures]
    return {
        "mean": float(np.mean([g.mean() for g in greys])),
        "contrast": float(np.mean([g.std() for g in greys])),
        "between": float(np.std([g.mean() for g in greys])),
        "Laplacian": float(np.mean([np.abs(cv2.Laplacian(g, cv2.CV_64F)).mean() for g in greys])),
        "saturation": float(np.mean([np.ptp(p, axis=2).mean() for p in pictures])),
    }


def pair_sheet(renders: Sequence[Picture], near: Sequence[Picture], distances: NDArray[np.float64]) -> Picture:
    """Renders above their nearest photographs: the twelve nearest pairs, then the twelve farthest."""
    order = np.argsort(distances)
    rows = []
    for chosen in (order[:12], order[len(order) // 2 :][:12], order[-12:]):
        rows.append(np.concatenate([renders[i] for i in chosen], 1))
        rows.append(np.concatenate([near[i] for i in chosen], 1))
    width = max(row.shape[1] for row in rows)
    return np.concatenate([np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows])


def measure(assets: Path, sources: Sequence[Path], count: int, film: bool, seed: int, pairs: Path | None) -> list[dict]:
    """One row per source: the photographs' own halves first."""
    network, photographs = MobileNet(assets), read_photographs(assets)
    rng = np.random.default_rng(seed)
    real = pool_features(network, photographs.pictures)
    halves = np.array_split(rng.permutation(len(real)), 2)
    floor = frechet(real[halves[0]], real[halves[1]])
    rows = [{"source": "photographs, half against half", "count": len(real), "raw": floor}]
    rows[0] |= statistics(photographs.pictures)
    sheets = []
    for source in sources:
        found = crop_renders(source, count, photographs, seed)
        features = pool_features(network, found)
        row = {"source": source.name, "count": len(found), "raw": frechet(real, features)} | statistics(found)
        if film:
            row["film"] = frechet(real, pool_features(network, [compress(add_film(picture)) for picture in found]))
        rows.append(row)
        apart = np.linalg.norm(features[:, None] - real[None], axis=2)
        sheets.append(pair_sheet(found, [photographs.pictures[i] for i in apart.argmin(1)], apart.min(1)))
    if pairs is not None:
        data = cv2.imencode(".png", np.concatenate(sheets)[..., ::-1])[1]
        with whole_file(pairs, force=True) as stream:
            stream.write(data.tobytes())
    return rows


def table(rows: Sequence[dict]) -> str:
    """Markdown."""
    names = ["source", "count", "Frechet", "with film", "mean", "contrast", "between", "Laplacian", "saturation"]
    lines = ["| " + " | ".join(names) + " |", "| --- |" + " ---: |" * (len(names) - 1)]
    for row in rows:
        cells = [row["source"], str(row["count"]), f"{row['raw']:.2f}", f"{row['film']:.2f}" if "film" in row else ""]
        cells += [f"{row[name]:.1f}" for name in names[4:]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add("sources", nargs="+", type=Path, metavar="SOURCE", help="an .npz of renders, or a plain run")
    add_assets(parser)
    add("--count", type=int, default=2000, metavar="N", help="renders of each (default: 2000)")
    add("--film", action="store_true", help="also with the prototypes' film")
    add("--seed", type=int, default=0, metavar="S", help="decides the crops (default: 0)")
    add("--pairs", type=Path, metavar="FILE", help="a sheet of renders and their nearest photographs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table.

    Raises:
        StatueError: for sources and assets that are missing or damaged; those of ``whole_file``.
    """
    rows = measure(options.assets, options.sources, options.count, options.film, options.seed, options.pairs)
    print(table(rows))
