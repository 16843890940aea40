"""Terms on features, by a network whose maps can be worked out by hand."""

import gc

import pytest
import torch
from torch.nn import functional

from training.features.feature_network import CONTENT
from training.losses.attempt import Attempt
from training.losses.feature_terms import WEIGHTS, FeatureViews, centroids, guided_features, squared_features


class Halvings:
    """The picture itself, ever smaller."""

    name, content_scale, style_scale = "halvings", 1.0, 1.0

    def __init__(self):
        self.calls = 0

    def __call__(self, picture, taps):
        self.calls += 1
        return {name: functional.avg_pool2d(picture, 2 ** (int(name[4]) - 1)) for name in taps}


def attempt_of(generated: torch.Tensor, truth: torch.Tensor) -> Attempt:
    hole = torch.ones(len(truth), 1, *truth.shape[2:])
    return Attempt(truth, hole, hole, generated)


def test_squared_differences_are_summed_over_layers_and_are_the_figure_of_judgements():
    truth = torch.zeros(2, 3, 32, 32)
    views = FeatureViews(Halvings())
    even = attempt_of(truth + 0.4, truth)  # 0.2 in [0, 1], on every layer
    assert float(squared_features(views)(even)) == pytest.approx(5 * 0.04, rel=1e-4)
    assert views.distance(even.generated, truth).tolist() == pytest.approx([0.2, 0.2], rel=1e-4)


def test_maps_are_made_once_for_all_terms_and_forgotten_with_the_attempt():
    network = Halvings()
    views = FeatureViews(network)
    attempt = attempt_of(torch.rand(1, 3, 32, 32), torch.zeros(1, 3, 32, 32))
    for term in (squared_features(views), guided_features(views), centroids(views)):
        term(attempt)
    assert network.calls == 2
    del attempt
    gc.collect()
    assert not views._seen


def test_layers_weigh_as_published_and_the_first_two_more_where_the_picture_is_more_wrong():
    assert pytest.approx((0.24414, 0.061035, 0.015259, 0.0038147, 0.0038147), rel=1e-4) == WEIGHTS
    truth = torch.zeros(1, 3, 32, 32)
    generated = truth.clone()
    generated[..., :16] = 0.8  # the wrong half counts twice, the right one is no difference
    apart = 0.4 / 2
    expected = apart * (2 * sum(WEIGHTS[:2]) + sum(WEIGHTS[2:]))
    views = FeatureViews(Halvings())
    assert float(guided_features(views)(attempt_of(generated, truth))) == pytest.approx(expected, rel=1e-5)
    # Wrong everywhere alike: nothing stands out.
    even = attempt_of(truth + 0.4, truth)
    assert float(guided_features(views)(even)) == pytest.approx(0.2 * sum(WEIGHTS), rel=1e-5)


def test_guidance_is_a_weight_and_gives_no_gradient_of_its_own():
    truth = torch.zeros(1, 3, 32, 32)
    generated = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    guided_features(FeatureViews(Halvings()))(attempt_of(generated, truth)).backward()
    error = generated.detach().square().mean(1, keepdim=True)
    guide = 1 + (error - error.min()) / (error.max() - error.min())
    pooled = functional.avg_pool2d(guide, 2)
    weight = WEIGHTS[0] * guide / generated.numel() + functional.interpolate(
        WEIGHTS[1] * pooled / (generated.numel() / 4) / 4, scale_factor=2
    )
    weight = weight + sum(w / generated.numel() for w in WEIGHTS[2:])
    torch.testing.assert_close(generated.grad, (weight / 2).expand_as(generated))


@pytest.mark.parametrize(("moved", "expected"), [((0, 0), 0.0), ((8, 0), 4 / 18), ((8, 16), 10 / 9)])
def test_centres_of_mass_tell_how_far_something_was_moved(moved, expected):
    truth = torch.full((1, 3, 32, 32), -1.0)
    truth[..., 0:8, 0:8] = 1
    shifted = truth.roll(moved, (2, 3))
    # Layer 4 has 4 x 4 places, whose distance is 2 / 3; 8 pixels are one place.
    found = float(centroids(FeatureViews(Halvings()))(attempt_of(shifted, truth)))
    assert found == pytest.approx(expected, abs=1e-5)


def test_the_centre_of_nothing_is_the_middle_and_of_what_is_below_zero_nothing():
    nothing = torch.full((1, 3, 32, 32), -1.0)
    views = FeatureViews(Halvings())
    assert float(centroids(views)(attempt_of(nothing, nothing - 3))) == 0
    assert CONTENT[3] == "relu4_1"
