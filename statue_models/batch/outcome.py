"""What came of each photograph of a batch. Plain data, which travels between processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from statue_models.errors import StatueError
from statue_models.tasks.picture_task import PictureTask

# States of a photograph.
DONE, KEPT, FAILED, LEFT = "done", "kept", "failed", "left"


@dataclass(frozen=True)
class Wanted:
    """A photograph of a batch.

    Attributes:
        photo: its name.
        task: what is to be done with it; None where that is not clear.
        error: why not.
    """

    photo: str
    task: PictureTask | None = None
    error: StatueError | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        state: ``done``, ``kept`` (had been done before), ``failed``, or ``left`` (not come to).
        files: the names of what was written.
        notes: of the restoration, as records hold them.
        said: lines for the user.
        seconds: on the wall, in its process.
        error: of a failure, as ``StatueError.to_json`` tells it.
    """

    state: str
    files: tuple[str, ...] = ()
    notes: tuple[Mapping[str, Any], ...] = ()
    said: tuple[str, ...] = ()
    seconds: float = 0.0
    error: Mapping[str, str] | None = None
