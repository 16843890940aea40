"""``thesis-inpainter``: LaFIn on statues, as a thesis has it ("Deep generative statue inpainting"; system 0B-thesis).

128 pixels, four rectangles, no attention, and the weights that LaFIn's code defaults to instead of its published ones:
1 |G - x| / mean(M) + 1 content + 1 style + 0.1 total variation + 0.01 (D(G, l) - 1)^2. It was judged under rectangles
and under broken stone of 5 to 50 % of the picture.

Departures from the original, besides those of ``lafin``:

* The thesis, too, moves the generator first, but lets its adversarial term's gradients stay in the discriminator, which
  then learns 0.01 of the generator's aim, the opposite of its own. Here the discriminator is frozen in that turn.
* Pictures are RGB. There OpenCV's BGR was never converted, and went so into VGG-19.
* Landmarks are set into the pixel that they lie in. There half a pixel was taken off first.
* Statues are those of this project, photographed and rendered; the thesis' 1,092 photographs are not at hand.
"""

from dataclasses import dataclass

from statue_models.networks.published.lafin import LafinGenerator
from training.systems.completion_data import weight
from training.systems.published.lafin import Options as LafinOptions
from training.systems.published.lafin import build
from training.systems.published.landmarks_told import LandmarkedSystem
from training.systems.published.products import published_product
from training.systems.system import Setting
from training.toml_tables import fill, number

NAME = "thesis_inpainter"
PRODUCT = published_product(NAME, LafinGenerator)


@dataclass(frozen=True)
class Options(LafinOptions):
    """The recipe's ``[system]`` table: that of ``lafin`` with the thesis' values."""

    size: int = number(128, least=32, most=1024)
    attention: bool = False
    discriminator_attention: bool = False
    style: float = weight(1.0)
    content: float = weight(1.0)
    damage: tuple = ({"kind": "rects", "n": 4},)


def make(setting: Setting) -> LandmarkedSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data and weights that are missing or damaged.
    """
    return build(NAME, fill(Options, "system", setting.options, "thesis-inpainter"), setting)
