"""LaFIn's generator as a restoration method, so that it is scored beside the others. It is not shipped."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from statue_models.errors import StatueError, report_out_of_memory
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.methods.network_input import network_input, resize
from statue_models.networks.lafin import LafinGenerator, landmark_map
from statue_models.networks.loading import load_into, torch_device
from statue_models.phases import Phase
from statue_models.request import Hypothesis, Progress

#: The generator's weights in the folder of a training run.
FILE = "generator.safetensors"


class LafinMethod:
    """One fill, whatever the seed: LaFIn knows no second hypothesis.

    It works at the size that its weights were trained at; larger crops get what that size can show.

    Args:
        network: with weights; it is moved to the device and set to evaluation.
        device: "auto", "cpu" or "cuda".
    """

    def __init__(self, network: LafinGenerator, device: str = "auto") -> None:
        self.device = torch_device(device)
        self.network = network.eval().to(self.device)
        self.size, self.sigma = round(float(network.side)), float(network.sigma)

    @classmethod
    def from_file(cls, path: Path, device: str = "auto") -> "LafinMethod":
        """The method with the weights of a file, or of a training run's folder; the file says what they are of.

        Raises:
            StatueError: as ``load_weights`` and ``torch_device`` do.
        """
        file = path / FILE if path.is_dir() else path
        network = _network_of(_shapes(file))
        load_into(network, file, None)
        if not float(network.side) >= network.MULTIPLE:
            raise StatueError("weights-corrupt", path=file, reason="its pictures' side is not a size")
        return cls(network, device)

    @torch.inference_mode()
    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """The same fill for every hypothesis; needs landmarks. Outside the hole it is the crop itself.

        Raises:
            StatueError: ``out-of-memory``.
        """
        progress(Phase.SAMPLING, 0.0)
        picture, mask = (torch.from_numpy(array)[None].to(self.device) for array in network_input(crop, self.size))
        points = torch.from_numpy((crop.face.points / crop.size).astype(np.float32))[None].to(self.device)
        with report_out_of_memory():
            output = self.network(picture, mask, landmark_map(points, self.size, self.sigma))
        rgb = resize(output[0].float().permute(1, 2, 0).cpu().numpy() / 2 + 0.5, crop.hole.shape[0])
        fill = Fill(np.where(crop.hole[..., None], np.clip(rgb, 0, 1), crop.rgb).astype(np.float32))
        progress(Phase.SAMPLING, 1.0)
        return Answer((fill,) * len(hypotheses), None, {"device": str(self.device), "size": self.size})


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name -> shape of a file's tensors; none for what is no safetensors file, which ``load_weights`` then refuses."""
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError):
        return {}


def _network_of(shapes: dict[str, tuple[int, ...]]) -> LafinGenerator:
    """A generator of the form that the shapes tell; the published one where they tell nothing."""
    stem = shapes.get("encode_fine.1.weight", ())
    if len(stem) != 4 or not 2 <= stem[0] <= 1024:
        return LafinGenerator()
    blocks = {match[1] for name in shapes if (match := re.match(r"middle\.(\d+)\.", name))}
    upsampling = "deconv" if "decode_half.0.weight" in shapes else "resize"
    return LafinGenerator(stem[0], min(len(blocks), 64), mask_channel=stem[1] == 5, upsampling=upsampling)
