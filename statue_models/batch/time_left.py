"""How long a batch will still take, from what its photographs have taken so far."""

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from statue_models.batch.outcome import DONE, FAILED, Outcome
from statue_models.tasks.paths import is_address

#: A photograph costs as much as so many megapixels before its own are counted: the face is searched in small pictures
#: and restored in a frame whatever the size. Chosen, after docs/performance.md.
_FIXED = 4.0
#: Megapixels of one whose header does not say, or is not here. Chosen.
_UNKNOWN = 2.0


def work_in(photo: str) -> float:
    """How much work a photograph makes, in megapixels."""
    if is_address(photo) or not Path(photo).is_file():
        return _FIXED + _UNKNOWN
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(photo) as picture:
            return _FIXED + picture.width * picture.height / 1e6
    except Exception:  # no picture, or not one of Pillow's: what is wrong with it is said where it is read
        return _FIXED + _UNKNOWN


class TimeLeft:
    """An estimate that grows with what is known: seconds per unit of work, of the photographs that were restored.

    What had been done before, and what failed at once, says nothing of the others and is left out.

    Args:
        work: of each photograph.
        workers: how many do it; may change.
        clock: seconds.
    """

    def __init__(self, work: Sequence[float], workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._left: dict[int, float] = dict(enumerate(work))
        self.workers, self._clock = workers, clock
        self._seconds = self._done = 0.0
        self._started: dict[int, float] = {}

    def ended(self, number: int, outcome: Outcome) -> None:
        """A photograph has ended."""
        work = self._left.pop(number)
        self._started.pop(number, None)
        slow = outcome.state == FAILED and self._done > 0 and outcome.seconds > work * self._seconds / self._done / 2
        if outcome.state == DONE or slow:
            self._seconds += outcome.seconds
            self._done += work

    def seconds(self, flying: Iterable[int]) -> float | None:
        """Seconds until all are done; None while nothing has been restored yet.

        Args:
            flying: numbers of the photographs that are being restored.
        """
        now = self._clock()
        flying = [number for number in flying if number in self._left]
        for number in flying:
            self._started.setdefault(number, now)
        if not self._done:
            return None
        rate = self._seconds / self._done
        under_way = {number: max(0.0, self._left[number] * rate - (now - self._started[number])) for number in flying}
        waiting = sum(work * rate for number, work in self._left.items() if number not in under_way)
        return max([(waiting + sum(under_way.values())) / self.workers, *under_way.values()])


def in_words(seconds: float) -> str:
    """A time as people say it, not more exact than it is known."""
    if seconds < 90:
        return f"{max(1, round(seconds / 5) * 5) if seconds > 10 else max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
