"""``perlin-gan-style``: the layers and weights of its style, on the composite, and that it learns."""

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

from training.damage.draws import Draws
from training.features.feature_network import open_features
from training.features.vgg19 import Vgg19
from training.losses.attempt import Attempt
from training.losses.perceptual import gram
from training.systems.published.perlin_gan_style import TAPS, Options, style_term

TINY = ("system.size=32", "system.width=16", "system.bottleneck=64", "system.features='random-vgg19'")


def test_its_layers_are_the_first_convolution_of_each_block():
    with torch.device("meta"):
        assert [Vgg19().indices[name] for name in TAPS] == [0, 5, 10, 19, 28]
    assert 100 <= Options().style <= 1000


def test_the_style_is_that_of_the_composite():
    network = open_features("random-vgg19", None, CPU, normalised=True)
    draws = Draws(0, CPU)
    truth, generated = (draws.uniform(2, 3, 32, 32, low=-1) for _ in range(2))
    mask = torch.zeros(2, 1, 32, 32)
    mask[..., 8:20, 8:20] = 1
    term = style_term(network)
    found = term(Attempt(truth, mask, mask, generated))
    one, other = (
        {name: gram(maps) for name, maps in network(picture / 2 + 0.5, TAPS).items()}
        for picture in (torch.where(mask > 0, generated, truth), truth)
    )
    assert float(found) == pytest.approx(float(sum((one[name] - other[name]).abs().mean() for name in TAPS)), rel=1e-4)
    assert float(found) > 0
    outside = torch.where(mask > 0, generated, -generated)
    assert float(term(Attempt(truth, mask, mask, outside))) == float(found)
    assert float(term(Attempt(truth, mask, mask, truth))) == 0


def test_it_learns_one_batch_by_heart(rendered):
    check_one_batch_is_learnt_by_heart(small("perlin-gan-style", *TINY, "run.rate=2e-3"), rendered)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("perlin-gan-style", *TINY), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("perlin-gan-style", rendered, tmp_path, *TINY)


def test_its_other_weights_are_perlin_gans_and_the_style_has_its_networks_name(rendered):
    built = made(small("perlin-gan-style", *TINY), rendered)
    weights = {name: weight for name, (weight, _) in built.terms.items()}
    assert weights == {"pixels": 0.999, "style_random-vgg19": 100.0}
    assert built.adversaries["discriminator"].weight == 0.001
    losses = built.losses("generator", built.draw(Draws(0, CPU), 2), Draws(0, CPU))
    assert losses.keys() == {"pixels", "style_random-vgg19", "discriminator"}
