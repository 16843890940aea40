"""``python -m training appearance``: a recipe and photographs in, weights that the program loads out."""

import hashlib
import json

import cv2
import numpy as np
import pytest

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.head.appearance import MODES, load_appearance
from training.__main__ import main
from training.appearance import run
from training.appearance.recipe import appearance_recipe_of, read_appearance_recipe
from training.suites.held_back import photograph_names

SMALL = ["--set", "appearance.rounds=2", "--set", "appearance.fillings=2", "--workers", "1"]


@pytest.fixture(scope="module")
def assets(tmp_path_factory, picture, head_face):
    """Seven well-labelled photographs, one of them of the ``check`` suite, and one of the test split."""
    folder = tmp_path_factory.mktemp("assets")
    labels = {}
    for number, split in enumerate(["train"] * 7 + ["test"]):
        name = f"{split}/{number:04d}.png"
        (folder / "statues128" / split).mkdir(parents=True, exist_ok=True)
        drawn = cv2.resize(picture(number), (128, 128)) // 2 + 64
        cv2.imwrite(str(folder / "statues128" / name), drawn)
        labels[name] = {"points": head_face.tolist(), "spread": 0.01, "good": True}
    (folder / "statues128" / "relabelled_landmarks68.json").write_text(json.dumps(labels))
    return folder


@pytest.fixture(scope="module")
def made(assets, tmp_path_factory):
    """The folder of a short run."""
    out = tmp_path_factory.mktemp("run")
    assert main(["appearance", "--assets", str(assets), "--out", str(out), *SMALL]) == 0
    return out


def test_the_command_makes_weights_that_the_program_loads(made):
    model = load_appearance(made / run.WEIGHTS)
    assert model.loadings.shape[0] == MODES and model.learnt.sum() > 1000
    assert (model.noise[model.learnt] > 0).all() and np.isfinite(model.mean).all()
    metrics = json.loads((made / run.METRICS).read_text())
    assert metrics["photographs"] == 6 and metrics["recipe"]["rounds"] == 2
    assert metrics["overall"] > 0 and metrics["shipped"] > 0 and "nose" in metrics["errors"]


def test_neither_the_test_split_nor_the_check_suite_is_learnt_from(assets):
    learn, judge = run.labelled_faces(assets)
    ours, check = photograph_names(assets)
    assert [truth.name for truth in learn] == ours and [truth.name for truth in judge] == check
    assert not set(ours) & set(check) and all(name.startswith("train/") for name in ours + check)


def test_the_same_photographs_give_the_same_bytes_on_any_number_of_processes(made, assets, tmp_path):
    words = ["appearance", "--assets", str(assets), "--out", str(tmp_path), *SMALL[:-1], "2"]
    assert main(words) == 0
    for name in (run.WEIGHTS, run.METRICS):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


def test_a_run_is_not_overwritten_unawares(made, assets, capsys):
    words = ["appearance", "--assets", str(assets), "--out", str(made), *SMALL]
    before = (made / run.WEIGHTS).read_bytes()
    assert main(words) == 8
    assert (made / run.WEIGHTS).read_bytes() == before and "exists" in capsys.readouterr().err


def test_only_what_is_better_is_published(made, tmp_path):
    target, metrics = tmp_path / "appearance.safetensors", json.loads((made / run.METRICS).read_text())
    folder, models = tmp_path / "run", tmp_path / "models.json"
    folder.mkdir()
    models.write_bytes(models_file.MODELS.read_bytes())
    (folder / run.WEIGHTS).write_bytes((made / run.WEIGHTS).read_bytes())

    def judged(overall: float) -> None:
        (folder / run.METRICS).write_text(json.dumps({**metrics, "overall": overall, "shipped": 0.5}))

    judged(0.5)
    with pytest.raises(StatueError) as caught:
        run.publish(folder, target, models)
    assert caught.value.code == "untrained-model" and not target.exists()
    judged(0.4)
    assert run.publish(folder, target, models) == target
    (row,) = (row for row in json.loads(models.read_text())["parts"] if row["name"] == "appearance")
    assert row["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert target.read_bytes() == (made / run.WEIGHTS).read_bytes()
    (folder / run.METRICS).write_text("{}")
    with pytest.raises(StatueError) as caught:
        run.publish(folder, target, models)
    assert caught.value.code == "bad-training-data"


def test_the_publish_command_knows_such_a_run(made, monkeypatch, capsys):
    monkeypatch.setattr(run, "publish", lambda folder: folder / "there")
    assert main(["publish", str(made)]) == 0
    assert "there" in capsys.readouterr().out


def test_the_projects_own_recipe_suits_the_program():
    assert read_appearance_recipe("appearance").modes == MODES


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("appearance.modes=0", "modes"),
        ("appearance.modes=1.5", "whole"),
        ("appearance.rounds=true", "rounds"),
        ("appearance.least_noise=0.0", "least_noise"),
        ("appearance.shrinkage=nan", "shrinkage"),
        ("appearance.colour=1", "colour"),
        ("run.seed=1", "[appearance]"),
    ],
)
def test_bad_recipes_are_refused(change, word):
    with pytest.raises(StatueError) as caught:
        read_appearance_recipe("appearance", [change])
    assert caught.value.code == "bad-recipe" and word in str(caught.value)


def test_every_key_is_needed():
    with pytest.raises(StatueError) as caught:
        appearance_recipe_of({"appearance": {"modes": 3}})
    assert caught.value.code == "bad-recipe" and "needs rounds" in str(caught.value)


def test_bad_options_and_missing_photographs_are_refused(assets, tmp_path, capsys):
    words = ["appearance", "--out", str(tmp_path / "out"), "--assets"]
    assert main([*words, str(assets), "--workers", "0"]) == 2
    assert main([*words, str(tmp_path)]) == 3
    assert "relabelled" in capsys.readouterr().err
