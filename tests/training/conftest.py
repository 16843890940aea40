"""Made-up pictures, landmarks and feature weights: the tests need none of the packed data."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from statue_models.head.morphable_head import load_head
from training.features.mobilenet import FILE, MobileNet

SIZE = 96


def make_picture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (SIZE, SIZE, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 2) * 3 - 255, 0, 255).astype(np.uint8)


def make_network(folder: Path) -> MobileNet:
    """A network of the right shapes with random weights, packed as the real one is."""
    generator = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}

    def layer(name: str, kernel: str, norm: str, shape: tuple[int, ...]) -> None:
        arrays[f"{name}.{kernel}"] = generator.normal(0, 0.4, shape).astype(np.float32)
        width = shape[-1] if kernel == "kernel" else shape[2]
        for part, value in (("gamma", 1), ("beta", 0.3), ("moving_mean", 0), ("moving_variance", 1)):
            arrays[f"{norm}.{part}"] = np.full(width, value, np.float32)

    layer("Conv1", "kernel", "bn_Conv1", (3, 3, 3, 16))
    before = 16
    for index in range(17):
        name, width = (f"block_{index}", 8 * (1 + index // 4)) if index else ("expanded_conv", 8)
        middle = before * 2 if index else before
        if index:
            layer(f"{name}_expand", "kernel", f"{name}_expand_BN", (1, 1, before, middle))
        layer(f"{name}_depthwise", "depthwise_kernel", f"{name}_depthwise_BN", (3, 3, middle, 1))
        layer(f"{name}_project", "kernel", f"{name}_project_BN", (1, 1, middle, width))
        before = width
    (folder / FILE).parent.mkdir(parents=True)
    np.savez(folder / FILE, **arrays)
    return MobileNet(folder)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only wait for each other's threads, most of all while other tests run beside them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def picture() -> Callable[..., np.ndarray]:
    """Seed -> a smooth random picture, 96 x 96 RGB uint8."""
    return make_picture


@pytest.fixture(scope="session")
def random_network() -> Callable[[Path], MobileNet]:
    """Assets folder -> feature network with random weights, which it writes there."""
    return make_network


@pytest.fixture(scope="session")
def face() -> np.ndarray:
    """(68, 2) landmarks for a 128-pixel picture."""
    points = np.random.default_rng(2).uniform(40, 90, (68, 2))
    points[36], points[45], points[30], points[8] = [45, 55], [85, 55], [65, 75], [65, 110]
    return points


@pytest.fixture(scope="session")
def head_face() -> np.ndarray:
    """(68, 2) landmarks of the mean head from the front, in a 128-pixel picture."""
    head = load_head()
    points = head.vertices[head.landmarks][:, :2].astype(float)
    middle, size = (points.max(0) + points.min(0)) / 2, np.ptp(points, axis=0).max()
    return (points - middle) * (1, -1) / size * 70 + (64, 74)
