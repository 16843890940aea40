"""Memory that the program has freed and the C library still holds."""

import ctypes
import sys


def give_back() -> None:
    """Return freed memory to the system, where the C library knows how (glibc).

    Small arrays come from a heap that only shrinks at its end. After a fit 100 MB of it lie free; arrays of tens of
    megabytes, as large holes need, never come from there.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
