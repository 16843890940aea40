"""The suites of small pictures by name: their pictures, their digests, and what they are for.

The suite ``native`` of whole photographs is another kind of thing: ``training.evaluation.native``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.suites.cases import CHECK_DIGEST, PHOTOGRAPHS_DIGEST, Truth, check_pictures, final_pictures, photographs
from training.suites.rendered_truths import RENDERED_DIGEST, rendered_truths


@dataclass(frozen=True)
class Suite:
    """A frozen set of pictures.

    Attributes:
        name: what ``--suite`` takes.
        about: one sentence for tables.
        digest: ``cases.suite_digest`` of all its cases of the five feature kinds.
        truths: (assets, cache, limit, progress) -> the pictures.
    """

    name: str
    about: str
    digest: str
    truths: Callable[[Path, Path | None, int | None, Callable[[int], None]], Iterator[Truth]]


SUITES = {
    "check": Suite(
        "check",
        "Every twelfth well-labelled photograph of statues128's training split, for decisions while working.",
        CHECK_DIGEST,
        lambda assets, cache, limit, progress: photographs(assets, check_pictures(assets)[:limit]),
    ),
    "rendered": Suite(
        "rendered",
        "Statues of the factory with seeds that are never trained on: heads nobody has seen, and pieces of stone nobody"
        " has seen, of kinds that training knows.",
        RENDERED_DIGEST,
        rendered_truths,
    ),
    "photographs": Suite(
        "photographs",
        "The well-labelled photographs of statues128's test split: for final tables only.",
        PHOTOGRAPHS_DIGEST,
        lambda assets, cache, limit, progress: photographs(assets, final_pictures(assets)[:limit]),
    ),
}
