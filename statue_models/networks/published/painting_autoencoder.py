"""The autoencoders of paintings: a whole picture squeezed together by pooling, and drawn again.

Nirvan, "Image-Restoration-deep-learning" (context encoders 1 and 2, and the generator of its two adversarial systems);
published for pictures of 256 x 384. No layer is normalised, and no mask is shown: what is missing is painted over in
one colour, which the network has to know for damage. Pictures are [0, 1] inside.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.layers import DenseBottleneck, conv, filled, initialise_evenly

#: Width of the pictures over their height, in halves: 384 / 256.
ASPECT_HALVES = 3


@dataclass(frozen=True)
class PaintingShape(Shape):
    """Shape of a ``PaintingAutoencoder``.

    Attributes:
        side: height of the pictures, which are half as wide again; published: 256.
        width: channels of the first layer; published: 64.
        paint: what stands in the hole, of [0, 1]: white for the autoencoders and the GAN, black (0) for the conditional
            GAN.
    """

    side: int = 256
    width: int = 64
    paint: float = 1.0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures that it was trained on."""
        return self.side, self.side * ASPECT_HALVES // 2


class PaintingAutoencoder(CompletionNetwork):
    """Context encoder 1: convolutions alone, to 1/16 of the height and 1/32 of the width; 2,549,891 parameters.

    This is the form of the original's description. Its last code has a fully connected layer of 49,152 x 49,152 in the
    middle, 2.4 billion parameters, which nothing was reported of.
    """

    shape_type = PaintingShape
    multiple = 32
    any_scale = True

    def __init__(self, shape: PaintingShape = PaintingShape()) -> None:
        super().__init__(shape)
        if shape.width < 1:
            raise ValueError("a painting autoencoder's first layer has no channels")
        self.paint = shape.paint
        self.layers = nn.Sequential(*self.rows(shape))
        initialise_evenly(self)

    def rows(self, shape: PaintingShape) -> list[nn.Module]:
        """The layer table.

        Raises:
            ValueError: for pictures that cannot be pooled and drawn again.
        """
        if shape.side < 64 or shape.side % 64:
            raise ValueError(f"a painting autoencoder's height is a multiple of 64, not {shape.side}")
        w = shape.width
        return [
            conv(3, w, 4, 2, 1, act="relu"), nn.MaxPool2d(2),
            conv(w, 2 * w, act="relu"), nn.MaxPool2d(2),
            conv(2 * w, 4 * w, act="relu"), nn.MaxPool2d(2),
            conv(4 * w, 4 * w, act="relu"), nn.MaxPool2d((1, 2)),
            conv(4 * w, 4 * w, act="relu"), nn.Upsample(scale_factor=(1, 2)),
            conv(4 * w, 4 * w, act="relu"), nn.Upsample(scale_factor=2),
            conv(4 * w, 2 * w, act="relu"), nn.Upsample(scale_factor=2),
            conv(2 * w, w), nn.Upsample(scale_factor=2),
            conv(w, w), nn.Upsample(scale_factor=2),
            conv(w, 3, act="sigmoid"),
        ]  # fmt: skip

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``."""
        painted = filled(picture / 2 + 0.5, mask, self.paint)
        out: Tensor = self.layers(painted) * 2 - 1
        return out


class DensePaintingAutoencoder(PaintingAutoencoder):
    """Context encoder 2: every number of the 4 x 4 in the middle depends on every other; 20,511,363 parameters.

    Smaller pictures have fewer halvings on the way to 4 x 4: 32, 64 and 128 lose one for each power of two.
    """

    any_scale = False

    def rows(self, shape: PaintingShape) -> list[nn.Module]:
        """The layer table; of fewer halvings, those that go are the middle ones."""
        w, halvings = shape.width, shape.side.bit_length() - 5
        if halvings < 1 or shape.side != 16 << halvings:
            raise ValueError(f"a dense painting autoencoder's height is a power of two from 32 on, not {shape.side}")
        down = [w, 2 * w, *[4 * w] * (halvings - 2)][:halvings]
        up = [*[4 * w] * (halvings - 2), 2 * w, w, w][-(halvings + 1) :]
        layers: list[nn.Module] = [conv(3, w, 4, 2, 1, act="relu"), nn.MaxPool2d(2)]
        before = w
        for after in [*down[1:], 4 * w]:
            layers += [conv(before, after, act="relu"), nn.MaxPool2d(2)]
            before = after
        layers[-1] = nn.MaxPool2d((2, 3))
        layers += [DenseBottleneck((4 * w, 4, 4)), conv(4 * w, 4 * w, act="relu"), nn.Upsample(scale_factor=(2, 3))]
        for after in up:
            layers += [conv(before, after, act="relu"), nn.Upsample(scale_factor=2)]
            before = after
        return [*layers, conv(before, 3, act="sigmoid")]


class PaintingGenerator(PaintingAutoencoder):
    """Context encoder 1 as a generator: it learns to fill the middle of pictures of its own size, and nothing else."""

    any_scale = False
    #: A quarter of the height and of the width, as ``training.damage.rectangles.centre`` has it.
    window = 0.25
