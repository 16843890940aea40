"""68 landmarks of a face's crop, from several views of it, and how far the views agree.

Automatic labels are wrong now and then, and one view does not tell when. So each crop is looked at six times: mirrored,
turned by 10 degrees, with 25 and 50 % of repeated edge around it. In each view the face is found anew; its points are
mapped back and averaged. ``spread`` is the mean distance of a view's points from that mean, over the distance of the
outer eye corners; a crop is ``good`` when it is below 0.05. On hard faces (profiles, heavy beards, damage) the views
disagree; the few that agree on something wrong are caught by looking at the contact sheet.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks, interocular_distance, mirror_points
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.whole_file import whole_file

#: (mirrored, turned by so many radians, repeated edge on each side over the crop's side). Chosen.
VIEWS: tuple[tuple[bool, float, float], ...] = (
    (False, 0.0, 0.25),
    (True, 0.0, 0.25),
    (False, math.radians(10), 0.25),
    (False, math.radians(-10), 0.25),
    (False, 0.0, 0.5),
    (True, 0.0, 0.5),
)
#: Side in pixels of a view; chosen.
VIEW_SIZE = 320
#: Views in which a face must be found; with fewer there is no label. Of six; set by eye.
FEWEST_VIEWS = 4
#: A face in a view counts from this presence on, if its middle lies within this part of the crop around its centre. A
#: share of its side; set by eye.
LOWEST_PRESENCE, CENTRAL = 0.1, 0.7
#: Spread of the views, over the eye distance, below which a label is good; set by eye.
GOOD = 0.05


@dataclass(frozen=True, eq=False)
class Label:
    """The landmarks of one crop.

    Attributes:
        points: (68, 2) float64, (x, y) in pixels of the crop, edges at 0 and its side.
        spread: mean distance of the views' points from ``points`` / outer eye distance.
        views: how many showed the face.
        score: the views' mean presence, in [0, 1].
    """

    points: NDArray[np.float64]
    spread: float
    views: int
    score: float

    @property
    def good(self) -> bool:
        """Whether the views agree well enough to train on it."""
        return self.spread < GOOD

    def to_json(self) -> dict[str, Any]:
        """The form of ``relabelled_landmarks68.json``: points to a tenth of a pixel."""
        return {"good": self.good, "spread": round(self.spread, 3), "points": np.round(self.points, 1).tolist()}


def label(crop: NDArray[np.uint8], predictor: LandmarkPredictor) -> Label | None:
    """The landmarks of a square crop (S, S, 3) of one face; None where too few views show any."""
    side = crop.shape[0]
    found = [view for view in (_in_view(crop, predictor, *view) for view in VIEWS) if view is not None]
    if len(found) < FEWEST_VIEWS:
        return None
    views = np.array([proposal.points for proposal in found])
    points = views.mean(axis=0)
    eyes = interocular_distance(points)
    if eyes < 0.02 * side:
        return None
    spread = float(np.linalg.norm(views - points, axis=2).mean()) / eyes
    return Label(points, spread, len(found), float(np.mean([proposal.score for proposal in found])))


def _in_view(
    crop: NDArray[np.uint8], predictor: LandmarkPredictor, mirrored: bool, turn: float, edge: float
) -> Landmarks | None:
    """The likeliest face of one view, in the crop's pixels."""
    side = crop.shape[0]
    frame = FaceFrame((side / 2, side / 2), side * (1 + 2 * edge), turn)
    picture = frame.crop(crop, VIEW_SIZE)[0]
    if mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
    best: Landmarks | None = None
    for proposal in predictor.propose(picture, np.zeros(picture.shape[:2], np.uint8)):
        points = proposal.points
        if mirrored:
            points = mirror_points(points, VIEW_SIZE)
        points = frame.to_photograph(points, VIEW_SIZE)
        central = np.abs(points.mean(axis=0) - side / 2).max() < CENTRAL / 2 * side
        if central and proposal.score >= LOWEST_PRESENCE and (best is None or proposal.score > best.score):
            best = replace(proposal, points=points)
    return best


def write_labels(path: Path, labels: Mapping[str, Label]) -> None:
    """``landmarks68.json``: file name -> points, spread, good; sorted, the same bytes for the same labels.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    rows = {name: labels[name].to_json() for name in sorted(labels)}
    lines = [f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}" for name, row in rows.items()]
    with whole_file(path, force=True) as stream:
        stream.write(("{" + ",\n".join(lines) + "}\n").encode())


def read_labels(path: Path) -> dict[str, dict[str, Any]]:
    """The file that ``write_labels`` wrote, or one of its form.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        for row in rows.values():
            if np.array(row["points"], np.float64).shape != (68, 2):
                raise ValueError("points are not 68 pairs")
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None
    return dict(rows)
