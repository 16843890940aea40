"""The face tool from a folder of pictures to a data set, with the real finder on the bundled example."""

import io
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_pictures import RedSquares, red_square
from PIL import Image

import statue_models
from statue_models.errors import StatueError
from statue_models.landmarks.registry import predictor
from training.__main__ import main
from training.datasets import face_crops, face_workers
from training.datasets.face_finding import find_faces
from training.datasets.face_set import read_manifest
from training.datasets.picture_files import list_pictures, read_rgb
from training.suites.held_back import photograph_names

INTACT = Path(statue_models.__file__).parent / "example" / "intact.jpg"


@pytest.fixture(scope="session")
def facemesh():
    try:
        return predictor()
    except StatueError as error:
        pytest.fail(f"FaceMesh's files are needed for these tests. {error.sentence} {error.remedy}")


@pytest.fixture(scope="session")
def example():
    """The bundled example, 341 x 426 RGB."""
    bgr = cv2.imread(str(INTACT))
    return cv2.resize(bgr, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)[..., ::-1].copy()


@pytest.fixture
def painted(monkeypatch):
    """The tool sees painted squares instead of faces; counts the looks."""
    looks = []

    class Counted(RedSquares):
        def refine(self, rgb, mask, frame):
            looks.append(1)
            return super().refine(rgb, mask, frame)

    monkeypatch.setattr(face_workers.Tools, "load", lambda self: (Counted(), None))
    return looks


def save(path, rgb, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb).save(path, **options)


def run(*words):
    return main(["data", "faces", *(str(word) for word in words)])


