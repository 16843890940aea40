"""The landmark network, untrained: it starts at its mean face and answers once per decoder layer."""

import torch

from statue_models.networks.landmarknet import SIZE, LandmarkNet


def test_estimates_per_layer_start_near_the_mean_face():
    torch.manual_seed(0)
    network = LandmarkNet(channels=(16, 16, 16, 32, 32), width=48, layers=2).eval()
    network.mean_face.copy_(torch.rand(68, 2))
    with torch.inference_mode():
        estimates = network(torch.zeros(2, 3, SIZE, SIZE), torch.ones(2, 1, SIZE, SIZE))
    assert len(estimates) == 2
    assert estimates[-1].points.shape == (2, 68, 2) and estimates[-1].log_scale.shape == (2, 68)
    assert (estimates[-1].points - network.mean_face).abs().max() < 0.5


def test_mean_face_travels_with_the_weights_but_is_not_trained():
    network = LandmarkNet(channels=(16, 16, 16, 32, 32), width=48, layers=1)
    assert "mean_face" in network.state_dict()
    assert "mean_face" not in dict(network.named_parameters())
