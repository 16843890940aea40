"""Landmarks as files: JSON, ``.pts`` and tables of numbers in, JSON's and ``.pts``' text and a drawing out."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError, reason_of
from statue_models.face.landmarks68 import COUNT, Landmarks, interocular_distance
from statue_models.face.strokes import STROKES
from statue_models.notes import Note
from statue_models.pixels.grid import cells_at, centres_of

#: Bytes of a file at most: 68 points with all that is known of them take 20,000. Chosen.
LARGEST = 4 << 20
#: Two pictures of one aspect differ by no more than this share of it, for whole pixels. Chosen.
SAME_ASPECT = 0.02
#: Points none of which goes further than this are shares of the picture. Chosen: a chin may lie below its edge.
SHARES = 1.5
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def read_landmarks(path: Path, size: tuple[int, int] | None = None) -> tuple[Landmarks, tuple[Note, ...]]:
    """Landmarks from a file, in pixels of the photograph, and what was converted.

    JSON: what ``statue landmarks`` writes, an object with ``points``, or a list of 68 pairs, of 68 ``{"x", "y"}``, or
    of 136 numbers. ``.pts``: the first pixel's centre is (1, 1), as the iBUG annotations have it. Anything else: 68
    lines that end in x and y, whatever stands before or between them.

    Args:
        path: of the file.
        size: (width, height) of the photograph: points of a file that says another size of its picture are scaled, and
            shares of a picture become pixels.

    Raises:
        StatueError: ``missing-file``, ``unreadable-file`` or ``bad-landmarks``.
    """
    text = _text(path)
    try:
        if "{" in text and path.suffix.lower() == ".pts":
            body = text[text.index("{") + 1 : text.index("}")]
            return Landmarks.given(cells_at(_rows(body))), ()
        if text.lstrip()[:1] in ("{", "["):
            return _of_json(json.loads(text), size)
        points = _rows(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StatueError("bad-landmarks", reason=f"{path} is not a landmark file") from error
    return _in_pixels(points, None, None, size)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise StatueError("missing-file", path=path) from None
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None
    try:
        if len(data) > LARGEST:
            raise ValueError
        return data.decode("utf-8-sig")
    except ValueError:
        raise StatueError("bad-landmarks", reason=f"{path} is not a landmark file") from None


def _rows(text: str) -> NDArray[np.float64]:
    """(68, 2) the last two numbers of every line that has two."""
    found = [_NUMBER.findall(line) for line in text.splitlines()]
    rows = [[float(word) for word in words[-2:]] for words in found if len(words) >= 2]
    if len(rows) != COUNT:
        raise ValueError(f"{len(rows)} lines of numbers")
    return np.array(rows)


def _of_json(data: Any, size: tuple[int, int] | None) -> tuple[Landmarks, tuple[Note, ...]]:
    image = data.get("image") if isinstance(data, dict) else None
    points = data.get("landmarks", data) if isinstance(data, dict) else data
    placed = points.get("placed") if isinstance(points, dict) else None
    own = (image["width"], image["height"]) if image else None
    return _in_pixels(_pairs(points["points"] if isinstance(points, dict) else points), placed, own, size)


def _pairs(points: Sequence[Any]) -> NDArray[np.float64]:
    if len(points) == COUNT and isinstance(points[0], dict):
        points = [[one["x"], one["y"]] for one in points]
    array = np.asarray(points, np.float64)
    return array.reshape(COUNT, 2) if array.shape == (2 * COUNT,) else array


def _in_pixels(
    points: NDArray[np.float64],
    placed: Sequence[bool] | None,
    own: tuple[int, int] | None,
    size: tuple[int, int] | None,
) -> tuple[Landmarks, tuple[Note, ...]]:
    """Points of a picture of their own size, or of shares, in pixels of the photograph.

    Raises:
        StatueError: ``bad-landmarks`` where they are those of a picture of another form.
    """
    notes: list[Note] = []
    if size and own and tuple(own) != size:
        across, down = size[0] / own[0], size[1] / own[1]
        if abs(math.log(across / down)) > SAME_ASPECT:
            raise StatueError("bad-landmarks", reason=f"they are those of a picture of {own[0]} x {own[1]} pixels")
        points = points * (across, down)
        notes.append(Note.of("landmarks-scaled", width=own[0], height=own[1]))
    elif size and points.shape == (COUNT, 2) and np.abs(points).max() <= SHARES:
        points = points * size
        notes.append(Note("landmarks-shares"))
    return Landmarks.given(points, placed), tuple(notes)


def format_pts(landmarks: Landmarks) -> str:
    """The ``.pts`` text of landmarks (first pixel's centre at (1, 1))."""
    rows = "\n".join(f"{x:.3f} {y:.3f}" for x, y in centres_of(landmarks.points))
    return f"version: 1\nn_points: {COUNT}\n{{\n{rows}\n}}\n"


def format_svg(landmarks: Landmarks, width: int, height: int) -> str:
    """An SVG drawing of the nine strokes on a (width, height) canvas; hidden points are drawn as open circles."""
    radius = max(interocular_distance(landmarks.points) * 0.012, 0.5)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    ]
    for name, indices, closed in STROKES:
        path = " L ".join(f"{landmarks.points[i, 0]:.2f} {landmarks.points[i, 1]:.2f}" for i in indices)
        style = f'fill="none" stroke="#e33" stroke-width="{radius:.2f}"'
        parts.append(f'<path id="{name.replace(" ", "-")}" d="M {path}{" Z" if closed else ""}" {style}/>')
    for (x, y), hidden in zip(landmarks.points, landmarks.hidden, strict=True):
        fill = "none" if hidden else "#e33"
        parts.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{2 * radius:.2f}" fill="{fill}" stroke="#e33"/>')
    return "\n".join([*parts, "</svg>", ""])
