"""Which mask belongs to which photograph: the one of the same stem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from statue_models.batch import files
from statue_models.errors import StatueError

#: What masks' names end in: the formats that are read.
_ENDINGS = (".png", ".tif", ".tiff", ".webp", ".jpg", ".jpeg", ".gif", ".bmp", ".heic", ".heif", ".avif")


@dataclass(frozen=True)
class MaskFolder:
    """The masks of a folder.

    Attributes:
        name: of the folder.
        by_stem: stem -> the names of the pictures that have it.
    """

    name: str
    by_stem: Mapping[str, Sequence[str]] = field(repr=False)

    @classmethod
    def read(cls, name: str) -> "MaskFolder":
        """The masks of a folder, here or elsewhere.

        Raises:
            StatueError: missing-file; unreadable-file.
        """
        by_stem: dict[str, list[str]] = {}
        for file in files.names_in(name):
            path = PurePath(files.file_name(file))
            if path.suffix.lower() in _ENDINGS:
                by_stem.setdefault(path.stem, []).append(file)
        return cls(name, by_stem)

    def mask_of(self, photo: str) -> str:
        """The name of a photograph's mask; the photograph itself is none, where both lie in one folder.

        Raises:
            StatueError: no-mask; several-masks.
        """
        stem = PurePath(files.file_name(photo)).stem
        found = [one for one in self.by_stem.get(stem, ()) if not files.same(one, photo)]
        if not found:
            raise StatueError("no-mask", photo=photo, folder=self.name, stem=stem)
        if len(found) > 1:
            raise StatueError("several-masks", photo=photo, names=" and ".join(files.file_name(one) for one in found))
        return found[0]
