"""Rows of a picture that are worked on at a time: so few that intermediate results fit a processor's cache."""

from collections.abc import Iterator

#: Chosen.
ROWS = 64


def bands(height: int, rows: int = ROWS) -> Iterator[slice]:
    """Slices of ``rows`` rows, the last may be lower, that make up ``height``."""
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
