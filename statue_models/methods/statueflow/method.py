"""``statueflow`` as a restoration method: crop in, a fill by ``statuefit``, hypotheses out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from statue_models.errors import report_out_of_memory
from statue_models.face.landmarks68 import MIRROR, Landmarks
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.methods.network_input import missing_at, network_input, resize_square
from statue_models.methods.statuefit.statuefit import Sketch, StatueFit
from statue_models.methods.statueflow import StatueFlowOptions
from statue_models.networks.loading import load_into, torch_device
from statue_models.networks.sampler import sample, seeded_noise
from statue_models.networks.statueflow import StatueFlow, landmark_heatmaps
from statue_models.phases import Phase
from statue_models.request import Hypothesis, Progress, part_of_progress
from statue_models.threads import one_torch_thread

#: Side of the pictures that the network was made for.
SIZE = 128
#: One step measured best: with more, the weights' training is too short for the stone to come clean.
STEPS = 1
#: How far the answer goes from the fill to the network's; how much of the fill's texture is added again, and what is
#: texture: all that is finer than so much of the crop's side. Chosen on the check suite (docs/experiments.md).
SHARE, TEXTURE, TEXTURE_REACH = 0.65, 0.5, 1 / 64
#: The same for draws: the network's answers lie nearer together than what it was shown, and than what may be true.
DRAWN_SHARE = 0.15
#: Unsharp masking of the mean of several answers, which is softer than each: how much, standard deviation in pixels.
CRISPING, CRISPING_REACH = 0.5, 1.0
#: Pixels of the network over which its answer sets in at the hole's border.
BORDER = 2.0


@dataclass(frozen=True, eq=False)
class _Look:
    """What the network is shown, as ``StatueFlow.forward`` takes it: (N, 3 or 1 or 8 or 68, n, n)."""

    picture: Tensor
    mask: Tensor
    guide: Tensor
    heatmaps: Tensor

    def mirrored(self) -> "_Look":
        guide = self.guide.flip(-1)
        guide[:, 3] *= -1  # the normals' x
        mirror = torch.from_numpy(MIRROR).to(guide.device)
        return _Look(self.picture.flip(-1), self.mask.flip(-1), guide, self.heatmaps.flip(-1)[:, mirror])


class FlowMethod:
    """Hypotheses for the hole: a fitted head's fill, made over by a rectified flow.

    ``statuefit`` fills the hole with each hypothesis' own head; the network, at one size, makes over that fill and the
    sketch under it, both also mirrored, and the mean of the answers, which is nearer to the truth than each, is
    sharpened and takes the fill's texture on. Cracks and pits, and what is finer than the network's size, come from the
    fill, which is made of the photograph's own stone. A preview starts from the sketch alone, and is one answer of the
    network alone.

    Options are ``StatueFlowOptions``.

    Args:
        network: with weights, on the CPU; it is moved to the device and set to evaluation.
        device: "auto", "cpu" or "cuda".
        precision: "fp32" or "bf16".
        size: side of the pictures that the network sees, in pixels.
        fit: fits the heads.
    """

    def __init__(
        self,
        network: StatueFlow,
        device: str = "auto",
        precision: str = "fp32",
        size: int = SIZE,
        fit: StatueFit | None = None,
    ) -> None:
        self.device = torch_device(device)
        self.network = network.eval().to(self.device)
        self.precision = precision
        self.size = size
        self._fit = fit or StatueFit()

    @classmethod
    @one_torch_thread()
    def from_file(cls, path: Path, sha256: str | None, device: str = "auto", precision: str = "fp32") -> "FlowMethod":
        """The method with the weights of a file.

        Raises:
            StatueError: as ``load_weights`` and ``torch_device`` do.
        """
        network = StatueFlow()
        load_into(network, path, sha256)
        return cls(network, device, precision)

    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """Each hypothesis from another head that the visible landmarks allow; needs ``crop.landmarks``.

        On a CPU every hypothesis is a pass of its own, because a batch differs from single passes in the last bits; on
        a GPU all go together.

        Raises:
            StatueError: ``out-of-memory``.
        """
        steps = options.steps if isinstance(options, StatueFlowOptions) and options.steps is not None else STEPS
        draft = self._fit.draft(crop, hypotheses, part_of_progress(progress, 0.0, 0.5), options.preview)
        with one_torch_thread():
            fills = self._made_over(
                crop, hypotheses, draft.answer.fills, draft.sketches, steps, options.preview, progress
            )
        about = {
            "torch": torch.__version__,
            "steps": steps,
            "preview": options.preview,
            "device": str(self.device),
            "precision": self.precision,
            "size": self.size,
        }
        return replace(draft.answer, fills=tuple(fills), notes=draft.answer.notes | about)

    def _made_over(
        self,
        crop: Crop,
        hypotheses: Sequence[Hypothesis],
        starts: Sequence[Fill],
        sketches: Sequence[Sketch],
        steps: int,
        preview: bool,
        progress: Progress,
    ) -> list[Fill]:
        """The fills of a fit as the network would have them."""
        picture, mask = (self._tensor(array) for array in network_input(crop, self.size))
        begun = [[start.rgb for start in starts]]
        if not preview:
            begun.append([sketch.rgb for sketch in sketches])
        heatmaps = self._heatmaps(crop.face, crop.size)
        everything = list(range(len(hypotheses)))
        groups = [everything] if self.device.type == "cuda" else [[number] for number in everything]
        total, done = steps * len(groups) * (1 if preview else 4), 0

        def on_step(step: int) -> None:
            progress(Phase.SAMPLING, 0.5 + (done + step) / total / 2)

        fills: list[Fill] = []
        for group in groups:
            answers = []
            for rgbs in begun:
                guide = torch.cat([self._guide(rgbs[n], sketches[n], picture, mask) for n in group])
                seen = [tensor.expand(len(group), -1, -1, -1) for tensor in (picture, mask, heatmaps)]
                look = _Look(seen[0], seen[1], guide, seen[2])
                for mirrored in [False] if preview else [False, True]:
                    seeds = [hypotheses[n].seed for n in group]
                    found = self._sample(look.mirrored() if mirrored else look, seeds, steps, on_step)
                    answers.append(found[:, :, ::-1] if mirrored else found)
                    done += steps
            for number, rgb in zip(group, _as_coloured(np.mean(answers, axis=0), crop), strict=True):
                start, plain = starts[number], sketches[number].rgb
                share = SHARE if hypotheses[number].index == 0 else DRAWN_SHARE
                made = _joined(rgb, start.rgb, crop, 1.0) if preview else _textured(rgb, start.rgb, plain, crop, share)
                fills.append(Fill(np.clip(made, 0, 1), start.borrow, start.stone, start.half))
        return fills

    def _sample(self, look: _Look, seeds: list[int], steps: int, on_step: Callable[[int], None]) -> NDArray[np.float32]:
        """(N, n, n, 3) in [0, 1], one answer per seed."""
        noise = torch.cat([seeded_noise(seed, self.size, self.size) for seed in seeds]).to(self.device)
        autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")
        with report_out_of_memory(), autocast:
            result = sample(self.network, look.picture, look.mask, look.guide, look.heatmaps, noise, steps, on_step)
        return np.asarray(result.float().permute(0, 2, 3, 1).cpu().numpy() / 2 + 0.5)

    def _guide(self, start: NDArray[np.float32], sketch: Sketch, picture: Tensor, mask: Tensor) -> Tensor:
        """(1, 8, size, size) of ``StatueFlow.forward``; where the picture is known the start is the picture."""
        maps = [start * 2 - 1, sketch.normal, sketch.coverage[..., None], sketch.openness[..., None]]
        stacked = np.concatenate([resize_square(np.asarray(m, np.float32), self.size, keep=True) for m in maps], 2)
        guide = self._tensor(stacked.transpose(2, 0, 1))
        guide[:, :3] = torch.where(mask > 0, guide[:, :3].clamp(-1, 1), picture)
        return guide

    def _heatmaps(self, landmarks: Landmarks, side: int) -> Tensor:
        fractions = self._tensor((landmarks.points / side).astype(np.float32))
        return landmark_heatmaps(fractions, self.size // self.network.patch)

    def _tensor(self, array: NDArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None].to(self.device)


def _as_coloured(answers: NDArray[np.float32], crop: Crop) -> NDArray[np.float32]:
    """(N, n, n, 3): without colour where the photograph has none; the network would tint it."""
    seen = crop.rgb[crop.known]
    if len(seen) and float(np.ptp(seen, axis=1).max()) == 0:
        return np.repeat(answers.mean(axis=3, keepdims=True), 3, axis=3)
    return answers


def _joined(coarse: NDArray[np.float32], start: NDArray[np.float32], crop: Crop, share: float) -> NDArray[np.float32]:
    """(S, S, 3): the start, moved by ``share`` of the way to the network's answer (n, n, 3) in all that n pixels show.

    The start meets the photograph at the hole's border; the answer has its say from a little further in, so that
    nothing steps there.
    """
    side, size = crop.hole.shape[0], coarse.shape[0]
    shown = np.where(crop.hole[..., None], start, crop.rgb).astype(np.float32)
    # The pixels that the network was not shown are its own; the others are the photograph's on both sides.
    own = missing_at(crop, size)[..., None]
    change = np.where(own, coarse - resize_square(shown, size), 0).astype(np.float32)
    depth = cv2.distanceTransform(crop.hole.astype(np.uint8), cv2.DIST_L2, 5)
    inside = 1 - np.exp(-np.maximum(depth - 1, 0) / (BORDER * side / size))
    return np.asarray(shown + share * inside[..., None] * resize_square(change, side), np.float32)


def _textured(
    coarse: NDArray[np.float32], fill: NDArray[np.float32], sketch: NDArray[np.float32], crop: Crop, share: float
) -> NDArray[np.float32]:
    """(S, S, 3): between fill and answer, with some more of the texture that the fill has over its sketch."""
    hole = crop.hole.astype(np.float32)
    texture = (fill - sketch) * hole[..., None]
    reach = TEXTURE_REACH * crop.hole.shape[0]
    inside = np.maximum(cv2.GaussianBlur(hole, (0, 0), reach), 1e-3)[..., None]
    fine = (texture - cv2.GaussianBlur(texture, (0, 0), reach) / inside) * hole[..., None]
    crisp = coarse + CRISPING * (coarse - cv2.GaussianBlur(coarse, (0, 0), CRISPING_REACH))
    return (_joined(crisp, fill, crop, share) + TEXTURE * fine).astype(np.float32)
