"""Training what an experiment still needs: runs in processes of their own, some at once, stopped and gone on with."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.experiments.trial import Trial

#: What a process said, beside its run.
OUTPUT = "output.txt"
#: Seconds between two looks at the processes. Chosen.
LOOK_EVERY = 0.2
#: How willingly processes step back for others' work. Chosen: a desktop stays usable.
NICENESS = 10
#: Libraries' threads, which would get into each other's way.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
#: Makes the words after ``python -m training`` a command.
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Going:
    """A run that is going on.

    Attributes:
        trial: what is trained. process: trains it. started: by the monotonic clock, in seconds.
        left: minutes of processor time that it needed then.
    """

    trial: Trial
    process: subprocess.Popen
    started: float
    left: float

    def minutes_left(self, now: float, pace: float) -> float:
        """Of a clock, at this pace (``Progress.pace``)."""
        return max(0.0, pace * self.left - (now - self.started) / 60)


@dataclass
class Progress:
    """How a call went.

    Attributes:
        done: runs that it finished. failed: those that ended otherwise, with what they said last.
        stopped: it was asked to stop.
        core_minutes, minutes: that the runs which it finished needed, and took by a clock.
    """

    done: list[Trial] = field(default_factory=list)
    failed: list[tuple[Trial, str]] = field(default_factory=list)
    stopped: bool = False
    core_minutes: float = 0.0
    minutes: float = 0.0

    @property
    def pace(self) -> float:
        """Minutes of a clock per minute of processor time; 1 until it is known."""
        return self.minutes / self.core_minutes if self.core_minutes else 1.0


def train_trials(
    waiting: Sequence[Trial],
    jobs: int,
    device: str,
    say: Callable[[str], None],
    asked_to_stop: Callable[[], bool] = lambda: False,
    start: Callable[[Sequence[str], Path], subprocess.Popen] | None = None,
) -> Progress:
    """Train each of them to its end, or, when asked to stop, as far as it is.

    Args:
        waiting: what is to be trained.
        jobs: so many at once.
        device: that of ``--device``.
        say: takes lines for the user.
        asked_to_stop: asked all the time; the processes are then told to, once, and waited for.
        start: starts a process of these words, whose output goes to a file; None = ``start_training``.
    """
    start = start or start_training
    queue, progress = list(waiting), Progress()
    going: list[Going] = []
    try:
        while going or (queue and not progress.stopped):
            while queue and len(going) < jobs and not progress.stopped:
                trial = queue.pop(0)
                left = trial.core_minutes_left()
                trial.folder.mkdir(parents=True, exist_ok=True)
                process = start(trial.words(device), trial.folder / OUTPUT)
                going.append(Going(trial, process, time.monotonic(), left))
            if asked_to_stop() and not progress.stopped:
                progress.stopped = True
                for one in going:
                    _ask_to_stop(one.process)
            for one in [one for one in going if one.process.poll() is not None]:
                going.remove(one)
                _note_end(one, progress)
                left = minutes_left(queue, going, jobs, progress.pace)
                what = "done" if one.trial in progress.done else "stopped" if progress.stopped else "failed"
                say(f"{one.trial.name}: {what}; {len(queue) + len(going)} to go, about {clock(left)} left")
            time.sleep(LOOK_EVERY)
    finally:
        for one in going:  # only after an error, or a second Ctrl-C
            one.process.kill()
            one.process.wait()
    return progress


def minutes_left(queue: Sequence[Trial], going: Sequence[Going], jobs: int, pace: float = 1.0) -> float:
    """Until all is done, in minutes of a clock, at this pace (``Progress.pace``)."""
    now = time.monotonic()
    ends = sorted([one.minutes_left(now, pace) for one in going] + [0.0] * (jobs - len(going)))
    for trial in queue:
        ends.append(ends.pop(0) + pace * trial.core_minutes_left())
        ends.sort()
    return ends[-1]


def clock(minutes: float) -> str:
    """Hours and minutes."""
    return f"{round(minutes) // 60}:{round(minutes) % 60:02d} h"


def start_training(words: Sequence[str], output: Path) -> subprocess.Popen:
    """A process of ``python -m training`` with one thread, in a group of its own: Ctrl-C is for us to hand on, once."""
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))))
    environment: Mapping[str, str] = {**os.environ, **ONE_THREAD, "PYTHONPATH": path}
    with output.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "training", *words], env=environment, stdin=subprocess.DEVNULL,
            stdout=stream, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    return process


def _ask_to_stop(process: subprocess.Popen) -> None:
    """As Ctrl-C does; where there is no such signal it ends at once, and its last checkpoint is gone on from."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT) if os.name == "posix" else process.terminate()


def _note_end(one: Going, progress: Progress) -> None:
    """A process has ended."""
    trial = one.trial
    if trial.record().ended == "done":
        progress.done.append(trial)
        progress.core_minutes += one.left
        progress.minutes += (time.monotonic() - one.started) / 60
    elif not progress.stopped:
        said = (trial.folder / OUTPUT).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        progress.failed.append((trial, said[-1] if said else "it said nothing"))
