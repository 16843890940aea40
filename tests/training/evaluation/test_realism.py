"""Realism: framing as the photographs', a distance that sees what differs, sources of both kinds."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from statue_models.errors import StatueError
from training.__main__ import main
from training.evaluation.metrics import realism
from training.evaluation.metrics.detection import Detector, shares
from training.evaluation.metrics.rendered_pictures import RenderedPicture, read_renders
from training.suites.cases import FOLDER

SIZE = 96


def face_like(seed: int, blur: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (SIZE, SIZE, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), blur) * 4 - 380, 0, 255).astype(np.uint8)


def landmarks(seed: int, size: float, middle: tuple[float, float]) -> np.ndarray:
    points = np.random.default_rng(seed).uniform(-0.5, 0.5, (68, 2))
    points[:2] = [[-0.5, -0.5], [0.5, 0.5]]
    return points * size + middle


@pytest.fixture()
def assets(tmp_path, random_network) -> Path:
    """Photographs in the form of statues128, with a network of random weights."""
    random_network(tmp_path)
    (tmp_path / FOLDER / "train").mkdir(parents=True)
    labels = {}
    for index in range(140):
        name = f"train/{index:04d}.jpg"
        picture = cv2.resize(face_like(index), (128, 128), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(tmp_path / FOLDER / name), picture)
        labels[name] = {"points": landmarks(index, 80, (64, 70)).tolist(), "spread": 0.01, "good": True}
    (tmp_path / FOLDER / "relabelled_landmarks68.json").write_text(json.dumps(labels))
    return tmp_path


def plain_run(folder: Path, count: int, blur: float, first: int) -> Path:
    folder.mkdir()
    rows = []
    for index in range(count):
        picture = cv2.resize(face_like(first + index, blur), (256, 256), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{index}.png"), picture)
        points = landmarks(index, 120, (128, 136))
        rows.append(json.dumps({"file": f"{index}.png", "landmarks": points.tolist(), "yaw": float(index % 80)}))
    (folder / "manifest.jsonl").write_text("\n".join(rows) + "\n")
    return folder


def packed(path: Path, count: int) -> Path:
    blobs = []
    for index in range(count):
        rgba = np.dstack([face_like(index), np.full((SIZE, SIZE), 255 * (index % 2), np.uint8)])
        blobs.append(cv2.imencode(".webp", rgba, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].ravel())
    offsets = np.cumsum([0, *map(len, blobs)])
    points = np.stack([landmarks(i, 0.6, (0.5, 0.5)) for i in range(count)])
    np.savez(path, blob=np.concatenate(blobs), offsets=offsets, landmarks=points)
    return path


def test_crops_put_the_face_where_photographs_have_it(assets):
    photographs = realism.read_photographs(assets)
    image = np.zeros((256, 256, 3), np.uint8)
    points = landmarks(3, 120, (120, 140))
    for x, y in points[:2]:
        cv2.circle(image, (round(x), round(y)), 3, (255, 255, 255), -1)
    crop = realism.crop_like_photographs(RenderedPicture(image, points, 0.0), photographs, np.random.default_rng(0))
    assert crop is not None and crop.shape == (128, 128, 3)
    rows, columns = np.nonzero(crop[..., 0] > 100)
    # The corners of the landmarks' box: (64, 70) -+ 40.
    assert abs(columns.min() - 24) < 4 and abs(columns.max() - 104) < 4
    assert abs(rows.min() - 30) < 4 and abs(rows.max() - 110) < 4


def test_a_face_at_the_border_is_not_framed(assets):
    photographs = realism.read_photographs(assets)
    points = landmarks(3, 200, (128, 128))
    assert (
        realism.crop_like_photographs(
            RenderedPicture(np.zeros((256, 256, 3), np.uint8), points, 0.0), photographs, np.random.default_rng(0)
        )
        is None
    )


def test_likeness_is_nearer_than_difference(assets, tmp_path):
    like, unlike = plain_run(tmp_path / "like", 90, 3.0, 5000), plain_run(tmp_path / "unlike", 90, 9.0, 7000)
    rows = realism.measure(assets, [like, unlike], 70, True, 0, tmp_path / "pairs.png")
    halves, near, far = (row["raw"] for row in rows)
    assert halves < near < far
    assert rows[1]["count"] == 70 and "film" in rows[1]
    assert rows == realism.measure(assets, [like, unlike], 70, True, 0, None)
    assert cv2.imread(str(tmp_path / "pairs.png")) is not None
    text = realism.table(rows)
    assert "| like | 70 |" in text and len(text.splitlines()) == 5


def test_profiles_are_left_out(assets, tmp_path):
    run = plain_run(tmp_path / "run", 80, 3.0, 0)
    photographs = realism.read_photographs(assets)
    assert len(realism.crop_renders(run, 1000, photographs, 0)) == 61


def test_packed_renders_get_grounds(tmp_path):
    source = packed(tmp_path / "renders.npz", 6)
    pictures = list(read_renders(source, 0))
    assert len(pictures) == 6 and all(p.image.shape == (SIZE, SIZE, 3) and p.yaw is None for p in pictures)
    assert all((p.landmarks > 10).all() and (p.landmarks < 86).all() for p in pictures)
    again = list(read_renders(source, 0))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(pictures, again, strict=True))
    # Every other picture is all transparent: nothing of it shows.
    assert sum(p.image.std() < 40 for p in pictures) >= 3


@pytest.mark.parametrize("name", ["no.npz", "no-folder"])
def test_missing_sources(tmp_path, name):
    with pytest.raises(StatueError) as error:
        next(iter(read_renders(tmp_path / name, 0)))
    assert error.value.code == "missing-file"


def test_damaged_sources(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    run = plain_run(tmp_path / "run", 2, 3.0, 0)
    (run / "0.png").write_bytes(b"nothing")
    for source in (tmp_path / "bad.npz", run):
        with pytest.raises(StatueError) as error:
            list(read_renders(source, 0))
        assert error.value.code == "bad-training-data"


def test_detection_by_yaw():
    assert shares([(5.0, True), (10.0, False), (50.0, True), (80.0, False)]) == [
        "50.0 % of 2",
        "none",
        "none",
        "100.0 % of 1",
        "0.0 % of 1",
        "66.7 % of 3",
    ]


def test_detector_counts_only_boxes_on_the_face(monkeypatch):
    render = RenderedPicture(np.zeros((100, 100, 3), np.uint8), landmarks(0, 40, (50, 50)), 0.0)
    detector = object.__new__(Detector)

    class Network:
        boxes = None

        def setInputSize(self, size):
            assert size == (150, 150)

        def detect(self, image):
            return 1, self.boxes

    detector._network = network = Network()
    assert not detector.finds(render)
    for box, found in (((50, 50, 50, 50), True), ((0, 0, 30, 30), False), ((70, 70, 9, 9), False)):
        network.boxes = np.array([[*box, *([0] * 11)]], np.float32)
        assert detector.finds(render) is found


def test_commands_say_what_is_missing(tmp_path, capsys):
    assert main(["realism", str(tmp_path / "x.npz"), "--assets", str(tmp_path)]) != 0
    assert main(["detection", str(tmp_path / "x.npz"), "--assets", str(tmp_path)]) != 0
    assert "onnx" in capsys.readouterr().err
