"""Networks that complete a window: what they are shown of a crop, and that their answer comes back to its place."""

import numpy as np
import pytest
import torch

from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.completion import CompletionMethod
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Crop
from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.published.context_encoder_center import CentreContextEncoder, CentreShape
from statue_models.request import Hypothesis

SIDE = 32


class Recorder(CompletionNetwork):
    """Keeps what it is shown, and gives the picture with a number that lies at the same place in the hole."""

    def __init__(self, window: float) -> None:
        super().__init__(Shape(SIDE))
        self.window = window

    def forward(self, picture, mask, landmarks=None, noise=None):
        self.picture, self.mask, self.landmarks = picture[0], mask[0, 0], landmarks
        return picture


def crop_of(size: int, hole: tuple[slice, slice], outside: tuple[slice, slice] | None = None, landmarks=None) -> Crop:
    """A crop of a slope, red across and green down, with a hole; ``outside`` lies beyond the photograph."""
    ramp = np.linspace(0.1, 0.9, size, dtype=np.float32)
    rgb = np.stack([*np.meshgrid(ramp, ramp), np.full((size, size), 0.5)], axis=2)
    missing, known = np.zeros((size, size), bool), np.ones((size, size), bool)
    missing[hole] = True
    known[hole] = False
    if outside is not None:
        known[outside] = False
    return Crop(np.where(known[..., None], rgb, np.nan).astype(np.float32), missing, known, landmarks, 1.0)


def restore(network: CompletionNetwork, crop: Crop) -> np.ndarray:
    method = CompletionMethod(network, "cpu")
    answer = method.restore(crop, [Hypothesis.of(0, 0)], MethodOptions(), lambda phase, share: None)
    return answer.fills[0].rgb


HOLES = {
    "in the middle": (slice(90, 110), slice(80, 110)),
    "of one pixel": (slice(100, 101), slice(31, 32)),
    "high and narrow": (slice(60, 160), slice(120, 124)),
    "in the upper left corner": (slice(0, 30), slice(0, 17)),
    "at the right edge": (slice(77, 98), slice(180, 200)),
    "at the bottom": (slice(189, 200), slice(90, 131)),
    "that is nearly all": (slice(5, 200), slice(2, 199)),
}


@pytest.mark.parametrize("share", [0.25, 0.4375, 0.5])
@pytest.mark.parametrize("name", HOLES)
def test_a_hole_lies_in_the_middle_of_what_a_network_with_a_window_sees(name, share):
    network = Recorder(share)
    restore(network, crop_of(200, HOLES[name]))
    rows, columns = torch.nonzero(network.mask, as_tuple=True)
    least, most = SIDE * (1 - share) / 2, SIDE * (1 + share) / 2
    for places in (rows, columns):
        assert least <= int(places.min()) and int(places.max()) < most, (name, places.unique())
    # Its longer side fills the window but for what rounding and interpolation need.
    longest = max(int(places.max() - places.min()) + 1 for places in (rows, columns))
    hole = max(one.stop - one.start for one in HOLES[name])
    assert longest >= share * SIDE * hole / (hole + 4) - 2
    assert torch.isfinite(network.picture).all()


@pytest.mark.parametrize("name", HOLES)
def test_what_it_completes_comes_back_to_its_place(name):
    size = 200

    class Slope(Recorder):
        """Knows the crop's slope, of which each of its pixels shows a part."""

        def forward(self, picture, mask, landmarks=None, noise=None):
            super().forward(picture, mask)
            where = torch.stack(torch.meshgrid(self.at, self.at, indexing="ij"))
            y, x = where[0] * self.side + self.corner[1], where[1] * self.side + self.corner[0]
            shade = lambda place: 0.1 + 0.8 * ((place - 0.5) / (size - 1))  # noqa: E731
            return (torch.stack([shade(x), shade(y), torch.full_like(x, 0.5)]) * 2 - 1)[None].float()

    # Where the window lies follows from the hole alone: its middle is the hole's.
    network = Slope(0.4375)
    rows, columns = HOLES[name]
    network.at = (torch.arange(SIDE) + 0.5) / SIDE
    network.side = int(np.ceil((max(rows.stop - rows.start, columns.stop - columns.start) + 4) / 0.4375))
    network.corner = [round((one.start + one.stop) / 2 - network.side / 2) for one in (columns, rows)]
    crop = crop_of(size, HOLES[name])
    filled = restore(network, crop)
    truth = crop_of(size, (slice(0, 0), slice(0, 0))).rgb
    error = np.abs(filled - truth)[HOLES[name]].max() / (0.8 / (size - 1))
    assert error < 0.5 + 0.05 * network.side / SIDE  # pixels; what interpolation makes of a slope grows with its step
    outside = ~crop.hole
    assert np.array_equal(filled[outside], crop.rgb[outside], equal_nan=True)


def test_beyond_the_crop_and_the_photograph_the_nearest_stone_goes_on():
    network = Recorder(0.4375)
    restore(network, crop_of(200, (slice(0, 40), slice(60, 100)), outside=(slice(0, 200), slice(0, 50))))
    middle = network.picture[:, network.mask == 0]
    assert (network.mask[:, :9] == 0).all() and (network.mask[:9] == 0).all()
    # The slope's red begins at the photograph's edge, 50 pixels from the left.
    edge = (0.1 + 0.8 * 50 / 199) * 2 - 1
    assert float(middle[0].min()) == pytest.approx(edge, abs=0.02)


def test_landmarks_are_fractions_of_what_the_network_sees():
    points = np.zeros((68, 2))
    points[0] = 100, 95  # the middle of the hole
    network = Recorder(0.5)
    restore(network, crop_of(200, (slice(85, 105), slice(90, 110)), landmarks=Landmarks(points)))
    assert network.landmarks[0, 0].tolist() == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_centre_context_encoder_fills_a_hole_at_a_pictures_corner():
    torch.manual_seed(0)
    network = CentreContextEncoder(CentreShape(SIDE, 8, 16))
    crop = crop_of(120, (slice(0, 30), slice(95, 120)), outside=(slice(110, 120), slice(0, 120)))
    filled = restore(network, crop)
    assert np.isfinite(filled[crop.hole]).all()
    assert np.array_equal(filled[~crop.hole], crop.rgb[~crop.hole], equal_nan=True)
