"""Training damage, drawn on the device for a whole batch at once. 1 = missing.

Every kind is computed for every picture and one is chosen per picture: that keeps the batch free of branches.
Lengths are fractions of the picture's side unless they are said to be fractions of the face.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.flow.draws import Draws

#: How often each kind is chosen.
SHARES = {"chips": 0.42, "fracture": 0.16, "blotches": 0.12, "strokes": 0.12, "boxes": 0.08, "chips and strokes": 0.10}
#: Masks that cover less or more of the picture are replaced by one round chip.
LEAST, MOST = 0.004, 0.75
#: Landmarks round which chips sit, those that statues lose most often more than once: nose tip (twice), nose base,
#: nose bridge, lips, chin and jaw, brows, eyes, cheeks.
CHIPPED = (30, 30, 33, 27, 51, 57, 8, 5, 11, 19, 24, 38, 44, 2, 14)
#: Chips per picture at most, and how likely each of them is.
CHIP_CHANCES = (1.0, 0.5, 0.35, 0.2)
STROKE_SEGMENTS = 5
#: Cells along the side per octave of the noise that frays edges, and the next octave's strength relative to the last.
OCTAVES, FALL = (4, 8, 16, 32, 64), 0.55
ROUND_CHIP_RADIUS = 0.1


def training_masks(landmarks: Tensor, size: int, draws: Draws) -> Tensor:
    """One mask per picture, a mixture of the kinds.

    Args:
        landmarks: (N, 68, 2), (x, y) as fractions of the side.
        size: side of the masks in pixels.
        draws: on the landmarks' device.

    Returns:
        (N, 1, size, size) float32, 0 or 1; each covers at least ``LEAST`` and at most ``MOST`` of its picture.
    """
    count = len(landmarks)
    noise = value_noise(count, size, draws)
    x, y = positions(size, landmarks.device)
    chipped = _chips(x, y, landmarks, noise, draws)
    struck = _strokes(x, y, count, noise, draws)
    kinds = {
        "chips": chipped,
        "fracture": _fracture(x, y, landmarks, noise, draws),
        "blotches": noise > draws.uniform(count, 1, 1, 1, low=0.2, high=1.4),
        "strokes": struck,
        "boxes": _boxes(x, y, landmarks, draws),
        "chips and strokes": chipped | struck,
    }
    weights = torch.tensor([SHARES[kind] for kind in kinds], device=landmarks.device)
    chosen = draws.choice(weights, count)
    masks = torch.stack(list(kinds.values()))[chosen, torch.arange(count, device=chosen.device)].float()
    covered = masks.mean((1, 2, 3), keepdim=True)
    unusable = (covered < LEAST) | (covered > MOST)
    return torch.where(unusable, _round_chip(x, y, landmarks).float(), masks)


def positions(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """x (1, 1, 1, size) and y (1, 1, size, 1) of the pixel centres as fractions of the side."""
    centres = (torch.arange(size, device=device) + 0.5) / size
    return centres[None, None, None, :], centres[None, None, :, None]


def value_noise(count: int, size: int, draws: Draws) -> Tensor:
    """(count, 1, size, size) fractal noise, each picture with mean about 0 and standard deviation 1."""
    total = torch.zeros(count, 1, size, size, device=draws.device)
    for octave, cells in enumerate(cells for cells in OCTAVES if cells <= size):
        grid = draws.normal(count, 1, cells, cells)
        total += FALL**octave * functional.interpolate(grid, size=(size, size), mode="bicubic", align_corners=False)
    return total / total.std((1, 2, 3), keepdim=True)


def face_sizes(landmarks: Tensor) -> Tensor:
    """(N,) larger side of the landmarks' box."""
    return (landmarks.amax(1) - landmarks.amin(1)).amax(1)


def _planes(values: Tensor) -> Tensor:
    """(N, K) -> (N, K, 1, 1), to be combined with positions."""
    return values[..., None, None]


