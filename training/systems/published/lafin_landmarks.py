"""``lafin-landmarks``: LaFIn's landmark predictor (system 0A': Yang et al. 2019, arXiv 1911.11394).

The loss is the mean length of the vector of all coordinates' errors, in pixels; half of the pictures are whole.

Departures from the original:

* The gain is each channel's own, as was meant. There the first three rows of the picture were multiplied instead.
* Errors are judged over the true distance of the eyes. There one of its ends was the predicted one.
* The decay of weights is taken off them, not added to the gradient (AdamW), and biases have none.
* Pictures that the inpainter has completed are not trained on; the original has that as an option.
* Strokes of our own stand for the irregular masks, which are NVIDIA's.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from statue_models.networks.published.lafin_landmarks import LafinLandmarks, LafinLandmarksShape
from training.damage.draws import Draws
from training.systems.completion_data import CompletionOptions
from training.systems.landmark_regression import LandmarkRegressionSystem
from training.systems.published.products import landmark_product
from training.systems.system import Setting, first_weights
from training.toml_tables import bad_recipe, fill, number

NAME = "lafin_landmarks"
PRODUCT = landmark_product(NAME, LafinLandmarks)
#: Share of the pictures that lose resolution, and the share of their side that is left; bounds of each channel's gain.
#: All as LaFIn has them.
BLURRED, LEFT = 0.2, 3 / 8
GAIN = (0.7, 1.3)
WEIGHT_DECAY = 1e-6


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        size: a multiple of 32.
        width: factor of the network's channels.
        blurred: share of the pictures that lose resolution. gains: whether channels have gains.
    """

    size: int = number(256, least=32, most=1024)
    damage: tuple = (
        {"kind": "none", "share": 0.5},
        {"kind": "block", "share": 0.25},
        {"kind": "strokes", "share": 0.25},
    )
    width: float = number(1.0, least=0.05, most=8)
    blurred: float = number(BLURRED, least=0, most=1)
    gains: bool = True


def make(setting: Setting) -> LandmarkRegressionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, "lafin-landmarks")
    options.require_landmarks("lafin-landmarks")
    if options.size % LafinLandmarks.multiple:
        raise bad_recipe(f"system.size must be a multiple of {LafinLandmarks.multiple}, not {options.size}")
    with first_weights(setting):
        network = LafinLandmarks(LafinLandmarksShape(options.size, options.width))

    def vary(picture: Tensor, draws: Draws) -> Tensor:
        return vary_pictures(picture, draws, options.blurred, options.gains)

    data = options.open_data(setting)
    return LandmarkRegressionSystem(NAME, network.to(setting.device), data, "norm", WEIGHT_DECAY, vary)


def vary_pictures(picture: Tensor, draws: Draws, blurred: float, gains: bool) -> Tensor:
    """Pictures (N, 3, S, S) in [-1, 1]: some of them scaled down and up again, the channels of all made stronger."""
    size = picture.shape[-1]
    small = functional.interpolate(picture, size=max(1, round(LEFT * size)), mode="bilinear", align_corners=False)
    rough = functional.interpolate(small, size=size, mode="bilinear", align_corners=False)
    picture = torch.where(draws.chance(blurred, len(picture), 1, 1, 1) > 0, rough, picture)
    if gains:
        gain = draws.uniform(len(picture), 3, 1, 1, low=GAIN[0], high=GAIN[1])
        picture = ((picture + 1) * gain - 1).clamp(-1, 1)
    return picture
