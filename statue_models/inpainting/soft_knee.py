"""Lights that bend towards a limit: cut off there, stone would look like metal."""

import numpy as np
from numpy.typing import NDArray


def soft_knee(excess: NDArray[np.floating], room: float) -> NDArray[np.floating]:
    """What is left of an excess over a knee, bent so that it never reaches ``room``: room tanh(excess / room).

    The slope is 1 at the knee, so that nothing shows where lights begin to bend.

    Args:
        excess: any shape, >= 0, in any unit: levels or their logarithms, less the knee.
        room: in the same unit, > 0.
    """
    return np.asarray(room * np.tanh(excess / room))
