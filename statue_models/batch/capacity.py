"""How many workers this machine carries: no more than it has cores for, and memory."""

import math
import os
from pathlib import Path

#: Bytes that a worker takes with the largest model and a photograph of a few megapixels; see docs/batch.md.
PER_WORKER = 1 << 30
_CGROUP = Path("/sys/fs/cgroup")


def worker_count(tasks: int) -> int:
    """How many workers do so many tasks best here; at least 1."""
    return max(1, min(tasks, usable_cores(), free_memory() // PER_WORKER))


def usable_cores() -> int:
    """Cores that this process may use: not those that it was kept from, and no more than its container's share."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        share, period = (_CGROUP / "cpu.max").read_text().split()
        return max(1, min(cores, math.ceil(int(share) / int(period))))
    except (OSError, ValueError):  # no container, or one without a limit
        return cores


def free_memory() -> int:
    """Bytes that can be had without taking them from others; where nobody says, as many as one could want."""
    found = [1 << 62]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        found += [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
        limit, used = (int((_CGROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        found.append(max(0, limit - used))
    except (OSError, ValueError):
        pass
    return min(found)
