"""What the published networks that regress landmarks have in common: damaged picture in, 68 points out, no doubts."""

from torch import Tensor

from statue_models.networks.completion import ShapedNetwork

#: Landmarks of the iBUG/Multi-PIE scheme.
LANDMARKS = 68


class LandmarkRegressor(ShapedNetwork):
    """A network that gives one answer for the points of a face, and none on how sure of them it is.

    Attributes:
        multiple: height and width of pictures are multiples of this.
    """

    multiple: int = 32

    def forward(self, picture: Tensor, mask: Tensor) -> Tensor:
        """Estimate the landmarks.

        Args:
            picture: (N, 3, S, S) in [-1, 1]; samples in the hole are not looked at.
            mask: (N, 1, S, S), 1 = missing, 0 = known.

        Returns:
            (N, 68, 2), (x, y) as fractions of the side.
        """
        raise NotImplementedError
