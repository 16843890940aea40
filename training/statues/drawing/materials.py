"""Drawing the stone and what time did to it."""

import numpy as np
from numpy.typing import NDArray

from training.statues.description.layout import Table
from training.statues.description.statue import STONES, TRADITIONS
from training.statues.drawing.seeded_draws import SeededDraws

#: How often each of ``STONES`` is drawn: in most traditions, and in those that differ. Set by eye.
SHARES = (0.30, 0.09, 0.13, 0.09, 0.05, 0.04, 0.09, 0.05, 0.10, 0.02, 0.04)
SHARES_OF = {
    "buddhist": (0.05, 0.02, 0.15, 0.28, 0.06, 0.10, 0.04, 0.06, 0.10, 0.10, 0.04),
    "egyptian": (0.02, 0.02, 0.22, 0.16, 0.20, 0.22, 0.02, 0.02, 0.04, 0.02, 0.06),
    "gothic": (0.12, 0.02, 0.46, 0.16, 0.02, 0.0, 0.08, 0.02, 0.02, 0.0, 0.10),
}
#: Reflectance of body and clouds (linear), roughness, reflectance at normal incidence, metal, wrap, speckle. All
#: 0..1; roughness, wrap and speckle from low to high. Set by eye.
LOOKS: dict[str, tuple[tuple[float, ...], ...]] = {
    "white marble": ((0.80, 0.77, 0.71), (0.64, 0.62, 0.58), (0.5, 0.9), (0.04, 0.0), (0.10, 0.35), (0.0, 0.05)),
    "veined marble": ((0.74, 0.72, 0.69), (0.50, 0.50, 0.50), (0.35, 0.8), (0.04, 0.0), (0.08, 0.3), (0.0, 0.05)),
    "limestone": ((0.58, 0.50, 0.38), (0.46, 0.40, 0.31), (0.85, 1.0), (0.03, 0.0), (0.0, 0.08), (0.05, 0.2)),
    "sandstone": ((0.46, 0.32, 0.20), (0.36, 0.25, 0.16), (0.9, 1.0), (0.03, 0.0), (0.0, 0.05), (0.08, 0.25)),
    "granite": ((0.34, 0.30, 0.28), (0.20, 0.19, 0.19), (0.5, 0.9), (0.04, 0.0), (0.0, 0.05), (0.2, 0.5)),
    "basalt": ((0.07, 0.07, 0.07), (0.04, 0.04, 0.045), (0.3, 0.75), (0.04, 0.0), (0.0, 0.02), (0.0, 0.15)),
    "plaster": ((0.82, 0.80, 0.77), (0.76, 0.74, 0.70), (0.85, 1.0), (0.035, 0.0), (0.05, 0.15), (0.0, 0.02)),
    "terracotta": ((0.42, 0.20, 0.11), (0.36, 0.17, 0.10), (0.8, 1.0), (0.03, 0.0), (0.0, 0.06), (0.0, 0.08)),
    "bronze": ((0.28, 0.19, 0.10), (0.14, 0.10, 0.06), (0.28, 0.55), (0.55, 0.85), (0.0, 0.0), (0.0, 0.05)),
    "gilded": ((0.86, 0.60, 0.22), (0.70, 0.46, 0.16), (0.22, 0.45), (0.7, 0.95), (0.0, 0.0), (0.0, 0.03)),
    "painted": ((0.62, 0.56, 0.47), (0.52, 0.46, 0.38), (0.6, 0.95), (0.04, 0.0), (0.0, 0.1), (0.0, 0.1)),
}
#: Linear R, G, B, 0..1; set by eye.
VERDIGRIS = (0.16, 0.30, 0.24)
SOOT = (0.03, 0.028, 0.025)
LICHENS = ((0.46, 0.42, 0.16), (0.42, 0.44, 0.38), (0.50, 0.30, 0.06), (0.10, 0.11, 0.09))
HAIR_PAINTS = ((0.03, 0.02, 0.015), (0.16, 0.07, 0.03), (0.36, 0.20, 0.06), (0.02, 0.03, 0.07))


def draw_materials(table: Table, draw: SeededDraws) -> None:
    """Fill ``stone`` and ``weathering``."""
    shares = np.array([SHARES_OF.get(name, SHARES) for name in TRADITIONS])[table["tradition"]]
    table["stone"]["kind"] = draw.choice("stone", shares)
    _draw_stone(table, draw)
    _draw_weathering(table, draw)


def _tint(draw: SeededDraws, name: str, colours: NDArray[np.float64], spread: float = 0.05) -> NDArray[np.float64]:
    """(N, 3) colours, each a little lighter or darker and of another tint."""
    lightness = draw.uniform(name + " lightness", 0.75, 1.15)[:, None]
    return np.clip(colours * lightness * np.exp(spread * draw.normals(name + " tint", 3)), 0.01, 0.92)