def _chips(x: Tensor, y: Tensor, landmarks: Tensor, noise: Tensor, draws: Draws) -> Tensor:
    """One to four frayed ellipses near landmarks, semi-axes 2.5 to 40 % of the face."""
    count, chips = len(landmarks), len(CHIP_CHANCES)
    face = face_sizes(landmarks)[:, None]
    feature = torch.tensor(CHIPPED, device=landmarks.device)[draws.index(len(CHIPPED), count, chips)]
    centre = landmarks.gather(1, feature[..., None].expand(-1, -1, 2))
    centre = centre + 0.06 * face[..., None] * draws.normal(count, chips, 2)
    across = face * draws.uniform(count, chips, low=0.05, high=0.27)
    down = across * draws.uniform(count, chips, low=0.5, high=1.5)
    angle = draws.uniform(count, chips, high=math.pi)
    present = draws.uniform(count, chips) < torch.tensor(CHIP_CHANCES, device=landmarks.device)
    dx, dy = x - _planes(centre[..., 0]), y - _planes(centre[..., 1])
    cosine, sine = _planes(angle.cos()), _planes(angle.sin())
    along = (dx * cosine + dy * sine) / _planes(across)
    beside = (dy * cosine - dx * sine) / _planes(down)
    distance = torch.where(_planes(present), torch.hypot(along, beside), torch.inf).amin(1, keepdim=True)
    return distance + 0.25 * noise < 1


def _fracture(x: Tensor, y: Tensor, landmarks: Tensor, noise: Tensor, draws: Draws) -> Tensor:
    """All that lies beyond a frayed line 5 to 20 % of the face away from a point near its middle."""
    count = len(landmarks)
    face = face_sizes(landmarks)
    through = landmarks.mean(1) + 0.22 * face[:, None] * draws.normal(count, 2)
    angle = draws.uniform(count, 1, 1, 1, high=2 * math.pi)
    offset_x, offset_y = x - through[:, 0, None, None, None], y - through[:, 1, None, None, None]
    height = (offset_x * angle.cos() + offset_y * angle.sin()) / face[:, None, None, None]
    return height + 0.06 * noise > draws.uniform(count, 1, 1, 1, low=0.05, high=0.2)


def _strokes(x: Tensor, y: Tensor, count: int, noise: Tensor, draws: Draws) -> Tensor:
    """A polyline across the picture, 2 to 12 % wide: cracks, and what a brush selects."""
    corners = draws.uniform(count, STROKE_SEGMENTS + 1, 2, low=0.05, high=0.95)
    distance = torch.full_like(noise, torch.inf)
    for segment in range(STROKE_SEGMENTS):
        start, step = corners[:, segment], corners[:, segment + 1] - corners[:, segment]
        dx, dy = x - start[:, 0, None, None, None], y - start[:, 1, None, None, None]
        step_x, step_y = step[:, 0, None, None, None], step[:, 1, None, None, None]
        share = ((dx * step_x + dy * step_y) / (step_x**2 + step_y**2 + 1e-6)).clamp(0, 1)
        distance = torch.minimum(distance, torch.hypot(dx - share * step_x, dy - share * step_y))
    return distance + 0.004 * noise < draws.uniform(count, 1, 1, 1, low=0.01, high=0.06)


def _boxes(x: Tensor, y: Tensor, landmarks: Tensor, draws: Draws) -> Tensor:
    """An upright rectangle near the face, sides 12 to 52 %."""
    count = len(landmarks)
    half = draws.uniform(count, 2, low=0.06, high=0.26)
    centre = landmarks.mean(1) + 0.2 * draws.normal(count, 2)
    inside_x = (x - centre[:, 0, None, None, None]).abs() < half[:, 0, None, None, None]
    return inside_x & ((y - centre[:, 1, None, None, None]).abs() < half[:, 1, None, None, None])


def _round_chip(x: Tensor, y: Tensor, landmarks: Tensor) -> Tensor:
    """A disc on the nose tip, wholly inside the picture wherever the face is."""
    tip = landmarks[:, 30].clamp(ROUND_CHIP_RADIUS, 1 - ROUND_CHIP_RADIUS)
    return torch.hypot(x - tip[:, 0, None, None, None], y - tip[:, 1, None, None, None]) < ROUND_CHIP_RADIUS
