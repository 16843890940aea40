"""Film: exposure, sharpening, and a JPEG that loses what a JPEG file loses."""

import cv2
import numpy as np
import pytest
import torch
import warp as wp

from training.statues.kernels.film import blur_pictures, exposure_gain, grain
from training.statues.kernels.jpeg import compress_jpeg


def smooth_picture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (64, 64, 3)).astype(np.float32)
    return np.clip((cv2.GaussianBlur(noise, (0, 0), 2.5) - 128) * 6 + 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_loses_what_opencv_loses(quality):
    picture = smooth_picture(quality)
    file = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    expected = cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
    tensor = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    ours = compress_jpeg(tensor, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy()
    lost = np.abs(expected - picture).mean()
    # The file rounds once more, and its chroma is scaled by another filter.
    assert np.abs(ours - expected).mean() < 0.5 * lost + 0.6
    assert abs(np.abs(ours - picture).mean() - lost) < 0.25 * lost + 0.3


def test_no_jpeg_at_100():
    picture = torch.rand(2, 3, 32, 32) * 255
    out = compress_jpeg(picture, torch.tensor([100.0, 50.0]))
    assert torch.equal(out[0], picture[0]) and not torch.equal(out[1], picture[1])


def test_blur_is_gaussian_per_picture():
    picture = torch.zeros(2, 1, 33, 33)
    picture[:, :, 16, 16] = 1
    out = blur_pictures(picture, torch.tensor([1e-4, 2.0]), 2.0)
    assert torch.allclose(out[0], picture[0], atol=1e-5)
    expected = cv2.GaussianBlur(picture[1, 0].numpy(), (13, 13), 2.0)
    assert np.abs(out[1, 0].numpy() - expected).max() < 1e-4


def test_exposure_brings_the_head_to_the_wanted_mean():
    light = torch.rand(3, 3, 16, 16)
    alpha = (torch.rand(3, 1, 16, 16) > 0.4).float()
    wanted = torch.tensor([0.1, 0.2, 0.4])
    gain = exposure_gain(light * alpha, alpha, wanted)
    mean = (light * alpha * gain[:, None, None, None]).mean(1).sum((1, 2)) / alpha.sum((1, 2, 3))
    assert torch.allclose(mean, wanted, rtol=1e-4)


def test_grain_is_seeded_and_standard():
    values = wp.zeros((2, 3, 64, 64), dtype=float, device="cpu")
    wp.launch(grain, values.shape, inputs=[wp.array([1, 2], dtype=int, device="cpu"), values], device="cpu")
    noise = wp.to_torch(values)
    assert abs(noise.mean()) < 0.03 and abs(noise.std() - 1) < 0.03
    assert not torch.equal(noise[0], noise[1])
    correlation = (noise[:, :, :, 1:] * noise[:, :, :, :-1]).mean()
    assert abs(correlation) < 0.03
