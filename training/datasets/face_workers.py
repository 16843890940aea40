"""The slow part of the face tool, on several processes: finding and labelling. What it needs is loaded once in each."""

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import cv2

from statue_models.errors import StatueError, report_out_of_memory
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.registry import predictor
from training.datasets import relabel
from training.datasets.face_crops import FaceCrop, Settings, harvest
from training.datasets.face_finding import BoxDetector, yunet
from training.datasets.picture_files import read_rgb

#: What concerns one picture only: it is reported, and the others go on.
OF_ONE_PICTURE = (
    *("missing-file", "unreadable-file", "not-an-image", "truncated-image", "unsupported-image"),
    *("image-too-large", "bad-pixels", "out-of-memory"),
)
T = TypeVar("T")


@dataclass(frozen=True)
class Tools:
    """Where the model files are: FaceMesh's folder (None = the usual places), a YuNet file or None."""

    models: Path | None = None
    yunet: Path | None = None

    def load(self) -> tuple[LandmarkPredictor, BoxDetector | None]:
        """Both, loaded once per process.

        Raises:
            StatueError: ``weights-missing``, ``weights-hash``, ``unreadable-file``, ``missing-file`` or
                ``bad-training-data``.
        """
        return predictor("facemesh", self.models), None if self.yunet is None else _yunet(self.yunet)


@cache
def _yunet(path: Path) -> BoxDetector:
    return yunet(path)


@dataclass(frozen=True)
class FailedPicture:
    """A picture that gave nothing, and why, in words."""

    reason: str


@dataclass(frozen=True)
class HarvestJob:
    """Find the faces of a photograph; see ``face_crops.harvest``."""

    photograph: Path
    sha256: str
    store: Path
    settings: Settings
    tools: Tools

    def __call__(self) -> list[FaceCrop]:
        """The photograph's faces, stored."""
        found, detector = self.tools.load()
        return harvest(self.photograph, self.sha256, self.store, self.settings, found, detector)


@dataclass(frozen=True)
class LabelJob:
    """Label a ready crop, which must be square; see ``relabel.label``."""

    crop: Path
    tools: Tools

    def __call__(self) -> relabel.Label | None:
        """The crop's label, or None without a face."""
        rgb = read_rgb(self.crop)
        if rgb.shape[0] != rgb.shape[1]:
            raise StatueError("unsupported-image", path=self.crop, what="sides of different lengths")
        return relabel.label(rgb, self.tools.load()[0])


def run_all(jobs: Sequence[Callable[[], T]], workers: int) -> Iterator[tuple[int, T | FailedPicture]]:
    """(index, result) of every job, as they come.

    Ctrl-C ends the jobs that are under way, starts no others, and goes on as ``KeyboardInterrupt``.

    Raises:
        StatueError: what a job raises that does not concern one picture alone; ``out-of-memory`` when a process died.
    """
    if workers == 1:
        for index, job in enumerate(jobs):
            yield index, _catch_failure(job)
        return
    # A forked process may hang in OpenCV's threads.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_prepare)
    try:
        with report_out_of_memory():
            futures = {pool.submit(_catch_failure, job): index for index, job in enumerate(jobs)}
            for future in as_completed(futures):
                yield futures[future], future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the first process decides
    cv2.setNumThreads(1)


def _catch_failure(job: Callable[[], T]) -> T | FailedPicture:
    try:
        return job()
    except StatueError as error:
        if error.code not in OF_ONE_PICTURE:
            raise
        return FailedPicture(error.sentence)
    except (MemoryError, cv2.error) as error:
        return FailedPicture(f"it cannot be worked on ({type(error).__name__}: {error})".replace("\n", " "))


class Progress:
    """Counts on stderr: a line that changes on a terminal, one line for every fiftieth elsewhere."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        text = f"{self._what} {self._done}/{self._total}"
        last = self._done == self._total
        if sys.stderr.isatty():
            print(f"\r{text}", end="\n" if last else "", file=sys.stderr, flush=True)
        elif last or self._done % 50 == 0:
            print(text, file=sys.stderr, flush=True)


def results_of(jobs: Sequence[Callable[[], T]], workers: int, what: str) -> list[T | FailedPicture]:
    """Of all jobs, in their order; ``what`` they are is said on stderr with their count.

    Raises:
        StatueError: see ``run_all``.
    """
    progress, results = Progress(what, len(jobs)), dict[int, T | FailedPicture]()
    for index, result in run_all(jobs, workers):
        results[index] = result
        progress.step()
    return [results[index] for index in range(len(jobs))]
