"""What is scored: the registry's methods, baselines that exist for comparison only, and other people's programs.

Everything is a ``Restoring``: case in, restored RGB picture out, or None where it cannot say anything.
"""

import importlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models import registry
from statue_models.errors import StatueError
from statue_models.restoring.face_search import find_face
from statue_models.restoring.landmark_predictor import predictor
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.method import Crop
from statue_models.restoring.request import no_progress
from training.evaluation.cases import Case

Picture = NDArray[np.uint8]
#: (case, landmarks or None) -> (H, W, 3) uint8 RGB, or None.
Restoring = Callable[[Case, Landmarks | None], Picture | None]

#: What G'MIC's graphical front ends send by default: patch 7, look-up 16 patches, look-up factor 0.1, increment 1,
#: blend size 1.2 patches, threshold 0, decay 0.05, 10 scales, outer blending.
GMIC_INPAINT = "7,112,0.1,1,8,0,0.05,10,1"


def only_in_hole(case: Case, filled: NDArray[np.floating]) -> Picture:
    """The damaged picture with the fill (H, W, 3), 0..1, in its hole."""
    samples = np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)
    return np.where(case.hole[..., None], samples, case.damaged)


def mean_colour(case: Case, landmarks: Landmarks | None) -> Picture:
    """The known pixels' mean colour."""
    return only_in_hole(case, np.broadcast_to(case.truth[~case.hole].mean(0) / 255, case.truth.shape))


def untouched(case: Case, landmarks: Landmarks | None) -> Picture:
    """The damaged picture itself."""
    return case.damaged


def of_registry(name: str, device: str = "cpu") -> Restoring:
    """A method of the registry on the picture as its crop, one pixel per pixel, seed 0."""
    method, needs_face = registry.method(name, device), registry.entry(name).frame == "face"

    def restore(case: Case, landmarks: Landmarks | None) -> Picture | None:
        if needs_face and landmarks is None:
            return None
        points = landmarks.points if landmarks is not None else None
        hidden = landmarks.hidden if landmarks is not None else None
        rgb = (case.damaged / np.float32(255)).astype(np.float32)
        crop = Crop(rgb, case.hole, ~case.hole, points, hidden, 1.0)
        return only_in_hole(case, method.restore(crop, [0], no_progress).fills[0].rgb)

    return restore


def of_module(name: str) -> Restoring:
    """``restore(bgr, mask) -> (bgr, anything)`` of an importable module; a crash counts as no output and is shown."""
    function = importlib.import_module(name).restore

    def restore(case: Case, landmarks: Landmarks | None) -> Picture | None:
        mask = case.hole.astype(np.uint8) * 255
        try:
            bgr = function(np.ascontiguousarray(case.damaged[..., ::-1]), mask)[0]
        except Exception as error:
            print(f"{name}: {case.name} {case.kind}: {error!r}", file=sys.stderr)
            return None
        return np.ascontiguousarray(bgr[..., ::-1])

    return restore


def gmic(case: Case, landmarks: Landmarks | None) -> Picture | None:
    """G'MIC's patch-based inpainting (Daisy et al. 2013), by its command line."""
    with tempfile.TemporaryDirectory() as folder:
        photo, mask, out = (str(Path(folder) / name) for name in ("photo.png", "mask.png", "out.png"))
        cv2.imwrite(photo, case.damaged[..., ::-1])
        cv2.imwrite(mask, case.hole.astype(np.uint8) * 255)
        steps = ["inpaint[0]", f"[1],{GMIC_INPAINT}", "keep[0]", "output", out]
        command = ["gmic", "verbose", "-1", photo, mask, *steps]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        bgr = cv2.imread(out)
        if bgr is None:
            print(f"gmic: {case.name} {case.kind}: {done.stderr.strip()[-200:]}", file=sys.stderr)
            return None
        return np.where(case.hole[..., None], np.asarray(bgr[..., ::-1], np.uint8), case.damaged)


#: Comparison methods that are not in the registry.
BASELINES: dict[str, Restoring] = {"mean": mean_colour, "untouched": untouched, "gmic": gmic}


def restoring(name: str) -> Restoring:
    """A method by name: a baseline of this module, or one of the registry.

    Raises:
        StatueError: ``missing-package`` for a program that is not installed, or what ``registry.method`` raises.
    """
    if name == "gmic" and shutil.which("gmic") is None:
        raise StatueError("missing-package", package="gmic", how="Install G'MIC's command line (https://gmic.eu).")
    return BASELINES[name] if name in BASELINES else of_registry(name)


class LandmarkSource:
    """Landmarks for a case: the labels of the undamaged picture, or found on the damaged one.

    Args:
        kind: "given" or "found".
        models: folder of FaceMesh's two files; None = the usual places.
    """

    def __init__(self, kind: str, models: Path | None = None) -> None:
        self.kind = kind
        self.predictor = predictor("facemesh", models) if kind == "found" else None
        self.failures: dict[str, int] = {}

    def __call__(self, case: Case) -> Landmarks | None:
        """The landmarks, or None where no face is found (counted in ``failures`` by error code)."""
        mask = case.hole.astype(np.uint8) * 255
        if self.predictor is None:
            return Landmarks.given(case.points).hidden_under(mask)
        try:
            return find_face(case.damaged, mask, self.predictor)[0]
        except StatueError as error:
            self.failures[error.code] = self.failures.get(error.code, 0) + 1
            return None
