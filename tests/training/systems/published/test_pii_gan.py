"""``pii-gan``: its sizes, its noise, its losses' weights, and that all of it learns."""

import pytest
import torch
from published_checks import (
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)

from statue_models.networks.published.pii_gan import PiiGan, PiiGanShape
from training.damage.draws import Draws
from training.systems.published.pii_gan import Options, companions, middle

TINY = ("system.size=32", "system.width=8")
CPU = torch.device("cpu")


def test_sizes_of_the_published_networks():
    """The extractor's 36.2 million are published; the others follow from the layer tables."""
    with torch.device("meta"):
        network = PiiGan()
        counts = [sum(p.numel() for p in one.parameters()) for one in (*companions(128, 32), network)]
        assert counts == [36_230_528, 4_314_753, 2_684_289, 3_769_958]
        assert network.latent == 64 * 64


def test_the_published_weights_are_the_defaults():
    options = Options()
    assert (options.patch, options.outside, options.style) == (1.2 * 1.2, 1.2, 1.2 * 1.2)
    assert (options.divergence, options.adversarial, options.penalty, options.critic_steps) == (0.1, 0.001, 10, 5)


def test_noise_reaches_the_hole_alone_and_its_absence_is_zero():
    torch.manual_seed(0)
    network = PiiGan(PiiGanShape(32, 4)).eval()
    picture, mask = torch.rand(2, 3, 32, 32) * 2 - 1, torch.zeros(2, 1, 32, 32)
    mask[..., 10:22, 10:20] = 1
    noise = torch.randn(2, network.latent)
    over = network.spread(noise, mask)
    assert torch.equal(over[..., 8:24, 8:24], noise.reshape(2, 1, 16, 16) * mask[..., 8:24, 8:24])
    assert not (over * (1 - mask)).any()
    with torch.no_grad():
        likeliest, zero = network(picture, mask), network(picture, mask, None, torch.zeros_like(noise))
        other = network(picture, mask, None, noise)
        hidden = network(torch.where(mask > 0, torch.nan, picture), mask)
    assert likeliest.shape == picture.shape and likeliest.abs().max() <= 1
    assert torch.equal(likeliest, zero) and torch.equal(likeliest, hidden)
    assert ((likeliest - other) * mask).abs().mean() > 1e-3


def test_samples_are_spread_about_their_mean(rendered):
    """The released code's were mean + (mean + deviation * noise) * noise."""
    style = made(small("pii-gan", *TINY), rendered).read(torch.rand(2, 3, 32, 32) * 2 - 1)
    noise = torch.randn(2, 256)
    assert torch.allclose(style.sample(noise), style.mean + style.log_variance.exp().sqrt() * noise, atol=1e-5)
    assert style.mean.abs().min() > 0


def test_it_learns_one_batch_by_heart(rendered):
    recipe = small(
        "pii-gan", *TINY, "system.width=12", "run.rate=1.5e-3", "system.critic_steps=1", "system.divergence=0.0",
        "system.adversarial=0.0",
    )  # fmt: skip
    check_one_batch_is_learnt_by_heart(recipe, rendered, terms=("coarse", "refined"), alone=True)


def test_every_parameter_learns_the_extractors_too(rendered):
    # A critic's last bias cancels out of the difference of means.
    check_every_parameter_learns(small("pii-gan", *TINY, "system.critic_steps=2"), rendered, ("critic.out.bias",))


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("pii-gan", rendered, tmp_path, *TINY, "system.critic_steps=2")


def test_critics_move_five_times_as_often_and_judge_random_noise(rendered):
    built = made(small("pii-gan", *TINY, "system.critic_steps=5"), rendered)
    generator, *critics = built.players
    assert [generator.has_turn(step, 0.0) for step in range(10)] == ([False] * 4 + [True]) * 2
    assert all(critic.has_turn(step, 0.0) for critic in critics for step in range(10))
    assert set(generator.networks) == {"pii_gan", "extractor"}
    batch = built.draw(Draws(0, CPU), 2)
    assert built.losses("local_critic", batch, Draws(0, CPU)).keys() == {"local_critic", "penalty"}
    with torch.no_grad():
        right = built.generator(batch["picture"], batch["mask"], None, batch["noise"])
    assert torch.equal(batch["generated"], torch.where(batch["inside"] > 0, right, batch["picture"]))


def test_its_weights_are_the_published_ones(rendered):
    built = made(small("pii-gan", *TINY, "system.critic_steps=5"), rendered)
    batch = built.draw(Draws(0, CPU), 2)
    with torch.no_grad():
        losses = {name: float(term) for name, term in built.losses("generator", batch, Draws(0, CPU)).items()}
        style, attempt = built.read(batch["picture"]), built.attempt(batch)
    variance = style.log_variance.exp()
    divergence = 0.5 * (variance + style.mean.square() - 1 - style.log_variance).sum() / 2
    apart = (middle(attempt.generated) - middle(attempt.truth)).abs().mean()
    right = {"refined": 1.44 * apart, "divergence": 0.1 * divergence}
    assert {name: losses[name] for name in right} == pytest.approx({k: float(v) for k, v in right.items()}, rel=1e-4)
    assert losses.keys() == {*right, "coarse", "outside", "style", "local_critic", "global_critic"}
    with torch.no_grad():
        paid = (
            -built.adversaries["global_critic"]
            .network(torch.where(batch["mask"] > 0, batch["generated"], batch["picture"]))
            .mean()
        )
    assert losses["global_critic"] == pytest.approx(0.001 * float(paid), rel=1e-4, abs=1e-8)
