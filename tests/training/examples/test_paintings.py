"""Paintings that are drawn: whole, different from each other, the same from the same seed, and made of strokes."""

import pytest
import torch

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.examples.brush_strokes import lay_strokes, plan_strokes
from training.examples.painting_kinds import KINDS, draw_scenes
from training.examples.painting_scenes import BEFORE, BEHIND, RIDGES, Hand, hsv
from training.examples.paintings import Paintings
from training.systems.completion_data import CompletionOptions
from training.systems.system import Setting

CPU = torch.device("cpu")


def drawn(count=6, height=64, width=96, seed=0):
    return Paintings(height, width).draw(count, Draws(seed, CPU))


@pytest.mark.parametrize("size", [(64, 96), (70, 50), (32, 48)])
def test_they_fill_any_picture_with_colours_in_range(size):
    views = drawn(4, *size)
    assert views.picture.shape == (4, 3, *size) and views.inside.shape == (4, 1, *size)
    assert views.picture.abs().max() <= 1 and (views.inside == 1).all() and views.landmarks is None
    assert (views.picture.flatten(1).std(1) > 0.05).all(), "one of them is empty"


def test_one_seed_gives_the_same_paintings_another_gives_others():
    once, again, other = (drawn(seed=seed).picture for seed in (1, 1, 2))
    assert torch.equal(once, again) and not torch.equal(once, other)
    apart = torch.cdist(once.flatten(1), once.flatten(1)) + torch.eye(len(once)) * 1e9
    assert apart.min() > 10, "two of a batch are alike"


def test_those_judged_are_always_the_same_and_never_trained_on():
    source = Paintings(64, 96)
    held = source.held(5, CPU).picture
    source.draw(3, Draws(0, CPU))
    assert torch.equal(held, source.held(5, CPU).picture)
    for seed in range(3):
        trained = source.draw(5, Draws(seed, CPU)).picture
        assert torch.cdist(held.flatten(1), trained.flatten(1)).min() > 10


@pytest.mark.parametrize("make", [make for make, _ in KINDS], ids=lambda make: make.__name__)
def test_every_kind_of_scene_can_be_drawn(make):
    draws = Draws(0, CPU)
    scene = make(Hand(draws, 3, 1.5))
    assert scene.shapes.shape[:2] == (3, BEHIND + BEFORE) and scene.ridges.shape == (3, RIDGES, 2)
    picture = scene.render(32, 48, draws)
    assert picture.shape == (3, 3, 32, 48) and picture.isfinite().all()
    assert (picture.flatten(1).std(1) > 0.02).all()


def test_all_kinds_appear_among_many():
    shapes = draw_scenes(Draws(0, CPU), 300, 1.5).shapes
    there = (shapes[..., 8] > 0).sum(1)
    assert len(there.unique()) > 10


def test_a_stroke_has_one_colour_but_for_its_relief_and_follows_the_flow():
    """On a sketch of noise, neighbours along the strokes are more alike than neighbours across them."""
    draws = Draws(0, CPU)
    noise = draws.uniform(4, 3, 64, 96)
    level = torch.zeros(4, 1, 64, 96)
    sketch = plan_strokes(noise, level)
    sketch.directions[:, 0], sketch.directions[:, 1] = 1, 0
    laid = lay_strokes(torch.zeros(4, 3, 64, 96), sketch, 6, torch.zeros(4, 1, 1, 1), draws)
    along = (laid[..., 1:] - laid[..., :-1]).abs().mean()
    across = (laid[..., 1:, :] - laid[..., :-1, :]).abs().mean()
    assert along < 0.7 * across


def test_no_stroke_is_laid_where_there_is_less_to_see_than_asked():
    draws = Draws(0, CPU)
    picture = torch.zeros(1, 3, 32, 48)
    picture[..., 24:] = 1
    sketch = plan_strokes(picture, torch.zeros(1, 1, 32, 48))
    laid = lay_strokes(torch.full_like(picture, 0.5), sketch, 3, torch.full((1, 1, 1, 1), 0.1), draws)
    assert (laid[..., :12] == 0.5).all() and (laid[..., 36:] == 0.5).all() and (laid[..., 22:26] != 0.5).any()


def test_colours_of_hues():
    hues = torch.tensor([0.0, 1 / 3, 2 / 3, 0.5])
    wanted = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1]])
    assert (hsv(hues, torch.ones(4), torch.ones(4)) - wanted).abs().max() < 1e-5


def test_a_recipe_has_them_half_as_wide_again_as_high(tmp_path):
    source = CompletionOptions(data="paintings", size=64).open_source(Setting(tmp_path, CPU, 0, {}))
    assert source.held(1, CPU).picture.shape == (1, 3, 64, 96)


@pytest.mark.parametrize("data", ["drawings", "paintings:somewhere", "faces:somewhere", ""])
def test_data_that_is_none_is_refused(tmp_path, data):
    with pytest.raises(StatueError) as caught:
        CompletionOptions(data=data, size=64).open_source(Setting(tmp_path, CPU, 0, {}))
    assert caught.value.code == "bad-recipe"
