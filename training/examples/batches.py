"""From stored pictures to training examples: background, the product's face frame with jitter, film."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from statue_models.face.face_frame import LIFT, MARGIN
from statue_models.face.landmarks68 import MIRROR
from training.damage.draws import Draws
from training.examples.pictures import Pictures

#: Share of the examples that stand before a picture of some place, where there are any. Chosen; with it frames were
#: found more often (docs/experiments.md).
PLACES = 0.4
#: Binomial filter (1 4 6 4 1) / 16 in both directions.
BLUR = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


@dataclass(frozen=True)
class Jitter:
    """How far training frames stray.

    Standard deviations of the log of the side, of the shift in sides, of the angle in radians.
    """

    #: Chosen.
    side: float = 0.1
    shift: float = 0.04
    angle: float = 0.1


@dataclass(frozen=True, eq=False)
class Frames:
    """Squares in stored pictures, in fractions of their side.

    Attributes:
        centre: (N, 2). side: (N,).
        angle: (N,) radians, as ``FaceFrame``'s.
        flip: (N,) -1 for what is then mirrored left to right, 1 for the others.
    """

    centre: Tensor
    side: Tensor
    angle: Tensor
    flip: Tensor

    @property
    def turn(self) -> Tensor:
        """(N, 2, 2): frame position u in [-1, 1] lies at centre + side / 2 * turn @ u."""
        cosine, sine = self.angle.cos(), self.angle.sin()
        return torch.stack([torch.stack([cosine * self.flip, -sine], 1), torch.stack([sine * self.flip, cosine], 1)], 1)

    @property
    def affine(self) -> Tensor:
        """(N, 2, 3) as ``affine_grid`` takes it."""
        return torch.cat([self.side[:, None, None] * self.turn, (2 * self.centre - 1)[..., None]], 2)

    def positions(self, points: Tensor) -> Tensor:
        """(N, P, 2) in the stored pictures as fractions of the frames' sides; what is mirrored keeps its numbers."""
        # The rows of a rotation (and of a mirrored one) are orthonormal, so its transpose is its inverse.
        return (points - self.centre[:, None]) @ self.turn / self.side[:, None, None] + 0.5

    def within(self, centre: Tensor, side: Tensor, angle: Tensor) -> "Frames":
        """Frames that are given in these ones' fractions, (N, 2), (N,), (N,), in those of the stored pictures."""
        away = self.turn @ (centre - 0.5)[..., None]
        turned = self.angle + self.flip * angle
        return Frames(self.centre + self.side[:, None] * away[..., 0], self.side * side, turned, self.flip)


@dataclass(frozen=True, eq=False)
class FramedFaces:
    """Pictures as seen through the product's face frame.

    Attributes:
        picture: (N, 3, S, S) in [0, 1].
        landmarks: (N, 68, 2) as fractions of the side.
        inside: (N, 1, S, S), 1 where the frame shows the stored picture.
        flipped: (N,) bool, mirrored left to right, landmarks renumbered.
    """

    picture: Tensor
    landmarks: Tensor
    inside: Tensor
    flipped: Tensor


def draw_chosen(
    origins: list[Pictures],
    count: int,
    draws: Draws,
    share: float,
    weights: Callable[[Pictures], Tensor] | None = None,
) -> list[tuple[Pictures, Tensor]]:
    """Which pictures a batch shows: ``share`` of it photographs, the rest renders, each origin by its number.

    Args:
        weights: how often each of an origin's pictures comes up, (N,); None = all alike.
    """
    photographs = [p for p in origins if not p.rendered]
    renders = [p for p in origins if p.rendered]
    taken = round(count * share) if photographs and renders else count if photographs else 0
    parts = [*_share_out(renders, count - taken, draws), *_share_out(photographs, taken, draws)]
    if weights is None:
        return [(p, draws.index(len(p), number)) for p, number in parts if number]
    return [(p, draws.choice(weights(p), number)) for p, number in parts if number]


def _share_out(origins: list[Pictures], count: int, draws: Draws) -> list[tuple[Pictures, int]]:
    """How many of ``count`` pictures are each origin's, by its number; even the smallest has its turn."""
    if len(origins) < 2:
        return [(pictures, count) for pictures in origins]
    ends = np.cumsum([0, *map(len, origins)]) / sum(map(len, origins)) * count
    edges = np.floor(ends + float(draws.uniform(1))).astype(int)
    return list(zip(origins, np.diff(edges).tolist(), strict=True))


