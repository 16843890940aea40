"""A restorer that needs no model and does what the test says."""

import threading
import time

import numpy as np

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Restoration, RestoredGroup, Variant

GRID = np.stack([np.arange(68) % 10 * 4.0 + 5, np.arange(68) // 10 * 5.0 + 5], axis=1)


class FakeRestorer:
    """Inverts the hole. ``gate`` holds it back between two steps of progress; ``failure`` is raised there."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.started = threading.Event()
        self.failure = None
        self.stopped = 0
        self.threads = set()

    def restore(self, request, progress):
        self.threads.add(threading.get_ident())
        try:
            progress("finding the face", 0.25)
            self.started.set()
            while not self.gate.wait(0.01):
                progress("waiting", 0.5)
            if self.failure is not None:
                raise self.failure
            progress("done", 1.0)
        except StatueError:
            self.stopped += 1
            raise
        rows, columns = np.flatnonzero(request.mask.any(1)), np.flatnonzero(request.mask.any(0))
        box = Rectangle.between(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        top = 1 if request.image.dtype == np.float32 else np.iinfo(request.image.dtype).max
        part, hole = request.image[box.slices], request.mask[box.slices] > 0
        pixels = np.where(hole[..., None], top - part, part).astype(part.dtype)
        landmarks = request.landmarks or Landmarks.given(GRID)
        return Restoration(
            variants=tuple(Variant(pixels, hypothesis) for hypothesis in request.hypotheses),
            rectangle=box,
            groups=(RestoredGroup(box, int(hole.sum()), "fake", landmarks, FaceFrame((32.0, 32.0), 64.0), 64),),
            uncertainty=np.where(hole, 7, 0).astype(np.uint8),
            record={"request": request.to_json()},
        )


def wait_until(condition, seconds=10.0):
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
