"""A data set of the faces that were found: which are kept, which part they belong to, and the list of them all."""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from statue_models.errors import StatueError
from statue_models.whole_file import whole_file
from training.datasets.duplicates import SAME, Fingerprint, Groups, similar_pairs
from training.datasets.face_crops import FaceCrop

#: A crop of which less lies in the photograph is mostly repeated edge. A share; set by eye.
LEAST_INSIDE = 0.75


@dataclass(frozen=True)
class Row:
    """A line of ``MANIFEST.tsv``: a face, or a photograph that gave none. All are text.

    Attributes:
        file: of the crop, "train/0123456789ab_0.png"; empty for what was rejected.
        split: "train" or "test"; empty likewise.
        source: the photograph, relative to the folder of photographs; sha256: of its bytes.
        box: "x,y,width,height" of the face in the photograph, pixels; size: its longer side.
        score: the finder's; spread: disagreement of the views (see ``relabel``); good: 1, 0, or empty without points.
        reject_reason: empty for what is in the set.
        dup_group: faces of one photograph, or of one statue as far as ``duplicates`` sees it, share a number.
    """

    file: str = ""
    split: str = ""
    source: str = ""
    sha256: str = ""
    box: str = ""
    size: str = ""
    score: str = ""
    spread: str = ""
    good: str = ""
    reject_reason: str = ""
    dup_group: str = ""


@dataclass(frozen=True, eq=False)
class Face:
    """A found face and where it comes from."""

    source: str
    sha256: str
    number: int
    crop: FaceCrop
    fingerprint: Fingerprint

    @property
    def stem(self) -> str:
        """Name of its crop in the data set, the same in every run."""
        return f"{self.sha256[:12]}_{self.number}"

    def row(self) -> Row:
        """What is known of it before anything is decided."""
        label = self.crop.label
        return Row(
            source=self.source,
            sha256=self.sha256,
            box=",".join(f"{value:.0f}" for value in self.crop.box),
            size=f"{self.crop.face_size:.0f}",
            score=f"{self.crop.score:.3f}",
            spread="" if label is None else f"{label.spread:.3f}",
            good="" if label is None else str(int(label.good)),
        )


def choose(faces: Sequence[Face], *, min_face: float, test: float, seed: int, suffix: str) -> list[Row]:
    """The row of each face: kept or rejected, and its part of the set.

    Of faces that are one photograph the largest stays. Whole groups go to one part: faces of one photograph, and what
    resembles any of them.

    Args:
        min_face: faces of fewer photograph pixels are rejected.
        test: share of the kept faces that the test part gets, as nearly as whole groups allow.
        seed: decides which groups these are.
        suffix: of the crops' files, ".png" or ".jpg".
    """
    reasons = [_reason(face.crop, min_face) for face in faces]
    groups, copies, sources = Groups(len(faces)), Groups(len(faces)), dict[str, int]()
    for index, face in enumerate(faces):
        groups.join(index, sources.setdefault(face.sha256, index))
    for one, other, alike in similar_pairs([face.fingerprint for face in faces]):
        groups.join(one, other)
        if alike >= SAME and not reasons[one] and not reasons[other]:
            copies.join(one, other)
    best: dict[int, int] = {}
    for index, face in enumerate(faces):
        group = copies.of(index)
        if not reasons[index] and (group not in best or face.crop.face_size > faces[best[group]].crop.face_size):
            best[group] = index
    kept = set(best.values())
    in_test = _test_groups([(groups.of(i), faces[i].stem) for i in sorted(kept)], test, seed)
    numbers = {group: number for number, group in enumerate(sorted({groups.of(i) for i in range(len(faces))}))}
    rows: list[Row] = []
    for index, face in enumerate(faces):
        row = replace(face.row(), dup_group=str(numbers[groups.of(index)]))
        if index in kept:
            split = "test" if groups.of(index) in in_test else "train"
            row = replace(row, file=f"{split}/{face.stem}{suffix}", split=split)
        else:
            row = replace(row, reject_reason=reasons[index] or f"duplicate of {faces[best[copies.of(index)]].stem}")
        rows.append(row)
    return rows


def _reason(crop: FaceCrop, min_face: float) -> str:
    if crop.face_size < min_face:
        return f"smaller than {min_face:g} pixels"
    return "cut off by the edge" if crop.inside < LEAST_INSIDE else ""


def _test_groups(kept: Sequence[tuple[int, str]], share: float, seed: int) -> set[int]:
    """The groups of the test part, of kept faces as (group, stem)."""
    members = defaultdict(list)
    for group, stem in kept:
        members[group].append(stem)
    # A digest, not a shuffle: a group's turn does not depend on which others there are.
    turn = {group: hashlib.sha256(f"{seed} {min(stems)}".encode()).hexdigest() for group, stems in members.items()}
    chosen, count = set[int](), 0
    for group in sorted(turn, key=lambda g: turn[g]):
        if count + len(members[group]) / 2 <= share * len(kept):
            chosen.add(group)
            count += len(members[group])
    return chosen


def write_manifest(path: Path, rows: Sequence[Row]) -> None:
    """``MANIFEST.tsv``: a line of names, then the rows.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    text = io.StringIO()
    # Names of files may hold tabs and line breaks; the csv module quotes them.
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    names = [field.name for field in fields(Row)]
    writer.writerow(names)
    writer.writerows([getattr(row, name) for name in names] for row in rows)
    with whole_file(path, force=True) as stream:
        stream.write(text.getvalue().encode("utf-8", "surrogateescape"))


def read_manifest(path: Path) -> list[Row]:
    """The rows of a ``MANIFEST.tsv`` that ``write_manifest`` wrote.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            lines: list[Mapping[str, str]] = list(csv.DictReader(file, delimiter="\t"))
        return [Row(**line) for line in lines]
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (OSError, TypeError, ValueError, csv.Error) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None
