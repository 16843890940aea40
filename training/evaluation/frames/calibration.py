"""How often a frame is right, by the score that the predictor gave: the ``shares`` of ``PredictorDescriptor``."""

from collections.abc import Sequence

import numpy as np

from training.evaluation.frames.outcomes import RIGHT, Outcome

#: Searches per step of a table: fewer say too little, more blur the scores that decide. Chosen.
PER_STEP = 40
#: Searches of either kind that are added to each step, half of them right: no table says never or always. Chosen.
DOUBT = 2.0


def calibration(outcomes: Sequence[Outcome]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores and shares of right frames, both rising (isotonic regression, Ayer et al. 1955).

    Args:
        outcomes: of searches with one predictor alone; those that found nothing do not count.
    """
    found = sorted((o.score, o.frame < RIGHT) for o in outcomes if not o.refused)
    steps = max(1, len(found) // PER_STEP)
    blocks: list[tuple[float, float, float]] = []  # sum of scores, of rights, and their number
    for part in np.array_split(np.array(found, np.float64).reshape(-1, 2), steps):
        blocks.append((float(part[:, 0].sum()), float(part[:, 1].sum()), float(len(part))))
        while len(blocks) > 1 and _share(blocks[-2]) >= _share(blocks[-1]):
            last, before = blocks.pop(), blocks.pop()
            blocks.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    return tuple(round(b[0] / max(b[2], 1), 3) for b in blocks), tuple(round(_share(b), 3) for b in blocks)


def _share(block: tuple[float, float, float]) -> float:
    return (block[1] + DOUBT / 2) / (block[2] + DOUBT)
