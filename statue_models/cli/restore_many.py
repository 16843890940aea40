"""``statue restore`` for many photographs: by all cores, or by a cluster, going on after failures and after an end."""

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from statue_models.batch import files, summary
from statue_models.batch.capacity import worker_count
from statue_models.batch.list_file import read_list
from statue_models.batch.local_pool import LocalPool
from statue_models.batch.masks import MaskFolder
from statue_models.batch.outcome import FAILED, KEPT, Outcome, Wanted
from statue_models.batch.pool import Batch, Pool
from statue_models.batch.time_left import TimeLeft, in_words, work_in
from statue_models.batch.wanted_pictures import check_outputs, variant_names, want
from statue_models.cli import output
from statue_models.cli.arguments import parse_more
from statue_models.cli.restore import task_of
from statue_models.errors import StatueError
from statue_models.fields import FIELDS
from statue_models.pictures.formats.spooling import STDIN
from statue_models.pictures.mask_file import ALPHA
from statue_models.tasks.paths import is_address
from statue_models.tasks.picture_task import PictureTask


def run(options: Namespace) -> int:
    """Carry the command out; see docs/batch.md.

    Returns:
        The exit status: that of ``some-failed`` or ``stopped-early``, or 0.

    Raises:
        StatueError: what is wrong with the batch as a whole, before any of it is done.
    """
    wanted = list(_wanted(options))
    if not wanted:
        raise StatueError("usage", reason="There is no photograph of that name")
    check_outputs(wanted)
    started = time.monotonic()
    with output.ProgressLine(not options.quiet) as line:
        teller = _Teller(wanted, TimeLeft([work_in(one.photo) for one in wanted], 1), line, options.quiet)
        pool = _pool(options, wanted)
        teller.left.workers = pool.size
        batch = Batch(wanted, pool, options.resume, teller.ended, teller.tick)
        lost: StatueError | None = None
        try:
            batch.run()
        except StatueError as failure:  # no worker can be had any more: what was done is told all the same
            lost = failure
    error = lost or summary.failure(batch.outcomes, batch.interrupted)
    if not options.quiet:
        print("\n" + summary.table(wanted, batch.outcomes) + "\n", file=sys.stderr)
        for remedy in summary.remedies(batch.outcomes):
            print(remedy, file=sys.stderr)
    if options.json:
        output.print_json(summary.to_json(wanted, batch.outcomes, time.monotonic() - started, error))
    return 0 if error is None else output.report(error, False)


def _pool(options: Namespace, wanted: Sequence[Wanted]) -> Pool:
    if options.ray is None:
        return LocalPool(options.workers or worker_count(len(wanted)))
    from statue_models.batch.ray_pool import RayPool

    cuda = any(one.task is not None and one.task.asked["device"] == "cuda" for one in wanted)
    return RayPool(options.ray, options.workers, cuda)


def _wanted(options: Namespace) -> Iterator[Wanted]:
    """Every photograph of the batch.

    Raises:
        StatueError: usage; bad-list, missing-file, unreadable-file; output-unwritable.
    """
    _check(options)
    if options.output is not None:
        files.make_folder(options.output)
    for folder in filter(None, (options.report, options.uncertainty)):
        files.make_folder(folder)
    masks = None if options.masks is None else MaskFolder.read(options.masks)
    if options.list is None:
        for photo in (name for pattern in options.photos for name in files.matches(pattern)):
            yield _want(options, options, photo, masks or options.mask, "")
        return
    for row in read_list(options.list):
        try:
            asked = parse_more(row.words, options)
            for field in row.unset:
                setattr(asked, field, FIELDS[field].default)
        except StatueError as error:
            raise StatueError("bad-list", path=options.list, reason=f"row {row.number}: {error.sentence}") from None
        mask = row.mask or masks or options.mask
        if mask is None or not (row.output or options.output):
            lacking = "mask" if mask is None else "output"
            raise StatueError(
                "bad-list", path=options.list, reason=f"row {row.number} has no {lacking}, nor is there one for all"
            )
        yield _want(options, asked, row.photo, mask, row.output)


