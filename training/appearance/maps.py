"""Maps of log(photograph / lit bare head) of labelled photographs, as ``statuefit`` sees them of undamaged faces."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from statue_models.face.face_frame import frame_of_landmarks, working_size
from statue_models.face.landmarks68 import Landmarks
from statue_models.head.appearance import Appearance, unwrap_crop
from statue_models.head.deformation import deform_to_landmarks
from statue_models.head.morphable_head import MorphableHead, load_head
from statue_models.head.pose import fit_head
from statue_models.head.raster import draw_head
from statue_models.inpainting.interpolation import nearest
from statue_models.methods.method import Crop
from statue_models.methods.statuefit.closed_crop import close_hole
from statue_models.methods.statuefit.lit_head import light_up
from training.suites.cases import Truth
from training.workers import WorkerPool


def face_crop(truth: Truth) -> Crop:
    """The face frame of an undamaged photograph: nothing is missing."""
    frame = frame_of_landmarks(truth.points)
    size = working_size(frame)
    picture, inside = frame.crop(truth.picture, size)
    rgb = nearest(np.asarray(picture, np.float32) / np.float32(255), ~inside)
    landmarks = Landmarks.given(truth.points).to_crop(frame, size)
    return Crop(rgb, np.zeros_like(inside), inside, landmarks, frame.scale(size))


def face_map(truth: Truth, head: MorphableHead, appearance: Appearance) -> NDArray[np.float32] | None:
    """(ROWS, COLUMNS) natural logarithm, NaN where nothing is seen; None where too little of a face is seen.

    Args:
        truth: a photograph and its labels, which the head is made to meet.
        head: the morphable head.
        appearance: the light is fitted to what this does not explain.
    """
    crop = face_crop(truth)
    closed, face = close_hole(crop), crop.face
    fit = deform_to_landmarks(head, fit_head(head, face.points, face.hidden, crop.size), face.points)
    lit = light_up(crop, closed, draw_head(head, fit), appearance, None)
    if lit is None:
        return None
    return unwrap_crop(lit.image, lit.log_ratio(closed), crop.known).astype(np.float32)


def collect_maps(truths: Iterable[Truth], appearance: Appearance, workers: int) -> NDArray[np.float32]:
    """The maps of all photographs that show enough of a face, in their order.

    Args:
        truths: the photographs.
        appearance: as for ``face_map``.
        workers: processes; 1 = here. What comes out is the same.

    Returns:
        (N, ROWS, COLUMNS) natural logarithm, NaN where a photograph shows nothing.
    """
    maps = [each for each in _map_faces(truths, appearance, workers) if each is not None]
    return np.stack(maps) if maps else np.empty((0, *appearance.mean.shape), np.float32)


def _map_faces(truths: Iterable[Truth], appearance: Appearance, workers: int) -> Iterator[NDArray[np.float32] | None]:
    if workers <= 1:
        with threadpool_limits(1):
            mapper = Mapper(appearance)
            yield from map(mapper.map_face, truths)
        return
    # Forked, so that the workers share the model.
    with WorkerPool(workers, "fork", Mapper, appearance) as pool:
        yield from pool.map(Mapper.map_face, truths, chunk=8)


class Mapper:
    """Makes maps with one thread; see ``face_map``."""

    def __init__(self, appearance: Appearance) -> None:
        cv2.setNumThreads(1)
        threadpool_limits(1)
        self.head, self.appearance = load_head(), appearance

    def map_face(self, truth: Truth) -> NDArray[np.float32] | None:
        """The map of a photograph, or None."""
        # Without a hole, distances to it are the largest float: their squares overflow, and count as far, as they
        # should.
        with np.errstate(over="ignore"):
            return face_map(truth, self.head, self.appearance)
