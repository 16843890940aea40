"""``context-encoder-center``: its published sizes, its loss, what it is shown, and that it learns."""

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

from statue_models.networks.published.context_encoder_center import CentreContextEncoder, CentreShape
from training.damage.draws import Draws
from training.systems.discriminators.deep import DeepDiscriminator
from training.systems.published.context_encoder_center import judged_widths

TINY = ("system.size=32", "system.width=16", "system.bottleneck=64")


def test_sizes_of_the_published_networks():
    with torch.device("meta"):
        assert sum(p.numel() for p in CentreContextEncoder().parameters()) == 71_124_544
        narrow = CentreContextEncoder(CentreShape(bottleneck=100))
        assert sum(p.numel() for p in narrow.parameters()) == 7_219_144
        discriminator = DeepDiscriminator(64, judged_widths(CentreShape()))
        assert sum(p.numel() for p in discriminator.parameters()) == 2_765_568


@pytest.mark.parametrize(("side", "rim"), [(128, 4), (64, 2), (32, 1), (16, 1)])
def test_the_rim_is_a_thirty_second_of_the_side_and_the_holes_of_training_are_what_is_hidden(rendered, side, rim):
    shape = CentreShape(side, 16, 16)
    assert (shape.rim, shape.made) == (rim, slice(side // 4, 3 * side // 4))
    built = made(small("context-encoder-center", *TINY, f"system.size={side}"), rendered)
    counted = built.draw(Draws(0, CPU), 3)["mask"][:, 0]
    hole = torch.zeros(side, side)
    hole[shape.hidden, shape.hidden] = 1
    assert (counted >= hole).all()
    assert torch.equal(counted[:, shape.made, shape.made].amin(0), hole[shape.made, shape.made])
    assert built.generator.window == (side // 2 - 2 * rim) / side


def test_the_middle_is_hidden_and_made_and_the_rest_stays():
    shape = CentreShape(32, 8, 16)
    network = CentreContextEncoder(shape).eval()
    picture = torch.rand(2, 3, 32, 32) * 2 - 1
    mask = torch.zeros(2, 1, 32, 32)
    mask[..., 14:17, 13:18] = 1
    mask[1, :, :3] = 1  # beyond the photograph
    before = mask.clone()
    with torch.no_grad():
        out = network(picture, mask)
        changed = picture.clone()
        changed[..., shape.hidden, shape.hidden] = float("nan")
        changed[1, :, :3] = float("nan")
        assert torch.equal(network(changed, mask), out)  # neither is looked at
        changed = picture.clone()
        changed[..., shape.made.start, shape.made.start] += 1  # the rim is
        assert not torch.equal(network(changed, mask), out)
    assert torch.equal(mask, before)
    outside = torch.ones(32, 32, dtype=torch.bool)
    outside[shape.made, shape.made] = False
    assert torch.equal(out[0][:, outside], picture[0][:, outside])
    colour = torch.tensor([117.0, 104.0, 123.0]) / 255 * 2 - 1
    assert torch.allclose(out[1, :, 0, 0], colour)


def test_it_learns_one_batch_by_heart(rendered):
    check_one_batch_is_learnt_by_heart(small("context-encoder-center", *TINY, "run.rate=2e-3"), rendered)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("context-encoder-center", *TINY), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("context-encoder-center", rendered, tmp_path, *TINY)


def test_its_weights_are_the_published_ones_and_the_rim_counts_ten_times(rendered):
    built = made(small("context-encoder-center", *TINY), rendered)
    batch = built.draw(Draws(0, CPU), 2)
    losses = built.losses("generator", batch, Draws(0, CPU))
    attempt = built.attempt(batch)
    squared = (attempt.generated - attempt.truth).square().detach()[..., 8:24, 8:24]
    weight = torch.full((16, 16), 10.0)
    weight[1:-1, 1:-1] = 1
    assert float(losses["pixels"].detach()) == pytest.approx(0.998 * float((squared * weight).mean()), rel=1e-4)
    assert built.adversaries["discriminator"].weight == 0.002


def test_the_discriminator_judges_the_generated_rim_too(rendered):
    built = made(small("context-encoder-center", *TINY), rendered)
    batch = built.draw(Draws(0, CPU), 2)
    adversary, attempt = built.adversaries["discriminator"], built.attempt(batch)
    (seen,) = adversary.see(adversary.judged(attempt), batch)
    assert seen.shape[2:] == (16, 16)
    assert not torch.equal(seen[..., 0, :], attempt.truth[..., 8, 8:24])
