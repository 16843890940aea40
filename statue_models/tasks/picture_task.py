"""What is asked of one photograph: names of files, and values. Plain data, which travels between processes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from statue_models.tasks.inputs import mask_file


@dataclass(frozen=True)
class PictureTask:
    """One photograph to be restored.

    Attributes:
        photo: its file's name, as the user gave it.
        mask: a file's name, or ``alpha``.
        outputs: where the variants go, as many as are asked for.
        asked: name -> value of each field of ``fields.py`` that the command line has, but for the landmarks.
        landmarks: the file of the 68 points, or None.
        invert: of the mask: black = missing; None refuses one that looks inverted.
        grow, feather: of the mask, in pixels.
        report: where the record goes, or None.
        uncertainty: where the picture of the uncertainty goes, or None.
        force: overwrite files that exist.
    """

    photo: str
    mask: str
    outputs: tuple[str, ...]
    asked: Mapping[str, Any] = field(default_factory=dict)
    landmarks: str | None = None
    invert: bool | None = None
    grow: int = 0
    feather: int = 0
    report: str | None = None
    uncertainty: str | None = None
    force: bool = False

    @property
    def read(self) -> Iterator[str]:
        """The names of what it reads, which is never written over."""
        mask = mask_file(self.mask)
        yield from (name for name in (self.photo, mask and self.mask, self.landmarks) if name)

    @property
    def written(self) -> Iterator[str]:
        """The names of what it may write, the first variant's first."""
        yield from (name for name in (*self.outputs, self.report, self.uncertainty) if name)

    @property
    def output_paths(self) -> list[Path]:
        """Those of the variants."""
        return [Path(name) for name in self.outputs]
