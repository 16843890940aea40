"""``perlin-gan``: its published size, its loss, and that it learns."""

import pytest
import torch
from published_checks import (
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)

from statue_models.networks.published.context_encoder import ContextEncoder
from training.damage.draws import Draws
from training.systems.discriminators.deep import DeepDiscriminator
from training.systems.published.perlin_gan import judged_widths

TINY = ("system.size=32", "system.width=16", "system.bottleneck=64")


def test_sizes_of_the_published_networks():
    with torch.device("meta"):
        assert sum(p.numel() for p in ContextEncoder().parameters()) == 71_258_944
        discriminator = DeepDiscriminator(128, judged_widths(128, 64))
        assert sum(p.numel() for p in discriminator.parameters()) == 3_027_968


def test_it_learns_one_batch_by_heart(rendered):
    check_one_batch_is_learnt_by_heart(small("perlin-gan", *TINY, "run.rate=2e-3"), rendered)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("perlin-gan", *TINY), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("perlin-gan", rendered, tmp_path, *TINY)


def test_its_weights_are_the_published_ones(rendered):
    built = made(small("perlin-gan", *TINY), rendered)
    batch = built.draw(Draws(0, torch.device("cpu")), 2)
    losses = built.losses("generator", batch, Draws(0, torch.device("cpu")))
    attempt = built.attempt(batch)
    squared = ((attempt.generated - attempt.truth).square() * attempt.counted).mean()
    assert float(losses["pixels"].detach()) == pytest.approx(0.999 * float(squared.detach()), rel=1e-4)
    assert built.adversaries["discriminator"].weight == 0.001


def test_one_mask_for_all_is_judged_apart(rendered):
    built = made(small("perlin-gan", *TINY, "system.fixed_mask=true"), rendered)
    batch = built.draw(Draws(0, torch.device("cpu")), 4)
    assert torch.equal(batch["counted"], batch["counted"].amax(0) * batch["inside"])
    built.generator.eval()
    assert {"psnr/fixed", "psnr/circle"} <= built.judge().metrics.keys()


def test_the_one_mask_is_also_judged_where_it_is_not_trained_on(rendered):
    one = ("system.fixed_damage=[{ kind = 'perlin' }]", "system.damage=[{ kind = 'rects' }]")
    fresh = made(small("perlin-gan", *TINY, *one), rendered)
    fixed = made(small("perlin-gan", *TINY, *one, "system.fixed_mask=true"), rendered)
    other = made(small("perlin-gan", *TINY, *one, seed=1), rendered)
    assert fresh.data.held().keys() == fixed.data.held().keys() == {"perlin", "circle", "rects", "fixed"}
    for label, batch in fresh.data.held().items():
        assert torch.equal(batch["mask"], fixed.data.held()[label]["mask"])
    counted = [built.data.held()["fixed"]["counted"] for built in (fresh, other)]
    assert counted[0].any() and not torch.equal(*counted)
    batch = fresh.draw(Draws(0, torch.device("cpu")), 4)
    assert not torch.equal(batch["counted"], batch["counted"].amax(0) * batch["inside"])
