"""Good statues in the order of their seeds, as files in memory: pictures, landmarks, maps, descriptions."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.statues.description.layout import Table, statue_of
from training.statues.description.statue import BACKGROUNDS, HEADGEAR, STONES, TRADITIONS
from training.statues.drawing.draw import draw_statues
from training.statues.drawing.scenes import turn_heads
from training.statues.kernels.labels import PARTS
from training.statues.output.checks import RULES, broken_rules
from training.statues.output.pairs import render_pairs, useless_damage
from training.statues.rendering.development import Renders
from training.statues.rendering.factory import Factory

#: Rendered together: large enough for a GPU to be busy, and one at a time for a core. Statues, by device; chosen.
BATCH = {"cpu": 1, "cuda": 64}
#: Statues described together; drawn so, each takes .12 ms instead of 7 (docs/statue-factory.md).
DRAWN = 64


@dataclass(frozen=True, eq=False)
class Sample:
    """One statue: its row of the manifest, and the contents of its files by ending (``png``, ``parts.png``, ...)."""

    row: dict[str, Any]
    files: dict[str, bytes]

    @property
    def seed(self) -> int:
        """The statue's seed."""
        return int(self.row["seed"])


@dataclass
class Tally:
    """How many statues were kept, and how many fell to which rule."""

    kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        self.kept += other.kept
        self.rejected += other.rejected

    def sentence(self) -> str:
        """For people."""
        total = sum(self.rejected.values())
        rules = ", ".join(f"{name} {count}" for name, count in self.rejected.most_common())
        return f"{self.kept} kept, {total} rejected" + (f" ({rules})" if total else "")


@dataclass(frozen=True)
class Wish:
    """What is to be made of each statue.

    Attributes:
        pairs, maps: also each statue damaged; also its depth and normals.
        yaw: degrees by which heads are turned, least and most, to either side, however much that hides of them; None =
            as the factory draws them.
    """

    pairs: bool = False
    maps: bool = False
    yaw: tuple[float, float] | None = None


def samples(factory: Factory, first_seed: int, count: int, wish: Wish, tally: Tally) -> Iterator[Sample]:
    """Yield ``count`` good statues with seeds from ``first_seed`` on; what breaks a rule is counted and left out."""
    batch, seed = BATCH[factory.device], first_seed
    while tally.kept < count:
        # Many descriptions cost hardly more than one.
        seeds = np.arange(seed, seed + DRAWN)
        drawn = draw_statues(seeds, factory.head, factory.environments.suns)
        if wish.yaw is not None:
            turn_heads(drawn, seeds, wish.yaw)
        seed += DRAWN
        for first in range(0, DRAWN, batch):
            for sample in _batch(factory, drawn[first : first + batch], wish, tally):
                if tally.kept < count:
                    tally.kept += 1
                    yield sample
            if tally.kept == count:
                return


def _batch(factory: Factory, table: Table, wish: Wish, tally: Tally) -> Iterator[Sample]:
    pair = render_pairs(factory, table) if wish.pairs else None
    renders = pair.intact if pair else factory.render(table, maps=wish.maps)
    broken = broken_rules(renders).cpu().numpy()
    if wish.yaw is not None:
        broken[:, RULES.index("hidden")] = False
    useless = useless_damage(pair).cpu().numpy() if pair else np.zeros(len(table), bool)
    for index in range(len(table)):
        if broken[index].any() or useless[index]:
            tally.rejected[RULES[int(broken[index].argmax())] if broken[index].any() else "useless damage"] += 1
            continue
        files = _files(renders, index, wish.maps)
        extra: dict[str, Any] = {}
        if pair:
            files["damaged.png"] = _png(pair.damaged.image[index].cpu().numpy())
            files["mask.png"] = _png(pair.mask[index].cpu().numpy())
            extra["missing"] = np.flatnonzero(pair.damaged.missing[index].cpu().numpy()).tolist()
            extra["damage"] = round(float((pair.mask[index] > 0).float().mean()), 4)
        statue = statue_of(table[index])
        files["json"] = statue.json().encode()
        row = _row(table[index], renders, index) | extra
        row["sha256"] = hashlib.sha256(files["png"]).hexdigest()
        yield Sample(row, files)


def _files(renders: Renders, index: int, maps: bool) -> dict[str, bytes]:
    files = {
        "png": _png(renders.image[index].cpu().numpy()),
        "alpha.png": _png(renders.alpha[index].cpu().numpy()),
        "parts.png": _png(renders.parts[index].cpu().numpy()),
    }
    if maps and renders.depth is not None and renders.normals is not None:
        # 16 bits: depth in 1/100 cm; normals as (n + 1) / 2.
        files["depth.png"] = _png(np.rint(renders.depth[index].cpu().numpy() * 100).clip(0, 65535).astype(np.uint16))
        normals = np.rint((renders.normals[index].cpu().numpy() + 1) * 32767.5).clip(0, 65535)
        files["normals.png"] = _png(normals.astype(np.uint16))
    return files


def _row(row: np.void, renders: Renders, index: int) -> dict[str, Any]:
    seed = int(row["seed"])
    return {
        "file": f"{seed:010d}.png",
        "seed": seed,
        "landmarks": [[round(float(v), 3) for v in point] for point in renders.landmarks[index].cpu().numpy()],
        "hidden": np.flatnonzero(renders.hidden[index].cpu().numpy()).tolist(),
        "yaw": round(float(np.rad2deg(row["camera"]["yaw"])), 2),
        "pitch": round(float(np.rad2deg(row["camera"]["pitch"])), 2),
        "roll": round(float(np.rad2deg(row["camera"]["roll"])), 2),
        "tradition": TRADITIONS[int(row["tradition"])],
        "stone": STONES[int(row["stone"]["kind"])],
        "headgear": HEADGEAR[int(row["headgear"]["kind"])],
        "background": BACKGROUNDS[int(row["background"]["kind"])],
    }


def _png(picture: NDArray) -> bytes:
    """A PNG file of (H, W) or (H, W, 3) R'G'B'."""
    done, data = cv2.imencode(".png", picture[..., ::-1] if picture.ndim == 3 else picture)
    if not done:
        raise AssertionError("OpenCV could not write a PNG of a valid array")
    return data.tobytes()


def parts_legend() -> str:
    """The values of the part map, as JSON."""
    return json.dumps(dict(enumerate(PARTS)))
