"""Restorings that exist for comparison only, other people's programs, and the registry's methods on a case.

Everything is a ``Restoring``: case in, restored pictures out, or None where it cannot say anything.
"""

import importlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.methods import registry
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Method
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Hypothesis, RestorationRequest
from statue_models.restoring.compositing import composite_pieces
from statue_models.restoring.filling import fill_hole
from statue_models.restoring.holes import find_holes, unite
from statue_models.restoring.sight import Sight
from training.suites.cases import Case

Picture = NDArray[np.uint8]

#: What G'MIC's graphical front ends send by default: patch 7, look-up 16 patches, look-up factor 0.1, increment 1,
#: blend size 1.2 patches, threshold 0, decay 0.05, 10 scales, outer blending.
GMIC_INPAINT = "7,112,0.1,1,8,0,0.05,10,1"


class Restoring(Protocol):
    """What is scored."""

    def __call__(self, case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
        """One restored picture per seed, the most likely first; what knows no hypotheses gives one.

        Args:
            case: ``case.damaged`` and ``case.hole`` may be looked at, ``case.truth`` must not.
            landmarks: of the face, in pixels; None where none was found.
            seeds: one per hypothesis, at least one.

        Returns:
            (H, W, 3) uint8 RGB each; None if there is no answer.
        """
        ...


def only_in_hole(case: Case, filled: NDArray[np.floating]) -> Picture:
    """The damaged picture with the fill (H, W, 3), 0..1, in its hole."""
    samples = np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)
    return np.where(case.hole[..., None], samples, case.damaged)


def mean_colour(case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
    """The known pixels' mean colour."""
    return [only_in_hole(case, np.broadcast_to(case.damaged[~case.hole].mean(0) / 255, case.truth.shape))]


def keep_damaged(case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
    """The damaged picture itself."""
    return [case.damaged]


def of_registry(
    name: str, device: str = "cpu", quality: str = "full", steps: int | None = None, weights: Path | None = None
) -> "MethodRestoring":
    """A method of the registry on the picture as its crop, one pixel per pixel.

    Args:
        name: of the registry. device: networks only. quality, steps: as in a request; methods without steps take none.
        weights: other weights than the published ones; networks only.

    Raises:
        StatueError: as ``registry.descriptor`` and ``MethodDescriptor.open`` do, ``untrained-model`` among them.
    """
    chosen = registry.descriptor(name)
    has_steps = "steps" in {option.name for option in fields(chosen.options)}
    options = chosen.options(quality=quality, **({"steps": steps} if has_steps else {}))  # type: ignore[arg-type]
    method = chosen.open(device, weights=weights)
    return MethodRestoring(method, chosen.needs == "landmarks", chosen.hypotheses, options)


@dataclass(frozen=True, eq=False)
class MethodRestoring:
    """A method on the picture as its crop, one pixel per pixel.

    Attributes:
        method: what restores; options: what it is asked for. needs_face: without landmarks it has no answer.
        has_hypotheses: other seeds give other answers; else it is asked once.
    """

    method: Method
    needs_face: bool
    has_hypotheses: bool
    options: MethodOptions = field(default_factory=MethodOptions)

    def __call__(self, case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
        """See ``Restoring``."""
        if self.needs_face and landmarks is None:
            return None
        side = case.truth.shape[0]
        sight = Sight(FaceFrame((case.truth.shape[1] / 2, side / 2), float(side)), side, landmarks)
        request = RestorationRequest(case.damaged, case.hole.astype(np.uint8) * 255)
        done = fill_hole(
            request,
            unite(find_holes(request.mask)),
            sight,
            lambda crop, hypotheses, progress: self.method.restore(crop, hypotheses, self.options, progress),
            [Hypothesis(index, seed) for index, seed in enumerate(seeds if self.has_hypotheses else seeds[:1])],
            thin_apart=self.needs_face,
        )
        whole = Rectangle(0, 0, case.truth.shape[1], side)
        return [composite_pieces(case.damaged, whole, request.mask, pieces) for pieces in done.pieces]


def of_module(name: str) -> Restoring:
    """``restore(bgr, mask) -> (bgr, anything)`` of an importable module; a crash counts as no output and is shown.

    Raises:
        StatueError: ``usage`` if there is no such module or function.
    """
    try:
        function = importlib.import_module(name).restore
    except (ImportError, AttributeError, ValueError) as error:
        raise StatueError("usage", reason=f"module:{name} cannot be used: {error}") from None

    def restore(case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
        mask = case.hole.astype(np.uint8) * 255
        try:
            bgr = function(np.ascontiguousarray(case.damaged[..., ::-1]), mask)[0]
        except Exception as error:
            print(f"{name}: {case.name} {case.kind}: {error!r}", file=sys.stderr)
            return None
        return [np.ascontiguousarray(bgr[..., ::-1])]

    return restore


def write_inputs(case: Case, folder: Path) -> tuple[Path, Path]:
    """The damaged picture and its mask (white = missing) as PNG files for a program."""
    photo, mask = folder / "photo.png", folder / "mask.png"
    cv2.imwrite(str(photo), case.damaged[..., ::-1])
    cv2.imwrite(str(mask), case.hole.astype(np.uint8) * 255)
    return photo, mask


def read_output(case: Case, path: Path) -> Picture | None:
    """What a program wrote, in the hole of the damaged picture; None if it wrote no picture of that size."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None or bgr.shape != case.truth.shape:
        return None
    return np.where(case.hole[..., None], np.asarray(bgr[..., ::-1], np.uint8), case.damaged)


def gmic(case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
    """G'MIC's patch-based inpainting (Daisy et al. 2013), by its command line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo, mask = write_inputs(case, folder)
        out = folder / "out.png"
        steps = ["inpaint[0]", f"[1],{GMIC_INPAINT}", "keep[0]", "output", str(out)]
        command = ["gmic", "verbose", "-1", str(photo), str(mask), *steps]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            said = done.stderr.strip()[-200:]
        except subprocess.TimeoutExpired:
            said = "it was stopped after 120 s"
        picture = read_output(case, out)
    if picture is None:
        print(f"gmic: {case.name} {case.kind}: {said}", file=sys.stderr)
        return None
    return [picture]


def open_gmic() -> Restoring:
    """``gmic``, if the program is there.

    Raises:
        StatueError: ``missing-package``.
    """
    if shutil.which("gmic") is None:
        raise StatueError("missing-package", package="gmic", how="Install G'MIC's command line (https://gmic.eu).")
    return gmic
