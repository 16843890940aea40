"""Terms of losses: values that can be worked out by hand, and feature networks as their files give them."""

import math

import pytest
import torch

from training.features.feature_network import open_features
from training.losses.adversarial import KINDS, RELATIVISTIC, discriminator_loss, generator_loss
from training.losses.perceptual import content_loss, gram, style_loss
from training.losses.pixels import LEAST_HOLE, l1_over_hole, total_variation

CPU = torch.device("cpu")
UNDECIDED = {"bce": math.log(2), "lsgan": 0.5, "lsgan_sigmoid": 0.25, "hinge": 1.0}


def pictures(seed: int = 0, side: int = 64) -> torch.Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(seed))


# --- adversarial -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_right_pays_less_and_who_is_undecided_pays_the_known_amount(kind):
    zero, sure = torch.zeros(2, 1, 3, 3), torch.full((2, 1, 3, 3), 1.0)
    assert float(discriminator_loss(kind, zero, zero)) == pytest.approx(UNDECIDED[kind])
    assert discriminator_loss(kind, sure, -sure) < discriminator_loss(kind, -sure, sure)
    assert generator_loss(kind, sure) < generator_loss(kind, -sure)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_down_the_loss_makes_real_more_real_and_fake_more_fake(kind):
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    discriminator_loss(kind, real, fake).backward()
    assert (real.grad < 0).all() and (fake.grad >= 0).all()
    told = torch.zeros(4, requires_grad=True)
    generator_loss(kind, told).backward()
    assert (told.grad < 0).all()


def test_only_logits_that_do_not_saturate_still_teach_a_generator_that_is_found_out():
    slopes = {}
    for kind in KINDS:
        logits = torch.full((1,), -12.0, requires_grad=True)
        generator_loss(kind, logits).backward()
        slopes[kind] = float(-logits.grad)
    assert slopes["lsgan_sigmoid"] < 1e-4 and min(slopes["bce"], slopes["hinge"], slopes["lsgan"]) > 0.9


def test_a_relativistic_game_compares_with_the_mean_of_the_others():
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.0, -2.0])
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    right = (bce(real + 1, torch.ones(2)) + bce(fake - 2, torch.zeros(2))) / 2
    assert float(discriminator_loss(RELATIVISTIC, real, fake)) == pytest.approx(float(right))
    # The generator plays for the opposite, and nobody minds what they have in common.
    assert float(generator_loss(RELATIVISTIC, real, fake)) == pytest.approx(float(right))
    torch.testing.assert_close(
        discriminator_loss(RELATIVISTIC, real + 5, fake + 5), discriminator_loss(RELATIVISTIC, real, fake)
    )
    with pytest.raises(ValueError, match="real"):
        generator_loss(RELATIVISTIC, fake)


def test_an_unknown_adversarial_loss_is_refused():
    with pytest.raises(ValueError, match="hinge"):
        generator_loss("gan", torch.zeros(1))


# --- pixels ----------------------------------------------------------------------------------------------------------


def test_l1_is_divided_by_the_share_that_is_missing_but_not_by_next_to_nothing():
    truth, mask = torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    mask[..., :4] = 1
    assert float(l1_over_hole(truth + 0.1, truth, mask)) == pytest.approx(0.2)
    assert float(l1_over_hole(truth + 0.1, truth, mask * 0)) == pytest.approx(0.1 / LEAST_HOLE)


def test_total_variation_is_the_mean_step_in_both_directions():
    ramp = torch.arange(5.0)[None, None, None, :].expand(1, 1, 3, 5)
    assert float(total_variation(ramp)) == 1.0
    assert float(total_variation(ramp + 10 * torch.arange(3.0)[:, None])) == 11.0


# --- features --------------------------------------------------------------------------------------------------------


def test_the_gram_matrix_knows_what_goes_together_and_not_where():
    maps = torch.randn(2, 3, 4, 5)
    by_hand = torch.einsum("nihw,njhw->nij", maps, maps) / (3 * 4 * 5)
    torch.testing.assert_close(gram(maps), by_hand)
    torch.testing.assert_close(gram(maps.flip(3)), by_hand)
    with torch.autocast("cpu", torch.bfloat16):
        assert gram(maps).dtype == torch.float32


@pytest.mark.parametrize("loss", [content_loss, style_loss])
@pytest.mark.parametrize("name", ["mobilenet", "random-vgg19"])
def test_losses_on_features_lead_downhill_to_the_truth(tmp_path, random_network, loss, name):
    random_network(tmp_path)
    network = open_features(name, tmp_path, CPU)
    truth = pictures()
    picture = pictures(1).requires_grad_()
    assert float(loss(network, truth, truth)) == 0
    before = loss(network, picture, truth)
    before.backward()
    step = 1e-3 * picture.grad / picture.grad.abs().max()
    assert float(loss(network, picture.detach() - step, truth)) < float(before.detach())
