"""What is done is not done again, what is asked otherwise is, and an end at any moment costs nothing."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from many_pictures import everything, pictures, started, statue_command

from statue_models.batch.journal import FOLDER

MANY = ("--masks", "masks", "-o", "out", "--model", "telea", "--workers", "2")


def states(words, capsys):
    """Exit status, and photograph -> its state, or the code of its error."""
    capsys.readouterr()
    status = statue_command("restore", *words, "--json")
    told = json.loads(capsys.readouterr().out)["pictures"]
    return status, {Path(one["photo"]).stem: one["error"]["code"] if one["error"] else one["state"] for one in told}


def test_what_is_asked_otherwise_is_done_again_and_nothing_else(statues, capsys, in_this_process):
    words = [*statues, *MANY, "--resume"]
    assert states(words, capsys) == (0, dict.fromkeys(["s00", "s01", "s02", "s03"], "done"))
    before = pictures("out")
    assert states(words, capsys) == (0, dict.fromkeys(["s00", "s01", "s02", "s03"], "kept"))
    mask = cv2.imread("masks/s00.png", 0)
    cv2.imwrite("masks/s00.png", cv2.dilate(mask, np.ones((9, 9))))
    photo = cv2.imread("photos/s01.png")
    cv2.imwrite("photos/s01.png", 255 - photo)
    Path("out/s02.png").unlink()
    Path("out", FOLDER, "s03.png.json").write_text("no entry")
    assert states(words, capsys) == (
        9,
        {"s00": "done", "s01": "done", "s02": "done", "s03": "output-exists"},  # which nobody knows to be ours
    )
    after = pictures("out")
    assert [after[name] == before[name] for name in sorted(after)] == [False, False, True, True]
    assert states([*words, "--grow", "3", "--force"], capsys)[0] == 0
    assert pictures("out")["s02.png"] != before["s02.png"]
    assert states(words[:-1], capsys) == (9, dict.fromkeys(["s00", "s01", "s02", "s03"], "output-exists"))


def test_a_result_that_was_retouched_is_never_lost(statues, capsys, in_this_process):
    words = [*statues[:2], *MANY, "--resume"]
    assert states(words, capsys)[0] == 0
    Path("out/s00.png").write_bytes(Path(statues[3]).read_bytes())
    assert states(words, capsys) == (0, {"s00": "kept", "s01": "kept"})
    assert states([*words, "--grow", "2"], capsys) == (9, {"s00": "output-exists", "s01": "done"})
    assert Path("out/s00.png").read_bytes() == Path(statues[3]).read_bytes()


def test_what_failed_claims_no_file_that_comes_later(statues, capsys, in_this_process):
    words = [statues[0], *MANY[:4], "--model", "telea", "--face", "900,900,9,9", "--resume"]
    assert states(words, capsys)[0] == 9
    shutil.copy(statues[1], "out/s00.png")
    assert states([*words[:7], "--resume"], capsys) == (9, {"s00": "output-exists"})
    assert Path("out/s00.png").read_bytes() == Path(statues[1]).read_bytes()


def test_what_a_killed_writer_left_is_taken_away(statues, capsys, in_this_process):
    words = [*statues[:2], *MANY, "--resume"]
    Path("out", FOLDER).mkdir(parents=True)
    begun = {"schema": 1, "done": False, "asked": "x", "made": {"variant 1": None}, "notes": [], "seconds": 0}
    Path("out", FOLDER, "s00.png.json").write_text(json.dumps(begun))
    shutil.copy(statues[0], "out/s00.png")  # which had been begun, so it is the program's own
    for name in (".s00.png.0123456789ab.part", ".s00.png.mine.part", ".s01.png.0123456789ab.part"):
        Path("out", name).write_text("half")
    assert states(words, capsys) == (0, {"s00": "done", "s01": "done"})
    # Of the other, nothing says that it was being written by a process that is gone.
    assert set(pictures("out")) == {"s00.png", "s01.png", ".s00.png.mine.part", ".s01.png.0123456789ab.part"}
    assert Path("out/s00.png").read_bytes() != Path(statues[0]).read_bytes()


def until(found, patience=60.0):
    """Wait for something to become true."""
    end = time.monotonic() + patience
    while not found():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def children(pid):
    """Processes that a process has started (Linux)."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(word) for word in listed]


def has_ended(pid):
    """Also of one that nobody has waited for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are found by /proc")
@pytest.mark.parametrize("whole_group", [False, True])
def test_killed_half_way_and_resumed_the_files_are_those_of_an_undisturbed_run(
    make_statues, whole_group, in_this_process
):
    names = make_statues(12, enlarged=4)
    words = [*names, "--masks", "masks", "--model", "telea", "--workers", "2", "--variants", "2", "--quiet"]
    assert statue_command("restore", *words, "-o", "whole") == 0
    process = started("restore", *words, "-o", "out")
    until(lambda: Path("out").is_dir() and len(pictures("out")) >= 3)
    workers = children(process.pid)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(pictures("out")) < 12 and len(workers) >= 2
    until(lambda: all(map(has_ended, workers)), 20.0)  # nobody tells them
    assert statue_command("restore", *words, "-o", "out", "--resume") == 0
    assert everything("out") == everything("whole")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are found by /proc")
@pytest.mark.parametrize("where", [(), pytest.param(("--ray", "local"), marks=pytest.mark.nightly)])
def test_ctrl_c_ends_soon_with_whole_files_alone(make_statues, in_this_process, where):
    names = make_statues(12, enlarged=4)
    words = [*names, "--masks", "masks", "--model", "telea", "--workers", "2"]
    assert statue_command("restore", *words, "-o", "whole", "--quiet") == 0
    process = started("restore", *words, "-o", "out", *where)
    until(lambda: Path("out").is_dir() and len(pictures("out")) >= 2)
    workers = children(process.pid)
    asked = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to all of them
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - asked < 10 and process.returncode == 130
    assert "Traceback" not in said and "statue: " in said and " left " in said
    until(lambda: all(map(has_ended, workers)), 5.0)
    made, whole = everything("out"), everything("whole")
    assert 2 <= len(made) < 12 and made.items() <= whole.items()
    assert statue_command("restore", *words, "-o", "out", "--resume", "--quiet") == 0
    assert everything("out") == whole
