"""``thesis-landmarks``: 68 points of broken statues' faces (system 0A: the thesis on fractured statues).

The loss is the mean square over the 136 coordinates, in pixels of 128. ResNet-18, the first attempt, was trained with
``backbone = "resnet18"``, one rectangle for each picture and a batch of 64.

Departures from the original:

* Nothing is selected on the pictures that are judged: the last weights are kept. There the best of 251 epochs was, on
  the test pictures under masks drawn afresh: 13.1 square pixels where the mean of those epochs was 18.2.
* Judged are frozen masks, each kind and share apart, beside the mean shape; there, eight random batches of them.
* The truth is that of rendered heads and corrected photographs, in the product's face frame; there, what dlib found on
  stone, and boxes with 40 pixels around them whatever their size, brought to squares whatever their form.
* Pictures vary as they do for all systems here (frame, mirror image, background, film). There only the masks did, and
  training errors fell to a thirteenth of those on test pictures.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from statue_models.errors import StatueError
from statue_models.networks.published.thesis_landmarks import BACKBONES, ThesisLandmarks, ThesisLandmarksShape
from training.features.vgg19 import DEVIATION, MEAN, read_state
from training.systems.completion_data import CompletionOptions
from training.systems.landmark_regression import LandmarkRegressionSystem
from training.systems.published.products import landmark_product
from training.systems.system import Setting, first_weights
from training.toml_tables import bad_recipe, choice, fill, number

NAME = "thesis_landmarks"
PRODUCT = landmark_product(NAME, ThesisLandmarks)
#: What each backbone was trained on: 2, 4, ... 14 rectangles with sides of 10 to 30 pixels; one of 20 to 60.
DAMAGE = {"resnet50": ({"kind": "rects"},), "resnet18": ({"kind": "rect"},)}
#: Channels of the first layer of networks with published weights.
PRETRAINED_WIDTH = 64


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        damage: what is trained on; empty = the backbone's own.
        backbone: the published network, or its predecessor.
        channels: 1 = grey, as published; 3 = colours.
        width: channels of the first layer.
        pretrained: file with torchvision's weights of the backbone (``resnet50-*.pth``), learnt on ImageNet; "" = first
            weights at random, as published.
    """

    damage: tuple = ()
    backbone: str = choice("resnet50", tuple(BACKBONES))
    channels: int = number(1, least=1, most=3)
    width: int = number(64, least=1, most=1024)
    pretrained: str = ""


def make(setting: Setting) -> LandmarkRegressionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data or pretrained weights that are missing or damaged.
    """
    options = fill(Options, "system", setting.options, "thesis-landmarks")
    options.require_landmarks("thesis-landmarks")
    options = replace(options, damage=options.damage or DAMAGE[options.backbone])
    if options.pretrained and options.width != PRETRAINED_WIDTH:
        raise bad_recipe(f"pretrained weights are those of a network with system.width = {PRETRAINED_WIDTH}")
    with first_weights(setting):
        shape = ThesisLandmarksShape(options.size, options.backbone, options.channels, options.width)
        network = ThesisLandmarks(shape)
    if options.pretrained:
        load_pretrained(network, Path(options.pretrained))
    return LandmarkRegressionSystem(NAME, network.to(setting.device), options.open_data(setting), "mse")


def load_pretrained(network: ThesisLandmarks, path: Path) -> None:
    """Give a network all but the last layer of torchvision's weights.

    They are for colours of ImageNet's mean and deviation. The stem's are divided by the deviation, and added up where
    it sees grey; the mean goes into the normalisation behind it.

    Raises:
        StatueError: as ``read_state`` does; ``weights-corrupt`` if they are not this network's.
    """
    found, own = read_state(path), network.state_dict()
    try:
        for layer, theirs in torchvision_names(network).items():
            for name in (name for name in own if name.startswith(f"{layer}.")):
                if not name.endswith("num_batches_tracked"):
                    tensor = found[theirs + name.removeprefix(layer)].float()
                    own[name] = (
                        tensor / tensor.new_tensor(DEVIATION)[:, None, None] if name == "stem.0.weight" else tensor
                    )
        stem = own["stem.0.weight"]
        own["stem.1.running_mean"] = own["stem.1.running_mean"] + torch.einsum("ocyx,c->o", stem, stem.new_tensor(MEAN))
        if network.channels == 1:
            own["stem.0.weight"] = stem.sum(1, keepdim=True)
        network.load_state_dict(own)
    except (KeyError, RuntimeError):
        reason = f"it does not hold a {network.backbone} by torchvision's names"
        raise StatueError("weights-corrupt", path=path, reason=reason) from None


def torchvision_names(network: ThesisLandmarks) -> dict[str, str]:
    """Names of the layers with weights, but for the last -> torchvision's."""
    names = {"stem.0": "conv1", "stem.1": "bn1"}
    counts, wider = BACKBONES[network.backbone]
    places = [f"layer{stage}.{index}" for stage, count in enumerate(counts, 1) for index in range(count)]
    for number_, place in enumerate(places):
        for layer in range(2 if wider == 1 else 3):
            names[f"blocks.{number_}.body.{layer}.0"] = f"{place}.conv{layer + 1}"
            names[f"blocks.{number_}.body.{layer}.1"] = f"{place}.bn{layer + 1}"
        names |= {f"blocks.{number_}.past.{part}": f"{place}.downsample.{part}" for part in (0, 1)}
    return names
