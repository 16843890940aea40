"""The command line: what it writes, says and returns."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from statue_models import cli
from statue_models.errors import StatueError, catalogue
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmark_file import format_pts, read_landmarks
from statue_models.face.landmarks68 import Landmarks
from statue_models.phases import Phase
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Hypothesis, Restoration, RestoredGroup, Variant, pixel_hash
from statue_models.restoring import restorer

REPOSITORY = Path(__file__).parents[1]
POINTS = np.stack([np.arange(68) % 10 * 5.0 + 12, np.arange(68) // 10 * 8.0 + 8], axis=1)


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


def statue(*words):
    return cli.main([str(word) for word in words])


def restore(*words):
    return statue("restore", "photo.png", "--mask", "mask.png", "-o", "out.png", *words)


def files():
    return sorted(path.name for path in Path.cwd().iterdir() if path.name not in ("photo.png", "mask.png", "home"))


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


def test_one_variant_goes_into_the_named_file(scene, fake, capsys):
    assert restore() == 0
    assert files() == ["out.png"]
    before, after = cv2.imread("photo.png", cv2.IMREAD_UNCHANGED), cv2.imread("out.png", cv2.IMREAD_UNCHANGED)
    mask = cv2.imread("mask.png", cv2.IMREAD_UNCHANGED) > 0
    assert after.dtype == np.uint16
    assert (after[~mask] == before[~mask]).all() and (after[mask] == 1000).all()
    said = capsys.readouterr()
    assert said.out == "" and "wrote out.png" in said.err
    request = fake.seen[0]
    assert (request.model, request.seed, request.variants, request.steps) == ("default", 0, 1, None)


def test_all_options_reach_the_request(scene, fake):
    Path("face.pts").write_text(format_pts(Landmarks.given(POINTS)))
    words = ["--seed", 7, "--model", "telea", "--preview", "--face=-5,3,60.5,70", "--device", "cpu"]
    assert restore("--landmarks", "face.pts", "--predictor", "facemesh", *words) == 0
    request = fake.seen[0]
    assert (request.seed, request.model, request.quality, request.device) == (7, "telea", "preview", "cpu")
    assert (request.steps, request.predictor) == (None, "facemesh")
    assert request.face == (-5.0, 3.0, 60.5, 70.0)
    assert np.allclose(request.landmarks.points, POINTS)
    assert request.landmarks.hidden.any()
    assert fake.devices == ["cpu"]


def test_what_was_understood_and_guessed_is_said_and_recorded(scene, fake, capsys):
    rgba = np.dstack([np.full((80, 96, 3), 9000, np.uint16), np.full((80, 96), 65535, np.uint16)])
    rgba[30:50, 40:60, 3] = 0
    cv2.imwrite("erased.png", rgba)
    cv2.imwrite("ones.png", cv2.imread("mask.png", 0) // 255)
    cv2.imwrite("negative.png", 255 - cv2.imread("mask.png", 0))
    understood = "statue: 400 pixels missing, 5.2 % of the picture; holes: 1 (mask-understood)\n"
    assert statue("restore", "photo.png", "--mask", "ones.png", "-o", "out.png", "--json") == 0
    said = capsys.readouterr()
    assert understood in said.err and "(mask-two-values)\n" in said.err
    assert [note.code for note in fake.seen[0].notes] == ["mask-two-values", "mask-understood"]
    for words in (("erased.png", "--mask", "alpha"), ("photo.png", "--mask", "negative.png", "--invert")):
        assert statue("restore", *words, "-o", "out.png", "--force") == 0
        assert (fake.seen[-1].mask == fake.seen[0].mask).all() and understood in capsys.readouterr().err
    assert statue("restore", "photo.png", "--mask", "negative.png", "-o", "out.png", "--force") == 3
    assert "--invert" in capsys.readouterr().err
    assert statue("landmarks", "photo.png", "--mask", "negative.png", "--no-invert") == 0
    assert fake.seen[-1][1].mean() > 200


def test_a_mask_grows_and_fades_outwards(scene, fake):
    assert restore("--grow", "3", "--feather", "6") == 0
    mask = fake.seen[0].mask
    assert (mask[30:50, 40:60] == 255).all() and (mask[27, 41:59] == 255).all()
    fade = mask[20:28, 50].astype(int)
    assert fade[0] == 0 and fade[-1] == 255 and (np.diff(fade) > 0).all()


def test_several_variants_with_report_and_uncertainty(scene, fake, capsys):
    assert restore("--variants", 3, "--report", "how.json", "--uncertainty", "spread.png", "--json", "--quiet") == 0
    assert files() == ["how.json", "out.2.png", "out.3.png", "out.png", "spread.png"]
    said = capsys.readouterr()
    assert said.err == ""
    answer = json.loads(said.out)
    assert answer["schema"] == 1
    assert answer["variants"] == [
        {"file": name, "variant": k + 1, "seed": Hypothesis.of(0, k).seed}
        for k, name in enumerate(["out.png", "out.2.png", "out.3.png"])
    ]
    assert answer["rectangle"] == [40, 30, 20, 20]
    assert (answer["report"], answer["uncertainty"]) == ("how.json", "spread.png")
    assert json.loads(Path("how.json").read_text()) == answer["record"]
    spread = cv2.imread("spread.png", cv2.IMREAD_UNCHANGED)
    assert spread.shape == (80, 96) and spread[35, 45] == 9 and spread.sum() == 9 * 400


def test_a_model_without_uncertainty_says_so(scene, fake, capsys):
    fake.uncertainty = False
    assert restore("--uncertainty", "spread.png", "--json") == 0
    assert files() == ["out.png"]
    said = capsys.readouterr()
    assert "spread.png was not written" in said.err
    assert json.loads(said.out)["uncertainty"] is None


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
    ("words", "status", "code"),
    [
        (["restore", "photo.png", "-o", "o.png"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--variants", "17"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--steps", "4", "--preview"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--quality", "best"], 2, "usage"),
        (
            ["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--variants", "2", "--variant", "2"],
            2,
            "usage",
        ),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--face", "1,2,3"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--seed", "-1"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--report", "./o.png"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--device", "tpu"], 2, "usage"),
        (["restore", "none.png", "--mask", "mask.png", "-o", "o.png"], 3, "missing-file"),
        (["restore", "photo.png", "--mask", "text.png", "-o", "o.png"], 3, "not-an-image"),
        (["restore", "photo.png", "--mask", "small.png", "-o", "o.png"], 3, "mask-size"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--face", "900,2,30,30"], 3, "bad-face-box"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--landmarks", "text.png"], 3, "bad-landmarks"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--model", "none"], 5, "unknown-model"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.jpg"], 8, "output-format"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "no/o.png"], 8, "output-unwritable"),
        (["landmarks", "photo.png", "-o", "points.txt"], 2, "usage"),
        (["landmarks", "photo.png", "--mask", "small.png"], 3, "mask-size"),
        (["serve", "--port", "70000"], 2, "usage"),
        (["serve", "--idle", "soon"], 2, "usage"),
        ([], 2, "usage"),
    ],
)
def test_each_failure_has_its_status_sentence_and_remedy(scene, fake, capsys, words, status, code):
    Path("text.png").write_text("no picture")
    cv2.imwrite("small.png", np.full((10, 10), 255, np.uint8))
    assert statue(*words) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("statue: ")
    if words and words[0] != "serve":
        assert statue(*words, "--json") == status
        said = capsys.readouterr()
        answer = json.loads(said.out)
        assert answer["schema"] == 1 and answer["error"]["code"] == code
        assert said.err == f"statue: {answer['error']['sentence']}\n{answer['error']['remedy']}\n"
    assert "o.png" not in files() and not fake.seen


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


def test_progress_is_one_line_on_a_terminal_and_nothing_elsewhere(scene, fake, capsys, monkeypatch):
    assert restore() == 0
    assert "\r" not in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert restore("--force") == 0
    said = capsys.readouterr().err
    assert "\r 50 %  fitting the head" in said and said.endswith("\rstatue: wrote out.png\n")
    assert restore("--force", "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_all_faces_of_a_picture(scene, fake, capsys):
    found = replace(Landmarks.given(POINTS), source="landmarknet without facemesh")
    fake.faces = [(found, FaceFrame((48.0, 40.0), 90.0)), (found, FaceFrame((9, 9), 8))]
    try:
        assert statue("landmarks", "photo.png") == 0
        said = capsys.readouterr()
        assert "1 more to be found" in said.err and "--all" in said.err and "faces" not in json.loads(said.out)
        assert said.err.count("(predictor-without)") == 1
        assert statue("landmarks", "photo.png", "--all", "-o", "faces.json", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert [face["frame"]["centre"] for face in told["faces"]] == [[48.0, 40.0], [9, 9]]
        assert len(told["faces"][1]["landmarks"]["points"]) == 68 and "landmarks" not in told
        assert json.loads(Path("faces.json").read_text()) == told
        assert statue("landmarks", "photo.png", "--all", "-o", "faces.pts") == 2
    finally:
        fake.faces = []


def test_landmarks_in_every_form(scene, fake, capsys):
    assert statue("landmarks", "photo.png", "--mask", "mask.png", "--face", "1,2,50,60", "--predictor", "facemesh") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["image"] == {"width": 96, "height": 80} and answer["frame"]["side"] == 90.0
    image, mask, face, predictor = fake.seen[0]
    assert predictor == "facemesh"
    assert image.shape == (80, 96, 3) and mask.max() == 255 and face == (1.0, 2.0, 50.0, 60.0)
    for name in ("points.json", "points.pts"):
        assert statue("landmarks", "photo.png", "-o", name) == 0
        assert capsys.readouterr().out == ""
        assert np.allclose(read_landmarks(Path(name))[0].points, POINTS)
        assert statue("landmarks", "photo.png", "-o", name) == 8
    assert statue("landmarks", "photo.png", "-o", "points.svg", "--json", "--quiet") == 0
    assert json.loads(capsys.readouterr().out) == json.loads(Path("points.json").read_text())
    assert Path("points.svg").read_text().startswith("<svg")


def test_a_face_that_is_not_found_is_told_in_the_words_of_the_command(scene, fake, capsys, monkeypatch):
    def nothing(*_, **__):
        raise StatueError("no-face", where="in the picture", more=" or give the 68 points with --landmarks FILE")

    monkeypatch.setattr(fake, "find_landmarks", nothing)
    assert statue("landmarks", "photo.png", "--all") == 4
    assert statue("landmarks", "photo.png") == 4
    said = capsys.readouterr().err
    assert "No face was found in the picture." in said and "--face" in said and "--landmarks" not in said


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


def test_every_exit_status_is_documented():
    page = (REPOSITORY / "docs/cli.md").read_text(encoding="utf-8")
    for status in {entry.exit_status for entry in catalogue().values()} | {0}:
        assert f"| {status} |" in page


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
