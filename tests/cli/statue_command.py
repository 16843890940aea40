"""The command, called as a user types it, in the current folder."""

from pathlib import Path

import numpy as np

from statue_models import cli

REPOSITORY = Path(__file__).parents[2]
#: (68, 2) pixels of photo.png.
POINTS = np.stack([np.arange(68) % 10 * 5.0 + 12, np.arange(68) // 10 * 8.0 + 8], axis=1)


def statue(*words):
    return cli.main([str(word) for word in words])


def restore(*words):
    return statue("restore", "photo.png", "--mask", "mask.png", "-o", "out.png", *words)


def files():
    return sorted(path.name for path in Path.cwd().iterdir() if path.name not in ("photo.png", "mask.png", "home"))
