"""What restores one photograph after the other, and keeps its models loaded: one in each process of a pool."""

import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from statue_models.batch import files, journal
from statue_models.batch.outcome import DONE, FAILED, KEPT, Outcome
from statue_models.errors import StatueError
from statue_models.pictures.mask_file import ALPHA
from statue_models.request import Progress, Restoration, RestorationRequest, no_progress
from statue_models.restoring.restorer import Restorer
from statue_models.tasks.paths import is_address
from statue_models.tasks.picture_task import PictureTask
from statue_models.tasks.restore_files import Restored, Say, restore_files
from statue_models.threads import one_thread


class PictureWorker:
    """Does tasks one by one. The libraries have one thread from now on: as many workers fit as there are cores."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self._held.enter_context(one_thread())
        self._restorer = Restorer()

    def end(self) -> None:
        """Give the libraries their threads back; a process that ends anyway need not."""
        self._held.close()

    def work(self, task: PictureTask, resume: bool, progress: Progress = no_progress) -> Outcome:
        """Do a task, and tell what came of it; nothing is raised but ``interrupted``.

        Args:
            task: of files here or elsewhere.
            resume: leave alone what is done, and write over what the program itself left.
            progress: of the restoration; raises ``interrupted`` to end it.
        """
        started = time.perf_counter()
        said: list[str] = []

        def say(message: str, *, always: bool = False) -> None:
            said.append(message)

        try:
            outcome = self._work(task, resume, progress, say)
        except Exception as failure:
            error = StatueError.from_exception(failure)
            if error.code == "interrupted":
                raise error from None
            outcome = Outcome(FAILED, error=error.to_json())
        spent = round(time.perf_counter() - started, 3)
        return dataclasses.replace(outcome, said=tuple(said), seconds=spent)

    def _work(self, task: PictureTask, resume: bool, progress: Progress, say: Say) -> Outcome:
        asked = journal.hash_of(task)
        if resume:
            entry = journal.read_entry(task)
            if entry is not None and entry.is_of(task, asked):
                return Outcome(KEPT, notes=entry.notes)
            if not task.force:
                task = dataclasses.replace(task, force=journal.check_own(task, entry))
            if entry is not None and not entry.done:
                for name in task.written:
                    files.remove_unfinished(name)
        elif not task.force:
            journal.check_own(task, None)
        started = time.perf_counter()
        journal.begin(task, asked)

        def restore(request: RestorationRequest) -> Restoration:
            return self._restorer.restore(request, progress)

        try:
            written, notes = _restore(task, restore, say)
        except BaseException:
            with suppress(StatueError):  # what went wrong first is what is told
                journal.give_up(task, asked)
            raise
        journal.finish(task, asked, written, notes, round(time.perf_counter() - started, 3))
        return Outcome(DONE, files=written, notes=notes)


def _restore(
    task: PictureTask, restore: Callable[[RestorationRequest], Restoration], say: Say
) -> tuple[tuple[str, ...], tuple[Mapping[str, Any], ...]]:
    """The names of the files that were made, and the notes of the restoration."""
    with _brought_here(task) as (here, there):

        def say_there(message: str, *, always: bool = False) -> None:
            for path, name in there.items():
                message = message.replace(path, name)
            say(message, always=always)

        try:
            restored = restore_files(here, restore, say_there)
        except StatueError as error:
            path = str(error.details.get("path"))
            raise (error.told_with(path=there[path]) if path in there else error) from None
        made = [str(path) for path in _made(here, restored)]
        for name in made:
            if name in there:
                files.send(Path(name), there[name])
    notes = tuple(note.to_json() for note in restored.restoration.notes)
    return tuple(there.get(name, name) for name in made), notes


def _made(task: PictureTask, restored: Restored) -> Iterator[Path]:
    yield from restored.files
    if task.report is not None:
        yield Path(task.report)
    if restored.uncertainty is not None:
        yield restored.uncertainty


@contextmanager
def _brought_here(task: PictureTask) -> Iterator[tuple[PictureTask, Mapping[str, str]]]:
    """The task with files of this machine alone, and which of them is which file of elsewhere."""
    there: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="statue-") as folder:

        def place(part: str, name: str) -> Path:
            (Path(folder) / part).mkdir(exist_ok=True)
            path = Path(folder) / part / files.file_name(name)
            there[str(path)] = name
            return path

        def read(part: str, name: str | None) -> str | None:
            if name is None or not is_address(name):
                return name
            return str(files.fetch(name, place(part, name).parent))

        def write(part: str, name: str | None) -> str | None:
            return str(place(part, name)) if name is not None and is_address(name) else name

        here = dataclasses.replace(
            task,
            photo=read("photo", task.photo) or "",
            mask=task.mask if task.mask == ALPHA else read("mask", task.mask) or "",
            landmarks=read("landmarks", task.landmarks),
            outputs=tuple(write("outputs", name) or "" for name in task.outputs),
            report=write("report", task.report),
            uncertainty=write("uncertainty", task.uncertainty),
        )
        yield here, there
