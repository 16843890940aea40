"""Rendered heads for the search suite: every yaw from the front to profile, every metal, and heads from behind.

Made once by the statue factory, from seeds that no training uses, and kept in one file, as ``composed.heads`` does.
"""

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from statue_models.errors import StatueError
from training.statues.description.layout import Table
from training.statues.description.statue import STONES
from training.statues.drawing.draw import draw_statues
from training.statues.drawing.scenes import walk_round
from training.statues.output.checks import find_passing
from training.statues.rendering.development import Renders
from training.statues.rendering.factory import Factory
from training.statues.sources.environments import Environments, read_environments
from training.statues.sources.head_model import HeadModel, read_head
from training.suites.composed.heads import SMALLEST_HALF, Heads, head_of, read_heads, with_brows_on_ridge, write_heads
from training.suites.held_back import SEARCH_SEEDS

FILE = "search-heads.npz"
#: Of the file; raise it when what is drawn here changes. No unit.
VERSION = 1
#: Side of the renders in pixels. Chosen.
SIZE = 512
#: Degrees of yaw, with so many heads each, every other turned the other way. Chosen.
YAWS, PER_YAW = tuple(range(0, 90, 10)), 8
#: Materials, with so many heads each, and degrees of yaw up to which they are turned. Chosen.
MATERIALS, PER_MATERIAL, MATERIAL_YAW = ("stone", "bronze", "dark bronze", "gilt"), 10, 40.0
#: Heads from behind, between these degrees of yaw: hair and curls without a face. Chosen.
BACKS, BACK_YAW = 16, (150.0, 210.0)
#: Of a dark bronze: share of its surface under a patina, luminance (linear, 0..1) of the patina, and what the film's
#: exposure is multiplied by. Set by eye.
DARK_PATINA, DARK_COLOUR, DARK_EXPOSURE = 0.3, 0.08, 0.55
#: Seeds that are described at once while one that fits is looked for; no unit.
AT_ONCE = 64


@dataclass(frozen=True)
class Wanted:
    """A head that the suite needs.

    Attributes:
        group: "yaw 40", "bronze", "back".
        yaw: degrees, or None = as drawn, up to ``MATERIAL_YAW``.
    """

    group: str
    yaw: float | None = None


def wanted_heads() -> list[Wanted]:
    """The suite's heads in their order."""
    sides = (1, -1)
    turned = [Wanted(f"yaw {yaw}", float(yaw * sides[number % 2])) for yaw in YAWS for number in range(PER_YAW)]
    metals = [Wanted(name) for name in MATERIALS for _ in range(PER_MATERIAL)]
    backs = [Wanted("back", yaw) for yaw in np.linspace(*BACK_YAW, BACKS).tolist()]
    return turned + metals + backs


def search_heads(assets: Path, cache: Path) -> Heads:
    """The heads of ``wanted_heads``, as ``Heads.faces``, from the cache folder, or rendered and put there.

    Rendering takes some four minutes on one core.

    Args:
        assets: the folder of the packed data (morphable head, environments).
        cache: a folder; made if it is not there.

    Raises:
        StatueError: ``missing-file``, ``bad-training-data``, ``output-unwritable``.
    """
    path = cache / FILE
    stored = read_heads(path, VERSION) if path.is_file() else None
    if stored is not None:
        return stored
    heads = _render(assets)
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=cache, reason=error.strerror or str(error)) from None
    write_heads(path, heads, VERSION)
    return heads


def _render(assets: Path) -> Heads:
    head, environments = with_brows_on_ridge(read_head(assets)), read_environments(assets)
    factory = Factory(head, environments, SIZE)
    wanted = wanted_heads()
    descriptions = {name: _descriptions(name, head, environments) for name in dict.fromkeys(map(_kind, wanted))}
    faces = []
    for number, one in enumerate(wanted):
        while True:
            table = next(descriptions[_kind(one)])
            if one.yaw is not None:
                walk_round(table, np.radians([one.yaw]))
            renders = factory.render(table)
            if _passes(renders, one):
                break
        faces.append(head_of(table, renders))
        if sys.stderr.isatty():
            print(f"\rrendering heads: {number + 1} of {len(wanted)}", end="", file=sys.stderr)
    return Heads(faces, [], [])


def _passes(renders: Renders, one: Wanted) -> bool:
    """Whether a head is good enough: a dark bronze is dark, half of a turned head hidden, and a back no face at all."""
    if one.group == "back":
        return True
    but = "dark" if one.group == "dark bronze" else "hidden" if one.yaw is not None and abs(one.yaw) > 45 else ""
    return bool(find_passing(renders, but=but).item())


def _kind(one: Wanted) -> str:
    return one.group if one.group in MATERIALS else "any"


def _descriptions(kind: str, head: HeadModel, environments: Environments) -> Iterator[Table]:
    """Descriptions (1,) of one material, one seed after the other."""
    kinds = ("any", *MATERIALS)
    first = SEARCH_SEEDS.start + kinds.index(kind) * (len(SEARCH_SEEDS) // len(kinds))
    fits: Callable[[Table], bool] = {"any": lambda row: True, "stone": _is_stone}.get(kind, _is_metal(kind))
    while True:
        table = draw_statues(range(first, first + AT_ONCE), head, environments.suns)
        table["camera"]["half"] = np.maximum(table["camera"]["half"], SMALLEST_HALF)
        table["camera"]["roll"] = 0.0
        if kind == "dark bronze":
            table["film"]["exposure"] *= DARK_EXPOSURE
        for index in range(AT_ONCE):
            row = table[index : index + 1]
            turned = abs(math.degrees(float(row["camera"]["yaw"][0])))
            if fits(row) and (kind == "any" or turned <= MATERIAL_YAW):
                yield row.copy()
        first += AT_ONCE


def _is_stone(row: Table) -> bool:
    return STONES[int(row["stone"]["kind"][0])] not in ("bronze", "gilded", "painted")


def _is_metal(kind: str) -> Callable[[Table], bool]:
    def fits(row: Table) -> bool:
        stone = row["stone"]
        if STONES[int(stone["kind"][0])] != {"gilt": "gilded"}.get(kind, "bronze"):
            return False
        dark = stone["patina"][0] >= DARK_PATINA and float(stone["patina_colour"][0].mean()) <= DARK_COLOUR
        return kind == "gilt" or bool(dark) == (kind == "dark bronze")

    return fits
