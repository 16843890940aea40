"""The flow network, untrained and small: shapes, sizes, and what sampling must never touch."""

import pytest
import torch

from statue_models.errors import StatueError
from statue_models.networks.landmarknet import LandmarkNet
from statue_models.networks.sampler import sample, seeded_noise
from statue_models.networks.statueflow import GUIDE, StatueFlow, landmark_heatmaps

SIDE = 64


def small_flow() -> StatueFlow:
    """A narrow network whose zero-initialised layers have been given values, so that every input matters."""
    torch.manual_seed(0)
    network = StatueFlow(channels=(16, 32, 32), blocks=1, embedding=32).eval()
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) * 0.1
    return network


def inputs(count: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    picture = torch.rand(count, 3, SIDE, SIDE, generator=generator) * 2 - 1
    mask = torch.zeros(count, 1, SIDE, SIDE)
    mask[..., 20:50, 10:40] = 1
    heatmaps = landmark_heatmaps(torch.rand(count, 68, 2, generator=generator), SIDE // 4)
    guide = torch.rand(count, GUIDE, SIDE, SIDE, generator=generator)
    return picture, mask, guide, heatmaps


def test_sizes_of_the_published_networks():
    assert sum(p.numel() for p in StatueFlow().parameters()) == 10_118_483
    assert sum(p.numel() for p in LandmarkNet().parameters()) == 2_923_813


def test_heatmaps_peak_at_the_landmark():
    heatmaps = landmark_heatmaps(torch.tensor([[[0.25, 0.75]] * 68]), 16)
    peak = heatmaps[0, 0].flatten().argmax().item()
    assert heatmaps.shape == (1, 68, 16, 16)
    assert divmod(peak, 16)[0] in (11, 12) and divmod(peak, 16)[1] in (3, 4)


def test_known_region_comes_back_unchanged_and_the_hole_stays_in_range():
    picture, mask, guide, heatmaps = inputs()
    result = sample(small_flow(), picture, mask, guide, heatmaps, seeded_noise(3, SIDE, SIDE), steps=3)
    known = (mask == 0).expand_as(picture)
    assert torch.equal(result[known], picture[known])
    assert result.abs().max() <= 1 and torch.isfinite(result).all()


def test_samples_in_the_hole_are_never_looked_at():
    picture, mask, guide, heatmaps = inputs()
    spoilt = torch.where(mask > 0, torch.full_like(picture, float("nan")), picture)
    first = sample(small_flow(), picture, mask, guide, heatmaps, seeded_noise(3, SIDE, SIDE), steps=2)
    second = sample(small_flow(), spoilt, mask, guide, heatmaps, seeded_noise(3, SIDE, SIDE), steps=2)
    hole = (mask > 0).expand_as(picture)
    assert torch.equal(first[hole], second[hole])


def test_untrained_it_repeats_the_sketch():
    picture, mask, guide, heatmaps = inputs()
    torch.manual_seed(0)
    network = StatueFlow(channels=(16, 32, 32), blocks=1, embedding=32).eval()
    result = sample(network, picture, mask, guide, heatmaps, seeded_noise(1, SIDE, SIDE), steps=3)
    torch.testing.assert_close(result, torch.where(mask > 0, guide[:, :3], picture))


def test_seed_decides_the_sample():
    picture, mask, guide, heatmaps = inputs()
    one, again, other = (
        sample(small_flow(), picture, mask, guide, heatmaps, seeded_noise(seed, SIDE, SIDE), steps=2)
        for seed in (7, 7, 8)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_a_perfect_predictor_is_reached_whatever_the_number_of_steps():
    picture, mask, guide, heatmaps = inputs()
    truth = torch.full_like(picture, 0.5)
    for steps in (1, 4, 50):
        result = sample(lambda *_: truth, picture, mask, guide, heatmaps, seeded_noise(0, SIDE, SIDE), steps)
        torch.testing.assert_close(result, torch.where(mask > 0, truth, picture))


def test_sampling_can_be_cancelled_between_steps():
    picture, mask, guide, heatmaps = inputs()
    seen = []

    def stop(step: int) -> None:
        seen.append(step)
        raise StatueError("interrupted")

    with pytest.raises(StatueError, match="stopped"):
        sample(small_flow(), picture, mask, guide, heatmaps, seeded_noise(0, SIDE, SIDE), 5, stop)
    assert seen == [1]


def test_landmarks_and_time_reach_the_output():
    picture, mask, guide, heatmaps = inputs()
    network = small_flow()
    with torch.inference_mode():
        outputs = [
            network(picture, torch.tensor([t]), picture * (1 - mask), mask, guide, maps)
            for t, maps in ((0.2, heatmaps), (0.8, heatmaps), (0.2, heatmaps * 0))
        ]
    assert not torch.allclose(outputs[0], outputs[1])
    assert not torch.allclose(outputs[0], outputs[2])


def test_every_parameter_gets_a_gradient():
    picture, mask, guide, heatmaps = inputs()
    network = small_flow()
    network(picture, torch.tensor([0.5]), picture * (1 - mask), mask, guide, heatmaps).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
