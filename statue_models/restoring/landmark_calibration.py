"""What a predictor's score is worth: how often a frame found with that score is right.

Scores of different predictors mean different things: FaceMesh is sure of heads that it sees half of, and often places
them wrongly. Here each is brought to one scale, the share of frames whose inter-ocular error stays below a tenth, as
``python -m training.evaluation.frame_check`` measures and prints it on composed pictures and the ``check`` suite.
"""

from collections.abc import Mapping

import numpy as np

#: Predictor -> (scores, shares), both rising; in between, straight lines. Over composed pictures, heads in profile
#: (never right) and the ``check`` suite, searched with that predictor alone: 120, 32 and 180 for landmarknet, 280, 40
#: and 275 for facemesh.
SHARES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "facemesh": (
        (0.001, 0.024, 0.179, 0.41, 0.641, 0.793, 0.852, 0.912, 0.958),
        (0.067, 0.089, 0.222, 0.4, 0.58, 0.756, 0.818, 0.836, 0.891),
    ),
    "landmarknet": (
        (0.21, 0.518, 0.67, 0.734, 0.774, 0.811, 0.865),
        (0.136, 0.364, 0.682, 0.773, 0.791, 0.884, 0.988),
    ),
}


def probability(name: str, score: float) -> float:
    """The share of right frames among those that predictor ``name`` gives this score; the score itself if unknown."""
    if name not in SHARES:
        return score
    scores, shares = SHARES[name]
    return float(np.interp(score, scores, shares))
