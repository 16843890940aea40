"""How renders' landmarks differ from photographs': measured where it is known, and applied as the head stands."""

import numpy as np
import pytest
import torch

from statue_models.face.landmarks68 import MIRROR
from statue_models.head.morphable_head import load_head
from training.examples.pictures import Pictures
from training.systems.definitions import RenderDefinition, axes, signed_turn

OTHER_SIDE = torch.from_numpy(MIRROR)


def turned_head(yaw: float) -> torch.Tensor:
    """(1, 68, 2) the mean head's landmarks, turned by ``yaw`` degrees, without perspective."""
    head = load_head()
    x, y, z = head.vertices[head.landmarks].astype(float).T
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    return torch.from_numpy(np.stack([c * x + s * z, -y], 1) / 40 + 0.5).float()[None]


def mirrored(points: torch.Tensor) -> torch.Tensor:
    return torch.stack([1 - points[..., 0], points[..., 1]], -1)[:, OTHER_SIDE]


def symmetric() -> torch.Tensor:
    offset = torch.randn(68, 2, generator=torch.Generator().manual_seed(0)) * 0.05
    return (offset + offset[OTHER_SIDE] * torch.tensor([-1.0, 1.0])) / 2


def test_it_is_the_same_on_both_sides_and_turns_with_the_picture(face):
    definition = RenderDefinition()
    definition.offset.copy_(symmetric())
    points = torch.from_numpy(face / 128).float()[None]
    added = definition(points)[0]
    flipped = definition(mirrored(points))[0]
    assert torch.allclose(flipped[OTHER_SIDE] * torch.tensor([-1.0, 1.0]), added, atol=1e-6)
    quarter = torch.stack([-points[..., 1], points[..., 0]], 2)
    assert torch.allclose(definition(quarter)[0], torch.stack([-added[:, 1], added[:, 0]], 1), atol=1e-6)


def test_turning_a_head_shortens_what_runs_across_it_and_nothing_that_runs_down():
    front, turned = turned_head(0), turned_head(40)
    assert abs(float(signed_turn(front))) < 0.02 and abs(float(signed_turn(turned))) > 0.8
    assert float(signed_turn(turned_head(-40))) == pytest.approx(-float(signed_turn(turned)), abs=0.02)
    (across, down), (narrow, same) = axes(front), axes(turned)
    assert float(narrow.norm() / across.norm()) == pytest.approx(np.cos(np.radians(40)), abs=0.02)
    assert float(same.norm() / down.norm()) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("found", [True, False])
def test_it_is_measured_by_labelling_renders(found):
    """A labeller that is off by a known offset, and one that finds no face."""
    points = torch.cat([turned_head(yaw) for yaw in np.linspace(-60, 60, 41)])
    origin = Pictures(torch.zeros(41, 32, 32, 4, dtype=torch.uint8), points, rendered=True)
    truth = RenderDefinition()
    truth.offset.copy_(symmetric())
    asked = []

    def label(picture: torch.Tensor, near: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        assert len(picture) == len(near) and float(picture.abs().max()) <= 1
        asked.append(signed_turn(near))
        return near - truth(near), torch.full((len(near),), found)

    measured = RenderDefinition()
    photographs = Pictures(origin.images, points, rendered=False)
    measured.measure(label, [photographs, origin])
    assert len(asked) == 1 and float(asked[0].abs().max()) < 0.55
    expected = truth.offset if found else torch.zeros(68, 2)
    assert torch.allclose(measured.offset, expected, atol=1e-4)
