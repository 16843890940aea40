"""One logit for each patch by residual blocks under spectral norm, with attention (PICNet: Zheng et al. 2019)."""

from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.preact import (
    SLOPE,
    PreactResidual,
    initialise_orthogonally,
    residual_encoder,
    residual_widths,
    spectral,
)
from statue_models.networks.short_long_attention import ShortLongAttention

#: Halvings, and how many of them come before the attention: where the generator has its own. The place is not
#: published; the number of parameters says that there are 128 channels.
HALVINGS, BEFORE_ATTENTION = 5, 3


class ResidualDiscriminator(nn.Module):
    """1,575,075 parameters as published, beside 16,415 numbers of spectral norms.

    The published attention brings its long part along, which nothing uses; it is here too, but frozen.

    Args:
        width: channels of the first block; published: 32.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        widest = 4 * width
        self.blocks = residual_encoder(residual_widths(width, HALVINGS))
        self.attention = ShortLongAttention(widest)
        self.attention.long_scale.requires_grad_(False)
        self.attention.join.requires_grad_(False)
        self.last = PreactResidual(widest, widest, widest)
        self.out = spectral(nn.Conv2d(widest, 1, 3, padding=1))
        initialise_orthogonally(self)

    def features(self, picture: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> (N, C, H / 32, W / 32), what the logits are made of."""
        x = picture
        for index, block in enumerate(self.blocks):
            if index == BEFORE_ATTENTION:
                x = self.attention(x)
            x = block(x)
        out: Tensor = functional.leaky_relu(self.last(x), SLOPE)
        return out

    def forward(self, picture: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> (N, 1, H / 32, W / 32) logits."""
        return self.out(self.features(picture))
