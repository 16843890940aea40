"""Drawing the head: whose it is, in which tradition, with which hair, beard, headgear and eyes."""

from collections.abc import Mapping

import numpy as np

from training.statues.description.layout import Table
from training.statues.description.statue import HAIR_STYLES, HEADGEAR, TRADITIONS
from training.statues.drawing.seeded_draws import SeededDraws

#: How often a tradition is drawn. Set by eye.
TRADITION_SHARES = (0.27, 0.16, 0.10, 0.04, 0.16, 0.11, 0.09, 0.07)
#: How far heads of a tradition stray from the mean head, as a share of the model's standard deviation: the idealising.
#: (low, high); set by eye.
INDIVIDUALITY = {"greek": (0.4, 0.9), "roman": (0.6, 1.25), "buddhist": (0.3, 0.7), "egyptian": (0.3, 0.7)}
INDIVIDUALITY |= {"gothic": (0.5, 1.0), "modern": (0.6, 1.3), "child": (0.3, 0.8), "old age": (0.6, 1.2)}
#: Columns: cropped, wavy locks, snail curls, curled strands, braids, knobs. Shares of each tradition's statues; set by
#: eye.
HAIR_SHARES = {
    "greek": (0.06, 0.46, 0.20, 0.22, 0.06, 0.0),
    "roman": (0.20, 0.34, 0.20, 0.22, 0.04, 0.0),
    "buddhist": (0.05, 0.10, 0.0, 0.0, 0.05, 0.8),
    "egyptian": (0.5, 0.1, 0.0, 0.0, 0.4, 0.0),
    "gothic": (0.05, 0.65, 0.10, 0.12, 0.08, 0.0),
    "modern": (0.28, 0.45, 0.06, 0.11, 0.10, 0.0),
    "child": (0.25, 0.35, 0.2, 0.2, 0.0, 0.0),
    "old age": (0.45, 0.25, 0.15, 0.15, 0.0, 0.0),
}
#: Columns: none, diadem, wreath, helmet, veil, ushnisha, headcloth. Shares of each tradition's statues; set by eye.
HEADGEAR_SHARES = {
    "greek": (0.74, 0.08, 0.05, 0.06, 0.07, 0.0, 0.0),
    "roman": (0.74, 0.04, 0.10, 0.04, 0.08, 0.0, 0.0),
    "buddhist": (0.16, 0.10, 0.0, 0.0, 0.04, 0.70, 0.0),
    "egyptian": (0.3, 0.1, 0.0, 0.0, 0.0, 0.0, 0.6),
    "gothic": (0.62, 0.10, 0.0, 0.02, 0.26, 0.0, 0.0),
    "modern": (0.94, 0.02, 0.0, 0.01, 0.03, 0.0, 0.0),
    "child": (0.92, 0.03, 0.03, 0.0, 0.02, 0.0, 0.0),
    "old age": (0.86, 0.02, 0.06, 0.0, 0.06, 0.0, 0.0),
}
#: Shares of each tradition's statues; set by eye.
BEARD_CHANCE = {"greek": 0.27, "roman": 0.3, "buddhist": 0.03, "egyptian": 0.05}
BEARD_CHANCE |= {"gothic": 0.2, "modern": 0.2, "child": 0.0, "old age": 0.6}


def draw_people(table: Table, draw: SeededDraws, expression_names: list[str]) -> None:
    """Fill ``tradition``, ``shape``, ``proportions``, ``carving``, ``eyes``, ``hair``, ``beard`` and ``headgear``."""
    table["tradition"] = draw.choice("tradition", TRADITION_SHARES)
    _draw_shape(table, draw, expression_names)
    _draw_proportions(table, draw)
    _draw_carving(table, draw)
    _draw_eyes(table, draw, expression_names)
    _draw_hair(table, draw)
    _draw_headgear(table, draw)
    _draw_beard(table, draw)


def _is(table: Table, *names: str) -> np.ndarray:
    """(N,) 1.0 where the tradition is one of the names."""
    return np.isin(table["tradition"], [TRADITIONS.index(name) for name in names]).astype(np.float64)


def _by_tradition(table: Table, numbers: Mapping[str, tuple[float, ...]]) -> np.ndarray:
    """(N, K) the tradition's row."""
    return np.array([numbers[name] for name in TRADITIONS])[table["tradition"]]


