"""LaFIn's landmark predictor: its published sizes, that all of it learns, and what it is judged by."""

import numpy as np
import pytest
import torch
from made_up_assets import assets_with_renders

from statue_models.networks.lafin_landmarks import LafinLandmarks
from training.damage.draws import Draws
from training.damage.registry import damage
from training.examples.fitted_examples import COUNTED, MISSING
from training.examples.pictures import read_pictures
from training.systems.face_crops import draw_crops
from training.systems.system import Setting, system

SIDE = 64
CPU = torch.device("cpu")


@pytest.fixture
def assets(tmp_path, face):
    """Made-up renders, and held-out crops in the form of ``statueflow``'s, without a fit."""
    folder = assets_with_renders(tmp_path, face)
    held = tmp_path / "examples" / "held"
    held.mkdir(parents=True)
    write_held(held / "fitted-00000.npz", read_pictures(folder, 256).held)
    return folder


def write_held(path, origins, count=6):
    crops = draw_crops(origins, count, SIDE, damage("block"), Draws(1, CPU))
    picture = ((crops.picture / 2 + 0.5) * 255).round().byte()
    flags = (crops.mask * MISSING + crops.counted * COUNTED).byte()
    surface = torch.zeros(count, 2, SIDE, SIDE, dtype=torch.uint8)
    arrays = {name: picture for name in ("picture", "sketch", "fill", "normal")}
    arrays |= {"surface": surface, "flags": flags, "landmarks": crops.landmarks, "truth": crops.landmarks}
    np.savez(path, **{name: tensor.numpy() for name, tensor in arrays.items()})


def inputs(count=2):
    picture = torch.rand(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3)) * 2 - 1
    mask = torch.zeros(count, 1, SIDE, SIDE)
    mask[..., 12:44, 20:52] = 1
    return picture, mask


def test_sizes_of_the_published_networks():
    with torch.device("meta"):
        for points, size in ((68, 2_554_569), (98, 2_573_829)):
            assert sum(p.numel() for p in LafinLandmarks(points).parameters()) == size


def test_every_parameter_gets_a_gradient():
    torch.manual_seed(0)
    network = LafinLandmarks(width=0.25)
    points = network(*inputs())
    assert points.shape == (2, 68, 2)
    points.square().mean().backward()
    assert all(p.grad.abs().max() > 0 for p in network.parameters())


def test_samples_in_the_hole_are_never_looked_at():
    torch.manual_seed(0)
    picture, mask = inputs()
    network = LafinLandmarks(width=0.25).eval()
    with torch.inference_mode():
        assert torch.equal(network(picture, mask), network(torch.where(mask > 0, float("nan"), picture), mask))


def test_it_learns(assets, tmp_path):
    options = {"size": SIDE, "width": 0.25, "found": 0.0, "examples": str(assets.parent / "examples")}
    made = system("lafin_landmarks", Setting(assets, CPU, 0, options))
    batch = made.draw(Draws(0, CPU), 8)
    mover = torch.optim.Adam(made.network.parameters(), 2e-3)
    found = []
    for _ in range(25):
        mover.zero_grad()
        loss = made.losses("landmarks", batch, Draws(0, CPU))["distance"]
        loss.backward()
        mover.step()
        found.append(float(loss.detach()))
    assert found[-1] < 0.35 * found[0]
    made.network.eval()
    with torch.no_grad():
        judgement = made.judge()
    assert {"nme/all", "nme/visible"} <= judgement.metrics.keys()
    assert judgement.sheet.shape == (SIDE, 6 * SIDE, 3)
