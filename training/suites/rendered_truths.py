"""The ``rendered`` suite: statues of the factory that are never trained on, rendered once per machine and kept.

Their landmarks are the factory's own, exact. Rendering on a CPU gives the same bytes every time on one machine; another
processor, Warp or PyTorch may differ in the last bits, which the suite's digest then shows.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from statue_models import places
from statue_models.errors import StatueError
from training.suites.cases import Truth
from training.suites.held_back import HELD_BACK_SEEDS

#: Statues, and the side of their pictures in pixels; chosen, frozen by the digest.
STATUES, SIDE = 128, 256
#: Heads turned further (degrees) are left out: the program refuses them as profiles, and the eye distance that errors
#: are divided by vanishes. So a few more are rendered than are needed. Chosen.
MOST_YAW, RENDERED = 60.0, 136
MANIFEST = "manifest.jsonl"
#: As ``cases.CHECK_DIGEST``, of statues rendered on an x86-64 CPU with Warp 1.19.
RENDERED_DIGEST = "75a7817fda53985affa767e7b0923d6199b9c0dc0cc284d72658876677421cd4"


def default_cache() -> Path:
    """Where the renders are kept unless another folder is named."""
    return places.data_directory() / "evaluation" / f"statues-{STATUES}-{SIDE}"


def rendered_truths(
    assets: Path, cache: Path | None, limit: int | None = None, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Truth]:
    """The first ``limit`` statues of the suite, all rendered first where that has not been done yet.

    Args:
        assets: what the factory needs. cache: folder of the renders; None = the usual one.
        progress: gets the number of statues rendered since it was last called.

    Raises:
        StatueError: ``bad-training-data`` for a cache that was changed; those of the factory.
    """
    folder = default_cache() if cache is None else cache
    rows = _rows(folder)
    if rows is None:
        _render(assets, folder, progress)
        rows = _rows(folder)
    if rows is None:
        raise _make_changed_error(folder, "it is not a complete run of the suite")
    for row in rows[:limit]:
        yield _truth(folder, row)


def _rows(folder: Path) -> list[dict[str, Any]] | None:
    """The suite's rows of the manifest, in the order of seeds; None where there is no manifest yet.

    Raises:
        StatueError: ``bad-training-data``.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        chosen = [row for row in rows if abs(row["yaw"]) <= MOST_YAW][:STATUES]
        if len(chosen) != STATUES or not all(row["seed"] in HELD_BACK_SEEDS for row in chosen):
            raise _make_changed_error(folder, f"it does not hold the suite's {STATUES} statues")
        return chosen
    except (ValueError, KeyError, TypeError) as error:
        raise _make_changed_error(folder, f"{MANIFEST} cannot be read ({error})") from None


def _truth(folder: Path, row: dict[str, Any]) -> Truth:
    path = folder / row["file"]
    if not path.is_file():
        raise _make_changed_error(folder, f"{row['file']} is missing")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise _make_changed_error(folder, f"{row['file']} is not what was rendered")
    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise _make_changed_error(folder, f"{row['file']} is not a picture")
    rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
    number = row["seed"] - HELD_BACK_SEEDS.start
    return Truth(f"statue-{number:04d}", rgb, np.array(row["landmarks"], np.float64))


def _make_changed_error(folder: Path, reason: str) -> StatueError:
    return StatueError("bad-training-data", path=folder, reason=f"{reason}; remove the folder to render it anew")


def _render(assets: Path, folder: Path, progress: Callable[[int], None]) -> None:
    # Only now: pictures that are there need no renderer.
    from training.statues.output.samples import Wish
    from training.statues.output.shards import Order, make

    print(f"rendering {RENDERED} statues into {folder}; this is done once", file=sys.stderr)
    order = Order(folder, assets, RENDERED, SIDE, HELD_BACK_SEEDS.start, Wish(), plain=True, device="cpu")
    # Whatever the number of workers, the pictures are the same; two keep memory low.
    make(order, 2, progress)
