"""A photograph and a mask in, one file per hypothesis out: what ``statue restore`` does, with one picture or many."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmark_file import read_landmarks
from statue_models.face.landmarks68 import UNSURE
from statue_models.methods import registry
from statue_models.pictures.photograph import Photograph, check_output
from statue_models.request import Restoration, RestorationRequest, Variant
from statue_models.tasks.inputs import files_read, read_asked_mask
from statue_models.tasks.paths import check_distinct, path_of
from statue_models.tasks.picture_task import PictureTask
from statue_models.whole_file import check_writable, whole_file

UNSURE_FACE = (
    "the face was hard to find (score {score:.2f}): check it with 'statue landmarks', or say where it is with --face"
)


class Say(Protocol):
    """What tells the user something in a line."""

    def __call__(self, message: str, *, always: bool = False) -> None:
        """``always``: also to who wants quiet."""


@dataclass(frozen=True, eq=False)
class Restored:
    """What came out of a task.

    Attributes:
        restoration: of the photograph.
        files: where the variants went; where all would be the same, one.
        uncertainty: where the picture of the uncertainty went, or None where there was none.
    """

    restoration: Restoration
    files: tuple[Path, ...]
    uncertainty: Path | None


def restore_files(task: PictureTask, restore: Callable[[RestorationRequest], Restoration], say: Say) -> Restored:
    """Read what a task names, restore it, and write what it asks for.

    Args:
        task: of files of this machine.
        restore: restores a request.
        say: is told the notes and what was written.

    Raises:
        StatueError: for everything that the user can put right; what can be seen before the work is seen then.
    """
    _check_outputs(task, None)
    registry.descriptor(str(task.asked["model"]))
    photo = path_of(task.photo)
    photograph = Photograph.read(photo, task.asked["white"])
    _check_outputs(task, photograph)
    mask = read_asked_mask(photograph, photo, task.mask, task.invert, task.grow, task.feather)
    notes = [*photograph.notes, *photograph.notes_of_writing(task.output_paths[0]), *mask.notes]
    asked = {**task.asked, "white": photograph.white}
    if task.landmarks is not None:
        size = (photograph.width, photograph.height)
        asked["landmarks"], converted = read_landmarks(path_of(task.landmarks), size)
        notes += converted
    request = RestorationRequest(photograph.to_srgb(), mask.levels, **asked, notes=tuple(notes))
    for note in request.notes:
        say(str(note))
    restoration = restore(request)
    for note in restoration.notes[len(request.notes) :]:
        say(str(note))
    return _write(task, photograph, mask.levels, restoration, say)


def _check_outputs(task: PictureTask, photograph: Photograph | None) -> None:
    """Before any work, and again for the format once the photograph is known."""
    report, uncertainty = _optional_path(task.report), _optional_path(task.uncertainty)
    check_distinct([*task.output_paths, report, uncertainty], files_read(*task.read))
    for path in task.output_paths:
        check_output(path, task.force, photograph)
    if report is not None:
        check_writable(report, task.force)
    if uncertainty is not None:
        check_output(uncertainty, task.force)


def _optional_path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


def _write(
    task: PictureTask, photograph: Photograph, mask: NDArray[np.uint8], restoration: Restoration, say: Say
) -> Restored:
    files = task.output_paths[: len(restoration.variants)]  # equal ones are one
    for path, variant in zip(files, restoration.variants, strict=True):
        changed = _changed(photograph, mask, restoration, variant)
        photograph.with_restored(restoration.rectangle, variant.pixels, changed).write(path, task.force)
        say(f"wrote {path}")
    for group in restoration.groups:
        if group.landmarks is not None and group.landmarks.score < UNSURE:
            say(UNSURE_FACE.format(score=group.landmarks.score))
    uncertainty = _optional_path(task.uncertainty)
    if uncertainty is not None and restoration.uncertainty is None:
        say(f"{_no_uncertainty(task)}, so {uncertainty} was not written", always=True)
        uncertainty = None
    elif uncertainty is not None and restoration.uncertainty is not None:
        _uncertainty(photograph, restoration, restoration.uncertainty).write(uncertainty, task.force)
        say(f"wrote {uncertainty}")
    if task.report is not None:
        with whole_file(Path(task.report), task.force) as stream:
            stream.write(restoration.record_text().encode())
        say(f"wrote {task.report}")
    return Restored(restoration, tuple(files), uncertainty)


def _changed(
    photograph: Photograph, mask: NDArray[np.uint8], restoration: Restoration, variant: Variant
) -> NDArray[np.uint8]:
    """The mask; of a method that narrowed it, over the rectangle, what is other than it was.

    A colour profile does not bring back every sample that goes through it: what is no damage does not go.
    """
    if not any(note.code == "narrowed" for note in restoration.notes):
        return mask
    window = restoration.rectangle.slices
    other = (variant.pixels != photograph.to_srgb()[window]).any(2)
    return np.where(other, mask[window], np.uint8(0))


def _no_uncertainty(task: PictureTask) -> str:
    if task.asked["variant"] not in (None, 1):
        return "the uncertainty is that of variant 1"
    return "this model says nothing of uncertainty"


def _uncertainty(photograph: Photograph, restoration: Restoration, spread: NDArray[np.uint8]) -> Photograph:
    """The uncertainty as a grey picture of the photograph's size, black outside the rectangle."""
    samples = np.zeros((photograph.height, photograph.width, 1), np.uint8)
    samples[(*restoration.rectangle.slices, 0)] = spread
    return Photograph(samples=samples, format="PNG")
