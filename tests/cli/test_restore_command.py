"""``statue restore``: what it asks for, says and returns."""

import json
from pathlib import Path

import cv2
import numpy as np
from statue_command import POINTS, files, restore, statue

from statue_models.face.landmark_file import format_pts
from statue_models.face.landmarks68 import Landmarks
from statue_models.request import Hypothesis


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


def test_progress_is_one_line_on_a_terminal_and_nothing_elsewhere(scene, fake, capsys, monkeypatch):
    assert restore() == 0
    assert "\r" not in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert restore("--force") == 0
    said = capsys.readouterr().err
    assert "\r 50 %  fitting the head" in said and said.endswith("\rstatue: wrote out.png\n")
    assert restore("--force", "--quiet") == 0
    assert capsys.readouterr().err == ""
