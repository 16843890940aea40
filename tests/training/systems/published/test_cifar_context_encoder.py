"""``cifar-context-encoder``: its published sizes, where the patch lies, its judgement, and that it learns."""

import pytest
import torch
from published_checks import (
    CPU,
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)
from torch import nn

from statue_models.networks.published.cifar_context_encoder import (
    CifarContextEncoder,
    CifarShape,
    cut_patch,
    find_patch,
    put_patch,
)
from training.damage.draws import Draws
from training.systems.discriminators.small import SmallDiscriminator

TINY = ("system.width=8",)
SIDE = 32


def test_sizes_of_the_published_networks():
    with torch.device("meta"):
        network, discriminator = CifarContextEncoder(), SmallDiscriminator()
    assert sum(p.numel() for p in network.parameters()) == 825_603
    statistics = [b for name, b in network.named_buffers() if "running" in name]
    assert sum(p.numel() for p in (*network.parameters(), *statistics)) == 826_435  # the published 826 thousand
    assert sum(p.numel() for p in discriminator.parameters()) == 372_737


def test_normalisations_are_those_of_keras():
    for network in (CifarContextEncoder(CifarShape(32, 4)), SmallDiscriminator(8, 4)):
        found = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        assert found and {(one.momentum, one.eps) for one in found} == {(0.2, 1e-3)}


def test_halving_convolutions_pad_behind_as_keras_does():
    first = CifarContextEncoder(CifarShape(32, 1)).layers[0]
    shown = torch.zeros(1, 3, 32, 32)
    with torch.no_grad():
        none = first[:2](shown)
        shown[..., 0, 0] = 1
        assert (first[:2](shown) != none)[0].nonzero()[:, 1:].unique().tolist() == [0]  # by one place alone
        shown[..., 0, 0], shown[..., 2, 2] = 0, 1
        assert (first[:2](shown) != none)[0, 0].nonzero().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


@pytest.mark.parametrize(("top", "left"), [(0, 0), (24, 24), (5, 17), (12, 12)])
def test_the_patch_lies_where_the_hole_is(top, left):
    mask = torch.zeros(2, 1, SIDE, SIDE)
    mask[0, :, top : top + 8, left : left + 8] = 1
    mask[1, :, 12:20, 12:20] = 1
    place = find_patch(mask, 8)
    assert place.tolist() == [[top, left], [12, 12]]
    picture, patch = torch.rand(2, 3, SIDE, SIDE), torch.rand(2, 3, 8, 8)
    whole = put_patch(picture, patch, place)
    assert torch.equal(cut_patch(whole, place, 8), patch)
    assert torch.equal(torch.where(mask > 0, picture, whole), picture)


def test_a_smaller_hole_lies_in_the_middle_of_its_patch_and_an_edge_that_is_missing_is_not_taken_for_it():
    mask = torch.zeros(3, 1, SIDE, SIDE)
    mask[0, :, 14:18, 13:19] = 1
    mask[1, :, 10:18, 20:28] = 1
    mask[1, :, :, :4] = 1  # beyond the photograph
    mask[2, :, 0, 0] = 1
    assert find_patch(mask, 8).tolist() == [[12, 12], [10, 20], [0, 0]]


def test_the_network_puts_its_patch_into_the_hole_alone_and_looks_at_none_of_it():
    network = CifarContextEncoder(CifarShape(32, 4)).eval()
    picture, mask = torch.rand(1, 3, SIDE, SIDE) * 2 - 1, torch.zeros(1, 1, SIDE, SIDE)
    mask[..., 3:11, 20:28] = 1
    with torch.no_grad():
        out = network(picture, mask)
        assert torch.equal(network(torch.where(mask > 0, torch.nan, picture), mask), out)
    assert torch.equal(torch.where(mask > 0, picture, out), picture)
    assert not (out == 0)[..., 3:11, 20:28].any()


def test_holes_are_eight_pixels_square_anywhere(rendered):
    built = made(small("cifar-context-encoder", *TINY), rendered)
    batch = built.draw(Draws(0, CPU), 16)
    assert (batch["mask"].sum((1, 2, 3)) == 64).all() and (batch["mask"] == batch["counted"]).all()
    places = find_patch(batch["mask"], 8)
    assert len({tuple(place) for place in places.tolist()}) > 8
    assert (cut_patch(batch["mask"], places, 8) == 1).all()


def test_it_learns_one_batch_by_heart(rendered):
    recipe = small("cifar-context-encoder", *TINY, "system.dropout=0.0", "run.rate=2e-3")
    check_one_batch_is_learnt_by_heart(recipe, rendered)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("cifar-context-encoder", *TINY), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("cifar-context-encoder", rendered, tmp_path, *TINY)


def test_its_weights_are_the_published_ones(rendered):
    built = made(small("cifar-context-encoder", *TINY, "system.dropout=0.0"), rendered)
    batch = built.draw(Draws(0, CPU), 4)
    losses = built.losses("generator", batch, Draws(0, CPU))
    attempt = built.attempt(batch)
    squared = (attempt.generated - attempt.truth).square().sum().detach() / (4 * 3 * 64)
    assert float(losses["pixels"].detach()) == pytest.approx(0.999 * float(squared), rel=1e-4)
    assert built.adversaries["discriminator"].weight == 0.001
    assert built.generator.shape == CifarShape(32, 8, 0.0)


def test_its_judgement_says_how_often_the_discriminator_is_right(rendered):
    built = made(small("cifar-context-encoder", *TINY), rendered)
    for network in built.networks.values():
        network.eval()
    discriminator = built.networks["discriminator"]
    for bias, right in ((100.0, 0.5), (-100.0, 0.5)):
        discriminator.layers[-1].bias.data.fill_(bias)
        assert built.judge().metrics["accuracy/patch"] == right
    with torch.no_grad():
        for parameter in built.generator.layers[-1].parameters():
            parameter.zero_()
    discriminator.forward = lambda patch: patch.abs().amax((1, 2, 3)) - 1e-6  # generated ones are grey
    metrics = built.judge().metrics
    assert metrics["accuracy/patch"] == 1
    held = built.data.held()["patch"]
    truth = (held["picture"].square() * held["mask"]).sum() / (3 * held["mask"].sum())
    assert metrics["mse_hole/patch"] == pytest.approx(float(truth), rel=1e-4)
