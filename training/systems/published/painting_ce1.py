"""``painting-ce1``: blotches of white on a painting, by convolutions alone (system 1, context encoder 1).

The loss is the mean squared error of the whole picture, in [0, 1]; no mask is shown, and nothing is composited while it
learns. What is restored differs from the painting in the mask alone, all the same: that is the program's own law.

Departures: those of ``painting_autoencoders``, and no 49,152 x 49,152 layer in the middle.
"""

from statue_models.networks.published.painting_autoencoder import PaintingAutoencoder
from training.systems.completion import CompletionSystem
from training.systems.published.painting_autoencoders import make_autoencoder
from training.systems.published.products import published_product
from training.systems.system import Setting

NAME = "painting_ce1"
PRODUCT = published_product(NAME, PaintingAutoencoder)


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    return make_autoencoder(NAME, PaintingAutoencoder, setting)
