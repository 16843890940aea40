"""Damaged photographs at their own size: the frozen set, or any other folder of photographs."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from statue_models.errors import StatueError
from training.datasets.picture_files import SUFFIXES, read_rgb
from training.suites.cases import Box, Case
from training.suites.native.damage import KINDS, damage
from training.suites.native.faces import Face, FaceFinder

#: The suite's photographs in the folder of the packed data.
FOLDER = "photos"
#: ``digest`` of its 36 cases: two tables compare only if it is the same.
NATIVE_DIGEST = "a362411c681495fd1f04bf152a247c60dc05346c609d6a77efbfc17987eef599"


@dataclass(frozen=True, eq=False)
class NativeCase(Case):
    """A damaged photograph.

    Attributes:
        name: of the photograph, without its ending.
        points: (5, 2), the detector's points (``faces.Face``): nobody knows 68 true ones here.
        face: where it is.
    """

    face: Face

    @property
    def box(self) -> Box:
        """The detector's face box, (x, y, width, height)."""
        x, y, width, height = (float(value) for value in self.face.box)
        return x, y, width, height

    @property
    def eye_distance(self) -> float:
        """Distance of the outer eye corners in pixels: the unit of the figures."""
        return self.face.eye_distance

    @property
    def title(self) -> str:
        """Name and kind, for files and tables."""
        return f"{self.name}-{self.kind}"


def photographs(folder: Path, limit: int | None = None) -> list[Path]:
    """The picture files right in a folder (PNG, JPEG, TIFF, WebP), sorted by name; the first ``limit`` of them.

    Raises:
        StatueError: ``missing-file`` if there is none; ``usage`` if two go by one name.
    """
    if not folder.is_dir():
        raise StatueError("missing-file", path=folder)
    found = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
    if not found:
        raise StatueError("missing-file", path=folder / "*.jpg")
    names = [path.stem for path in found]
    for name in names:
        # The name is the seed of the damage, and names the files that are written.
        if names.count(name) > 1:
            raise StatueError("usage", reason=f"two photographs are called {name}; rename one")
    return found[:limit]


def cases_of(
    paths: Iterable[Path],
    find: FaceFinder,
    kinds: Sequence[str] = KINDS,
    without_face: Callable[[str], None] = lambda name: None,
) -> Iterator[NativeCase]:
    """Every photograph with a hole of every kind, one at a time; its name and the kind alone decide a hole's draws.

    Args:
        paths: of the photographs. find: finds their faces. kinds: of damage, some of ``KINDS``.
        without_face: told the name of a photograph in which no face was found; it has no cases.

    Raises:
        StatueError: as ``read_rgb`` and ``find`` do.
    """
    for path in paths:
        picture = read_rgb(path)
        face = find(path, picture)
        if face is None:
            without_face(path.name)
            continue
        for kind in kinds:
            rng = np.random.default_rng(zlib.crc32(f"{path.stem}/{kind}".encode()))
            hole = damage(kind, picture.shape[:2], face, rng)
            yield NativeCase(path.stem, kind, picture, hole, face.points, face)


def digest(case_digests: Iterable[str]) -> str:
    """sha256 over the cases' own (``cases.case_digest``), in order: photographs need not be in memory together."""
    return hashlib.sha256("\n".join(case_digests).encode()).hexdigest()
