"""How many threads the libraries may use: one each.

Sums in another order differ in the last bits, so PyTorch on two threads gives other pixels than on one or four, and so
may BLAS. One thread gives the same bytes on one core and on sixty-four, whatever ``OMP_NUM_THREADS`` says. It also
keeps processes out of each other's way: OpenMP's threads spin while they wait for one another, and beside other work
each of the many small layers of a network waits for a thread that does not get its turn (docs/performance.md).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from threadpoolctl import threadpool_limits

#: Threads that each library may use; why stands above.
THREADS = {"blas": 1, "opencv": 1, "torch": 1}


class _Held:
    """BLAS and OpenCV count threads per process: whoever comes first lowers the numbers, the last puts them back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._opencv = 0
        self._blas: threadpool_limits | None = None

    def take(self) -> None:
        with self._lock:
            if self._holders == 0:
                self._opencv = cv2.getNumThreads()
                self._blas = threadpool_limits(THREADS["blas"], user_api="blas")
                cv2.setNumThreads(THREADS["opencv"])
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                assert self._blas is not None
                self._blas.restore_original_limits()
                cv2.setNumThreads(self._opencv)


_held = _Held()
_torch_turn = threading.RLock()


@contextmanager
def one_thread() -> Iterator[None]:
    """While the block lasts, BLAS and OpenCV use one thread; afterwards as many as before."""
    _held.take()
    try:
        yield
    finally:
        _held.release()


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """While the block lasts, PyTorch uses one thread in this thread; afterwards as many as before.

    PyTorch keeps one number for the process (MKL's) and one per thread (OpenMP's), and sets both at once. So the blocks
    of a process take turns; within a block, another may be entered.
    """
    import torch

    with _torch_turn:
        before = torch.get_num_threads()
        torch.set_num_threads(THREADS["torch"])
        try:
            yield
        finally:
            torch.set_num_threads(before)
