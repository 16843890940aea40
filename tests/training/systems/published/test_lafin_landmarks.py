"""``lafin-landmarks``: its published size, its loss, its augmentations, and that it learns."""

import pytest
import torch
from published_checks import (
    CPU,
    check_every_parameter_learns,
    check_points_are_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)

from statue_models.errors import StatueError
from statue_models.networks.layers import filled
from statue_models.networks.published.lafin_landmarks import LafinLandmarks, LafinLandmarksShape
from training.damage.draws import Draws
from training.systems.published.lafin_landmarks import PRODUCT, vary_pictures

TINY = ("system.size=32", "system.width=0.125", "system.judged={rects=[{kind='rects'}]}")


def test_size_of_the_published_network():
    with torch.device("meta"):
        assert sum(p.numel() for p in LafinLandmarks().parameters()) == 2_554_569


def test_it_learns_one_batch_by_heart(rendered):
    # A length, not its square: what one answer for all costs is hard to get below.
    check_points_are_learnt_by_heart(small("lafin-landmarks", *TINY, "run.rate=1e-2"), rendered, of_mean=0.2)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("lafin-landmarks", *TINY), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("lafin-landmarks", rendered, tmp_path, *TINY)


def test_its_loss_is_the_length_of_the_whole_error_in_pixels(rendered):
    built = made(small("lafin-landmarks", *TINY), rendered)
    built.network.eval()
    batch = built.draw(Draws(0, CPU), 2)
    batch["landmarks"] = built.network(batch["picture"], batch["mask"]).detach() + torch.tensor([3.0, -4.0]) / 32
    found = built.losses("landmarks", batch, Draws(0, CPU))["norm"]
    assert float(found.detach()) == pytest.approx(5 * 68**0.5, rel=1e-3)
    (player,) = built.players
    assert player.betas == (0.9, 0.999) and player.weight_decay == 1e-6 and player.rate == 1


def test_half_of_the_pictures_are_whole_and_a_quarter_have_a_block(rendered):
    built = made(small("lafin-landmarks", *TINY), rendered)
    assert [(share, kind) for share, kind, _ in built.data._damage.parts] == [
        (0.5, "none"), (0.25, "block"), (0.25, "strokes"),
    ]  # fmt: skip


def test_gains_are_the_channels_own_and_a_fifth_of_the_pictures_lose_resolution():
    draws = Draws(0, CPU)
    picture = torch.linspace(-0.9, 0.3, 64).expand(200, 3, 64, 64)
    gain = (vary_pictures(picture, draws, 0.0, True) + 1) / (picture + 1)
    level = gain.mean((2, 3))
    torch.testing.assert_close(gain, level[..., None, None].expand_as(gain))
    assert 0.7 <= level.min() < 0.75 and 1.25 < level.max() <= 1.3
    assert (level[:, 0] - level[:, 1]).abs().mean() > 0.1
    checks = ((torch.arange(64)[:, None] + torch.arange(64)) % 2 * 1.6 - 0.8).expand(200, 3, 64, 64)
    varied = vary_pictures(checks, draws, 0.2, False)
    changed = (varied != checks).flatten(1).any(1)
    assert 0.1 < changed.float().mean() < 0.3
    assert varied[changed].abs().mean() < 0.4  # what is finer than 3/8 of the pixels is gone


def test_it_sees_white_holes_and_nothing_in_them():
    torch.manual_seed(0)
    network = LafinLandmarks(LafinLandmarksShape(32, 0.25)).eval()
    picture, mask = torch.rand(2, 3, 32, 32) * 2 - 1, torch.zeros(2, 1, 32, 32)
    mask[..., 8:20, 5:25] = 1
    shown = []
    network.stages.register_forward_pre_hook(lambda module, inputs: shown.append(inputs[0]))
    with torch.inference_mode():
        points = network(picture, mask)
        assert torch.equal(points, network(filled(picture, mask, float("nan")), mask))
    assert points.shape == (2, 68, 2)
    assert bool((shown[0][mask.expand_as(shown[0]) > 0] == 1).all()) and 0 <= float(shown[0].amin()) < 0.1


def test_an_impossible_side_is_refused(rendered):
    with pytest.raises(StatueError, match="multiple of 32"):
        made(small("lafin-landmarks", *TINY, "system.size=80"), rendered)


def test_it_is_published_when_it_is_better_than_the_mean_shape():
    assert PRODUCT.method == "lafin-landmarks"
    assert PRODUCT.better({"nme/rects": 0.1, "nme_mean/rects": 0.11})
    assert not PRODUCT.better({"nme/rects": 0.12, "nme_mean/rects": 0.11}) and not PRODUCT.better({})
