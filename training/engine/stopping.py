"""How a run is stopped by hand."""

import signal
import sys
import threading
from types import FrameType


class StopSignals:
    """The first Ctrl-C (or SIGTERM, as batch systems send it) asks for a clean stop, the second stops at once.

    Args:
        quiet: say nothing, where several processes get the same signal.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.seen = False
        self.quiet = quiet

    def __enter__(self) -> "StopSignals":
        # Handlers can be set in the main thread alone; elsewhere whoever owns that thread handles signals.
        numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
        self._before = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.seen:
            raise KeyboardInterrupt
        self.seen = True
        if not self.quiet:
            print("stopping after this step; once more to stop at once", file=sys.stderr)
