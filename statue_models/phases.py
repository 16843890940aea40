"""The phases of a restoration, as progress callbacks name them and as a person reads them.

The names travel over HTTP and never change; what is shown for them is each front end's own affair. The plug-in, whose
Python may be older than ``StrEnum``, holds a table of its own, and a test holds the two together.
"""

from enum import StrEnum


class Phase(StrEnum):
    """What is being done."""

    CONNECTING = "connecting"
    WAITING = "waiting"
    STARTING = "starting"
    FACE = "face"
    FITTING = "fitting"
    SAMPLING = "sampling"
    FILLING = "filling"
    UNCERTAINTY = "uncertainty"
    BLENDING = "blending"
    DONE = "done"
    WORKING = "working"

    @classmethod
    def named(cls, name: str) -> "Phase":
        """The phase of that name; ``WORKING`` for one that a newer runner knows."""
        return cls(name) if name in cls._value2member_map_ else cls.WORKING

    @property
    def words(self) -> str:
        """What the command line shows."""
        return _WORDS[self]


_WORDS = {
    Phase.CONNECTING: "asking the runner",
    Phase.WAITING: "waiting for other jobs",
    Phase.STARTING: "starting",
    Phase.FACE: "finding the face",
    Phase.FITTING: "fitting the head",
    Phase.SAMPLING: "sampling",
    Phase.FILLING: "filling",
    Phase.UNCERTAINTY: "estimating the uncertainty",
    Phase.BLENDING: "blending",
    Phase.DONE: "done",
    Phase.WORKING: "working",
}
