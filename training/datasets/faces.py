"""A folder of photographs in; detected, cropped, de-duplicated, labelled faces out.

    python -m training data faces PHOTOS_DIR --out DIR [--size 256] [--workers 4]
    python -m training data faces CROPS_DIR --out DIR --relabel

What is written to DIR, how faces are chosen and what the files mean: docs/datasets.md. Started again with the same
settings, also after Ctrl-C or with more photographs, it looks only at what it has not seen.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import MARGIN
from training.datasets.contact_sheet import choose_shown, tile, write_sheet
from training.datasets.duplicates import fingerprint
from training.datasets.face_crops import FaceCrop, Settings, write_picture
from training.datasets.face_set import Face, Row, choose, write_manifest
from training.datasets.face_workers import FailedPicture, HarvestJob, LabelJob, Tools, results_of
from training.datasets.picture_files import list_pictures, read_rgb, sha256_of
from training.datasets.relabel import write_labels

STORE = ".found"
SPLITS = ("train", "test")
#: Names that this tool gives to crops; nothing else is ever removed.
CROP_NAME = re.compile(r"[0-9a-f]{12}_\d+\.(png|jpg)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add("photos", type=Path, metavar="PHOTOS_DIR", help="folder of pictures, searched with its subfolders")
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the data set")
    add("--size", type=int, default=256, metavar="PX", help="side of the crops (default: 256; statues128 has 128)")
    add("--padding", type=float, default=(MARGIN - 1) / 2, metavar="R",
        help="room on each side of the face, over its size (default: 0.35, the program's own frame)")  # fmt: skip
    add("--min-face", type=float, default=64.0, metavar="PX", help="smallest face, longer side (default: 64)")
    add("--yunet", type=Path, metavar="FILE", help="YuNet's .onnx file, to propose faces as well")
    add("--models", type=Path, metavar="DIR", help="FaceMesh's files (default: where the installer put them)")
    add("--format", choices=("png", "jpg"), default="png", help="of the crops (default: png)")
    add("--test", type=float, default=0.15, metavar="R", help="share of the test part (default: 0.15)")
    add("--seed", type=int, default=0, metavar="S", help="decides which groups that is (default: 0)")
    add("--workers", type=int, default=1, metavar="W", help="processes (default: 1)")
    add("--relabel", action="store_true", help="the folder holds ready, square crops: only label them")
    add("--force", action="store_true", help="use DIR although it holds something else's MANIFEST.tsv or labels")
    parser.set_defaults(run=run)


def _check(options: argparse.Namespace) -> None:
    """Refuse options that make no sense.

    Raises:
        StatueError: ``usage`` or ``output-exists``.
    """
    complaints = {
        "--size must be from 32 to 2048": not 32 <= options.size <= 2048,
        "--padding must be from 0 to 4": not 0 <= options.padding <= 4,
        "--min-face must be 16 or more": not 16 <= options.min_face < float("inf"),
        "--test must be from 0 to 1": not 0 <= options.test <= 1,
        "--workers must be 1 or more": options.workers < 1,
        "--out must lie outside PHOTOS_DIR": options.out.resolve().is_relative_to(options.photos.resolve()),
    }
    for reason, true in complaints.items():
        if true:
            raise StatueError("usage", reason=reason)
    own = options.relabel or (options.out / STORE).is_dir()
    target = options.out / ("landmarks68.json" if options.relabel else "MANIFEST.tsv")
    if target.exists() and not options.force and (options.relabel or not own):
        raise StatueError("output-exists", path=target)


def build(options: argparse.Namespace) -> list[Row]:
    """Find, choose, write; returns the manifest's rows.

    Raises:
        StatueError: see ``docs/datasets.md``.
    """
    tools = _tools(options)
    paths = list_pictures(options.photos)
    store = _folder(options.out / STORE)
    yunet_digest = "" if tools.yunet is None else sha256_of(tools.yunet)
    settings = Settings(options.size, options.padding, options.min_face, yunet_digest)
    sources, rows = _find_distinct(options.photos, paths)
    jobs = [HarvestJob(options.photos / p, digest, store, settings, tools) for digest, p in sources.items()]
    faces: list[Face] = []
    for (digest, path), crops in zip(sources.items(), results_of(jobs, options.workers, "photographs"), strict=True):
        if isinstance(crops, FailedPicture):
            reason = crops.reason.replace(str(options.photos / path), str(path))
            print(f"left out: {reason}", file=sys.stderr)
            rows.append(Row(source=path.as_posix(), sha256=digest, reject_reason=f"unreadable: {reason}"))
        elif not crops:
            rows.append(Row(source=path.as_posix(), sha256=digest, reject_reason="no face"))
        else:
            faces += [Face(path.as_posix(), digest, n, c, fingerprint(read_rgb(c.crop))) for n, c in enumerate(crops)]
    chosen = choose(faces, min_face=options.min_face, test=options.test, seed=options.seed, suffix=f".{options.format}")
    _write_set(options.out, [(row, face.crop) for row, face in zip(chosen, faces, strict=True) if row.file])
    rows = sorted([*rows, *chosen], key=lambda row: (row.source, row.file or "~", row.box))
    write_manifest(options.out / "MANIFEST.tsv", rows)
    return rows


def _tools(options: argparse.Namespace) -> Tools:
    """Where the models are, found to be usable before hours of work start."""
    tools = Tools(options.models, options.yunet)
    tools.load()
    return tools


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=path, reason=error.strerror or str(error)) from None
    return path


def _find_distinct(folder: Path, paths: Sequence[Path]) -> tuple[dict[str, Path], list[Row]]:
    """sha256 -> the first file of these bytes, and rows for unreadable files and further copies."""
    first: dict[str, Path] = {}
    rows: list[Row] = []
    for path in paths:
        try:
            digest = sha256_of(folder / path)
        except StatueError as error:
            reason = error.sentence.replace(str(folder / path), str(path))
            print(f"left out: {reason}", file=sys.stderr)
            rows.append(Row(source=path.as_posix(), reject_reason=f"unreadable: {reason}"))
            continue
        if digest in first:
            rows.append(
                Row(source=path.as_posix(), sha256=digest, reject_reason=f"same file as {first[digest].as_posix()}")
            )
        else:
            first[digest] = path
    return first, rows


def _write_set(out: Path, kept: Sequence[tuple[Row, FaceCrop]]) -> None:
    """The crops in their parts, the labels and the contact sheet; crops of an earlier run that went are removed."""
    for split in SPLITS:
        _folder(out / split)
    for row, crop in kept:
        write_picture(out / row.file, read_rgb(crop.crop))
    files = {row.file for row, _ in kept}
    for split in SPLITS:
        for path in (out / split).iterdir():
            if CROP_NAME.fullmatch(path.name) and f"{split}/{path.name}" not in files:
                path.unlink()
    write_labels(out / "landmarks68.json", {row.file: crop.label for row, crop in kept if crop.label is not None})
    ordered = sorted(kept, key=lambda item: item[0].file)
    write_sheet(
        out / "sheet.png", [tile(read_rgb(ordered[i][1].crop), ordered[i][1].label) for i in choose_shown(len(ordered))]
    )


def relabel_folder(options: argparse.Namespace) -> str:
    """Label ready crops: ``landmarks68.json`` (names relative to the folder) and ``sheet.png``; what was done.

    Raises:
        StatueError: see ``docs/datasets.md``.
    """
    tools = _tools(options)
    paths = list_pictures(options.photos)
    _folder(options.out)
    results = results_of([LabelJob(options.photos / path, tools) for path in paths], options.workers, "crops")
    labels, tiles, failed = {}, [], 0
    for path, found in zip(paths, results, strict=True):
        if isinstance(found, FailedPicture):
            failed += 1
            print(f"left out: {found.reason.replace(str(options.photos / path), str(path))}", file=sys.stderr)
        elif found is not None:
            labels[path.as_posix()] = found
    readable = [p for p, found in zip(paths, results, strict=True) if not isinstance(found, FailedPicture)]
    for index in choose_shown(len(readable)):
        picture: NDArray[np.uint8] = read_rgb(options.photos / readable[index])
        tiles.append(tile(picture, labels.get(readable[index].as_posix())))
    write_labels(options.out / "landmarks68.json", labels)
    write_sheet(options.out / "sheet.png", tiles)
    good = sum(found.good for found in labels.values())
    return f"{len(labels)} of {len(paths)} labelled, {good} good, {failed} unreadable"


def summary(rows: Sequence[Row]) -> str:
    """How many faces, of what kind, and why others are not there."""
    kept = [row for row in rows if row.file]
    lines = [f"{sum(row.split == split for row in kept)} faces in {split}" for split in SPLITS]
    lines.append(f"{sum(row.good == '1' for row in kept)} of them well labelled")
    reasons: dict[str, int] = {}
    for row in rows:
        if row.reject_reason:
            kind = re.split(r"[:]| as | of ", row.reject_reason)[0]
            reasons[kind] = reasons.get(kind, 0) + 1
    return "\n".join([*lines, *(f"left out: {count} x {kind}" for kind, count in sorted(reasons.items()))])


def run(options: argparse.Namespace) -> None:
    """Make the data set, or label ready crops, and say what was done.

    Raises:
        StatueError: ``usage``; see ``docs/datasets.md``.
    """
    _check(options)
    cv2.setNumThreads(1)  # one process, one core: more comes from --workers
    print(relabel_folder(options) if options.relabel else summary(build(options)))
