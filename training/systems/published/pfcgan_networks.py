"""What teaches PFCGAN and does not ship: the extractor of styles, and the decoders of the embedding."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from statue_models.networks.gaussian import Gaussian, GaussianHead
from statue_models.networks.layers import conv, deconv, initialise_evenly
from statue_models.networks.published.pfcgan import PfcganShape
from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.examples.condition_maps import LANDMARK_MAPS, cut_part, draw_hull


@dataclass(frozen=True, eq=False)
class FaceMaps:
    """What is drawn of faces: the truth, or what decoders make of it.

    Attributes:
        landmarks, hull: (N, 1, S, S): 1 at the landmarks, and where the face is; of decoders, logits.
        part: (N, 3, S, S) in [-1, 1], the face before grey (0).
    """

    landmarks: Tensor
    hull: Tensor
    part: Tensor

    @property
    def decided(self) -> "FaceMaps":
        """A decoder's maps as an extractor is shown them: logits as probabilities, and no way back for gradients."""
        return FaceMaps(self.landmarks.sigmoid().detach(), self.hull.sigmoid().detach(), self.part.detach())


def draw_maps(picture: Tensor, landmarks: Tensor, how: str) -> FaceMaps:
    """The maps of pictures (N, 3, S, S) with landmarks (N, 68, 2); ``how`` is a name of ``LANDMARK_MAPS``."""
    height, width = picture.shape[-2:]
    canvas = Canvas(len(picture), height, width, Draws(0, picture.device), landmarks)  # nothing here is random
    face_hull = draw_hull(canvas)
    return FaceMaps(LANDMARK_MAPS[how](canvas), face_hull, cut_part(picture, face_hull))


class StyleExtractor(nn.Module):
    """The style of a whole picture and its maps: four convolutions 5/2/2 and a head that begins with zeros.

    As published, 19,345,312 parameters (with the slides' eight channels; the code's last state has no picture there).

    Args:
        shape: of the network that is to paint in these styles.
    """

    #: Channels of the picture and of ``FaceMaps``.
    SHOWN = 3 + 1 + 1 + 3

    def __init__(self, shape: PfcganShape) -> None:
        super().__init__()
        widths = [times * shape.width for times in (1, 4, 8, 8)]
        pairs = pairwise([self.SHOWN, *widths])
        self.layers = nn.Sequential(*(conv(before, after, 5, 2, 2, act="leaky") for before, after in pairs))
        initialise_evenly(self.layers)
        self.head = GaussianHead(widths[-1] * shape.start**2, shape.style, zero=True)

    def forward(self, picture: Tensor, maps: FaceMaps) -> Gaussian:
        """(N, 3, S, S) in [-1, 1] and its maps -> (N, style)."""
        shown = torch.cat([picture, 2 * maps.landmarks - 1, 2 * maps.hull - 1, maps.part], 1)
        found: Gaussian = self.head(self.layers(shown).flatten(1))
        return found


class MapDecoder(nn.Module):
    """A vector as a map: four doublings.

    Args:
        shape: of the network. before: numbers of the vector. after: channels of the map.
    """

    def __init__(self, shape: PfcganShape, before: int, after: int) -> None:
        super().__init__()
        self.coarsest = (before // shape.start**2, shape.start, shape.start)
        widths = [self.coarsest[0], *(times * shape.width for times in (8, 4, 2, 1))]
        self.layers = nn.Sequential(
            *(deconv(before, after, act="relu") for before, after in pairwise(widths)), conv(widths[-1], after)
        )

    def forward(self, vector: Tensor) -> Tensor:
        """(N, before) -> (N, after, S, S)."""
        out: Tensor = self.layers(vector.reshape(-1, *self.coarsest))
        return out


class FaceDecoders(nn.Module):
    """The embedding's three maps: landmarks from its first level, hull and part from both."""

    def __init__(self, shape: PfcganShape) -> None:
        super().__init__()
        self.level = shape.level
        self.landmarks = MapDecoder(shape, shape.level, 1)
        self.hull = MapDecoder(shape, 2 * shape.level, 1)
        self.part = MapDecoder(shape, 2 * shape.level, 3)
        initialise_evenly(self)

    def forward(self, embedding: Tensor) -> FaceMaps:
        """(N, 2 level) -> maps, the first two as logits."""
        landmarks = self.landmarks(embedding[:, : self.level])
        return FaceMaps(landmarks.float(), self.hull(embedding).float(), self.part(embedding).float().tanh())
