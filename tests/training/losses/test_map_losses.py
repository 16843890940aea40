"""Losses of maps and of latent numbers: values that can be worked out by hand."""

import math

import pytest
import torch

from statue_models.networks.gaussian import MOST_LOG_VARIANCE, Gaussian, GaussianHead, join
from training.losses.divergence import free_divergence
from training.losses.maps import balanced_bce, overlap

ONES = torch.ones(1, 1, 4, 4)


def test_balanced_cross_entropy_weighs_answers_and_not_pixels():
    target = torch.zeros(1, 1, 4, 4)
    target[..., 0, 0] = 1
    assert float(balanced_bce(torch.zeros_like(target), target, ONES)) == pytest.approx(math.log(2))
    wrong_on_one = torch.full_like(target, -20.0)
    assert float(balanced_bce(wrong_on_one, target, ONES)) == pytest.approx(0.3 * 20, rel=1e-4)
    assert float(balanced_bce(-wrong_on_one, target, ONES)) == pytest.approx(0.7 * 20, rel=1e-4)


def test_an_answer_that_no_pixel_has_costs_nothing():
    logits = torch.zeros(1, 1, 4, 4, requires_grad=True)
    for target in (torch.zeros(1, 1, 4, 4), ONES):
        loss = balanced_bce(logits, target, ONES)
        assert 0 < float(loss.detach()) < math.log(2)
    hidden = balanced_bce(logits, ONES, torch.zeros(1, 1, 4, 4))
    hidden.backward()
    assert hidden == 0 and torch.equal(logits.grad, torch.zeros(1, 1, 4, 4))


def test_overlap_is_intersection_over_union_where_it_counts():
    one, other = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    one[..., :2, :], other[..., 1:3, :] = 1, 1
    assert float(overlap(one, other, ONES)) == pytest.approx(4 / 12)
    upper = torch.zeros(1, 1, 4, 4)
    upper[..., :2, :] = 1
    assert float(overlap(one, other, upper)) == pytest.approx(4 / 8)
    assert overlap(one * 0, one * 0, ONES) == 1


def test_divergence_is_zero_for_the_standard_and_what_is_free_is_taken_from_every_number():
    standard = Gaussian(torch.zeros(3, 5), torch.zeros(3, 5))
    assert free_divergence(standard) == 0
    moved = Gaussian(torch.full((3, 5), 2.0), torch.full((3, 5), math.log(0.25)))
    each = (4 + 0.25 - 1 - math.log(0.25)) / 2
    assert float(free_divergence(moved)) == pytest.approx(5 * each)
    assert float(free_divergence(join(standard, moved), 0.5)) == pytest.approx(5 * (each - 0.5))
    normal, base = torch.distributions.Normal(2.0, 0.5), torch.distributions.Normal(0.0, 1.0)
    assert each == pytest.approx(float(torch.distributions.kl_divergence(normal, base)))


def test_samples_have_the_mean_and_the_deviation():
    found = Gaussian(torch.tensor([[3.0]]), torch.tensor([[math.log(4.0)]])).sample(torch.tensor([[1.0]]))
    assert float(found) == pytest.approx(3 + 2)


def test_a_head_of_zeros_says_standard_and_log_variances_are_clipped():
    x = torch.randn(4, 6) * 1000
    zero = GaussianHead(6, 3, zero=True)(x)
    assert not zero.mean.any() and not zero.log_variance.any()
    clipped = GaussianHead(6, 3)(x).log_variance
    assert clipped.abs().max() == MOST_LOG_VARIANCE
