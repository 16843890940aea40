"""Statues that ``python -m training statues make`` has written, read for training."""

import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.examples.pictures import Pictures
from training.suites.held_back import holds_back


def read_shards(folder: Path, size: int, limit: int | None = None) -> Pictures:
    """The complete shards of a run so far: pictures with background and film, landmarks, what is hidden.

    Args:
        folder: of the run. size: side in pixels to which everything is brought. limit: only so many statues.

    Raises:
        StatueError: ``missing-file`` without a shard, ``bad-training-data`` for a damaged one, and for statues that are
            set aside for evaluation.
    """
    manifests = sorted(folder.glob("shard-*.jsonl"))
    if not manifests:
        raise StatueError("missing-file", path=folder / "shard-000000.jsonl")
    rows: list[dict[str, Any]] = []
    files: list[NDArray[np.uint8]] = []
    for manifest in manifests:
        if limit is not None and len(rows) >= limit:
            break
        listed = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()[1:]]
        pictures = dict(_pictures(manifest.with_suffix(".tar")))
        for row in listed:
            if holds_back(row["seed"]):
                reason = f"statue {row['seed']} is set aside for evaluation; make statues with other seeds"
                raise StatueError("bad-training-data", path=manifest, reason=reason)
            name = f"{row['seed']:010d}.png"
            if name not in pictures:
                raise StatueError("bad-training-data", path=manifest, reason=f"its shard has no {name}")
            rows.append(row)
            files.append(pictures[name])
    rows, files = rows[:limit], files[:limit]
    images = np.empty((len(files), size, size, 4), np.uint8)
    landmarks = np.empty((len(files), 68, 2), np.float32)

    def decode(index: int) -> None:
        bgr = cv2.imdecode(files[index], cv2.IMREAD_COLOR)
        if bgr is None:
            raise StatueError("bad-training-data", path=folder, reason=f"statue {rows[index]['seed']} is no picture")
        landmarks[index] = np.array(rows[index]["landmarks"], np.float32) / bgr.shape[0]
        if bgr.shape[0] != size:
            how = cv2.INTER_AREA if bgr.shape[0] > size else cv2.INTER_CUBIC
            bgr = cv2.resize(bgr, (size, size), interpolation=how)
        images[index, ..., :3] = bgr[..., ::-1]
        images[index, ..., 3] = 255  # what stands behind them belongs to the picture

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, range(len(files))))
    hidden = torch.zeros(len(rows), 68, dtype=torch.bool)
    for index, row in enumerate(rows):
        hidden[index, row["hidden"]] = True
    return Pictures(torch.from_numpy(images), torch.from_numpy(landmarks), rendered=True, hidden=hidden)


def _pictures(path: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Name and bytes of a shard's pictures."""
    try:
        with tarfile.open(path) as archive:
            for entry in archive:
                if entry.name.endswith(".png") and entry.name.count(".") == 1:
                    stream = archive.extractfile(entry)
                    if stream is not None:
                        yield entry.name, np.frombuffer(stream.read(), np.uint8)
    except (OSError, tarfile.TarError) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None
