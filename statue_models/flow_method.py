"""``StatueFlow`` as a restoration method: crop in, hypotheses out."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from statue_models.errors import StatueError
from statue_models.networks.sampler import sample, seeded_noise
from statue_models.networks.statueflow import StatueFlow, landmark_heatmaps
from statue_models.restoring.method import Answer, Crop, Fill
from statue_models.restoring.request import Progress
from statue_models.weights_file import Template, load_weights

#: Side of the pictures that the network was made for.
SIZE = 256
STEPS = 4
STORED = "BF16"


def template_of(network: torch.nn.Module, dtype: str = STORED) -> Template:
    """What a weights file of this network must hold."""
    return {name: (dtype, tuple(tensor.shape)) for name, tensor in network.state_dict().items()}


def torch_device(name: str) -> torch.device:
    """ "auto" -> the GPU where there is one.

    Raises:
        StatueError: ``no-cuda`` if CUDA is asked for and not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise StatueError("no-cuda")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


class FlowMethod:
    """Rectified-flow hypotheses for the hole.

    Args:
        network: with weights, on the CPU; it is moved to the device and set to evaluation.
        device: "auto", "cpu" or "cuda".
        precision: "fp32" or "bf16".
        steps: network evaluations per hypothesis; None = 4.
        size: side of the pictures that the network sees, in pixels.
    """

    def __init__(
        self,
        network: StatueFlow,
        device: str = "auto",
        precision: str = "fp32",
        steps: int | None = None,
        size: int = SIZE,
    ) -> None:
        self.device = torch_device(device)
        self.network = network.eval().to(self.device)
        self.precision = precision
        self.steps = STEPS if steps is None else steps
        self.size = size

    @classmethod
    def from_file(
        cls, path: Path, sha256: str | None, device: str = "auto", precision: str = "fp32", steps: int | None = None
    ) -> "FlowMethod":
        """The method with the weights of a file.

        Raises:
            StatueError: as ``load_weights`` and ``torch_device`` do.
        """
        network = StatueFlow()
        arrays = load_weights(path, sha256, template_of(network))
        network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        return cls(network, device, precision, steps)

    def restore(self, crop: Crop, seeds: Sequence[int], progress: Progress) -> Answer:
        """One hypothesis per seed; needs ``crop.landmarks``.

        On a CPU every hypothesis is a pass of its own, because a batch differs from single passes in the last bits; on
        a GPU all go together.

        Raises:
            StatueError: ``out-of-memory``.
        """
        if crop.landmarks is None:
            raise ValueError("FlowMethod needs landmarks")
        picture, mask = self._inputs(crop)
        heatmaps = self._heatmaps(crop.landmarks, crop.hole.shape[0])
        groups = [list(seeds)] if self.device.type == "cuda" else [[seed] for seed in seeds]
        total, done = self.steps * len(groups), 0

        def on_step(step: int) -> None:
            progress("sampling", (done + step) / total)

        outputs: list[NDArray[np.float32]] = []
        for group in groups:
            try:
                outputs += self._sample(picture, mask, heatmaps, group, on_step)
            except torch.OutOfMemoryError:
                raise StatueError("out-of-memory") from None
            done += self.steps
        fills = tuple(Fill(rgb=_resized(output, crop.hole.shape[0])) for output in outputs)
        spread = np.std([fill.rgb.mean(2) for fill in fills], axis=0).astype(np.float32) if len(fills) > 1 else None
        return Answer(fills, spread, {"steps": self.steps, "device": str(self.device), "precision": self.precision})

    def _sample(self, picture: Tensor, mask: Tensor, heatmaps: Tensor, seeds: list[int], on_step) -> list[NDArray]:
        count = len(seeds)
        noise = torch.cat([seeded_noise(seed, self.size, self.size) for seed in seeds]).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            result = sample(
                self.network,
                picture.expand(count, -1, -1, -1),
                mask.expand(count, -1, -1, -1),
                heatmaps.expand(count, -1, -1, -1),
                noise,
                self.steps,
                on_step,
            )
        return list(result.float().permute(0, 2, 3, 1).cpu().numpy() / 2 + 0.5)

    def _inputs(self, crop: Crop) -> tuple[Tensor, Tensor]:
        """(1, 3, size, size) picture and (1, 1, size, size) mask; what lies beyond the photograph counts as missing."""
        known = crop.known.astype(np.float32)
        share = _resized(known, self.size)
        samples = np.where(crop.known[..., None], crop.rgb, 0).astype(np.float32)
        rgb = _resized(samples, self.size) / np.maximum(share, 1e-3)[..., None]
        # A pixel of the network's grid that is partly unknown is unknown: nothing of the hole may look like stone.
        missing = share < 0.999
        picture = np.where(missing[..., None], 0, np.clip(rgb, 0, 1) * 2 - 1).astype(np.float32)
        return self._tensor(picture.transpose(2, 0, 1)), self._tensor(missing[None].astype(np.float32))

    def _heatmaps(self, landmarks: NDArray[np.float64], side: int) -> Tensor:
        fractions = self._tensor((landmarks / side).astype(np.float32))
        return landmark_heatmaps(fractions, self.size // self.network.patch)

    def _tensor(self, array: NDArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array))[None].to(self.device)


def _resized(image: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """A square (S, S) or (S, S, 3) image at another size: averaged down, interpolated up."""
    if image.shape[0] == size:
        return image
    interpolation = cv2.INTER_AREA if image.shape[0] > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=interpolation), np.float32)
