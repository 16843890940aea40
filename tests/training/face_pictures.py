"""A made-up predictor whose faces are painted dots, and pictures for it: most face tests need no network."""

import numpy as np

from statue_models.face.landmarks68 import Landmarks

_generator = np.random.default_rng(4)
#: 68 points on the unit square, the outer eye corners level and 0.4 apart.
SHAPE = np.clip(_generator.normal(0.5, 0.15, (68, 2)), 0.2, 0.8)
SHAPE[36], SHAPE[45] = (0.3, 0.4), (0.7, 0.4)
SHAPE[0], SHAPE[16], SHAPE[8] = (0.2, 0.5), (0.8, 0.5), (0.5, 0.85)
SHAPE[37:42], SHAPE[42:45], SHAPE[46:48] = (0.35, 0.4), (0.65, 0.4), (0.65, 0.4)


class RedSquares:
    """Takes a reddish blob and what is missing for a face whose points fill its box, mirrored and turned as it is not.

    Attributes:
        jitter: how far the points of one look are off, over the box's side; another direction each time.
    """

    name, lowest_score, sure_score = "red squares", 0.01, 0.9

    def __init__(self, jitter=0.0):
        self.jitter = jitter
        self._noise = np.random.default_rng(0)

    def propose(self, rgb, mask):
        red = (rgb[..., 0].astype(int) - rgb[..., 2]) > 60
        if red.sum() < 30:
            return []
        red |= mask > 0
        y, x = np.nonzero(red)
        centre = np.array([x.mean(), y.mean()]) + 0.5
        side = np.sqrt(red.sum())
        off = self._noise.normal(0, self.jitter * side, 2)
        return [Landmarks((SHAPE - 0.5) * side + centre + off, score=0.95, yaw=0.0)]

    def refine(self, rgb, mask, frame):
        proposal = self.propose(rgb, mask)
        return proposal[0] if proposal else Landmarks(SHAPE * 10, score=0.0, yaw=0.0)


def red_square(side=100, size=(300, 240), corner=(80, 60)):
    """(H, W, 3) grey with one red square; size is (width, height), corner (x, y)."""
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    x, y = corner
    picture[y : y + side, x : x + side] = (220, 60, 60)
    return picture
