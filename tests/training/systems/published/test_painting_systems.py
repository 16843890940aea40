"""The four systems of damaged paintings: their published sizes, their losses, and that they learn."""

import numpy as np
import pytest
import torch
from published_checks import (
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)
from torch.nn import functional

from statue_models.errors import StatueError
from statue_models.methods.completion import CompletionMethod
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Crop
from statue_models.networks.published.painting_autoencoder import (
    DensePaintingAutoencoder,
    PaintingAutoencoder,
    PaintingGenerator,
    PaintingShape,
)
from statue_models.request import Hypothesis, no_progress
from training.damage.draws import Draws
from training.engine.recipe import read_recipe
from training.systems.discriminators.painting import PaintingDiscriminator, pool_thirds

CPU = torch.device("cpu")
AUTOENCODERS, GANS = ("painting-ce1", "painting-ce2"), ("painting-cgan", "painting-gan")
TINY = {name: ("system.size=64", "system.width=6") for name in AUTOENCODERS}
TINY["painting-ce2"] = ("system.size=32", "system.width=6")
TINY |= {name: ("system.size=64", "system.width=6", "system.judged_width=4") for name in GANS}


def parameters_of(network):
    return sum(p.numel() for p in network.parameters())


def test_sizes_of_the_published_networks():
    with torch.device("meta"):
        assert parameters_of(PaintingAutoencoder()) == parameters_of(PaintingGenerator()) == 2_549_891
        assert parameters_of(DensePaintingAutoencoder()) == 20_511_363
        assert parameters_of(PaintingDiscriminator()) == 856_161


def test_maps_of_networks_of_the_published_height():
    """Height and width in the middle, as published; fewer channels change none of them."""
    x, seen = torch.zeros(1, 3, 256, 384), {}
    for kind in (PaintingAutoencoder, DensePaintingAutoencoder):
        y, seen[kind] = x, []
        for layer in kind(PaintingShape(256, 2)).layers:
            y = layer(y)
            seen[kind].append(tuple(y.shape[1:]))
        assert y.shape == x.shape
    assert (8, 16, 12) in seen[PaintingAutoencoder] and (8, 4, 4) in seen[DensePaintingAutoencoder]
    assert pool_thirds(PaintingDiscriminator((256, 384), 1).layers(x)).shape[1:] == (4, 6, 8)


def test_pooling_pads_evenly():
    """16 rows become 6: one row of padding at either end, so the first maximum is that of two rows."""
    x = torch.arange(16.0)[None, None, :, None].expand(1, 1, 16, 3)
    assert pool_thirds(x).flatten().tolist() == [1, 4, 7, 10, 13, 15]


@pytest.mark.parametrize("kind", [PaintingAutoencoder, DensePaintingAutoencoder, PaintingGenerator])
@pytest.mark.parametrize("paint", [0.0, 1.0])
def test_what_lies_under_the_mask_is_not_seen_and_its_paint_is(kind, paint):
    torch.manual_seed(0)
    network = kind(PaintingShape(64, 4, paint)).eval()
    draws = Draws(0, CPU)
    picture = draws.uniform(1, 3, 64, 96, low=-1, high=1)
    mask = torch.zeros(1, 1, 64, 96)
    mask[..., 20:30, 30:50] = 1
    with torch.no_grad():
        out = network(picture, mask)
        assert torch.equal(out, network(torch.where(mask > 0, torch.nan, picture), mask))
        painted = torch.where(mask > 0, 2 * paint - 1, picture)
        torch.testing.assert_close(out, network(painted, torch.zeros_like(mask)))
    assert out.shape == picture.shape and out.abs().max() <= 1


@pytest.mark.parametrize("name", TINY)
def test_they_learn_one_batch_by_heart(name, tmp_path):
    """GANs without their adversary: the terms that are left are those looked at."""
    wider = ["system.width=12", "run.rate=4e-3"] + ["system.adversarial=0.0"] * (name in GANS)
    check_one_batch_is_learnt_by_heart(small(name, *TINY[name], *wider), tmp_path, most=500)


