"""Damage that sits on the face: chips, a break, a brush, patches, a box, cracks and pits.

Lengths are in units of the shorter side unless they are said to be fractions of the face. The frayed kinds take their
noise from the caller where several kinds share one.
"""

import math

import torch
from torch import Tensor

from training.damage.canvas import Canvas, planes, segment_distance
from training.damage.hulls import face_region, places_in
from training.damage.noise import value_noise

#: Landmarks round which chips sit, those that statues lose most often more than once: nose tip (twice), nose base,
#: nose bridge, lips, chin and jaw, brows, eyes, cheeks. Chosen by eye, not counted.
CHIPPED = (30, 30, 33, 27, 51, 57, 8, 5, 11, 19, 24, 38, 44, 2, 14)
#: Chips per picture at most, and how likely each of them is. Set by eye.
CHIP_CHANCES = (1.0, 0.5, 0.35, 0.2)
#: Straight pieces of a brush stroke; radius of the one round chip, in shorter sides. Set by eye.
BRUSH_SEGMENTS = 5
ROUND_CHIP_RADIUS = 0.1
#: Cracks and pits as the evaluation has them: how many, and their measures in distances of the outer eye corners.
#: Turns are in radians; a flatness is a ratio. Set by eye.
CRACKS, CRACK_STEPS, CRACK_STEP, CRACK_WIDTH, CRACK_TURN = (1, 3), (8, 21), (0.05, 0.12), (0.015, 0.04), 0.35
PITS, PIT_RADIUS, PIT_FLATNESS = (10, 30), (0.02, 0.06), (0.6, 1.0)


def chips(canvas: Canvas, noise: Tensor | None = None) -> Tensor:
    """One to four frayed ellipses near landmarks, semi-axes 2.5 to 40 % of the face."""
    noise = value_noise(canvas) if noise is None else noise
    count, draws, most = canvas.count, canvas.draws, len(CHIP_CHANCES)
    face = canvas.face_sizes[:, None]
    feature = torch.tensor(CHIPPED, device=canvas.device)[draws.index(len(CHIPPED), count, most)]
    centre = canvas.points.gather(1, feature[..., None].expand(-1, -1, 2))
    centre = centre + 0.06 * face[..., None] * draws.normal(count, most, 2)
    across = face * draws.uniform(count, most, low=0.05, high=0.27)
    down = across * draws.uniform(count, most, low=0.5, high=1.5)
    angle = draws.uniform(count, most, high=math.pi)
    present = draws.uniform(count, most) < torch.tensor(CHIP_CHANCES, device=canvas.device)
    dx, dy = canvas.x - planes(centre[..., 0]), canvas.y - planes(centre[..., 1])
    cosine, sine = planes(angle.cos()), planes(angle.sin())
    along = (dx * cosine + dy * sine) / planes(across)
    beside = (dy * cosine - dx * sine) / planes(down)
    distance = torch.where(planes(present), torch.hypot(along, beside), torch.inf).amin(1, keepdim=True)
    return distance + 0.25 * noise < 1


def break_line(canvas: Canvas, noise: Tensor | None = None, away: tuple[float, float] = (0.05, 0.2)) -> Tensor:
    """All that lies beyond a frayed line, ``away`` (shares of the face) from a point near its middle."""
    noise = value_noise(canvas) if noise is None else noise
    count, draws = canvas.count, canvas.draws
    face = canvas.face_sizes
    through = canvas.points.mean(1) + 0.22 * face[:, None] * draws.normal(count, 2)
    angle = draws.uniform(count, 1, 1, 1, high=2 * math.pi)
    offset_x, offset_y = canvas.x - planes(through[:, :1]), canvas.y - planes(through[:, 1:])
    height = (offset_x * angle.cos() + offset_y * angle.sin()) / face[:, None, None, None]
    return height + 0.06 * noise > draws.uniform(count, 1, 1, 1, low=away[0], high=away[1])


def brush(canvas: Canvas, noise: Tensor | None = None) -> Tensor:
    """A polyline across the picture, 2 to 12 % wide: what a brush selects. It needs no landmarks."""
    noise = value_noise(canvas) if noise is None else noise
    count, draws = canvas.count, canvas.draws
    corners = draws.uniform(count, BRUSH_SEGMENTS + 1, 2, low=0.05, high=0.95)
    corners = corners * torch.tensor(canvas.extent, device=canvas.device)
    distance = torch.full_like(noise, torch.inf)
    for k in range(BRUSH_SEGMENTS):
        start = corners[:, k : k + 1]
        distance = torch.minimum(distance, segment_distance(canvas, start, corners[:, k + 1 : k + 2] - start))
    return distance + 0.004 * noise < draws.uniform(count, 1, 1, 1, low=0.01, high=0.06)


