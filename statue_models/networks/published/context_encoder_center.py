"""The context encoder that completes a picture's middle (Pathak et al. 2016, "Context Encoders").

It sees a picture whose middle half is filled with ImageNet's mean colour but for a narrow rim, and gives that half, rim
and all: what it makes of pixels that it has seen must join what it makes up.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from statue_models.networks.completion import CompletionNetwork
from statue_models.networks.published.context_encoder import ContextEncoderShape, through_one_vector, widths

#: What stands in the hole, red, green, blue, 0..255: ImageNet's mean colour, its channels in the published order.
FILL = (117.0, 104.0, 123.0)
#: Width of the visible rim in pixels, at a side of 128 (published).
RIM, RIM_SIDE = 4, 128


@dataclass(frozen=True)
class CentreShape(ContextEncoderShape):
    """Shape of a ``CentreContextEncoder``."""

    @property
    def rim(self) -> int:
        """Pixels of the middle half that are visible, on each of its sides."""
        return max(1, round(self.side * RIM / RIM_SIDE))

    @property
    def made(self) -> slice:
        """Rows, and columns, that it completes: the middle half."""
        return slice(self.side // 4, self.side // 4 + self.side // 2)

    @property
    def hidden(self) -> slice:
        """Rows, and columns, that it does not see: the middle half without its rim."""
        return slice(self.made.start + self.rim, self.made.stop - self.rim)


class CentreContextEncoder(CompletionNetwork):
    """Five halvings to 4 x 4, one vector, five doublings; 71,124,544 parameters as published.

    With a bottleneck of 100 these are 7,219,144. The middle is hidden whatever the mask says, as it was in training:
    a hole that is smaller is completed from the same surroundings.
    """

    shape_type = CentreShape

    def __init__(self, shape: CentreShape = CentreShape()) -> None:
        super().__init__(shape)
        self._rows, self._hidden = shape.made, shape.hidden
        self.window = (self._hidden.stop - self._hidden.start) / shape.side
        down = widths(shape)
        self.layers = through_one_vector(down, shape.bottleneck, down[:0:-1])

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``: what the network sees, with the middle half put in."""
        rows, hidden = self._rows, self._hidden
        missing = mask > 0
        missing[..., hidden, hidden] = True
        colour = picture.new_tensor(FILL)[:, None, None] / 127.5 - 1
        shown = torch.where(missing, colour, picture)
        whole = shown.clone()
        whole[..., rows, rows] = self.layers(shown).to(whole.dtype)
        return whole