@pytest.mark.parametrize("name", TINY)
def test_every_parameter_learns(name, tmp_path):
    check_every_parameter_learns(small(name, *TINY[name]), tmp_path)


@pytest.mark.parametrize("name", TINY)
def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(name, tmp_path):
    check_steps_and_going_on(name, tmp_path, tmp_path, *TINY[name])


@pytest.mark.parametrize("name", TINY)
def test_their_losses_are_the_published_ones(name, tmp_path):
    """Squared errors of [0, 1] over the whole picture; what is composited is right outside its hole."""
    built = made(small(name, *TINY[name]), tmp_path)
    batch = built.draw(Draws(0, CPU), 2)
    torch.manual_seed(1)
    losses = built.losses("generator", batch, Draws(0, CPU))
    attempt = built.attempt(batch)
    judged = attempt.composite if name == "painting-cgan" else attempt.generated
    squares = functional.mse_loss(judged / 2 + 0.5, attempt.truth / 2 + 0.5)
    torch.testing.assert_close(losses["pixels"], squares)
    assert set(losses) == ({"pixels", "discriminator"} if name in GANS else {"pixels"})
    for adversary in built.adversaries.values():
        assert read_recipe(name).options["adversarial"] == 1 and adversary.factor == 1
        torch.manual_seed(2)  # of the dropout
        paid = adversary.term(attempt, batch)
        torch.manual_seed(2)
        wanted = functional.binary_cross_entropy_with_logits(adversary.network(judged), torch.ones(2, 1))
        torch.testing.assert_close(paid, wanted)


def test_their_damage_is_the_published_one(tmp_path):
    blotched = made(small("painting-ce1", *TINY["painting-ce1"]), tmp_path).draw(Draws(0, CPU), 16)["mask"]
    assert blotched.mean() == pytest.approx(0.0785, abs=0.004)
    middle = made(small("painting-gan", *TINY["painting-gan"]), tmp_path).draw(Draws(0, CPU), 2)["mask"]
    assert middle.mean() == 0.0625 and middle[..., 24:40, 36:60].all()


def test_a_height_that_cannot_be_pooled_is_refused(tmp_path):
    for name, size in (("painting-ce1", 96), ("painting-ce2", 96)):
        with pytest.raises(StatueError, match="height"):
            made(small(name, *TINY[name], f"system.size={size}"), tmp_path)


@pytest.mark.parametrize("kind", [PaintingAutoencoder, DensePaintingAutoencoder, PaintingGenerator])
def test_as_a_method_each_fills_the_hole_of_a_crop_and_nothing_else(kind):
    """The generators are shown a part of the crop, whose middle the hole lies in."""
    shown = []

    def show(module, given):
        shown.append(given[1])

    network = kind(PaintingShape(64, 4))
    network.register_forward_pre_hook(show)
    rgb = np.random.default_rng(0).random((112, 112, 3)).astype(np.float32)
    hole = np.zeros((112, 112), bool)
    hole[10:26, 80:100] = True
    crop = Crop(rgb, hole, ~hole, None, 1.0)
    answer = CompletionMethod(network, "cpu").restore(crop, [Hypothesis(0, 0)], MethodOptions(), no_progress)
    fill = answer.fills[0].rgb
    assert fill.shape == rgb.shape and (fill[~hole] == rgb[~hole]).all() and np.isfinite(fill).all()
    assert not (fill[hole] == rgb[hole]).all()
    (mask,) = shown
    wanted = {PaintingAutoencoder: (128, 128)}.get(kind, (64, 96))
    assert mask.shape[2:] == wanted
    if kind is PaintingGenerator:
        rows, columns = mask[0, 0, 8:-8, 12:-12].any(1).nonzero(), mask[0, 0, 8:-8, 12:-12].any(0).nonzero()
        assert rows.min() + 8 >= 14 and rows.max() + 8 <= 49 and columns.min() + 12 >= 22 and columns.max() + 12 <= 73
