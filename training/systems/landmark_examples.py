"""What the landmark network is trained on: damaged crops of faces, framed as the search frames them, with priors."""

from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import MIRROR
from statue_models.networks.landmarknet import SIZE
from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.features import break_line
from training.damage.mixture import training_masks
from training.damage.rectangles import rects
from training.examples.batches import (
    Frames,
    Jitter,
    add_film,
    blur,
    compose_pictures,
    draw_chosen,
    draw_frames,
    frame_faces,
    warp_to_frames,
)
from training.examples.landmark_prior import FaceMeshPrior
from training.examples.pictures import Pictures
from training.systems.definitions import signed_turn
from training.systems.system import Batch

#: Side of the stored pictures: half as much again as a crop, so that close frames stay sharp. Pixels; chosen.
STORED = 192
#: How far frames stray: as those made from FaceMesh's answers on half faces do, and as a first look without one may.
#: Chosen.
NEAR, WILD = Jitter(0.1, 0.06, 0.1), Jitter(0.2, 0.1, 0.27)
UNDAMAGED, RECTANGLES, HALVES = 0.12, 0.13, 0.2  # shares; the rest is the inpainter's mixture; chosen
#: Half faces end so many face sizes beyond the middle. Chosen.
HALF_AWAY = (-0.1, 0.15)
#: Heads turned further than these come up so many times as often as the others: statues mostly face the camera, and
#: turned ones are the hardest. By ``signed_turn``; about 23, 33 and 41 degrees. Chosen; what they did stands in
#: docs/experiments.md.
TURNED = ((0.6, 2.0), (0.9, 5.0), (1.2, 10.0))
#: Shares of crops that show a head in full profile, and one turned far to the side, where there are any. Chosen.
PROFILES, ASIDE = 0.03, 0.4
NOTHING = 0.05  # share of crops without a face; chosen
PRIORS = 0.7  # share of examples with a prior, of heads that FaceMesh knows; chosen
#: Share of the priors with which the crop is framed anew on the prior, as in use; frame and prior then err alike.
#: Chosen.
REFRAMED = 0.75
#: A face counts as framed if its own frame is so much like the crop: shift in sides, log of the side. Chosen.
FRAMED_SHIFT, FRAMED_SIDE = 0.3, 0.5


