"""Pictures at addresses, and workers of a cluster, give the same bytes."""

import dataclasses
import os
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest
from many_pictures import everything, pictures, statue_command

from statue_models.batch import files
from statue_models.batch.journal import FOLDER
from statue_models.batch.outcome import Wanted
from statue_models.batch.picture_worker import PictureWorker
from statue_models.batch.pool import Batch
from statue_models.cli import arguments
from statue_models.cli.restore import task_of
from statue_models.errors import StatueError
from statue_models.tasks.paths import is_address, name_of

pytestmark = pytest.mark.skipif(
    find_spec("fsspec") is None or find_spec("ray") is None, reason="the extra 'cluster' is not installed"
)
PLAIN = ("--model", "telea")


@pytest.fixture
def worker():
    made = PictureWorker()
    yield made
    made.end()


@pytest.fixture
def away():
    """An address whose files are in memory."""
    import fsspec

    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield "memory://bucket"
    system.store.clear()


def test_addresses_are_told_from_names():
    assert all(map(is_address, ["s3://b/a.jpg", "local:///x/a.jpg", "simplecache::s3://b/a.jpg", "FILE://host/x"]))
    assert not any(map(is_address, ["a.jpg", "/x//y.jpg", "file:///x/a.jpg", "c:\\x.jpg", "a:b/c.jpg", "-"]))
    assert name_of("file:///x%20y.jpg") == "/x y.jpg" and name_of("./a//b.jpg") == "a/b.jpg"
    assert files.in_folder("s3://b/x/", "a.jpg") == "s3://b/x/a.jpg" and files.folder_of("s3://b/x/a.jpg") == "s3://b/x"


def test_a_picture_at_an_address_is_restored_as_one_here(statues, worker, away):
    files.send(Path(statues[0]), f"{away}/photos/s00.png")
    files.send(Path("masks/s00.png"), f"{away}/masks/s00.png")
    assert files.names_in(f"{away}/masks") == [f"{away}/masks/s00.png"]
    assert [files.file_name(one) for one in files.matches(f"{away}/photos/*.png")] == ["s00.png"]
    words = [
        "restore",
        f"{away}/photos/s00.png",
        "--masks",
        "x",
        "-o",
        f"{away}/out",
        *PLAIN,
        "--report",
        f"{away}/how.json",
    ]
    task = task_of(arguments.parse(words), words[1], f"{away}/masks/s00.png", [f"{away}/out/s00.png"])
    outcome = worker.work(task, False)
    assert outcome.state == "done", outcome.error
    assert outcome.files == (f"{away}/out/s00.png", f"{away}/how.json")
    assert f"wrote {away}/out/s00.png" in outcome.said
    assert statue_command("restore", statues[0], "--mask", "masks/s00.png", "-o", "one.png", *PLAIN) == 0
    assert files.digest(f"{away}/out/s00.png") == files.digest("one.png")
    assert {files.file_name(one) for one in files.names_in(f"{away}/out/{FOLDER}")} == {"s00.png.json"}
    assert worker.work(task, True).state == "kept"
    assert worker.work(task, False).error["code"] == "output-exists"
    files.send(Path("masks/s01.png"), f"{away}/masks/s00.png")
    assert worker.work(task, True).state == "done"
    assert files.digest(f"{away}/out/s00.png") != files.digest("one.png")
    missing = worker.work(dataclasses.replace(task, photo=f"{away}/none.png"), False).error
    assert missing["code"] == "missing-file" and f"{away}/none.png" in missing["sentence"]
    files.write_text(f"{away}/photos/s00.png", "no picture")
    broken = worker.work(task, True).error
    assert broken["code"] == "not-an-image" and f"{away}/photos/s00.png is not" in broken["sentence"]


def test_what_an_address_cannot_do_is_told_of_it(away, tmp_path):
    for act, code in (
        (lambda: files.names_in(f"{away}/nowhere"), "missing-file"),
        (lambda: files.fetch(f"{away}/nowhere.png", tmp_path), "missing-file"),
        (lambda: files.digest("nonsense://x/y.png"), "unreadable-file"),
        (lambda: files.write_text("nonsense://x/y.png", "x"), "output-unwritable"),
    ):
        with pytest.raises(StatueError) as caught:
            act()
        assert caught.value.code == code and "://" in caught.value.sentence
    with (
        pytest.raises(StatueError, match="no room"),
        files._elsewhere(f"{away}/x.png", writing=True) as (system, path),
        system.transaction,
        system.open(path, "wb") as stream,
    ):
        stream.write(b"half")
        raise OSError("no room")
    assert not files.exists(f"{away}/x.png")  # whole or not at all


def test_many_addresses_by_processes(statues, in_this_process):
    here = f"local://{Path.cwd()}"
    words = ["--masks", f"{here}/masks", *PLAIN]
    assert statue_command("restore", f"{here}/photos/*.png", *words, "-o", f"{here}/out") == 0
    assert statue_command("restore", *statues, "--masks", "masks", *PLAIN, "-o", "whole") == 0
    assert everything("out") == everything("whole") and len(pictures("out")) == 4


def test_a_cluster_makes_the_same_bytes_though_a_worker_is_killed(make_statues, in_this_process):
    """A Ray of two workers on this machine, one of which dies half way."""
    from statue_models.batch.ray_pool import RayPool

    names = make_statues(8)
    assert statue_command("restore", *names, "--masks", "masks", *PLAIN, "-o", "whole") == 0
    options = arguments.parse(["restore", *names, "--masks", "masks", "-o", "out", *PLAIN])
    here = Path.cwd()
    wanted = []
    for name in names:
        file = Path(name).name
        # Half of them go through fsspec, the others lie in a folder that all machines share.
        root = f"local://{here}" if int(file[1:3]) % 2 else str(here)
        task = task_of(options, f"{root}/{name}", f"{root}/masks/{file}", [f"{root}/out/{file}"])
        wanted.append(Wanted(name, task))
    files.make_folder("out")
    on_sigterm = signal.getsignal(signal.SIGTERM)
    pool, killed = RayPool("local", 2), []

    def ended(number, outcome):
        assert outcome.state == "done", outcome.error
        if not killed and len(pictures("out")) >= 3:
            killed.append(pool.pids[0])
            os.kill(killed[0], signal.SIGKILL)

    batch = Batch(wanted, pool, False, ended, lambda flying: None)
    batch.run()
    assert killed and [one.state for one in batch.outcomes] == ["done"] * 8
    assert everything("out") == everything("whole")
    # What a cluster has done need not be done here, and the other way round.
    assert statue_command("restore", *names, "--masks", "masks", *PLAIN, "-o", "out", "--resume") == 0
    before = {path: path.stat().st_mtime_ns for path in Path("out").glob("*.png")}
    Path("out/s00.png").unlink()
    assert statue_command("restore", *names, "--masks", "masks", *PLAIN, "-o", "out", "--resume", "--ray", "local") == 0
    assert signal.getsignal(signal.SIGTERM) is on_sigterm, "what Ray does to the process is undone"
    assert {path for path in before if path.stat().st_mtime_ns != before[path]} == {Path("out/s00.png")}
    assert everything("out") == everything("whole")


def test_a_cluster_that_is_not_there_is_said(statues, capsys):
    words = ["--masks", "masks", *PLAIN, "-o", "out", "--ray", "127.0.0.1:9"]
    assert statue_command("restore", *statues, *words) == 7
    assert "The Ray cluster at 127.0.0.1:9 cannot be used" in capsys.readouterr().err
