"""From seeds to descriptions: a thousand statues in one call, each decided by its own seed alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.statues.description.layout import Table, table_type
from training.statues.drawing.breakage import draw_breaks
from training.statues.drawing.materials import draw_materials
from training.statues.drawing.people import draw_people
from training.statues.drawing.scenes import draw_scenes
from training.statues.drawing.seeded_draws import SeededDraws
from training.statues.sources.head_model import HeadModel


def draw_statues(seeds: Sequence[int] | NDArray[np.integer], head: HeadModel, suns: NDArray[np.float64]) -> Table:
    """Describe statues.

    Args:
        seeds: (N,) whole numbers from 0, below 2**63.
        head: gives the number of identity modes and the names of the expressions.
        suns: (E,) azimuths of the factory's environment maps (``environments.Environments``).

    Returns:
        (N,) table, row for row the fields of ``statue.Statue`` (``layout.statue_of`` makes one).
    """
    draw = SeededDraws(seeds)
    table = np.zeros(len(draw), table_type(len(head.identity), len(head.expression)))
    table["seed"] = draw.seeds.astype(np.int64)
    draw_people(table, draw, head.expression_names)
    draw_materials(table, draw)
    draw_scenes(table, draw, suns)
    draw_breaks(table, draw)
    return table