def _draw_shape(table: Table, draw: SeededDraws, expression_names: list[str]) -> None:
    shape, count = table["shape"], table["shape"]["identity"].shape[1]
    low, high = _by_tradition(table, INDIVIDUALITY).T
    spread = low + (high - low) * draw.uniform("individuality")
    shape["identity"] = np.clip(draw.normals("identity", count), -2.6, 2.6) * spread[:, None]
    strength = draw.uniforms("expression", len(expression_names), 0, 0.5)
    kept = draw.uniforms("expression kept", len(expression_names)) < 2.5 / max(1, len(expression_names))
    for index, name in enumerate(expression_names):
        if name.startswith("jawOpen") or "Funnel" in name:
            strength[:, index] *= 0.4
        if name.startswith("eyeLook"):
            strength[:, index] *= 0.5
        if name.startswith(("jawLeft", "jawRight", "mouthLeft", "mouthRight", "noseSneer")):
            strength[:, index] *= 0.35
    # Statues seldom wink: the right side does what the left one does, nearly.
    for index, name in enumerate(expression_names):
        if name.endswith("_R") and name[:-1] + "L" in expression_names:
            left = expression_names.index(name[:-1] + "L")
            strength[:, index] = strength[:, left] * (1 + 0.2 * draw.normal(name, 1.0, 1.0))
            kept[:, index] = kept[:, left]
    calm = 1 - 0.65 * _is(table, "greek", "buddhist", "egyptian")
    shape["expression"] = strength * kept * calm[:, None]


def _draw_proportions(table: Table, draw: SeededDraws) -> None:
    p = table["proportions"]
    gothic, egyptian, buddhist, child = (_is(table, n) for n in ("gothic", "egyptian", "buddhist", "child"))
    p["face_length"] = (
        draw.normal("face length", 0.025, 0.06) + gothic * draw.uniform("gothic", 0.0, 0.10) - 0.10 * child
    )
    p["skull_height"] = draw.normal("skull height", 0.02, 0.05) + 0.07 * child
    p["width"] = draw.normal("width", 0.02, 0.05) - 0.03 * gothic + 0.04 * buddhist + 0.03 * child
    fine = _is(table, "greek", "gothic", "buddhist") * draw.uniform("fine", 0, 1)
    p["jaw_width"] = draw.normal("jaw width", 0.03, 0.08) - 0.06 * child - 0.07 * fine
    p["eye_size"] = draw.normal("eye size", 0.03, 0.07) + 0.12 * egyptian + 0.10 * child
    p["cheek"] = draw.normal("cheek", 0.10, 0.25) + 0.25 * child + 0.15 * buddhist - 0.25 * _is(table, "old age")
    p["lobe"] = buddhist * draw.uniform("lobe", 1.5, 3.6)
    p["nose_size"] = draw.normal("nose size", 0.05, 0.12) - 0.12 * child + 0.08 * _is(table, "old age") - 0.10 * fine


def _draw_carving(table: Table, draw: SeededDraws) -> None:
    c = table["carving"]
    greek, old = _is(table, "greek"), _is(table, "old age")
    ideal = _is(table, "buddhist", "egyptian", "child")
    c["form"] = draw.chance("form?", 0.8) * draw.uniform("form", 0.05, 0.45)
    c["form_frequency"] = draw.uniform("form frequency", 0.1, 0.26)
    c["wear"] = draw.chance("wear?", 0.7) * draw.uniform("wear", 0.0, 1.0) ** 2 * 0.16
    c["wear_frequency"] = draw.uniform("wear frequency", 0.3, 1.1)
    c["brow"] = draw.chance("brow?", 0.7) * draw.uniform("brow", -0.1, 0.55) * (1 - 0.6 * ideal)
    bridge = np.maximum(draw.chance("bridge?", 0.35), greek)
    c["bridge"] = bridge * draw.uniform("bridge", 0.15, 0.75) * (1 - 0.5 * ideal)
    folded = np.maximum(draw.chance("fold?", 0.4), old) * (1 - ideal)
    c["fold"] = folded * draw.uniform("fold", 0.04, 0.22) * (1 + 0.3 * old)
    c["lid"] = draw.chance("lid?", 0.7) * draw.uniform("lid", 0.02, 0.09)
    c["wrinkle"] = np.maximum(draw.chance("wrinkle?", 0.22), old) * (1 - ideal) * draw.uniform("wrinkle", 0.02, 0.08)
    c["seed"] = draw.uniform("carving seed", 0, 500)


def _draw_eyes(table: Table, draw: SeededDraws, expression_names: list[str]) -> None:
    eyes = table["eyes"]
    shares = np.tile([0.52, 0.40, 0.02, 0.06], (len(table), 1))
    shares += _is(table, "buddhist")[:, None] * [0.1, -0.3, 0.6, 0.0]
    shares += _is(table, "egyptian")[:, None] * [0.0, -0.25, 0.0, 0.4]
    eyes["kind"] = draw.choice("eyes", np.maximum(shares, 0))
    drilled, closed = eyes["kind"] == 1, eyes["kind"] == 2
    eyes["depth"] = drilled * draw.uniform("pupil depth", 0.10, 0.4)
    eyes["ring"] = drilled * draw.uniform("iris ring", 0.0, 0.10)
    eyes["gaze_x"] = draw.normal("gaze x", 0.10, 0.3)
    eyes["gaze_y"] = draw.normal("gaze y", 0.08, 0.25)
    eyes["iris"] = np.clip(np.array([0.10, 0.07, 0.04]) * np.exp(0.8 * draw.normals("iris", 3)), 0.01, 0.4)
    lids = table["shape"]["expression"]
    # Many statues look down.
    lowered = np.maximum(_is(table, "buddhist"), draw.chance("lowered?", 0.4))
    half_shut = lowered * draw.uniform("lowered lids", 0.1, 0.6)
    for side in ("L", "R"):
        if (name := f"eyeBlink_{side}") in expression_names:
            column = expression_names.index(name)
            lids[:, column] = np.where(closed, 1.0, np.maximum(np.minimum(lids[:, column], 0.35), half_shut))
        if (name := f"eyeWide_{side}") in expression_names:
            lids[closed, expression_names.index(name)] = 0


