"""Recipes: what is taken, what is refused and why, and how the command line changes them."""

import subprocess
import sys
from pathlib import Path

import pytest

from statue_models.errors import StatueError
from training import toml_tables
from training.engine.recipe import read_recipe, recipe_of
from training.toml_tables import RECIPES, read_table

SMALL = """
[system]
name = "toy"
width = 16

[run]
images = 1000
batch = {cpu = 4}
rate = 1
decay = "none"
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return str(path)


def refusal(call, *arguments, **values):
    with pytest.raises(StatueError) as caught:
        call(*arguments, **values)
    assert caught.value.code == "bad-recipe" and caught.value.exit_status == 2
    return caught.value.sentence


def test_a_recipe_is_read_with_its_defaults(small):
    recipe = read_recipe(small)
    assert (recipe.system, recipe.options, recipe.images, recipe.minutes) == ("toy", {"width": 16}, 1000, None)
    assert recipe.batch == {"cpu": 4, "cuda": 64} and recipe.rate == 1.0 and isinstance(recipe.rate, float)
    assert recipe.peak_rate(resumed=False) == 1.0 and recipe.peak_rate(resumed=True) == 0.5
    assert recipe.autocast("cuda") and not recipe.autocast("cpu")


def test_the_command_line_changes_a_recipe(small):
    changes = ["run.clip=0.5", 'run.precision = "bf16"', "system.width=32", "system.deep.er=[1, 2]"]
    recipe = read_recipe(small, changes, batch=7, minutes=2, images=None, seed=3)
    assert (recipe.clip, recipe.precision, recipe.seed, recipe.minutes, recipe.images) == (0.5, "bf16", 3, 2.0, 1000)
    assert recipe.options == {"width": 32, "deep": {"er": [1, 2]}} and recipe.batch == {"cpu": 7, "cuda": 7}
    assert recipe.autocast("cpu")


def test_the_reduced_form_replaces_keys_and_is_changed_like_the_other(tmp_path, small):
    path = tmp_path / "published.toml"
    path.write_text(SMALL + "[reduced.system]\nwidth = 4\n[reduced.run]\nimages = 10\nbatch = 2\n")
    whole, reduced = read_recipe(str(path)), read_recipe(str(path), ["system.width=5"], reduced=True)
    assert (whole.options, whole.images, whole.batch["cpu"]) == ({"width": 16}, 1000, 4)
    assert (reduced.options, reduced.images, reduced.batch["cpu"]) == ({"width": 5}, 10, 2)
    assert reduced.rate == whole.rate
    assert "reduced" in refusal(read_recipe, small, reduced=True)


@pytest.mark.parametrize("change", ["clip=1", "run.clip", "run.=1", "run.clip=a", "run.clip=1\nx=2", "run.clip.x=1"])
def test_changes_that_are_not_understood_are_refused(small, change):
    refusal(read_recipe, small, ["run.clip=2.0", change])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sede", 1),
        ("seed", 1.5),
        ("seed", True),
        ("seed", -1),
        ("batch", 0),
        ("batch", {"tpu": 3}),
        ("batch", {}),
        ("batch", {"cpu": 2.0}),
        ("minutes", -1),
        ("minutes", float("nan")),
        ("minutes", "ten"),
        ("rate", 0),
        ("rate", float("inf")),
        ("resumed_rate", False),
        ("ema", 1.0),
        ("decay", "linear"),
        ("precision", "fp16"),
        ("precision", 16),
        ("compile", 1),
        ("warm_up", 2.5),
        ("options", {}),
        ("system", "toy"),
    ],
)
def test_a_run_that_cannot_be_is_refused_by_the_name_of_the_key(key, value):
    assert key in refusal(recipe_of, {"system": {"name": "toy"}, "run": {"images": 10, key: value}})


def test_tables_that_are_missing_or_unknown_are_refused():
    run = {"images": 1}
    assert "minutes, core_minutes or images" in refusal(recipe_of, {"system": {"name": "toy"}})
    assert "name" in refusal(recipe_of, {"run": run})
    assert "name" in refusal(recipe_of, {"system": {"name": 3}, "run": run})
    assert "[optimiser]" in refusal(recipe_of, {"system": {"name": "toy"}, "run": run, "optimiser": {}})
    assert "run" in refusal(recipe_of, {"system": {"name": "toy"}, "run": 3})


def test_files_that_are_missing_or_not_toml_are_refused(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[run\n")
    assert "TOML" in refusal(read_recipe, str(broken))
    with pytest.raises(StatueError) as caught:
        read_recipe(str(tmp_path / "none.toml"))
    assert caught.value.code == "missing-file"


def test_a_name_is_looked_up_among_the_projects_own(tmp_path, monkeypatch):
    monkeypatch.setattr(toml_tables, "RECIPES", tmp_path)
    (tmp_path / "mine.toml").write_text(SMALL)
    monkeypatch.chdir("/")
    assert read_recipe("mine").system == "toy"
    assert "mine" in refusal(read_recipe, "yours")


#: The appearance model is no system: its recipe has another form (``test_appearance_command``).
OF_SYSTEMS = sorted(path for path in RECIPES.glob("*.toml") if "system" in read_table(str(path)))


@pytest.mark.parametrize("path", OF_SYSTEMS, ids=lambda path: path.stem)
def test_the_projects_own_recipes_can_be_read(path):
    assert read_recipe(str(path)).system


def test_help_and_a_refused_recipe_need_no_heavy_package(tmp_path):
    words = ["train", str(tmp_path / "none.toml"), "--out", str(tmp_path), "--assets", str(tmp_path)]
    code = (
        "import sys\nfrom training.__main__ import main\n"
        f"assert main({words!r}) == 3\n"
        "try:\n    main(['train', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'numpy', 'cv2'} & sys.modules.keys()\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--resume" in done.stdout
