"""What is never trained on: seeds of the statue factory, and photographs, that the suites are made of or come near to.

A statue is its seed (``training.statues.drawing.seeded_draws``), so another seed is another head (100 identity modes,
drawn anew), another piece of stone (colour, veins, weather), another light and another camera. What seeds cannot hold
back are the kinds: the eleven stones, the traditions and the environment maps of the suite occur in training too.
"""

import csv
import json
from pathlib import Path

from training.suites.cases import FOLDER, LABELS, check_pictures

#: Below 2**53, so that the seeds survive in every JSON reader.
HELD_BACK_SEEDS = range(9_000_000_000_000_000, 9_000_000_001_000_000)
#: Of the heads in the composed scenes of ``evaluation.frames``. Chosen.
FRAME_SEEDS = range(9_100_000_000, 9_101_000_000)
#: Of the heads of the search suite (``suites.searched``). Chosen.
SEARCH_SEEDS = range(9_102_000_000, 9_103_000_000)

#: Photographs of the training split that show what test photographs show (the last two are not in its manifest).
DUPLICATES = ("train/0250.jpg", "train/0254.jpg", "train/0363.jpg", "train/0672.jpg")

SEED_RANGES = (HELD_BACK_SEEDS, FRAME_SEEDS, SEARCH_SEEDS)


def holds_back(first_seed: int, count: int = 1) -> bool:
    """Whether one of ``count`` seeds from ``first_seed`` on is set aside: what trains on statues must refuse it."""
    return any(first_seed < seeds.stop and first_seed + count > seeds.start for seeds in SEED_RANGES)


def photograph_names(assets: Path) -> tuple[list[str], list[str]]:
    """Names of the well-labelled photographs to train on, and of the ``check`` suite's, which are held back.

    What shows the same statue as a photograph of the test split or of the ``check`` suite is in neither list.
    """
    labels = json.loads((assets / FOLDER / LABELS).read_text(encoding="utf-8"))
    good = [name for name in sorted(labels) if name.startswith("train/") and labels[name]["good"]]
    suite = {name for name, _ in check_pictures(assets)}
    barred = set(DUPLICATES)
    manifest = assets / FOLDER / "MANIFEST.tsv"
    if manifest.is_file():
        with manifest.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        seen = {row["dup_group"] for row in rows if row["split"] == "test" or row["file"] in suite}
        barred |= {row["file"] for row in rows if row["reject_reason"] or row["dup_group"] in seen - {""}}
    return [n for n in good if n not in barred and n not in suite], [n for n in good if n in suite - set(DUPLICATES)]