def _draw_hair(table: Table, draw: SeededDraws) -> None:
    hair = table["hair"]
    hair["style"] = draw.choice("hair style", _by_tradition(table, HAIR_SHARES))
    cropped, knobs = hair["style"] == 0, hair["style"] == HAIR_STYLES.index("knobs")
    full = draw.uniform("hair height", 0.8, 2.1)
    hair["height"] = np.where(
        cropped, draw.uniform("cropped height", 0.0, 0.3), np.where(knobs, 0.35 * full + 0.1, full)
    )
    hair["frequency"] = draw.uniform("hair frequency", 0.45, 0.95) * np.where(knobs, 1.5, 1.0)
    receding = _is(table, "old age") * draw.uniform("receding", 0, 2.5) * draw.chance("receding?", 0.6)
    hair["front"] = draw.uniform("hairline", 7.6, 9.8) + receding
    hair["nape"] = np.where(
        draw.chance("full nape", 0.5) > 0, draw.uniform("nape", -6, -1.5), draw.uniform("nape", -2.5, 1.5)
    )
    loose = (hair["style"] != 0) & ~knobs & (_is(table, "child", "old age") == 0)
    shown = _is(table, "egyptian", "gothic") * 0.3 + 0.24
    hair["length"] = draw.uniform("hair length", -13.5, -7.0)
    long_haired = loose & (draw.uniform("long hair?") < shown)
    hair["volume"] = long_haired * draw.uniform("hair volume", 0.4, 1.8)
    hair["parting"] = draw.chance("parting?", 0.5) * draw.uniform("parting", 0.4, 1.0)
    hair["seed"] = draw.uniform("hair seed", 0, 500)


def _draw_headgear(table: Table, draw: SeededDraws) -> None:
    gear = table["headgear"]
    gear["kind"] = draw.choice("headgear", _by_tradition(table, HEADGEAR_SHARES))
    kind = gear["kind"]
    low = np.array([0.0, 0.25, 0.5, 0.7, 0.5, 1.5, 0.5])[kind]
    high = np.array([0.0, 0.7, 1.0, 1.3, 1.1, 3.0, 1.0])[kind]
    gear["height"] = low + (high - low) * draw.uniform("headgear height")
    gear["level"] = table["hair"]["front"] + draw.uniform("headgear level", -0.4, 1.2)
    gear["tilt"] = draw.uniform("headgear tilt", -0.05, 0.22)
    gear["frequency"] = draw.uniform("headgear frequency", 0.8, 1.4)
    gear["crest"] = (kind == HEADGEAR.index("helmet")) * draw.chance("crest?", 0.6) * draw.uniform("crest", 1.0, 2.6)
    gear["seed"] = draw.uniform("headgear seed", 0, 500)
    # A covered head shows no loose hair, and ears that hang from under a cloth are hidden by it.
    covered = np.isin(kind, [HEADGEAR.index("veil"), HEADGEAR.index("headcloth")])
    table["hair"]["volume"][covered] = 0
    table["hair"]["volume"][kind == HEADGEAR.index("helmet")] *= 0.6
    table["proportions"]["lobe"][covered] = 0


def _draw_beard(table: Table, draw: SeededDraws) -> None:
    beard, hair = table["beard"], table["hair"]
    chance = _by_tradition(table, {name: (share,) for name, share in BEARD_CHANCE.items()})[:, 0]
    chance = np.where(hair["volume"] > 0, chance * 0.4, chance)
    bearded = draw.uniform("beard?") < chance
    beard["height"] = bearded * draw.uniform("beard height", 0.25, 1.5)
    beard["style"] = np.where(
        draw.chance("beard as hair", 0.6) > 0,
        np.clip(hair["style"], 1, 3),
        draw.choice("beard style", (0.0, 0.4, 0.3, 0.3)),
    )
    beard["frequency"] = hair["frequency"] * draw.uniform("beard frequency", 1.0, 1.5)
    beard["hang"] = (
        draw.chance("long beard", 0.5) * draw.uniform("beard hang", 0.5, 4.0) * np.minimum(beard["height"], 1)
    )
    beard["moustache"] = draw.uniform("moustache", 0.3, 1.0) * draw.chance("moustache?", 0.9)
    beard["seed"] = draw.uniform("beard seed", 0, 500)
