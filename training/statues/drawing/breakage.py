"""Drawing what is broken off: up to three rough cuts through the head."""

import numpy as np
from numpy.typing import NDArray

from training.statues.description.layout import Table
from training.statues.description.statue import BREAKS
from training.statues.drawing.seeded_draws import SeededDraws

#: How often each of ``BREAKS`` is the piece that is missing. Set by eye.
SHARES = (0.33, 0.11, 0.09, 0.08, 0.11, 0.08, 0.08, 0.05, 0.07)
#: How likely a first, second and third piece is missing in a damaged picture. Set by eye.
CHANCES = (1.0, 0.4, 0.2)
#: Per piece: landmark on the head's left (on its right, the mirrored one), outward normal, spread of the normal,
#: offset from the landmark in cm (low, high), flat radius in cm (low, high), steepness of the bowl per cm (low, high).
#: All set by eye.
PIECES: dict[str, tuple[tuple[int, int], tuple[float, float, float], float, tuple[float, ...]]] = {
    "nose": ((33, 33), (0.0, -0.12, 1.0), 0.16, (-1.1, 0.5, 1.3, 2.2, 0.4, 1.0)),
    "chin": ((8, 8), (0.0, -0.45, 0.9), 0.2, (-1.6, -0.4, 1.5, 2.8, 0.3, 0.8)),
    "brow": ((24, 19), (0.35, 0.35, 0.9), 0.2, (-0.9, -0.2, 0.8, 2.0, 0.4, 1.0)),
    "ear": ((15, 1), (1.0, 0.05, -0.05), 0.12, (0.15, 0.9, 4.5, 6.0, 0.3, 0.6)),
    "half": ((45, 36), (0.85, 0.0, 0.45), 0.25, (-3.2, -0.8, 9.0, 14.0, 0.05, 0.2)),
    "cheek": ((13, 3), (0.8, 0.0, 0.6), 0.2, (-1.0, -0.2, 1.5, 3.0, 0.3, 0.8)),
    "drill hole": ((13, 3), (0.75, 0.1, 0.65), 0.3, (-2.2, -0.9, 0.4, 0.8, 8.0, 25.0)),
    "crack": ((30, 30), (0.7, 0.7, 0.0), 0.5, (-3.0, 3.0, 5.0, 14.0, 0.0, 0.0)),
    "mouth": ((57, 51), (0.0, -0.1, 1.0), 0.15, (-0.7, -0.2, 1.2, 2.4, 0.4, 0.9)),
}


def draw_breaks(table: Table, draw: SeededDraws) -> None:
    """Fill ``breaks``."""
    landmarks = np.array([PIECES[name][0] for name in BREAKS])
    normals = np.array([PIECES[name][1] for name in BREAKS])
    spreads = np.array([PIECES[name][2] for name in BREAKS])
    lengths = np.array([PIECES[name][3] for name in BREAKS])
    for index, chance in enumerate(CHANCES):
        name = f"break {index}"
        piece, right = draw.choice(name, SHARES), draw.chance(name + " side", 0.5).astype(np.int64)

        def sample(what: str, column: int, piece: NDArray[np.int64] = piece, name: str = name) -> NDArray[np.float64]:
            low, high = lengths[piece, column], lengths[piece, column + 1]
            return low + (high - low) * draw.uniform(f"{name} {what}")

        column = table["breaks"][:, index]
        column["on"] = draw.uniform(name + "?") < chance
        column["landmark"] = landmarks[piece, right]
        outward = normals[piece] * np.where(right, -1, 1)[:, None] ** np.array([1, 0, 0])
        outward = outward + spreads[piece][:, None] * draw.normals(name + " normal", 3).clip(-2, 2)
        column["normal"] = outward / np.linalg.norm(outward, axis=1, keepdims=True)
        column["offset"], column["radius"], column["bowl"] = (
            sample("offset", 0),
            sample("radius", 2),
            sample("bowl", 4),
        )
        drilled, cracked = piece == BREAKS.index("drill hole"), piece == BREAKS.index("crack")
        column["crack"] = cracked * draw.uniform(name + " crack", 0.05, 0.28)
        # Drills leave smooth walls; cracks wander by centimetres.
        rough = np.where(drilled, 0.15, np.where(cracked, 8.0, 1.0))
        column["roughness"] = rough * draw.uniform(name + " roughness", 0.08, 0.35)
        column["frequency"] = draw.uniform(name + " frequency", 0.35, 0.9)
        column["seed"] = draw.uniform(name + " seed", 0, 500)
