"""What a predictor's score is worth: how often a frame found with that score is right.

Scores of different predictors mean different things: FaceMesh is sure of heads that it sees half of, and often places
them wrongly. Here each is brought to one scale, the share of frames whose inter-ocular error stays below a tenth, as
``python -m training frames`` measures and prints it on composed pictures and the ``check`` suite.
"""

from collections.abc import Mapping

import numpy as np

#: Predictor -> (scores, shares), both rising; in between, straight lines. Over composed pictures, heads in profile
#: (never right) and the ``check`` suite, searched with that predictor alone: 280, 56 and 180 for landmarknet, 280, 40
#: and 275 for facemesh.
SHARES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "facemesh": (
        (0.001, 0.024, 0.179, 0.41, 0.641, 0.793, 0.852, 0.912, 0.958),
        (0.067, 0.089, 0.222, 0.4, 0.58, 0.756, 0.818, 0.836, 0.891),
    ),
    "landmarknet": (
        (0.02, 0.258, 0.543, 0.663, 0.718, 0.753, 0.851),
        (0.067, 0.267, 0.556, 0.711, 0.867, 0.889, 0.919),
    ),
}


def probability(name: str, score: float) -> float:
    """The share of right frames among those that predictor ``name`` gives this score; the score itself if unknown."""
    if name not in SHARES:
        return score
    scores, shares = SHARES[name]
    return float(np.interp(score, scores, shares))