def patches(canvas: Canvas, noise: Tensor | None = None) -> Tensor:
    """Where noise is high: weathered patches all over. It needs no landmarks."""
    noise = value_noise(canvas) if noise is None else noise
    return noise > canvas.draws.uniform(canvas.count, 1, 1, 1, low=0.2, high=1.4)


def boxes(canvas: Canvas) -> Tensor:
    """An upright rectangle near the face, sides 12 to 52 %."""
    count, draws = canvas.count, canvas.draws
    half = draws.uniform(count, 2, low=0.06, high=0.26)
    centre = canvas.points.mean(1) + 0.2 * draws.normal(count, 2)
    inside_x = (canvas.x - planes(centre[:, :1])).abs() < planes(half[:, :1])
    return inside_x & ((canvas.y - planes(centre[:, 1:])).abs() < planes(half[:, 1:]))


def round_chip(canvas: Canvas) -> Tensor:
    """A disc on the nose tip, wholly inside the picture wherever the face is."""
    width, height = canvas.extent
    tip_x = canvas.points[:, 30:31, 0].clamp(ROUND_CHIP_RADIUS, width - ROUND_CHIP_RADIUS)
    tip_y = canvas.points[:, 30:31, 1].clamp(ROUND_CHIP_RADIUS, height - ROUND_CHIP_RADIUS)
    return torch.hypot(canvas.x - planes(tip_x), canvas.y - planes(tip_y)) < ROUND_CHIP_RADIUS


def cracks(canvas: Canvas) -> Tensor:
    """One to three random walks over the face that keep roughly to a direction, never thinner than a pixel."""
    draws, shape = canvas.draws, (canvas.count, CRACKS[1])
    unit = canvas.eye_distances[:, None]
    place = places_in(canvas, face_region(canvas), CRACKS[1])
    angle = draws.uniform(*shape, high=2 * math.pi)
    width = unit * draws.uniform(*shape, low=CRACK_WIDTH[0], high=CRACK_WIDTH[1])
    number = CRACKS[0] + draws.index(CRACKS[1] - CRACKS[0] + 1, canvas.count, 1)
    steps = CRACK_STEPS[0] + draws.index(CRACK_STEPS[1] - CRACK_STEPS[0] + 1, *shape)
    steps = steps * (torch.arange(CRACKS[1], device=canvas.device) < number)
    mask = torch.zeros(canvas.count, 1, canvas.height, canvas.width, dtype=torch.bool, device=canvas.device)
    for taken in range(CRACK_STEPS[1]):
        angle = angle + CRACK_TURN * draws.normal(*shape)
        length = unit * draws.uniform(*shape, low=CRACK_STEP[0], high=CRACK_STEP[1])
        step = torch.stack([length * angle.cos(), length * angle.sin()], 2)
        half = (width * draws.uniform(*shape, low=0.7, high=1.5)).clamp(min=1 / canvas.side) / 2
        walked = segment_distance(canvas, place, step) < planes(torch.where(steps > taken, half, 0))
        mask = mask | walked.any(1, keepdim=True)
        place = place + step
    return mask


def pits(canvas: Canvas) -> Tensor:
    """Ten to thirty weathered pits on the face, 2 to 6 % of the eye distance in radius."""
    draws, shape = canvas.draws, (canvas.count, PITS[1])
    centre = places_in(canvas, face_region(canvas), PITS[1])
    across = canvas.eye_distances[:, None] * draws.uniform(*shape, low=PIT_RADIUS[0], high=PIT_RADIUS[1])
    down = across * draws.uniform(*shape, low=PIT_FLATNESS[0], high=PIT_FLATNESS[1])
    number = PITS[0] + draws.index(PITS[1] - PITS[0] + 1, canvas.count, 1)
    present = torch.arange(PITS[1], device=canvas.device) < number
    mask = torch.zeros(canvas.count, 1, canvas.height, canvas.width, dtype=torch.bool, device=canvas.device)
    for k in range(PITS[1]):
        one = slice(k, k + 1)
        dx = (canvas.x - planes(centre[:, one, 0])) / planes(across[:, one])
        dy = (canvas.y - planes(centre[:, one, 1])) / planes(down[:, one])
        mask = mask | ((torch.hypot(dx, dy) < 1) & planes(present[:, one]))
    return mask
