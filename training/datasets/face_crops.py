"""One photograph in, its faces out: found, cut out, labelled, and remembered so that a stopped run goes on.

For each photograph ``SHA256.json`` is written beside its crops ``SHA256_0.png``, ``SHA256_1.png``, ...; it comes last,
so what it describes is there. Results of other settings, or of another version of this file, are made anew.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.whole_file import whole_file
from training.datasets.face_finding import BoxDetector, find_faces
from training.datasets.picture_files import read_rgb
from training.datasets.relabel import Label, label

#: Of the data set's format; no unit.
VERSION = 1


@dataclass(frozen=True)
class Settings:
    """What decides a photograph's crops.

    Attributes:
        size: side of the crops in pixels.
        padding: room on each side of the face's box, over the box's longer side.
        min_face: longer side in photograph pixels of the smallest face that is searched for.
        yunet: sha256 of the YuNet file that proposes boxes too, or "".
    """

    size: int
    padding: float
    min_face: float
    yunet: str = ""


@dataclass(frozen=True, eq=False)
class FaceCrop:
    """A face that was cut out of a photograph.

    Attributes:
        crop: the PNG file.
        box: (x, y, width, height) of the face in the photograph, pixels.
        score: the finder's, in [0, 1].
        inside: share of the crop that lies in the photograph; the rest repeats its edge.
        label: its landmarks in pixels of the crop, or None where too few views showed a face.
    """

    crop: Path
    box: tuple[float, float, float, float]
    score: float
    inside: float
    label: Label | None

    @property
    def face_size(self) -> float:
        """The box's longer side in photograph pixels."""
        return max(self.box[2:])


def harvest(
    photograph: Path,
    sha256: str,
    store: Path,
    settings: Settings,
    predictor: LandmarkPredictor,
    detector: BoxDetector | None = None,
) -> list[FaceCrop]:
    """The faces of a photograph, from the store where they were found before.

    Args:
        photograph: picture file whose bytes have this ``sha256``.
        store: folder for the results, existing.
        predictor, detector: see ``face_finding.find_faces``.

    Raises:
        StatueError: those of ``picture_files.read_rgb``; ``output-unwritable`` or ``disk-full``.
    """
    known = load_crops(sha256, store, settings)
    if known is not None:
        return known
    rgb = read_rgb(photograph)
    crops: list[FaceCrop] = []
    for number, face in enumerate(find_faces(rgb, predictor, settings.min_face, detector)):
        pixels, inside = face.crop_frame(settings.padding).crop(rgb, settings.size)
        path = store / f"{sha256}_{number}.png"
        write_picture(path, pixels)
        crops.append(FaceCrop(path, face.box, face.score, float(inside.mean()), label(pixels, predictor)))
    record = {"version": VERSION, "settings": asdict(settings), "faces": [_to_json(crop) for crop in crops]}
    with whole_file(store / f"{sha256}.json", force=True) as stream:
        stream.write(json.dumps(record).encode())
    return crops


def load_crops(sha256: str, store: Path, settings: Settings) -> list[FaceCrop] | None:
    """What ``harvest`` found before, or None: never looked at, with other settings, or damaged since."""
    try:
        record = json.loads((store / f"{sha256}.json").read_text(encoding="utf-8"))
        if record["version"] != VERSION or record["settings"] != asdict(settings):
            return None
        crops = [_from_json(row, store) for row in record["faces"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return crops if all(crop.crop.is_file() for crop in crops) else None


def _to_json(crop: FaceCrop) -> dict[str, Any]:
    found = crop.label
    row = {"crop": crop.crop.name, "box": crop.box, "score": crop.score, "inside": crop.inside, "label": None}
    if found is not None:
        row["label"] = {**asdict(found), "points": found.points.tolist()}
    return row


def _from_json(row: dict[str, Any], store: Path) -> FaceCrop:
    found = row["label"]
    label = None if found is None else Label(**{**found, "points": np.array(found["points"], np.float64)})
    x, y, width, height = row["box"]
    return FaceCrop(store / row["crop"], (x, y, width, height), row["score"], row["inside"], label)


def write_picture(path: Path, rgb: NDArray[np.uint8], quality: int = 95) -> None:
    """A picture (H, W, 3) as PNG or, by its name, JPEG; whole or not at all.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix == ".jpg" else []
    done, data = cv2.imencode(path.suffix, np.ascontiguousarray(rgb[..., ::-1]), options)
    if not done:
        raise StatueError("output-unwritable", path=path, reason="the picture cannot be encoded")
    with whole_file(path, force=True) as stream:
        stream.write(data.tobytes())
