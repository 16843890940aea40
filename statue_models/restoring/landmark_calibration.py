"""What a predictor's score is worth: how often a frame found with that score is right.

Scores of different predictors mean different things: FaceMesh is sure of heads that it sees half of, and often places
them wrongly. Here each is brought to one scale, the share of frames whose inter-ocular error stays below a tenth, as
``python -m training.evaluation.frame_check`` measures and prints it on composed pictures and the ``check`` suite.
"""

from collections.abc import Mapping

import numpy as np

#: Predictor -> (scores, shares), both rising; in between, straight lines.
SHARES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {}


def probability(name: str, score: float) -> float:
    """The share of right frames among those that predictor ``name`` gives this score; the score itself if unknown."""
    if name not in SHARES:
        return score
    scores, shares = SHARES[name]
    return float(np.interp(score, scores, shares))
