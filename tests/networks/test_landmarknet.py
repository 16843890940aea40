"""The landmark network, untrained: it starts at its prior, or at its mean face, and answers once per decoder layer."""

import torch

from statue_models.networks.landmarknet import SIZE, LandmarkNet, cholesky


def small_network() -> LandmarkNet:
    torch.manual_seed(0)
    network = LandmarkNet(channels=(16, 16, 32, 32), blocks=(1, 1, 1, 1), width=40, layers=2).eval()
    network.mean_face.copy_(torch.rand(68, 2))
    return network


def inputs(count: int = 2) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    known = torch.rand(count, 3, SIZE, SIZE, generator=generator) * 2 - 1
    mask = torch.zeros(count, 1, SIZE, SIZE)
    mask[..., 30:70, 50:90] = 1
    return known * (1 - mask), mask, torch.rand(count, 68, 2, generator=generator)


def test_untrained_it_repeats_the_prior_where_there_is_one_and_the_mean_face_where_not():
    network = small_network()
    known, mask, prior = inputs()
    with torch.inference_mode():
        estimates = network(known, mask, prior, torch.tensor([1.0, 0.0]))
    assert len(estimates) == 2
    last = estimates[-1]
    assert last.factor.shape == (2, 68, 3) and last.hidden.shape == (2, 68) and last.present.shape == (2,)
    torch.testing.assert_close(last.points[0], prior[0])
    torch.testing.assert_close(last.points[1], network.mean_face)


def test_a_prior_that_is_not_trusted_is_not_looked_at():
    network = small_network()
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) * 0.1
    known, mask, prior = inputs()
    with torch.inference_mode():
        one, other = (network(known, mask, p, torch.zeros(2))[-1].points for p in (prior, prior + 0.3))
        trusted = network(known, mask, prior, torch.ones(2))[-1].points
    assert torch.equal(one, other) and not torch.allclose(one, trusted)


def test_every_parameter_gets_a_gradient():
    network = small_network().train()
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) * 0.1
    known, mask, prior = inputs()
    estimates = network(known, mask, prior, torch.tensor([1.0, 0.0]))
    sum(part.square().mean() for estimate in estimates for part in estimate).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_factors_make_covariances():
    root = cholesky(torch.randn(5, 3))
    covariance = root @ root.mT
    assert (torch.linalg.eigvalsh(covariance) > 0).all()
    assert (root[:, 0, 1] == 0).all()


def test_mean_face_and_calibration_travel_with_the_weights_but_are_not_trained():
    network = small_network()
    assert {"mean_face", "calibration"} <= set(network.state_dict())
    assert not {"mean_face", "calibration"} & set(dict(network.named_parameters()))
