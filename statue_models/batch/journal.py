"""What has been done: beside each result, in the folder ``.statue``, an entry says what was asked and what was made.

An entry is written before the work, and again when all files are there; each time whole. So whoever resumes knows which
pictures are done as they are asked for now, and which files are the program's own, to be written over, and which are
not: a result that somebody has retouched since is never lost.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import statue_models
from statue_models.batch import files
from statue_models.errors import StatueError
from statue_models.methods import registry
from statue_models.pictures.mask_file import ALPHA
from statue_models.tasks.picture_task import PictureTask

FOLDER = ".statue"
_SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """What is known of a result.

    Attributes:
        asked: ``hash_of`` the task.
        made: what a file is (``variant 1``, ``report``, ...) -> its sha256; None while it may not be there yet.
        done: whether all are there.
        notes: of the restoration, as records hold them.
        seconds: that it took.
    """

    asked: str
    made: Mapping[str, str | None] = field(default_factory=dict)
    done: bool = False
    notes: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0

    def is_of(self, task: PictureTask, asked: str) -> bool:
        """Whether a task has been done just as it is asked for, and all that was made is still there."""
        return self.done and self.asked == asked and all(files.exists(_named(task)[part]) for part in self.made)


def hash_of(task: PictureTask) -> str:
    """sha256 of all that determines what a task makes: its files' bytes, what is asked, the method and its weights.

    Raises:
        StatueError: unknown-model; missing-file, unreadable-file.
    """
    method = registry.descriptor(str(task.asked["model"]))
    told = {
        "program": statue_models.__version__,
        "method": [method.name, method.facts.sha256],
        "photo": files.digest(task.photo),
        "mask": ALPHA if task.mask == ALPHA else files.digest(task.mask),
        "landmarks": task.landmarks and files.digest(task.landmarks),
        "pages": [files.page(task.photo), files.page(task.mask)],
        "shape": [task.invert, task.grow, task.feather],
        "asked": {**task.asked, "model": method.name},
        "format": files.file_name(task.outputs[0]).rpartition(".")[2].lower(),
        "beside": [task.report is not None, task.uncertainty is not None],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_entry(task: PictureTask) -> Entry | None:
    """The entry of a task's result; None where there is none that can be read."""
    text = files.read_text(_place(task))
    try:
        data = json.loads(text or "")
        if data["schema"] != _SCHEMA:
            return None
        return Entry(data["asked"], data["made"], data["done"], tuple(data["notes"]), data["seconds"])
    except (ValueError, KeyError, TypeError):
        return None


def begin(task: PictureTask, asked: str) -> None:
    """Note that from now on whatever lies where a task writes is the program's own.

    Raises:
        StatueError: output-unwritable; disk-full.
    """
    _write(task, Entry(asked, dict.fromkeys(_named(task))))


def finish(
    task: PictureTask, asked: str, written: Sequence[str], notes: Sequence[Mapping[str, Any]], took: float
) -> None:
    """Note that a task is done: ``written`` are the names of the files that it made, ``took`` its seconds.

    Raises:
        StatueError: output-unwritable; disk-full.
    """
    made = {part: files.digest(name) for part, name in _named(task).items() if name in written}
    _write(task, Entry(asked, made, True, tuple(notes), took))


def give_up(task: PictureTask, asked: str) -> None:
    """Note that a task is at rest undone: what lies there now is the program's own, what comes there later is not.

    Raises:
        StatueError: output-unwritable; disk-full.
    """
    made = {part: files.digest(name) for part, name in _named(task).items() if files.exists(name)}
    _write(task, Entry(asked, made))


def check_own(task: PictureTask, entry: Entry | None) -> bool:
    """Whether all files that lie where a task writes are the program's own, as it left them; there may be none.

    Raises:
        StatueError: output-exists, of the first that is not.
    """
    there = {part: name for part, name in _named(task).items() if files.exists(name)}
    for part, name in there.items():
        made = {} if entry is None else entry.made
        if part not in made or (made[part] is not None and made[part] != files.digest(name)):
            raise StatueError("output-exists", path=name)
    return bool(there)


def _named(task: PictureTask) -> dict[str, str]:
    """What each file is that a task may write, and its name: folders may be moved, and named otherwise."""
    named = {f"variant {number}": name for number, name in enumerate(task.outputs, 1)}
    beside = {"report": task.report, "uncertainty": task.uncertainty}
    return named | {part: name for part, name in beside.items() if name is not None}


def _place(task: PictureTask) -> str:
    first = task.outputs[0]
    return files.in_folder(files.in_folder(files.folder_of(first), FOLDER), f"{files.file_name(first)}.json")


def _write(task: PictureTask, entry: Entry) -> None:
    told = {"schema": _SCHEMA, "done": entry.done, "asked": entry.asked, "made": dict(entry.made)}
    told |= {"notes": [dict(note) for note in entry.notes], "seconds": entry.seconds}
    files.write_text(_place(task), json.dumps(told, indent=1) + "\n")