def compose_pictures(
    chosen: list[tuple[Pictures, Tensor]], draws: Draws, places: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The chosen pictures before a background, where the draws are.

    Args:
        places: (P, T, T, 3) uint8, pictures that are seen behind a share of ``PLACES``; None = none.

    Returns:
        (N, 3, S, S) in [0, 1]; landmarks (N, 68, 2) in fractions of its side; (N,), 1 for renders without film.
    """
    rgba = torch.cat([p.images[i.to(p.images.device)].to(draws.device) for p, i in chosen])
    landmarks = torch.cat([p.landmarks[i.to(p.landmarks.device)].to(draws.device) for p, i in chosen])
    bare = torch.cat([torch.full((len(i),), float(not p.filmed)) for p, i in chosen]).to(draws.device)
    stored = rgba.permute(0, 3, 1, 2).float() / 255
    alpha = stored[:, 3:]
    behind = draw_backgrounds(len(stored), stored.shape[-1], draws)
    if places is not None and len(places):
        somewhere = draws.chance(PLACES, len(stored), 1, 1, 1)
        behind = torch.where(somewhere > 0, crop_places(places, len(stored), stored.shape[-1], draws), behind)
    return stored[:, :3] * alpha + behind * (1 - alpha), landmarks, bare


def crop_places(places: Tensor, count: int, size: int, draws: Draws) -> Tensor:
    """(count, 3, size, size) in [0, 1]: random parts of pictures (P, T, T, 3) uint8, half of them mirrored."""
    index = draws.index(len(places), count).to(places.device)
    whole = places[index].to(draws.device).permute(0, 3, 1, 2).float() / 255
    affine = draw_squares(count, draws, least=0.3)
    grid = functional.affine_grid(affine, [count, 3, size, size], align_corners=False)
    return functional.grid_sample(whole, grid, padding_mode="border", align_corners=False)


def draw_squares(count: int, draws: Draws, least: float, most: float = 1.0) -> Tensor:
    """(count, 2, 3) as ``affine_grid`` takes it: upright squares inside a picture, half of them mirrored.

    Args:
        least, most: of their sides in sides of the picture.
    """
    share = draws.uniform(count, low=least, high=most)
    middle = (1 - share)[:, None] * draws.uniform(count, 2, low=-1)
    flip, none = 1 - 2 * draws.chance(0.5, count), torch.zeros_like(share)
    return torch.stack([share * flip, none, middle[:, 0], none, share, middle[:, 1]], 1).reshape(count, 2, 3)


def draw_backgrounds(count: int, size: int, draws: Draws) -> Tensor:
    """(count, 3, size, size) in [0, 1]: plain or cloudy; a third dark, a tenth white, half tinted."""
    level = draws.uniform(count, 1, 1, 1, low=0.05, high=0.95)
    level = torch.where(draws.uniform(count, 1, 1, 1) < 0.3, 0.005 + 0.1 * draws.uniform(count, 1, 1, 1), level)
    white = draws.chance(0.1, count, 1, 1, 1)
    level = level * (1 - white) + white * draws.uniform(count, 1, 1, 1, low=0.93)
    tint = draws.uniform(count, 3, 1, 1)
    strength = draws.chance(0.5, count, 1, 1, 1) * (1 - white) * draws.uniform(count, 1, 1, 1, high=0.8)
    colour = level * (1 - strength + strength * tint / tint.amax(1, keepdim=True).clamp(min=1e-3))
    clouds = torch.zeros(count, 1, size, size, device=draws.device)
    for cells, weight in ((2, 1.0), (3, 1.0), (5, 1.0), (9, 0.5), (17, 0.5)):
        grid = draws.normal(count, 1, cells, cells)
        clouds += weight * functional.interpolate(grid, size=(size, size), mode="bicubic", align_corners=False)
    cloudy = draws.chance(0.7, count, 1, 1, 1) * (1 - white) * draws.uniform(count, 1, 1, 1, high=0.3)
    return (colour * (cloudy * clouds).exp()).clamp(0, 1)


def frame_faces(
    picture: Tensor, landmarks: Tensor, draws: Draws, jitter: Jitter | None, size: int | None = None
) -> FramedFaces:
    """The pictures as seen through ``face_frame``'s frame of their landmarks, jittered and half of them mirrored.

    Args:
        picture: (N, 3, S, S) in [0, 1]; landmarks: (N, 68, 2), fractions of its side.
        jitter: None = exactly the frame, and not mirrored.
        size: side of what comes out; None = S. Smaller pictures are averaged from twice the size.
    """
    return warp_to_frames(draw_frames(landmarks, draws, jitter), picture, landmarks, size or picture.shape[-1])


def draw_frames(landmarks: Tensor, draws: Draws, jitter: Jitter | None) -> Frames:
    """The frames of (N, 68, 2) landmarks, jittered and half of them mirrored; None = exactly, and not mirrored."""
    count, device = len(landmarks), landmarks.device
    low, high = landmarks.amin(1), landmarks.amax(1)
    larger = (high - low).amax(1)
    centre = (low + high) / 2 - larger[:, None] * torch.tensor([0.0, LIFT], device=device)
    side, angle, flip = MARGIN * larger, torch.zeros(count, device=device), torch.ones(count, device=device)
    if jitter is not None:
        side = side * (jitter.side * draws.normal(count)).exp()
        centre = centre + jitter.shift * side[:, None] * draws.normal(count, 2)
        angle = jitter.angle * draws.normal(count)
        flip = 1 - 2 * draws.chance(0.5, count)
    return Frames(centre, side, angle, flip)


def warp_to_frames(frames: Frames, picture: Tensor, landmarks: Tensor, size: int) -> FramedFaces:
    """Pictures (N, 3, S, S) and their landmarks (N, 68, 2) through these frames, (N, 3, size, size)."""
    count = len(picture)
    fine = 2 if size < picture.shape[-1] else 1
    grid = functional.affine_grid(frames.affine, [count, 3, fine * size, fine * size], align_corners=False)
    how = "bilinear" if fine > 1 else "bicubic"
    seen = functional.grid_sample(picture, grid, mode=how, padding_mode="border", align_corners=False)
    inside = (grid.abs() <= 1).all(3)[:, None].float()
    if fine > 1:
        seen, inside = functional.avg_pool2d(seen, fine), (functional.avg_pool2d(inside, fine) == 1).float()
    moved = frames.positions(landmarks)
    flipped = frames.flip < 0
    points = torch.where(flipped[:, None, None], moved[:, torch.from_numpy(MIRROR).to(moved.device)], moved)
    return FramedFaces(seen.clamp(0, 1), points, inside, flipped)


def blur(picture: Tensor) -> Tensor:
    """(N, C, H, W) convolved with ``BLUR`` in both directions, edges reflected."""
    # Sums of shifted pictures: on a CPU nine times as fast as convolutions with one channel.
    flat = functional.pad(picture, (2, 2, 2, 2), mode="reflect")
    for axis in (3, 2):
        length = flat.shape[axis] - len(BLUR) + 1
        parts = [flat.narrow(axis, at, length) for at in range(len(BLUR))]
        flat = BLUR[2] * parts[2] + BLUR[1] * (parts[1] + parts[3]) + BLUR[0] * (parts[0] + parts[4])
    return flat


def add_film(picture: Tensor, bare: Tensor, draws: Draws) -> Tensor:
    """What cameras and web pictures add: exposure, gamma, contrast, colour, sharpening or blur, grain.

    Bare renders get more contrast and sharpening than what has had its film.

    Args:
        picture: (N, 3, S, S) in [0, 1]; bare: (N,), 1 for renders without film, 0 for the others.

    Returns:
        (N, 3, S, S) in [0, 1].
    """
    count = len(picture)
    render = bare[:, None, None, None]

    def draw_uniform(low: float, high: float) -> Tensor:
        return draws.uniform(count, 1, 1, 1, low=low, high=high)

    gamma = (draws.chance(0.6, count, 1, 1, 1) * draw_uniform(-0.4, 0.4)).exp()
    x = picture.clamp(1e-3, 1) ** gamma * (0.12 * draws.normal(count, 1, 1, 1)).exp()
    x = x * (1 + 0.04 * draws.normal(count, 3, 1, 1))
    grey = draws.chance(0.15, count, 1, 1, 1)
    x = x * (1 - grey) + x.mean(1, keepdim=True) * grey
    contrast = render * draw_uniform(0.95, 1.65) + (1 - render) * draw_uniform(0.85, 1.2)
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * contrast
    # Positive sharpens (unsharp masking), negative blurs.
    amount = draws.chance(0.8, count, 1, 1, 1) * (
        render * draw_uniform(-0.5, 1.5) + (1 - render) * draw_uniform(-0.5, 0.5)
    )
    x = x + amount * (x - blur(x))
    grain = draws.normal(*picture.shape)
    coarse = draws.chance(0.5, count, 1, 1, 1)
    # Blurred noise is weaker by the filter's norm, 70 / 256 in two dimensions.
    grain = grain * (1 - coarse) + blur(grain) * (256 / 70) * coarse
    colourless = draws.chance(0.6, count, 1, 1, 1)
    grain = grain * (1 - colourless) + grain.mean(1, keepdim=True) * math.sqrt(3) * colourless
    strength = draws.chance(0.7, count, 1, 1, 1) * 0.035 * draw_uniform(0, 1) ** 2
    return (x + strength * grain).clamp(0, 1)
