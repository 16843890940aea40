"""A published network as a restoration method: the crop at the network's own size, and its answer back in the hole."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from statue_models.errors import report_out_of_memory
from statue_models.inpainting.interpolation import nearest
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.methods.network_input import network_input, resize
from statue_models.networks.completion import CompletionNetwork
from statue_models.networks.loading import torch_device
from statue_models.phases import Phase
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Hypothesis, Progress

#: Largest side in pixels at which a network that knows textures alone is run; chosen, for a CPU's time.
LARGEST = 512
#: Pixels of a crop by which a hole may be larger, on each side, in a network's grid: rounding and interpolation.
REACH = 2


class CompletionMethod:
    """Restores crops as the published network completes pictures, and nothing else: its results are its own.

    Args:
        network: with weights; it is moved to the device and set to evaluation.
        device: "auto", "cpu" or "cuda".
    """

    def __init__(self, network: CompletionNetwork, device: str = "auto") -> None:
        self.device = torch_device(device)
        self.network = network.eval().to(self.device)

    @torch.inference_mode()
    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """One completion per hypothesis; one for all where the network knows no second.

        Raises:
            StatueError: ``out-of-memory``.
        """
        progress(Phase.SAMPLING, 0.0)
        window, seen = _focus(crop, self.network.window)
        size = self._size_for(seen)
        arrays = network_input(seen, size)
        picture, mask = (torch.from_numpy(array)[None].to(self.device) for array in arrays)
        points = None
        if seen.landmarks is not None:
            points = torch.from_numpy((seen.landmarks.points / seen.size).astype(np.float32))[None].to(self.device)
        fills: list[Fill] = []
        with report_out_of_memory():
            for number, hypothesis in enumerate(hypotheses):
                if fills and not self.network.latent:
                    fills.append(fills[0])
                    continue
                output = self.network(picture, mask, points, self._noise(hypothesis))[0].float().permute(1, 2, 0)
                fills.append(Fill(_put_back(crop, window, output.cpu().numpy() / 2 + 0.5)))
                progress(Phase.SAMPLING, (number + 1) / len(hypotheses))
        progress(Phase.SAMPLING, 1.0)
        return Answer(tuple(fills), None, {"device": str(self.device), "size": list(size)})

    def _noise(self, hypothesis: Hypothesis) -> torch.Tensor | None:
        """None, the likeliest, for the first hypothesis; for the others drawn on the CPU, the same on every device."""
        if not self.network.latent or hypothesis.index == 0:
            return None
        generator = torch.Generator("cpu").manual_seed(hypothesis.seed)
        return torch.randn(1, self.network.latent, generator=generator).to(self.device)

    def _size_for(self, crop: Crop) -> tuple[int, int]:
        """Height and width at which a crop is completed."""
        if not self.network.any_scale:
            height, width = self.network.shape.size
            return height, width
        multiple = self.network.multiple
        side = multiple * max(1, round(min(crop.size, LARGEST) / multiple))
        return side, side


def _focus(crop: Crop, share: float) -> tuple[Rectangle, Crop]:
    """The part of a crop in whose middle ``share`` its hole lies, and that part as a crop of its own.

    It may reach beyond the crop: a network that fills its middle alone looks all round. What is not visible there is
    made up of the nearest visible pixel.
    """
    whole = Rectangle(0, 0, crop.size, crop.size)
    if share >= 1:
        return whole, crop
    hole = Rectangle.of_mask(crop.hole)
    side = int(np.ceil((max(hole.width, hole.height) + 2 * REACH) / share))
    x, y = (round(start + length / 2 - side / 2) for start, length in ((hole.x, hole.width), (hole.y, hole.height)))
    columns, rows = (np.clip(np.arange(start, start + side), 0, crop.size - 1) for start in (x, y))

    # What is repeated beyond the crop's edge belongs to no hole.
    beyond = (np.arange(y, y + side) != rows)[:, None] | (np.arange(x, x + side) != columns)
    missing = crop.hole[rows][:, columns] & ~beyond
    visible = nearest(crop.rgb, ~crop.known)[rows][:, columns]
    landmarks = None if crop.landmarks is None else replace(crop.landmarks, points=crop.landmarks.points - (x, y))
    return Rectangle(x, y, side, side), Crop(visible, missing, ~missing, landmarks, crop.scale)


def _put_back(crop: Crop, window: Rectangle, completed: NDArray[np.float32]) -> NDArray[np.float32]:
    """(S, S, 3) the crop with what is completed in its hole."""
    side = window.width
    scaled = resize(completed, side)
    rows = np.clip(np.arange(crop.size) - window.y, 0, side - 1)
    columns = np.clip(np.arange(crop.size) - window.x, 0, side - 1)
    whole = np.clip(scaled[rows][:, columns], 0, 1)
    return np.where(crop.hole[..., None], whole, crop.rgb).astype(np.float32)
