"""Which statues of the factory are never trained on: seeds set aside for the ``rendered`` suite and composed scenes.

A statue is its seed (``training.statues.seeded``), so another seed is another head (100 identity modes, drawn anew),
another piece of stone (colour, veins, weather), another light and another camera. What seeds cannot hold back are the
kinds: the eleven stones, the traditions and the environment maps of the suite occur in training too.
"""

#: Below 2**53, so that the seeds survive in every JSON reader.
HELD_BACK_SEEDS = range(9_000_000_000_000_000, 9_000_000_001_000_000)
#: Of the heads in the composed scenes of ``frame_check``.
FRAME_SEEDS = range(9_100_000_000, 9_101_000_000)


def holds_back(first_seed: int, count: int = 1) -> bool:
    """Whether one of ``count`` seeds from ``first_seed`` on is set aside: what trains on statues must refuse it."""
    return any(first_seed < seeds.stop and first_seed + count > seeds.start for seeds in (HELD_BACK_SEEDS, FRAME_SEEDS))
