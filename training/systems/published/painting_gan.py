"""``painting-gan``: the middle of a painting, by a generator that draws all of it anew (system 1, the GAN).

G pays the mean squared error of its whole picture, in [0, 1], and BCE(D(G(x)), 1); D half of BCE(D(x), 1) +
BCE(D(G(x)), 0). Only the middle of what it draws is used.

Departures, beside those of ``painting_autoencoders``:

* D ends in a logit, see ``painting_cgan``.
* The hole is painted 1.0. The original painted 255 on a picture of [0, 1].
"""

from statue_models.networks.published.painting_autoencoder import PaintingGenerator
from training.systems.completion import CompletionSystem
from training.systems.published.painting_autoencoders import make_gan
from training.systems.published.products import published_product
from training.systems.system import Setting

NAME = "painting_gan"
PRODUCT = published_product(NAME, PaintingGenerator)
#: White.
PAINT = 1.0


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    return make_gan(NAME, PaintingGenerator, setting, "all", composited=False, paint=PAINT)
