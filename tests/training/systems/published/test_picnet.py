"""``picnet``: its published sizes, its two ways and their weights, and that it learns."""

import pytest
import torch
from published_checks import (
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)

from statue_models.networks.published.picnet import Normals, Picnet, PicnetShape
from training.damage.draws import Draws
from training.systems.discriminators.residual import ResidualDiscriminator
from training.systems.published.picnet import Options, posterior_divergence, prior_divergence, scaled_l1

TINY = ("system.size=64", "system.width=4")
CPU = torch.device("cpu")


def numbers(network):
    """Parameters, and these with the vectors of spectral norms, which the published counts have as parameters too."""
    parameters = sum(p.numel() for p in network.parameters())
    return parameters, parameters + sum(b.numel() for b in network.buffers())


def test_sizes_of_the_published_networks():
    network, discriminator = Picnet(), ResidualDiscriminator()  # spectral norms take longer on "meta" than on a CPU
    assert numbers(network.encoder) == (3_604_224, 3_635_614)
    assert numbers(network.generator) == (2_374_016, 2_399_558)
    assert numbers(discriminator) == (1_575_075, 1_591_490)
    assert network.latent == 128 * 8 * 8


def test_pictures_of_four_sizes_come_from_five_halvings():
    network, discriminator = Picnet(PicnetShape(64, 4)), ResidualDiscriminator(4)
    shown, mask = torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    with torch.no_grad():
        features = network.encoder(shown)
        assert [tuple(f.shape[1:3]) for f in features] == [(4, 32), (8, 16), (16, 8), (16, 4), (16, 2)]
        noise = network.encoder.prior(features[-1]).mean
        assert noise.numel() == network.latent == 16 * 2 * 2
        assert [p.shape[-1] for p in network.generator(noise, features, mask)] == [8, 16, 32, 64]
        assert discriminator(shown).shape == (1, 1, 2, 2)


def test_the_published_weights_are_the_defaults():
    options = Options()
    assert (options.divergence, options.pixels, options.adversarial) == (20, 20, 1)
    assert (options.size, options.width) == (256, 32)


def test_noise_decides_and_its_absence_is_the_priors_mean():
    torch.manual_seed(0)
    network = Picnet(PicnetShape(64, 4)).eval()
    picture, mask = torch.rand(2, 3, 64, 64) * 2 - 1, torch.zeros(2, 1, 64, 64)
    mask[..., 16:48, 16:48] = 1
    with torch.no_grad():
        likeliest, zero, other = (
            network(picture, mask, None, noise) for noise in (None, torch.zeros(2, 64), torch.randn(2, 64))
        )
        hidden = network(torch.where(mask > 0, torch.nan, picture), mask)
    assert torch.equal(likeliest, zero) and torch.equal(likeliest, hidden)
    assert (likeliest - other).abs().mean() > 1e-4


def test_the_more_is_visible_the_narrower_the_posterior_is_to_be():
    masks = torch.zeros(2, 1, 10, 10)
    masks[0, :, :2], masks[1, :, :6] = 1, 1  # 80 and 40 per cent are visible
    wanted = 1 / (1 + torch.exp(8 * torch.tensor([0.8, 0.4]).view(2, 1, 1, 1) - 6.4))
    mean = torch.zeros(2, 3, 2, 2)
    assert float(posterior_divergence(Normals(mean, wanted.expand_as(mean)), masks)) == pytest.approx(0, abs=1e-6)
    found = posterior_divergence(Normals(mean + 1, 2 * wanted.expand_as(mean)), masks)
    right = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, wanted), torch.distributions.Normal(mean + 1, 2 * wanted)
    )
    assert float(found) == pytest.approx(float(right.mean()), rel=1e-5)


def test_the_posterior_does_not_go_to_meet_the_prior():
    prior, posterior = (
        Normals(torch.zeros(1, 4, requires_grad=True), torch.full((1, 4), 2.0, requires_grad=True)) for _ in range(2)
    )
    prior_divergence(prior, Normals(posterior.mean + 1, posterior.deviation)).backward()
    assert posterior.mean.grad is None and posterior.deviation.grad is None
    assert prior.mean.grad.abs().min() > 0 and prior.deviation.grad.abs().min() > 0


def test_pixels_are_compared_in_every_size_and_only_where_they_are_to_be():
    truth = torch.rand(1, 3, 8, 8)
    small_truth = torch.nn.functional.avg_pool2d(truth, 2)
    weight = torch.ones(1, 1, 8, 8)
    weight[..., :4] = 0
    left = torch.zeros(1, 3, 8, 8)
    left[..., :4] = 5
    assert float(scaled_l1([small_truth + left[..., ::2, ::2], truth + left], truth, weight)) == pytest.approx(
        0, abs=1e-6
    )
    assert float(scaled_l1([small_truth + 1, truth + 1], truth, weight)) == pytest.approx(1.0, rel=1e-5)


def by_heart(width, rate):
    """The way of reconstruction alone."""
    alone = ("system.divergence=0.0", "system.adversarial=0.0")
    return small("picnet", "system.size=64", f"system.width={width}", f"run.rate={rate}", *alone)


def test_it_learns_one_batch_by_heart_to_a_quarter(rendered):
    """Every step goes through 130 spectral norms: the tenth, below, takes half a minute."""
    check_one_batch_is_learnt_by_heart(by_heart(4, 6e-3), rendered, terms=("reconstructed",), share=0.25, alone=True)


@pytest.mark.nightly
def test_it_learns_one_batch_by_heart(rendered):
    check_one_batch_is_learnt_by_heart(by_heart(8, 3e-3), rendered, terms=("reconstructed",), most=600, alone=True)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("picnet", *TINY), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("picnet", rendered, tmp_path, *TINY, batches=2)


def test_its_weights_are_the_published_ones(rendered):
    built = made(small("picnet", *TINY), rendered)
    batch = built.draw(Draws(0, CPU), 2)
    losses = {name: float(term.detach()) for name, term in built.losses("generator", batch, Draws(0, CPU)).items()}
    with torch.no_grad():
        ways = built.go(batch)
        picture, visible = batch["picture"], 1 - batch["mask"]
        right = {
            "posterior_divergence": 20 * 4 * posterior_divergence(ways.posterior, batch["mask"]),
            "prior_divergence": 20 * 4 * prior_divergence(ways.prior, ways.posterior),
            "reconstructed": 20 * scaled_l1(ways.reconstructed, picture, batch["inside"]),
            "generated": 20 * scaled_l1(ways.generated, picture, visible),
        }
    assert {name: losses[name] for name in right} == pytest.approx({k: float(v) for k, v in right.items()}, rel=0.05)
    assert losses.keys() - right.keys() == {"discriminator", "posterior_discriminator"}
    assert {one.weight for one in built.adversaries.values()} == {1.0}
    assert {one.kind for one in built.adversaries.values()} == {"lsgan"}
