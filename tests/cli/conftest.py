"""A folder with a photograph and a mask, and a restorer that only looks like one."""

import cv2
import numpy as np
import pytest
from statue_command import POINTS

from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.phases import Phase
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Restoration, RestoredGroup, Variant
from statue_models.restoring import restorer


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """The current folder, with photo.png (96 x 80, 16-bit RGB) and mask.png."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESTORE_STATUE_FACE_HOME", str(tmp_path / "home"))
    rows, columns = np.mgrid[:80, :96]
    photo = np.stack([rows * 500 + columns, rows * 300 + 9000, columns * 600], axis=2).astype(np.uint16)
    mask = np.zeros((80, 96), np.uint8)
    mask[30:50, 40:60] = 255
    cv2.imwrite("photo.png", photo)
    cv2.imwrite("mask.png", mask)
    return tmp_path


@pytest.fixture
def fake(monkeypatch):
    """Puts a restorer in place that greys the hole; ``seen`` are its requests, ``failure`` is raised."""

    class Fake:
        seen, failure, uncertainty, devices, faces = [], None, True, [], []

        def __init__(self, device="auto"):
            Fake.devices.append(device)

        def restore(self, request, progress):
            Fake.seen.append(request)
            progress(Phase.FITTING, 0.5)
            if Fake.failure:
                raise Fake.failure
            rectangle = Rectangle(40, 30, 20, 20)
            part = request.image[rectangle.slices]
            return Restoration(
                tuple(Variant(np.full_like(part, 1000 * each.number), each) for each in request.hypotheses),
                rectangle,
                (RestoredGroup(rectangle, 400, "fake", Landmarks.given(POINTS), FaceFrame((48.0, 40.0), 90.0), 128),),
                np.full(rectangle.shape, 9, np.uint8) if Fake.uncertainty else None,
                {"request": request.to_json()},
            )

        def find_landmarks(self, image, mask=None, *, face=None, predictor="default", white=None, progress=None):
            Fake.seen.append((image, mask, face, predictor))
            return Landmarks.given(POINTS), FaceFrame((48.0, 40.0), 90.0)

        def find_all_landmarks(self, image, mask=None, *, predictor="default", white=None, progress=None):
            return Fake.faces

    monkeypatch.setattr(restorer, "Restorer", Fake)
    Fake.seen = Fake.devices = []
    Fake.seen, Fake.devices = [], []
    return Fake
