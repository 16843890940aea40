"""What the published networks that complete pictures have in common, and how a weights file says what it holds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from torch import Tensor, nn

#: Key of a weights file's metadata under which a network's shape stands, as JSON.
SHAPE = "shape"
#: Largest whole number that a shape may hold: a file must not ask for more memory than its own tensors. Chosen.
MOST = 16384


@dataclass(frozen=True)
class Shape:
    """What decides a network's layers; subclasses add to it. All values are JSON's.

    Attributes:
        side: of the pictures that it was trained on, in pixels; their height where they are no squares.
    """

    side: int = 128

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures that it was trained on."""
        return self.side, self.side

    def to_json(self) -> str:
        """For a file's metadata."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Shape":
        """The shape of a file's metadata.

        Raises:
            ValueError: for what is no shape of this kind.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("its shape is no JSON object")
        return cls(**_checked(values, {one.name: one.default for one in fields(cls)}))


def _checked(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The values, each of its default's type.

    Raises:
        ValueError: for an unknown name, another type or a number out of bounds.
    """
    for name, value in values.items():
        if name not in defaults:
            raise ValueError(f"its shape has no {name!r}")
        if type(value) is not type(defaults[name]):
            raise ValueError(f"{name!r} of its shape is of another type")
        if isinstance(value, int | float) and not 0 <= value <= MOST:
            raise ValueError(f"{name!r} of its shape is out of bounds")
    return dict(values)


class ShapedNetwork(nn.Module):
    """A network that remembers what it was made of; subclasses name the type of their shape and take one.

    Attributes:
        shape: written beside the weights, and read back by ``statue_models.networks.loading.read_network``.
    """

    shape_type: ClassVar[type[Shape]] = Shape

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape


class CompletionNetwork(ShapedNetwork):
    """A network that completes pictures.

    Attributes:
        latent: length of the noise that decides between completions; 0 = there is one.
        multiple: height and width of pictures are multiples of this.
        any_scale: whether it knows textures alone, and is run at the picture's own scale; the others know forms, and
            are run at the size of their shape.
        window: share of height and width, in the middle, that it can complete.
    """

    latent: int = 0
    multiple: int = 1
    any_scale: bool = False
    window: float = 1.0

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """Complete.

        Args:
            picture: (N, 3, H, W) in [-1, 1]; samples in the hole are not looked at.
            mask: (N, 1, H, W), 1 = missing, 0 = known.
            landmarks: (N, 68, 2), (x, y) as fractions of the side; None = unknown. Most networks ignore them.
            noise: (N, ``latent``) standard normal; None = zeros, the likeliest.

        Returns:
            (N, 3, H, W) in [-1, 1], as the network gives it: outside the hole too.
        """
        raise NotImplementedError