class LandmarkExamples:
    """Draws batches of examples.

    Args:
        train: pictures to draw from. nothing: (N, STORED, STORED, 3) uint8, pictures without a face.
        prior: FaceMesh, or None for examples without priors.
        share: of photographs in a batch.
    """

    def __init__(self, train: list[Pictures], nothing: Tensor, prior: FaceMeshPrior | None, share: float) -> None:
        self._profiles, self._turned = [p for p in train if p.profile], [p for p in train if p.turned]
        self._train = [p for p in train if not p.profile and not p.turned]
        self._nothing, self._prior, self._share = nothing, prior, share
        self._weights = {id(p): draw_weights(p) for p in self._train}

    def draw(self, draws: Draws, count: int) -> Batch:
        """A batch as ``LandmarkSystem.losses`` takes it; points and frames in fractions of the crop.

        Returns:
            known (N, 3, S, S) in [-1, 1], 0 where mask (N, 1, S, S) is 1; prior and truth (N, 68, 2); trust (N,), 1
            where there is a prior; hidden (N, 68), 1, 0 or -1 for unknown; photograph (N,), 1 or 0; present (N,), 1,
            0 for a face beside the frame, -1 for no face at all, or one in profile.
        """
        chosen = self._choose_pictures(count, draws)
        whole, landmarks, bare = compose_pictures(chosen, draws, self._nothing)
        device = draws.device
        photographs = torch.cat([torch.full((len(i),), float(not p.rendered)) for p, i in chosen]).to(device)
        profiles = torch.cat([torch.full((len(i),), float(p.profile)) for p, i in chosen]).to(device)
        hidden = torch.cat([_hidden_flags(p, i) for p, i in chosen]).to(device)
        turned = torch.cat([torch.full((len(i),), p.turned) for p, i in chosen]).to(device)
        order, near, close = self._arrange(turned, draws)
        whole, landmarks, bare, hidden = (t[order] for t in (whole, landmarks, bare, hidden))
        photographs, profiles = photographs[order], profiles[order]
        parts = [draw_frames(landmarks[a:b], draws, how) for a, b, how in ((0, close, NEAR), (close, count, WILD))]
        frames = Frames(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Frames)))
        seen = warp_to_frames(frames, whole, landmarks, SIZE)
        damage = self._damage(seen.landmarks, draws)
        prior, trust = torch.full_like(seen.landmarks, 0.5), torch.zeros(count, device=device)
        if self._prior is not None:
            part = slice(0, near)
            looked = add_film(seen.picture[part], bare[part], draws) * 2 - 1
            prior[part], trust[part] = self._prior(looked, damage[part], seen.landmarks[part], draws)
            again = trust * draws.chance(REFRAMED, count)
            within = _frames_of(prior, again > 0)
            damage, prior = _move_into_frames(damage, prior, within)
            seen = warp_to_frames(frames.within(within.centre, within.side, within.angle), whole, landmarks, SIZE)
        hidden = torch.where(seen.flipped[:, None], hidden[:, torch.from_numpy(MIRROR).to(device)], hidden)
        picture = degrade(add_film(seen.picture, bare, draws), draws) * 2 - 1
        mask = torch.maximum(damage, 1 - seen.inside)
        present = torch.where(profiles > 0, -1, _framing_weights(seen.landmarks))
        picture, present, trust = self._empty(picture, present, trust, draws)
        return {
            "known": picture * (1 - mask), "mask": mask, "prior": prior, "trust": trust, "truth": seen.landmarks,
            "hidden": hidden, "photograph": photographs, "present": present,
        }  # fmt: skip

    def _choose_pictures(self, count: int, draws: Draws) -> list[tuple[Pictures, Tensor]]:
        chosen: list[tuple[Pictures, Tensor]] = []
        for origins, share in ((self._profiles, PROFILES), (self._turned, ASIDE)):
            number = int(share * count + float(draws.uniform(1))) if origins else 0
            chosen += draw_chosen(origins, number, draws, self._share) if number else []
        others = count - sum(len(index) for _, index in chosen)
        return draw_chosen(self._train, others, draws, self._share, lambda p: self._weights[id(p)]) + chosen

    def _arrange(self, turned: Tensor, draws: Draws) -> tuple[Tensor, int, int]:
        """An order of the examples (N,), in which the first few have priors, and more are framed closely.

        Nobody asks FaceMesh about heads seen from the side (``NetworkLandmarks.refine``), so they have no priors; a
        search frames them both ways, so half of them stand among those that are framed closely.
        """
        order = torch.randperm(len(turned), generator=draws.generator, device=draws.device)
        others, aside = order[~turned[order]], order[turned[order]]
        near = round((PRIORS if self._prior is not None else 0.5) * len(others))
        return torch.cat([others[:near], aside, others[near:]]), near, near + len(aside) // 2

    def _damage(self, landmarks: Tensor, draws: Draws) -> Tensor:
        count = len(landmarks)
        mixture = training_masks(landmarks, SIZE, draws)
        canvas = Canvas(count, SIZE, SIZE, draws, landmarks)
        boxes, halves = rects(canvas).float(), break_line(canvas, away=HALF_AWAY).float()
        kind = draws.uniform(count, 1, 1, 1)
        damage = torch.where(kind < UNDAMAGED + RECTANGLES + HALVES, halves, mixture)
        damage = torch.where(kind < UNDAMAGED + RECTANGLES, boxes, damage)
        return torch.where(kind < UNDAMAGED, 0, damage)

    def _empty(self, picture: Tensor, present: Tensor, trust: Tensor, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        """Some of the crops without a prior show no face at all."""
        count = len(picture)
        index = draws.index(max(1, len(self._nothing)), count)
        alone = trust == 0
        empty = (draws.uniform(count) < NOTHING * count / alone.sum().clamp(min=1)) & alone
        if not len(self._nothing) or not bool(empty.any()):
            return picture, present, trust
        where = torch.nonzero(empty)[:, 0]
        stored = self._nothing[index[where].to(self._nothing.device)].to(picture.device)
        stored = stored.permute(0, 3, 1, 2).float() / 127.5 - 1
        sides = draws.index(STORED - SIZE + 1, 2).tolist()
        picture[where] = stored[:, :, sides[0] : sides[0] + SIZE, sides[1] : sides[1] + SIZE]
        return picture, torch.where(empty, torch.full_like(present, -1), present), trust


def load_faceless(assets: Path) -> Tensor:
    """(N, STORED, STORED, 3) uint8 pictures without faces: stones and the surroundings of photographed lights."""
    found = [cv2.imread(str(path)) for path in sorted((assets / "stone_textures").glob("*.jpg"))]
    lights = assets / "environments" / "hdri_256x128.npz"
    if lights.is_file():
        for light in np.load(lights)["env"].astype(np.float32):
            bright = np.clip(light / max(np.percentile(light, 80), 1e-6), 0, 1) ** (1 / 2.2) * 255
            found += [np.ascontiguousarray(half[..., ::-1].astype(np.uint8)) for half in np.split(bright, 2, axis=1)]
    pictures = [
        cv2.resize(p, (STORED, STORED), interpolation=cv2.INTER_AREA)[..., ::-1] for p in found if p is not None
    ]
    if not pictures:
        return torch.zeros(0, STORED, STORED, 3, dtype=torch.uint8)
    return torch.from_numpy(np.ascontiguousarray(np.stack(pictures)))


def _hidden_flags(pictures: Pictures, index: Tensor) -> Tensor:
    """(K, 68): 1 hidden, 0 visible, -1 unknown."""
    if pictures.hidden is None:
        return torch.full((len(index), 68), -1.0)
    return pictures.hidden[index.to(pictures.hidden.device)].float().cpu()


def draw_weights(pictures: Pictures) -> Tensor:
    """(N,) how often each picture comes up, ``TURNED`` as that says."""
    weights = torch.ones(len(pictures), device=pictures.landmarks.device)
    turn = signed_turn(pictures.landmarks).abs()
    for least, factor in TURNED:
        weights = torch.where(turn > least, factor, weights)
    return weights


def _framing_weights(landmarks: Tensor) -> Tensor:
    """(N,) 1 where the crop is about the face's own frame."""
    low, high = landmarks.amin(1), landmarks.amax(1)
    shift = ((low + high) / 2 - torch.tensor([0.5, 0.59], device=landmarks.device)).abs().amax(1)
    side = ((high - low).amax(1) * 1.7).log().abs()
    return ((shift < FRAMED_SHIFT) & (side < FRAMED_SIDE)).float()


def _frames_of(points: Tensor, wanted: Tensor) -> Frames:
    """The frames that the product makes of points (N, 68, 2) in fractions of a crop; where not wanted, all of it."""
    found = [
        frame_of_landmarks(p, level=0.0) if use else FaceFrame((0.5, 0.5), 1.0)
        for p, use in zip(points.double().cpu().numpy(), wanted.tolist(), strict=True)
    ]
    values = torch.tensor([[*f.centre, f.side, f.angle] for f in found], dtype=points.dtype, device=points.device)
    return Frames(values[:, :2], values[:, 2], values[:, 3], torch.ones_like(values[:, 2]))


def _move_into_frames(damage: Tensor, points: Tensor, frames: Frames) -> tuple[Tensor, Tensor]:
    """Damage (N, 1, S, S) and points (N, 68, 2) of crops as seen through frames in them; no damage beyond the crops."""
    grid = functional.affine_grid(frames.affine, list(damage.shape), align_corners=False)
    return functional.grid_sample(damage, grid, mode="nearest", align_corners=False), frames.positions(points)


def degrade(picture: Tensor, draws: Draws) -> Tensor:
    """What happens to pictures on their way: low resolution, blur, uneven light.

    (N, 3, S, S) in [0, 1] -> the same.
    """
    count, size = len(picture), picture.shape[-1]
    small = functional.interpolate(picture, scale_factor=float(draws.uniform(1, low=0.35, high=0.8)), mode="area")
    small = functional.interpolate(small, size=(size, size), mode="bicubic", align_corners=False)
    x = torch.where(draws.uniform(count, 1, 1, 1) < 0.25, small, picture)
    soft = blur(blur(x))
    x = torch.where(draws.uniform(count, 1, 1, 1) < 0.15, soft, x)
    ramp = torch.linspace(-1, 1, size, device=picture.device)
    slope = 0.35 * draws.normal(count, 2, 1, 1)
    light = (slope[:, :1] * ramp[None, None, :, None] + slope[:, 1:] * ramp[None, None, None, :]).exp()
    return torch.where(draws.uniform(count, 1, 1, 1) < 0.4, x * light, x).clamp(0, 1)


def mean_face(origins: list[Pictures]) -> Tensor:
    """(68, 2): the mean of the landmarks in their own frames, photographs only where there are any."""
    photographs = [p for p in origins if not p.rendered]
    points = [p.landmarks.cpu() for p in photographs or origins if not (p.profile or p.turned)]
    landmarks = torch.cat(points)
    blank = torch.zeros(len(landmarks), 3, 2, 2)
    return frame_faces(blank, landmarks, Draws(0, torch.device("cpu")), None).landmarks.mean(0)
