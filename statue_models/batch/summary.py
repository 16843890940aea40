"""What is told at the end of a batch: a table for people, an object for programs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from statue_models.batch.outcome import DONE, FAILED, KEPT, LEFT, Outcome, Wanted
from statue_models.errors import StatueError
from statue_models.notes import Note

_HEAD = ("picture", "state", "seconds", "notes or error")
#: Notes of every restoration, which say how a mask was understood: nothing to look after.
_USUAL = ("mask-understood",)


def count(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """State -> how many have it, all states there."""
    counts = dict.fromkeys((DONE, KEPT, FAILED, LEFT), 0)
    for outcome in outcomes:
        counts[outcome.state] += 1
    return counts


def table(wanted: Sequence[Wanted], outcomes: Sequence[Outcome]) -> str:
    """A line for each photograph; notes that every restoration has are not counted."""
    rows = [_HEAD]
    for one, outcome in zip(wanted, outcomes, strict=True):
        seconds = f"{outcome.seconds:.1f}" if outcome.state in (DONE, FAILED) and one.task is not None else "-"
        rows.append((one.photo, outcome.state, seconds, _last(outcome)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    lines = []
    for row in rows:
        photo, state, seconds = row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2])
        lines.append("  ".join([photo, state, seconds, row[3]]).rstrip())
    return "\n".join(lines)


def _last(outcome: Outcome) -> str:
    if outcome.error is not None:
        return outcome.error["code"]
    number = sum(note["code"] not in _USUAL for note in outcome.notes)
    return str(number) if outcome.state in (DONE, KEPT) else ""


def remedies(outcomes: Iterable[Outcome]) -> list[str]:
    """Of each error that there was, in the order of the first photograph that has it: its code, and what to do."""
    found: dict[str, str] = {}
    for outcome in outcomes:
        if outcome.error is not None:
            found.setdefault(outcome.error["code"], outcome.error["remedy"])
    return [f"{code}: {remedy}" for code, remedy in found.items()]


def failure(outcomes: Sequence[Outcome], interrupted: bool) -> StatueError | None:
    """How a batch as a whole ended badly, or None."""
    counts = count(outcomes)
    if interrupted:
        return StatueError("stopped-early", done=counts[DONE] + counts[KEPT], all=len(outcomes))
    if counts[FAILED]:
        return StatueError("some-failed", failed=counts[FAILED], all=len(outcomes))
    return None


def to_json(
    wanted: Sequence[Wanted], outcomes: Sequence[Outcome], seconds: float, error: StatueError | None
) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "pictures": [_picture(one, outcome) for one, outcome in zip(wanted, outcomes, strict=True)],
        "counts": count(outcomes),
        "seconds": round(seconds, 3),
        "error": None if error is None else error.to_json(),
    }


def _picture(one: Wanted, outcome: Outcome) -> Mapping[str, Any]:
    return {
        "photo": one.photo,
        "mask": None if one.task is None else one.task.mask,
        "output": None if one.task is None else one.task.outputs[0],
        "state": outcome.state,
        "files": list(outcome.files),
        "seconds": outcome.seconds,
        "notes": [Note.from_json(note).sentence for note in outcome.notes],
        "error": None if outcome.error is None else dict(outcome.error),
    }
