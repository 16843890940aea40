"""``statueflow`` as a restoration method: crop in, a fill by ``statuefit``, hypotheses out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from statue_models.errors import report_out_of_memory
from statue_models.face.landmarks68 import MIRROR, Landmarks
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop
from statue_models.methods.network_input import network_input, resize
from statue_models.methods.statuefit.statuefit import Sketch, StatueFit
from statue_models.methods.statueflow import StatueFlowOptions
from statue_models.methods.statueflow.blending import (
    DRAWN_SHARE,
    SHARE,
    blend_answer,
    blend_textured,
    match_greyness,
)
from statue_models.networks.loading import load_into, torch_device
from statue_models.networks.sampler import sample, seeded_noise
from statue_models.networks.statueflow import StatueFlow, landmark_heatmaps
from statue_models.phases import Phase
from statue_models.request import Hypothesis, Progress, part_of_progress
from statue_models.threads import one_torch_thread

#: Side of the pictures that the network was made for. Pixels.
SIZE = 128
#: One step measured best: with more, the weights' training is too short for the stone to come clean.
STEPS = 1


@dataclass(frozen=True, eq=False)
class _NetworkInput:
    """What the network is shown, as ``StatueFlow.forward`` takes it: (N, 3 or 1 or 8 or 68, n, n)."""

    picture: Tensor
    mask: Tensor
    guide: Tensor
    heatmaps: Tensor

    def mirror(self) -> "_NetworkInput":
        guide = self.guide.flip(-1)
        guide[:, 3] *= -1  # the normals' x
        mirror = torch.from_numpy(MIRROR).to(guide.device)
        return _NetworkInput(self.picture.flip(-1), self.mask.flip(-1), guide, self.heatmaps.flip(-1)[:, mirror])


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
        starts = [[fill.rgb for fill in draft.answer.fills]]
        if not options.preview:
            starts.append([sketch.rgb for sketch in draft.sketches])
        looks = [(start, flip) for start in starts for flip in ([False] if options.preview else [False, True])]
        with one_torch_thread():
            answers = self._ask(crop, hypotheses, draft.sketches, looks, steps, part_of_progress(progress, 0.5, 1.0))
        fills = []
        for hypothesis, answer, fill, sketch in zip(
            hypotheses, answers, draft.answer.fills, draft.sketches, strict=True
        ):
            if options.preview:
                rgb = blend_answer(answer, fill.rgb, crop, 1.0)
            else:
                share = SHARE if hypothesis.index == 0 else DRAWN_SHARE
                rgb = blend_textured(answer, fill.rgb, sketch.rgb, crop, share)
            fills.append(replace(fill, rgb=np.clip(rgb, 0, 1), textured=not options.preview))
        about = {
            "torch": torch.__version__,
            "steps": steps,
            "preview": options.preview,
            "device": str(self.device),
            "precision": self.precision,
            "size": self.size,
        }
        return replace(draft.answer, fills=tuple(fills), notes=draft.answer.notes | about)

    def _ask(
        self,
        crop: Crop,
        hypotheses: Sequence[Hypothesis],
        sketches: Sequence[Sketch],
        looks: Sequence[tuple[Sequence[NDArray[np.float32]], bool]],
        steps: int,
        progress: Progress,
    ) -> list[NDArray[np.float32]]:
        """Per hypothesis the mean answer (n, n, 3) to several looks: (what it starts from, whether it is mirrored)."""
        picture, mask = (self._tensor(array) for array in network_input(crop, self.size))
        heatmaps = self._heatmaps(crop.face, crop.size)
        everything = list(range(len(hypotheses)))
        groups = [everything] if self.device.type == "cuda" else [[number] for number in everything]
        total, done = steps * len(groups) * len(looks), 0

        def on_step(step: int) -> None:
            progress(Phase.SAMPLING, (done + step) / total)

        means: list[NDArray[np.float32]] = []
        for group in groups:
            seeds = [hypotheses[number].seed for number in group]
            shared = [tensor.expand(len(group), -1, -1, -1) for tensor in (picture, mask, heatmaps)]
            answers = []
            for start, flip in looks:
                guide = torch.cat([self._guide(start[n], sketches[n], picture, mask) for n in group])
                shown = _NetworkInput(shared[0], shared[1], guide, shared[2])
                found = self._sample(shown.mirror() if flip else shown, seeds, steps, on_step)
                answers.append(found[:, :, ::-1] if flip else found)
                done += steps
            means += list(match_greyness(np.mean(answers, axis=0), crop))
        return means

    def _sample(
        self, shown: _NetworkInput, seeds: list[int], steps: int, on_step: Callable[[int], None]
    ) -> NDArray[np.float32]:
        """(N, n, n, 3) in [0, 1], one answer per seed."""
        noise = torch.cat([seeded_noise(seed, self.size, self.size) for seed in seeds]).to(self.device)
        autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")
        with report_out_of_memory(), autocast:
            result = sample(self.network, shown.picture, shown.mask, shown.guide, shown.heatmaps, noise, steps, on_step)
        return np.asarray(result.float().permute(0, 2, 3, 1).cpu().numpy() / 2 + 0.5)

    def _guide(self, start: NDArray[np.float32], sketch: Sketch, picture: Tensor, mask: Tensor) -> Tensor:
        """(1, 8, size, size) of ``StatueFlow.forward``; where the picture is known the start is the picture."""
        maps = [start * 2 - 1, sketch.normal, sketch.coverage[..., None], sketch.openness[..., None]]
        stacked = np.concatenate([resize(np.asarray(m, np.float32), self.size, keep=True) for m in maps], 2)
        guide = self._tensor(stacked.transpose(2, 0, 1))
        guide[:, :3] = torch.where(mask > 0, guide[:, :3].clamp(-1, 1), picture)
        return guide

    def _heatmaps(self, landmarks: Landmarks, side: int) -> Tensor:
        fractions = self._tensor((landmarks.points / side).astype(np.float32))
        return landmark_heatmaps(fractions, self.size // self.network.patch)

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None].to(self.device)
