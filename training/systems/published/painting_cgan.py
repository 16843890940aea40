"""``painting-cgan``: the middle of a painting, composited before it is judged (system 1, the conditional GAN).

out = x (1 - M) + G(x) M. G pays the mean squared error of that picture, in [0, 1], and BCE(D(out), 1); D half of
BCE(D(x), 1) + BCE(D(out), 0).

Departures, beside those of ``painting_autoencoders``:

* D ends in a logit. Its published ReLU is 0 for every picture sooner or later, and then gives no gradient. Against
  one that lives, G loses at the published weight of 1; the reduced recipe's is 0.001.
* One mask draws the hole and composites it. There the hole was a pixel larger on two sides, which nobody filled: a
  seam of black.
"""

from statue_models.networks.published.painting_autoencoder import PaintingGenerator
from training.systems.completion import CompletionSystem
from training.systems.published.painting_autoencoders import make_gan
from training.systems.published.products import published_product
from training.systems.system import Setting

NAME = "painting_cgan"
PRODUCT = published_product(NAME, PaintingGenerator)
#: The code's black; its description says white.
PAINT = 0.0


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    # Outside the hole the composite is the truth: there is nothing to pay for.
    return make_gan(NAME, PaintingGenerator, setting, "hole", composited=True, paint=PAINT)