def _check(options: Namespace) -> None:
    """Whether what is asked for goes together.

    Raises:
        StatueError: usage.
    """
    reason = ""
    if bool(options.photos) == (options.list is not None):
        reason = "Give photographs, or a list of them with --list FILE" + (", not both" if options.photos else "")
    elif options.runner:
        reason = "The runner takes one photograph at a time: many are restored without --runner"
    elif STDIN in options.photos:
        reason = "Standard input holds one picture, and is restored by itself"
    elif options.masks is not None and options.mask is not None:
        reason = "Give --masks or --mask, not both"
    elif options.mask not in (None, ALPHA) and len(options.photos) != 1:
        reason = "A mask is of one photograph: give a folder of masks with --masks DIR, or --mask alpha"
    elif options.landmarks is not None and len(options.photos) != 1:
        reason = "Landmarks are of one photograph: give each its own in a list with --list FILE"
    elif options.list is None and options.mask is None and options.masks is None:
        reason = "The following arguments are required: --masks or --mask alpha"
    elif options.list is None and options.output is None:
        reason = "The following arguments are required: -o/--output"
    if reason:
        raise StatueError("usage", reason=reason)


def _want(options: Namespace, asked: Namespace, photo: str, mask: str | MaskFolder, named: str) -> Wanted:
    """A photograph of the command line, or of a list's row, which asks for more than the command line does.

    Args:
        options: of the command line, whose outputs are folders. asked: of the row. photo, mask: names.
        named: the output that the row names, or empty.
    """
    name = named or files.in_folder(options.output, files.result_name(photo))

    def make(photo: str, mask: str, outputs: Sequence[str]) -> PictureTask:
        task = task_of(asked, photo, mask, outputs)
        if task.report is not None and task.report == options.report:
            task = replace(task, report=files.in_folder(task.report, f"{files.file_name(name)}.json"))
        if task.uncertainty is not None and task.uncertainty == options.uncertainty:
            task = replace(task, uncertainty=files.in_folder(task.uncertainty, f"{files.file_name(name)}.png"))
        return task if options.ray is None else _absolute(task)

    return want(photo, mask, variant_names(name, asked.variants), make)


def _absolute(task: PictureTask) -> PictureTask:
    """The task with names that are the same on every machine that sees its folders."""

    def absolute(name: str | None) -> str | None:
        return name if name is None or name == ALPHA or is_address(name) else str(Path(name).absolute())

    return replace(
        task,
        photo=absolute(task.photo) or "",
        mask=absolute(task.mask) or "",
        outputs=tuple(absolute(name) or "" for name in task.outputs),
        landmarks=absolute(task.landmarks),
        report=absolute(task.report),
        uncertainty=absolute(task.uncertainty),
    )


@dataclass
class _Teller:
    """Tells what goes on: a line that changes, on a terminal, and lines that stay."""

    wanted: Sequence[Wanted]
    left: TimeLeft
    line: output.ProgressLine
    quiet: bool
    all_ended: int = 0
    failed: int = 0

    def ended(self, number: int, outcome: Outcome) -> None:
        """A photograph has ended."""
        self.left.ended(number, outcome)
        self.all_ended += 1
        self.failed += outcome.state == FAILED
        photo = self.wanted[number].photo
        self.line.show("")
        for message in outcome.said:
            output.say(f"{photo}: {message}", self.quiet)
        if outcome.error is not None:
            output.say(f"{photo}: {outcome.error['sentence']}")
        if outcome.state == KEPT:
            output.say(f"{photo}: done before", self.quiet)

    def tick(self, flying: Sequence[int]) -> None:
        """A second has passed."""
        words = f"{self.all_ended} of {len(self.wanted)}"
        if self.failed:
            words += f", {self.failed} failed"
        seconds = self.left.seconds(flying)
        self.line.show(f"{words}, about {in_words(seconds)} left" if seconds else words)
