"""One logit for a small patch: the discriminator of the context encoder for CIFAR-10."""

from torch import Tensor, nn

from statue_models.networks.published.cifar_context_encoder import initialise_uniformly, keras_conv


class SmallDiscriminator(nn.Module):
    """Two halvings, a third convolution, one fully connected layer; 372,737 parameters as published.

    Args:
        side: of the patches in pixels, a multiple of 4; published: 8.
        width: channels of the first layer; published: 64.
    """

    def __init__(self, side: int = 8, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            keras_conv(3, width, 2), keras_conv(width, 2 * width, 2), keras_conv(2 * width, 4 * width),
            nn.Flatten(), nn.Linear(4 * width * (side // 4) ** 2, 1),
        )  # fmt: skip
        initialise_uniformly(self)

    def forward(self, patch: Tensor) -> Tensor:
        """(N, 3, side, side) in [-1, 1] -> (N, 1) logits."""
        out: Tensor = self.layers(patch)
        return out