def _draw_stone(table: Table, draw: SeededDraws) -> None:
    stone = table["stone"]
    kind = stone["kind"]
    looks = [LOOKS[name] for name in STONES]

    def sample(name: str, column: int) -> NDArray[np.float64]:
        low, high = np.array([look[column] for look in looks])[kind].T
        return low + (high - low) * draw.uniform(name)

    def is_(*names: str) -> NDArray[np.float64]:
        return np.isin(kind, [STONES.index(name) for name in names]).astype(np.float64)

    body = _tint(draw, "body", np.array([look[0] for look in looks])[kind])
    cloud = _tint(draw, "cloud", np.array([look[1] for look in looks])[kind])
    # Many photographs of statues have little colour, and some have none.
    grey = (draw.uniform("grey stone", 0, 1.2).clip(0, 1) * (1 - is_("terracotta", "bronze", "gilded", "painted")))[
        :, None
    ]
    stone["colour"] = body * (1 - grey) + body.mean(1, keepdims=True) * grey
    stone["second"] = cloud * (1 - grey) + cloud.mean(1, keepdims=True) * grey
    stone["vein"] = _tint(draw, "vein", np.array([0.22, 0.21, 0.20]) * np.ones((len(table), 1)), 0.15)
    stone["vein_frequency"] = draw.uniform("vein frequency", 0.05, 0.3)
    veined = is_("veined marble")
    stone["vein_amount"] = veined * draw.uniform("veins", 0.3, 0.9) + is_("white marble") * draw.uniform(
        "faint veins", 0, 0.25
    )
    stone["cloud_amount"] = draw.uniform("clouds", 0.1, 0.9) * (1 - 0.8 * is_("plaster"))
    granite = is_("granite")
    stone["speckle_frequency"] = np.where(granite > 0, draw.uniform("crystals", 4, 9), draw.uniform("speckles", 6, 18))
    stone["speckle_amount"] = sample("speckle", 5)
    stone["roughness"] = sample("roughness", 2)
    metal = is_("bronze", "gilded")
    stone["reflectance"] = np.array([look[3][0] for look in looks])[kind]
    stone["metal"] = np.array([look[3][1] for look in looks])[kind] * draw.uniform("metal", 0.8, 1.0)
    stone["wrap"] = sample("wrap", 4)
    stone["patina"] = metal * draw.uniform("patina", 0, 0.85) * (1 - 0.7 * is_("gilded"))
    green = draw.chance("verdigris", 0.6)[:, None]
    stone["patina_colour"] = _tint(draw, "patina", green * VERDIGRIS + (1 - green) * SOOT, 0.15)
    stone["paint"] = is_("painted") * draw.uniform("paint", 0.35, 1.0)
    stone["hair_paint"] = _tint(
        draw, "hair paint", np.array(HAIR_PAINTS)[draw.choice("hair paint", (0.4, 0.3, 0.15, 0.15))], 0.1
    )
    stone["skin_paint"] = _tint(draw, "skin paint", np.array([0.50, 0.36, 0.26]) * np.ones((len(table), 1)), 0.12)
    stone["gilding"] = draw.chance("gilding?", 0.02) * draw.uniform("gilding", 0.1, 0.6) * (1 - metal)
    stone["seed"] = draw.uniform("stone seed", 0, 500)


def _draw_weathering(table: Table, draw: SeededDraws) -> None:
    w, kind = table["weathering"], table["stone"]["kind"]
    soft = np.isin(kind, [STONES.index(name) for name in ("limestone", "sandstone", "terracotta", "painted")])
    clean = np.isin(kind, [STONES.index(name) for name in ("plaster", "gilded")])
    outdoors = draw.chance("outdoors", 0.35) * (1 - clean)
    w["pits"] = draw.chance("pits?", 0.25) * draw.uniform("pits", 0.01, 0.06) * np.where(soft, 1.3, 0.8)
    w["pit_frequency"] = draw.uniform("pit frequency", 2.0, 7.0)
    polished = np.where(table["stone"]["metal"] > 0, 0.4, np.where(soft, 1.6, 0.8))
    w["grain"] = (0.001 + 0.022 * draw.uniform("grain") ** 1.5) * polished
    w["grain_frequency"] = draw.uniform("grain frequency", 2.0, 8.0)
    w["crack"] = draw.chance("crack?", 0.10) * draw.uniform("crack", 0.03, 0.09)
    w["stain"] = draw.uniform("stain", 0, 1) ** 1.5 * 0.8 * (1 - 0.7 * clean)
    w["stain_frequency"] = draw.uniform("stain frequency", 0.12, 0.5)
    w["streak"] = outdoors * draw.uniform("streak", 0, 0.5)
    w["lichen"] = outdoors * draw.chance("lichen?", 0.45) * draw.uniform("lichen", 0.0, 0.8)
    w["lichen_colour"] = _tint(
        draw, "lichen", np.array(LICHENS)[draw.choice("lichen colour", (0.3, 0.3, 0.1, 0.3))], 0.1
    )
    w["dirt"] = draw.uniform("dirt", 0, 0.9) * (1 - 0.5 * clean)
    dirt = _tint(draw, "dirt", np.array([0.14, 0.11, 0.075]) * np.ones((len(table), 1)), 0.2)
    grey = draw.chance("grey dirt", 0.4)[:, None]
    w["dirt_colour"] = dirt * (1 - grey) + dirt.mean(1, keepdims=True) * grey
    w["seed"] = draw.uniform("weather seed", 0, 500)