def test_every_face_of_a_picture_is_found_once_where_it_is(facemesh, example):
    wide = np.full((900, 1000, 3), 100, np.uint8)
    small = cv2.resize(example, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    wide[400 : 400 + example.shape[0], 600 : 600 + example.shape[1]] = example
    wide[40 : 40 + small.shape[0], 60 : 60 + small.shape[1]] = small
    alone = find_faces(example, facemesh, 60)
    assert len(alone) == 1
    found = find_faces(wide, facemesh, 60)
    assert len(found) == 2
    for face, scale, corner in ((found[0], 1, (600, 400)), (found[1], 0.5, (60, 40))):
        wanted = alone[0].points * scale + corner
        assert np.linalg.norm(face.points - wanted, axis=1).mean() < 0.05 * face.size


def test_a_picture_without_a_face_has_none(facemesh, picture):
    assert find_faces(cv2.resize(picture(3), (400, 300)), facemesh, 100) == []


def test_photographs_become_a_labelled_set(facemesh, example, tmp_path, capsys):
    photos, out = tmp_path / "photos", tmp_path / "statues128"
    save(photos / "a.png", example)
    save(photos / "deep" / "smaller and mirrored.jpg", cv2.resize(example[:, ::-1], (256, 320)), quality=70)
    shutil.copy(photos / "a.png", photos / "b.png")
    save(photos / "stone.webp", np.full((200, 200, 3), 150, np.uint8))
    (photos / "cut.jpg").write_bytes(INTACT.read_bytes()[:9000])
    assert run(photos, "--out", out, "--size", 128, "--min-face", 90, "--test", 0) == 0
    rows = {row.source: row for row in read_manifest(out / "MANIFEST.tsv")}
    kept = rows["a.png"]
    assert rows["b.png"].reject_reason == "same file as a.png"
    assert rows["stone.webp"].reject_reason == "no face"
    assert rows["cut.jpg"].reject_reason.startswith("unreadable: ")
    assert str(tmp_path) not in (out / "MANIFEST.tsv").read_text()
    assert rows["deep/smaller and mirrored.jpg"].reject_reason == f"duplicate of {Path(kept.file).stem}"
    labels = json.loads((out / "landmarks68.json").read_text())
    assert list(labels) == [kept.file]
    assert labels[kept.file]["good"] is True
    points = np.array(labels[kept.file]["points"])
    # The crop is the program's own frame: the eyes in its upper half, level, the whole face inside.
    assert points.min() > 5
    assert points.max() < 123
    assert 40 < points[36:48, 1].mean() < 64
    assert read_rgb(out / kept.file).shape == (128, 128, 3)
    assert read_rgb(out / "sheet.png").shape[0] == 160
    assert "1 of them well labelled" in capsys.readouterr().out
    # The trainer of statueflow reads the set as it is, once the labels have the name that it looks for.
    shutil.copy(out / "landmarks68.json", out / "relabelled_landmarks68.json")
    assert photograph_names(tmp_path) == ([], [kept.file])
    # The ready crop labelled again: the same points.
    assert run(out / "train", "--out", tmp_path / "again", "--relabel") == 0
    again = json.loads((tmp_path / "again" / "landmarks68.json").read_text())
    assert again == {Path(kept.file).name: labels[kept.file]}


def test_a_second_run_looks_only_at_what_is_new_and_clears_what_went(painted, tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "set"
    save(photos / "1.png", red_square())
    assert run(photos, "--out", out, "--size", 64, "--min-face", 60) == 0
    first = read_manifest(out / "MANIFEST.tsv")[0].file
    seen = len(painted)
    assert seen > 0
    assert run(photos, "--out", out, "--size", 64, "--min-face", 60) == 0
    assert len(painted) == seen
    (photos / "1.png").unlink()
    save(photos / "2.png", red_square(side=90))
    (out / "train" / "mine.txt").write_text("not the tool's")
    assert run(photos, "--out", out, "--size", 64, "--min-face", 60) == 0
    assert len(painted) > seen
    assert not (out / first).exists()
    assert (out / "train" / "mine.txt").exists()
    seen = len(painted)
    assert run(photos, "--out", out, "--size", 96, "--min-face", 60) == 0
    assert len(painted) > seen  # another size needs other crops


def test_stopped_in_the_middle_it_keeps_what_was_found(painted, tmp_path, monkeypatch, capsys):
    photos, out = tmp_path / "photos", tmp_path / "set"
    for n in range(3):
        save(photos / f"{n}.png", red_square(side=90 + 10 * n))
    whole, count = face_crops.find_faces, []

    def stopped(*arguments):
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(face_crops, "find_faces", stopped)
    command = (photos, "--out", out, "--size", 64, "--min-face", 60)
    assert run(*command) == 130
    assert "stopped" in capsys.readouterr().err
    assert not (out / "MANIFEST.tsv").exists()
    assert run(*command) == 0
    assert len(count) == 4  # one was done, one stopped, two left


def test_pictures_are_taken_as_they_are_meant_to_be_seen(tmp_path):
    upright = red_square()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: shown turned by 90 degrees clockwise
    save(tmp_path / "turned.png", np.rot90(upright).copy(), exif=exif)
    np.testing.assert_array_equal(read_rgb(tmp_path / "turned.png"), upright)
    alpha = np.dstack([upright, np.zeros(upright.shape[:2], np.uint8)])
    save(tmp_path / "clear.png", alpha)
    assert (read_rgb(tmp_path / "clear.png") == 128).all()
    stream = io.BytesIO()
    Image.fromarray(upright).convert("CMYK").save(stream, "TIFF")
    (tmp_path / "print.tif").write_bytes(stream.getvalue())
    assert np.abs(read_rgb(tmp_path / "print.tif").astype(int) - upright).mean() < 3
    (tmp_path / ".hidden").mkdir()
    save(tmp_path / ".hidden" / "no.png", upright)
    assert [str(p) for p in list_pictures(tmp_path)] == ["clear.png", "print.tif", "turned.png"]


def test_senseless_requests_and_folders_of_others_are_refused(painted, tmp_path, capsys):
    photos = tmp_path / "photos"
    save(photos / "1.png", red_square())
    for words in (("--size", 8), ("--test", 2), ("--workers", 0), ("--padding", -1), ("--min-face", 1)):
        assert run(photos, "--out", tmp_path / "set", *words) == 2
    assert run(photos, "--out", photos / "set") == 2
    assert run(tmp_path / "none", "--out", tmp_path / "set") == 3
    other = tmp_path / "other"
    other.mkdir()
    (other / "MANIFEST.tsv").write_text("someone's")
    assert run(photos, "--out", other) == 8
    assert (other / "MANIFEST.tsv").read_text() == "someone's"
    capsys.readouterr()


def test_models_that_cannot_be_used_are_named_before_the_work_starts(facemesh, tmp_path, capsys):
    photos = tmp_path / "photos"
    save(photos / "1.png", red_square())
    assert run(photos, "--out", tmp_path / "set", "--yunet", tmp_path / "no.onnx") == 3
    assert "no.onnx" in capsys.readouterr().err
    (tmp_path / "text.onnx").write_text("no network")
    assert run(photos, "--out", tmp_path / "set", "--yunet", tmp_path / "text.onnx") == 3
    assert "YuNet" in capsys.readouterr().err
    assert run(photos, "--out", tmp_path / "set", "--models", tmp_path) == 5
    assert not (tmp_path / "set").exists()


def test_several_processes_find_what_one_finds(facemesh, example, tmp_path, capsys):
    crops = tmp_path / "crops"
    save(crops / "face.png", example[40:340, 20:320])
    save(crops / "stone.png", np.full((80, 80, 3), 90, np.uint8))
    save(crops / "oblong.png", example)
    labels = []
    for workers in (1, 2):
        out = tmp_path / f"out{workers}"
        assert run(crops, "--out", out, "--relabel", "--workers", workers) == 0
        labels.append((out / "landmarks68.json").read_bytes())
    assert labels[0] == labels[1]
    assert list(json.loads(labels[0])) == ["face.png"]
    assert "1 of 3 labelled, 1 good, 1 unreadable" in capsys.readouterr().out
