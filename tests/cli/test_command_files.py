"""``statue restore``: what is read and written, and what is never lost."""

import io
import json
import os
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from statue_command import files, restore, statue

from statue_models.errors import StatueError
from statue_models.request import pixel_hash


def test_what_is_read_is_never_written_over(scene, fake, capsys):
    os.link("photo.png", "same.png")
    Path("link.png").symlink_to("mask.png")
    before = Path("photo.png").read_bytes(), Path("mask.png").read_bytes()
    for words in (
        ("-o", "photo.png"),
        ("-o", "same.png"),
        ("-o", "mask.png"),
        ("-o", "link.png"),
        ("-o", "out.png", "--report", "photo.png"),
        ("-o", "out.png", "--uncertainty", "mask.png"),
        ("-o", "."),
    ):
        assert statue("restore", "photo.png", "--mask", "mask.png", "--force", "--json", *words) == 8
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "output-is-input"
    assert not fake.seen and before == (Path("photo.png").read_bytes(), Path("mask.png").read_bytes())


def test_a_folder_takes_the_variants_under_the_photographs_name(scene, fake):
    Path("made").mkdir()
    assert statue("restore", "photo.png", "--mask", "mask.png", "-o", "made", "--variants", "2") == 0
    assert sorted(path.name for path in Path("made").iterdir()) == ["photo.2.png", "photo.png"]


def test_pipes_and_addresses_are_read(scene, fake, capsys, monkeypatch):
    os.mkfifo("pipe")
    for name in ("photo.png", "mask.png"):
        feed = Thread(target=lambda of=name: Path("pipe").write_bytes(Path(of).read_bytes()))
        feed.start()
        words = ("pipe", "--mask", "mask.png") if name == "photo.png" else ("photo.png", "--mask", "pipe")
        assert statue("restore", *words, "-o", f"from-{name}") == 0
        feed.join()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(Path("photo.png").read_bytes())))
    assert statue("restore", "-", "--mask", Path("mask.png").resolve().as_uri(), "-o", "out.png") == 0
    assert len({pixel_hash(one.image) + pixel_hash(one.mask) for one in fake.seen}) == 1 and len(fake.seen) == 3
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"no picture")))
    assert statue("restore", "-", "--mask", "mask.png", "-o", "other.png") == 3
    assert "statue: - is not a picture" in capsys.readouterr().err


def test_names_that_lead_nowhere_are_named(scene, fake, capsys):
    Path("loop.png").symlink_to("loop.png")
    for name, code in (
        ("loop.png", "unreadable-file"),
        ("x" * 264, "unreadable-file"),
        ("file:///no%20where", "missing-file"),
    ):
        assert statue("restore", name, "--mask", "mask.png", "-o", "out.png", "--json") == 3
        error = json.loads(capsys.readouterr().out)["error"]
        assert error["code"] == code and name[-20:].replace("%20", " ").removeprefix("file://") in error["sentence"]
    for name in ("loop.png", "x" * 264 + ".png"):
        assert statue("restore", "photo.png", "--mask", "mask.png", "-o", name) == 8
    gone = scene / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    assert statue("restore", scene / "photo.png", "--mask", scene / "mask.png", "-o", "out.png") == 8
    os.chdir(scene)


@pytest.mark.parametrize("existing", ["out.png", "out.2.png", "how.json", "spread.png"])
def test_existing_files_are_found_before_the_work_starts(scene, fake, existing):
    Path(existing).write_text("mine")
    words = ["--variants", 2, "--report", "how.json", "--uncertainty", "spread.png"]
    assert restore(*words) == 8
    assert Path(existing).read_text() == "mine" and files() == [existing] and not fake.seen
    assert restore(*words, "--force") == 0
    assert Path(existing).read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (StatueError("no-face"), 4),
        (StatueError("no-cuda"), 6),
        (MemoryError(), 6),
        (KeyboardInterrupt(), 130),
        (RuntimeError("unforeseen"), 1),
    ],
)
def test_a_failure_in_the_work_leaves_no_file(scene, fake, capsys, failure, status):
    fake.failure = failure
    assert restore("--variants", 2, "--report", "how.json") == status
    assert files() == []
    assert "Traceback" not in capsys.readouterr().err
