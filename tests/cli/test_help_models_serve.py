"""``statue --help``, ``models``, ``serve``, and a restoration through the runner."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from statue_command import POINTS, REPOSITORY, statue

from statue_models.face.landmark_file import format_pts
from statue_models.face.landmarks68 import Landmarks


def test_help_is_fast_because_nothing_heavy_is_imported():
    code = (
        "import sys, statue_models.cli\n"
        "try: statue_models.cli.main(['restore', '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'numpy', 'cv2', 'scipy', 'torch', 'starlette', 'uvicorn', 'PIL'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--variants" in done.stdout


def test_models_are_listed(capsys):
    assert statue("models") == 0
    table = capsys.readouterr().out
    assert statue("models", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    names = [model["name"] for model in answer["models"]]
    assert answer["schema"] == 1 and answer["default"] in names
    assert all(name in table for name in names)
    finders = {finder["name"]: finder for finder in answer["predictors"]}
    assert answer["default_predictor"] in finders and all(name in table for name in finders)
    for one in [*answer["models"], *answer["predictors"]]:
        assert one["trained"] or "python -m training train" in one["untrained"]
    assert {"title", "kind", "needs", "trained", "licence", "quality", "parameters"} <= answer["models"][0].keys()


def test_the_runner_gives_the_same_bytes_and_request_as_the_command_itself(scene):
    """End to end, with the real restorer in both processes."""
    words = [
        sys.executable,
        "-m",
        "statue_models",
        "restore",
        str(scene / "photo.png"),
        "--mask",
        str(scene / "mask.png"),
    ]
    (scene / "points.pts").write_text(format_pts(Landmarks.given(POINTS)))
    words += ["--model", "telea", "--variants", "2", "--seed", "3", "--landmarks", str(scene / "points.pts")]
    for name, more in (("here", []), ("there", ["--runner"])):
        done = subprocess.run(
            [*words, "-o", str(scene / f"{name}.png"), "--report", str(scene / f"{name}.json"), *more],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
    assert (scene / "here.png").read_bytes() == (scene / "there.png").read_bytes()
    records = [json.loads((scene / name).read_text()) for name in ("here.json", "there.json")]
    assert records[0]["notes"] == records[1]["notes"] and len(records[0]["notes"]) == 2
    assert records[0]["request"] == records[1]["request"] and any(records[0]["request"]["landmarks"]["hidden"])
    state = scene / "home" / "state" / "runner.json"
    pid = json.loads(state.read_text())["pid"]
    state.unlink()  # which ends the runner
    _wait_for_the_end_of(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT between processes there")
def test_serve_runs_until_interrupted(scene):
    state = scene / "state"
    words = [sys.executable, "-m", "statue_models", "serve", "--state", str(state)]
    # A shell's background job hands its children an ignored SIGINT; what is tested is a terminal's.
    as_in_a_terminal = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True, preexec_fn=as_in_a_terminal)
    assert process.stderr.readline().startswith("listening on 127.0.0.1:")
    second = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True)
    assert second.returncode == 7 and "another runner" in second.stderr
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in said and not (state / "runner.json").exists()


def _wait_for_the_end_of(pid):
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("the runner did not end")
