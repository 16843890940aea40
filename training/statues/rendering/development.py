"""From light to a finished picture, with its landmarks and maps."""

from dataclasses import dataclass

import numpy as np
import torch
import warp as wp
from torch import Tensor
from torch.nn import functional

from training.statues.description.layout import rows
from training.statues.kernels import film, labels
from training.statues.kernels.background import Ground, paint_ground
from training.statues.kernels.shading import Pixels
from training.statues.rendering.launcher import Launcher
from training.statues.rendering.stages import Batch, Surface
from training.statues.rendering.uploads import Surroundings

#: Samples per pixel and direction. Chosen, for time.
SAMPLES = 2
#: cm before the point that is looked at, at which the lens is focused: the face. Set by eye.
FOCUSED_BEFORE = 5.0


@dataclass(frozen=True, eq=False)
class Renders:
    """B pictures of R x R pixels, on the factory's device.

    Attributes:
        image: (B, R, R, 3) uint8 R'G'B', background and film included.
        alpha: (B, R, R) uint8, 255 where the statue is.
        landmarks: (B, 68, 2) float32, (x, y) in pixels, the first pixel's centre at 0.5: where they are, or were
            before anything broke off.
        landmarks_cm: (B, 68, 3) float32, the same in space.
        hidden: (B, 68) bool, by the head itself, hair or beard; missing: (B, 68) bool, broken off.
        parts: (B, R, R) uint8, index into ``labels.PARTS``.
        gain: (B,) exposure; give it to the other picture of a pair.
        depth: (B, R, R) float32, cm before the eye, 0 where the statue is not.
        normals: (B, R, R, 3) float32, x right, y up, z to the eye; positions: (B, R, R, 3) float32, cm in space.
            These three show the upper left sample of each pixel, and are there only if asked for.
    """

    image: Tensor
    alpha: Tensor
    landmarks: Tensor
    landmarks_cm: Tensor
    hidden: Tensor
    missing: Tensor
    parts: Tensor
    gain: Tensor
    depth: Tensor | None = None
    normals: Tensor | None = None
    positions: Tensor | None = None


def develop(
    launcher: Launcher,
    surroundings: Surroundings,
    batch: Batch,
    surface: Surface,
    pixels: Pixels,
    radiance: wp.array,
    gain: Tensor | None,
    maps: bool,
) -> Renders:
    """Expose and develop; ``gain`` and ``maps`` as in ``Factory.render``."""
    light = functional.avg_pool2d(wp.to_torch(radiance).permute(0, 3, 1, 2), SAMPLES)
    colour, alpha = light[:, :3], light[:, 3:]
    settings = {name: launcher.tensor(batch.table["film"][name]) for name in batch.table["film"].dtype.names or ()}
    settings["ground_blur"] = launcher.tensor(batch.table["background"]["blur"])
    if gain is None:
        gain = film.exposure_gain(colour, alpha, settings["exposure"])
    seen = wp.to_torch(pixels.part)[:, ::SAMPLES, ::SAMPLES] >= 0
    position = wp.to_torch(pixels.position)[:, ::SAMPLES, ::SAMPLES]
    axes = {name: launcher.tensor(batch.camera[name])[:, None, None] for name in ("eye", "right", "up", "back")}
    depth = torch.where(seen, -((position - axes["eye"]) * axes["back"]).sum(-1), 0.0)
    focused = launcher.tensor(batch.camera["distance"])[:, None, None] - FOCUSED_BEFORE
    away = torch.where(seen, (depth - focused).abs(), 0.0)[:, None]
    ground = _ground(launcher, surroundings, batch, gain)
    image = film.develop_film(colour, alpha, away, ground, gain, settings, _grain(launcher, batch))
    screen, hidden, missing = _landmarks(launcher, batch, surface, pixels)
    parts = launcher.empty(len(batch), *image.shape[2:], dtype=wp.uint8)
    launcher.launch(labels.label_pixels, parts.shape, pixels, parts)
    normal = wp.to_torch(pixels.normal)[:, ::SAMPLES, ::SAMPLES]
    turned = torch.stack([(normal * axes[name]).sum(-1) for name in ("right", "up", "back")], -1)
    return Renders(
        image=image.permute(0, 2, 3, 1).contiguous(),
        alpha=(alpha[:, 0] * 255).round().to(torch.uint8),
        landmarks=screen[..., :2] / SAMPLES,
        landmarks_cm=wp.to_torch(surface.landmarks),
        hidden=hidden,
        missing=missing,
        parts=wp.to_torch(parts),
        gain=gain,
        depth=depth if maps else None,
        normals=torch.where(seen[..., None], turned, 0.0) if maps else None,
        positions=torch.where(seen[..., None], position, 0.0) if maps else None,
    )


def _ground(launcher: Launcher, surroundings: Surroundings, batch: Batch, gain: Tensor) -> Tensor:
    """(B, 3, R, R) background, linear and exposed."""
    described = rows(Ground, len(batch))
    for name in described.dtype.names or ():
        described[name] = batch.table["background"][name]
    size = batch.side // SAMPLES
    picture = launcher.empty(len(batch), size, size, dtype=wp.vec3)
    exposed = wp.from_torch(gain.contiguous())
    given = (batch.view, batch.groups["light"], launcher.array(described, Ground), surroundings.sharp, exposed)
    launcher.launch(paint_ground, picture.shape, *given, picture)
    return wp.to_torch(picture).permute(0, 3, 1, 2)


def _grain(launcher: Launcher, batch: Batch) -> Tensor:
    """(B, 3, R, R) noise of variance 1."""
    size = batch.side // SAMPLES
    noise = launcher.empty(len(batch), 3, size, size, dtype=float)
    seeds = launcher.array(batch.table["film"]["seed"].astype(np.int32), int)
    launcher.launch(film.grain, noise.shape, seeds, noise)
    return wp.to_torch(noise)


def _landmarks(launcher: Launcher, batch: Batch, surface: Surface, pixels: Pixels) -> tuple[Tensor, Tensor, Tensor]:
    """(B, 68, 3) places in samples, (B, 68) hidden, (B, 68) missing."""
    shape = surface.landmarks.shape
    screen = launcher.empty(*shape, dtype=wp.vec3)
    hidden, missing = (launcher.empty(*shape, dtype=wp.uint8) for _ in range(2))
    given = (batch.view, pixels, surface.landmarks, batch.groups["breaks"], int(batch.broken))
    launcher.launch(labels.judge_landmarks, shape, *given, screen, hidden, missing)
    return wp.to_torch(screen), wp.to_torch(hidden).bool(), wp.to_torch(missing).bool()
