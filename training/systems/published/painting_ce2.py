"""``painting-ce2``: blotches of white on a painting, through a fully connected layer (system 1, context encoder 2).

The loss is that of ``painting_ce1``. Departures: those of ``painting_autoencoders``. The stored script of the original
has a ReLU for an output, a cross-entropy, Adadelta and pixels of 0..255, with which nothing can be learnt; here is what
its description says.
"""

from statue_models.networks.published.painting_autoencoder import DensePaintingAutoencoder
from training.systems.completion import CompletionSystem
from training.systems.published.painting_autoencoders import make_autoencoder
from training.systems.published.products import published_product
from training.systems.system import Setting

NAME = "painting_ce2"
PRODUCT = published_product(NAME, DensePaintingAutoencoder)


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    return make_autoencoder(NAME, DensePaintingAutoencoder, setting)
