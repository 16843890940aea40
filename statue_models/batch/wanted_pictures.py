"""From photographs, or rows of a list, to tasks: their masks, and where what comes out goes."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from statue_models.batch import files
from statue_models.batch.masks import MaskFolder
from statue_models.batch.outcome import Wanted
from statue_models.errors import StatueError
from statue_models.tasks.inputs import files_read
from statue_models.tasks.paths import check_distinct, is_address
from statue_models.tasks.picture_task import PictureTask

#: Makes a task of a photograph, its mask and its outputs.
MakeTask = Callable[[str, str, Sequence[str]], PictureTask]


def want(photo: str, mask: str | MaskFolder, outputs: Sequence[str], make: MakeTask) -> Wanted:
    """A photograph of a batch; where its mask is not clear, it alone fails.

    Args:
        photo: its name. mask: its name, ``alpha``, or the folder to look in. outputs: the variants' names.
        make: makes the task.
    """
    try:
        return Wanted(photo, make(photo, mask if isinstance(mask, str) else mask.mask_of(photo), outputs))
    except StatueError as error:
        return Wanted(photo, error=error)


def variant_names(output: str, variants: int) -> list[str]:
    """As ``tasks.paths.variant_paths``, here or elsewhere."""
    folder, name = files.folder_of(output), files.file_name(output)
    stem, ending = PurePath(name).stem, PurePath(name).suffix
    return [output, *(files.in_folder(folder, f"{stem}.{k}{ending}") for k in range(2, variants + 1))]


def check_outputs(wanted: Sequence[Wanted]) -> None:
    """Refuse a batch that would write over what it reads, or over its own files, whichever photograph they are of.

    Raises:
        StatueError: usage; output-is-input.
    """
    tasks = [one.task for one in wanted if one.task is not None]
    read = [name for task in tasks for name in task.read] + [one.photo for one in wanted]
    written = [name for task in tasks for name in task.written]
    here = files_read(*(name for name in read if not is_address(name)))
    check_distinct([Path(name) for name in written if not is_address(name)], here)
    seen, there = set(), set(read)
    for name in filter(is_address, written):
        if name in seen:
            raise StatueError("usage", reason=f"Two outputs would go into the file {name}")
        if name in there:
            raise StatueError("output-is-input", path=name)
        seen.add(name)
