"""Every experiment's file: what it needs is there, and its recipes take its changes."""

import importlib
import re
import sys

import pytest
import torch

from statue_models.errors import StatueError
from training.experiments.definition import experiment_names, read_experiment
from training.experiments.page import END, PAGE, mark
from training.experiments.trial import trials
from training.systems.completion_data import FIXED, OWN, SOURCES, damage_of
from training.systems.system import MAKERS, Setting, system
from training.toml_tables import RECIPES, fill, read_table


class _FilledError(Exception):
    """A system's options are filled; its data and networks are not wanted."""

    def __init__(self, options) -> None:
        self.options = options


def options_of(recipe, folder, monkeypatch):
    """What a recipe's system makes of its ``[system]`` table."""

    def fill_and_end(*arguments, **named):
        raise _FilledError(fill(*arguments, **named))

    importlib.import_module(MAKERS[recipe.system].split(":")[0])
    for name, module in list(sys.modules.items()):
        if name.startswith("training.systems.") and getattr(module, "fill", None) is fill:
            monkeypatch.setattr(module, "fill", fill_and_end)
    with pytest.raises(_FilledError) as filled:
        system(recipe.system, Setting(folder, torch.device("cpu"), 0, recipe.options))
    return filled.value.options


@pytest.mark.parametrize("name", experiment_names())
def test_the_recipes_of_an_experiment_take_its_changes_and_judge_what_it_shows(name, tmp_path, monkeypatch):
    experiment = read_experiment(name)
    everything = trials(experiment, tmp_path, tmp_path)
    assert len(everything) == experiment.runs == len({trial.folder for trial in everything})
    shown = [one.metric for one in experiment.columns] + [one for one in experiment.curves if "/" in one]
    missing = set()
    for trial in everything:
        if not (RECIPES / f"{trial.recipe_name}.toml").is_file() or "reduced" not in read_table(trial.recipe_name):
            missing.add(f"there is no reduced recipe {trial.recipe_name}")
            continue
        recipe = trial.recipe
        assert recipe.seed == trial.seed and recipe.core_minutes == experiment.core_minutes
        if trial.seed:
            continue
        options = options_of(recipe, tmp_path, monkeypatch)
        for entries in filter(None, (options.damage, options.fixed_damage, *options.judged.values())):
            damage_of(entries)
        labels = {*(options.judged or {OWN}), *([FIXED] if options.fixed_mask or options.fixed_damage else [])}
        assert {metric.partition("/")[2] for metric in shown} <= labels
        if options.data.partition(":")[0] not in SOURCES:
            missing.add(f"there are no pictures {options.data.partition(':')[0]}")
    assert not missing


def test_rows_of_an_experiment_differ_in_their_recipes_and_seeds_alone_in_the_seed(toy, tmp_path):
    everything = trials(toy, tmp_path, tmp_path)
    recipes = {trial.folder.relative_to(tmp_path).as_posix(): trial.recipe for trial in everything}
    assert list(recipes)[:2] == ["plain/narrow/seed0", "plain/wide-8/seed0"]
    one, other = recipes["dropout/wide-8/seed0"], recipes["dropout/wide-8/seed1"]
    assert one.options == other.options == {"width": 8, "dropout": 0.2} and (one.seed, other.seed) == (0, 1)
    assert one.images == 80 and one.core_minutes == 3.0 and one.batch["cpu"] == 4  # reduced, and changed
    assert "dropout" not in recipes["plain/wide-8/seed0"].options


def test_the_command_line_has_the_last_word_then_the_cell_then_the_experiment(toy_file, tmp_path):
    text = toy_file.read_text().replace('"run.batch = 4"', '"run.batch = 4", "system.width = 5"')
    toy_file.write_text(text)
    first = trials(read_experiment(str(toy_file)), tmp_path, tmp_path)[0]
    assert first.recipe.options["width"] == 2
    first = trials(read_experiment(str(toy_file), ["system.width=7"], seeds=1, core_minutes=1.5), tmp_path, tmp_path)
    assert len(first) == 4 and first[0].recipe.options["width"] == 7 and first[0].recipe.core_minutes == 1.5


def test_the_folder_of_the_data_can_be_named_in_changes(toy_file, tmp_path):
    toy_file.write_text(toy_file.read_text().replace("system.dropout = 0.2", "system.data = 'a:{assets}/b'"))
    last = trials(read_experiment(str(toy_file)), tmp_path, tmp_path / "x")[-1]
    assert last.recipe.options["data"] == f"a:{(tmp_path / 'x').as_posix()}/b"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seeds = 2", "seeds = 0", "seeds"),
        ('name = "Wide, 8"', 'name = "Narrow!"', "same name"),
        ('rows = "line"', 'row = "line"', "row"),
        ('["run.batch = 4"]', '"run.batch = 4"', "array of texts"),
        ("recipe = ", "#", "needs a recipe"),
        ('better = "low"', 'better = "lower"', "better"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(toy_file, old, new, said):
    text = toy_file.read_text()
    assert old in text
    toy_file.write_text(text.replace(old, new))
    with pytest.raises(StatueError, match=said) as refused:
        read_experiment(str(toy_file))
    assert refused.value.code == "bad-recipe"


def test_an_unknown_experiment_is_refused_with_those_there_are():
    with pytest.raises(StatueError, match="one-mask"):
        read_experiment("no-mask")


def test_the_page_has_a_place_for_every_experiment_and_for_no_other():
    text = PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall("<!-- experiment (.*) -->", text)) == experiment_names()
    for name in experiment_names():
        title = read_experiment(name).title
        assert f"### {title}\n\n{mark(name)}\n" in text
        assert END in text.split(mark(name))[1].split("<!-- experiment")[0]
