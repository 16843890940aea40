"""Hypotheses with seeds of a test's own choice."""

from statue_models.request import Hypothesis


def hypotheses(*seeds: int) -> list[Hypothesis]:
    """The likeliest and then draws, one per seed."""
    return [Hypothesis(index, seed) for index, seed in enumerate(seeds)]
