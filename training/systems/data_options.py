"""The options that systems have in common: which pictures they are trained on, and what they are judged by."""

import os
from dataclasses import dataclass
from pathlib import Path

from statue_models.errors import StatueError
from training.examples.fitted_examples import FittedExamples, Preparation, prepare, read_fitted
from training.examples.pictures import Pictures, PictureSet, read_pictures
from training.examples.statue_renders import gather_statues
from training.systems.system import Setting
from training.toml_tables import bad_recipe, number

#: Renders of a kind. Chosen: a bound on slips of the hand.
MOST = 1_000_000
#: Side of the stored pictures that the inpainters' crops are cut out of. Pixels; chosen.
STORED = 256
#: Held-out examples that are judged, and the seed that they are made from. Chosen.
HELD, HELD_SEED = 128, 2


@dataclass(frozen=True)
class DataOptions:
    """Keys of ``[system]`` that every system has.

    Attributes:
        statues: folder of a run of ``training statues make``, or "" for none; added to the packed renders.
        fresh: so many statues are drawn at the start, on the training device, and added, too.
        landmark_models: folder of FaceMesh's files; "" = the usual places.
    """

    statues: str = ""
    fresh: int = number(0, least=0, most=MOST)
    landmark_models: str = ""

    @property
    def facemesh(self) -> Path | None:
        """The folder of FaceMesh's files; None = the usual places."""
        return Path(self.landmark_models) if self.landmark_models else None

    def read_pictures(
        self, setting: Setting, side: int, packed: int | None = None, written: int | None = None
    ) -> PictureSet:
        """All pictures at this side, those of the options added.

        Args:
            packed: so many of each file of packed renders; None = all.
            written: so many of the run ``statues``; None = all.

        Raises:
            StatueError: as ``training.examples.pictures.read_pictures`` and ``gather_statues`` do.
        """
        drawn = gather_statues(setting.assets, self.statues, self.fresh, side, setting.device, setting.seed, written)
        return read_pictures(setting.assets, side, packed, drawn)


@dataclass(frozen=True)
class InpaintingOptions(DataOptions):
    """Keys of ``[system]`` of those that are judged on ``statueflow``'s held-out examples.

    Attributes:
        packed: so many of each file of packed renders; 0 = all.
        examples: folder of ``statueflow``'s prepared examples; what is missing there is made first.
        found: share of these whose landmarks FaceMesh finds; the others' are the true ones with errors.
    """

    packed: int = number(0, least=0, most=MOST)
    examples: str = "examples"
    #: Chosen.
    found: float = number(0.4, least=0, most=1)

    def read_stored_pictures(self, setting: Setting) -> PictureSet:
        """All pictures at the side that they are stored in.

        Raises:
            StatueError: as ``read_pictures`` does.
        """
        return self.read_pictures(setting, STORED, self.packed or None)

    def read_held_examples(self, pictures: PictureSet, size: int) -> FittedExamples:
        """The held-out examples with crops of this side; made first where they are missing.

        Raises:
            StatueError: ``bad-recipe`` if those that are there have another size; those of ``prepare`` and
                ``read_fitted``.
        """
        folder = Path(self.examples) / "held"
        work = Preparation(choose_held(pictures), size, HELD_SEED, self.found, self.facemesh)
        prepare(work, folder, HELD, os.cpu_count() or 1)
        held = read_fitted(folder)
        if held.picture.shape[-1] != size:
            reason = f"the examples in {self.examples} have a side of {held.picture.shape[-1]} pixels"
            raise StatueError("bad-recipe", reason=f"{reason}, and system.size is {size}")
        return held


def choose_held(pictures: PictureSet) -> list[Pictures]:
    """What is judged on: the photographs that are held out, or renders where there are none."""
    return [p for p in pictures.held if not p.rendered] or pictures.held


def check_size(size: int) -> None:
    """Refuse sides that networks cannot halve five times, or that the stored pictures do not have.

    Raises:
        StatueError: ``bad-recipe``.
    """
    if not 32 <= size <= STORED or size % 32:
        raise bad_recipe(f"system.size must be a multiple of 32 from 32 to {STORED}, not {size}")
