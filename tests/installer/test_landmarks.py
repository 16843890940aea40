"""Of MediaPipe's wheel only the two models and their licence are kept, and only the right ones."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from installer import landmarks
from installer.processes import InstallError

PIP = ["python", "-m", "pip"]
MODELS = {name: f"contents of {name}".encode() for name in landmarks.FILES}


def write_wheel(folder, changed=None):
    with zipfile.ZipFile(folder / "mediapipe-0.10.14-cp311-cp311-any.whl", "w") as archive:
        for name, (inside, _) in landmarks.FILES.items():
            archive.writestr(inside, b"something else" if name == changed else MODELS[name])
        archive.writestr("mediapipe/python/large.so", b"x" * 1000)
        archive.writestr("mediapipe-0.10.14.dist-info/LICENSE", b"Apache")


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    hashes = {name: (inside, hashlib.sha256(MODELS[name]).hexdigest()) for name, (inside, _) in landmarks.FILES.items()}
    monkeypatch.setattr(landmarks, "FILES", hashes)


@pytest.fixture
def download(fake_run):
    def write(command, directory):
        write_wheel(Path(command[command.index("--dest") + 1]))

    return fake_run.on("pip download --no-deps", act=write)


def install(folder, run):
    return landmarks.install_landmarks(folder, PIP, run, lambda text: None)


def test_both_models_with_their_licence_and_nothing_else(tmp_path, download):
    assert install(tmp_path / "landmarks", download)
    assert sorted(path.name for path in (tmp_path / "landmarks").iterdir()) == ["LICENSE", "NOTICE", *sorted(MODELS)]
    assert {name: (tmp_path / "landmarks" / name).read_bytes() for name in MODELS} == MODELS
    assert [path.name for path in tmp_path.iterdir()] == ["landmarks"]


def test_second_time_nothing_is_fetched(tmp_path, download):
    install(tmp_path / "landmarks", download)
    assert not install(tmp_path / "landmarks", download)
    assert len(download.commands) == 1


def test_damaged_model_is_fetched_again(tmp_path, download):
    install(tmp_path / "landmarks", download)
    (tmp_path / "landmarks/face_landmark.tflite").write_bytes(b"cut")
    assert install(tmp_path / "landmarks", download)
    assert landmarks.are_there(tmp_path / "landmarks")


def test_another_file_of_that_name_is_refused(tmp_path):
    write_wheel(tmp_path, changed="face_landmark.tflite")
    with pytest.raises(InstallError, match="not the file"):
        landmarks.unpack(next(tmp_path.glob("*.whl")), tmp_path)


def test_without_network_the_old_ones_stay(tmp_path, download, fake_run):
    install(tmp_path / "landmarks", download)
    (tmp_path / "landmarks/face_landmark.tflite").write_bytes(b"cut")
    fake_run.on("pip download", "could not reach the index", fails=True)
    with pytest.raises(InstallError, match="could not reach the index"):
        install(tmp_path / "landmarks", fake_run)
    assert (tmp_path / "landmarks/face_detection_short_range.tflite").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["landmarks"]
