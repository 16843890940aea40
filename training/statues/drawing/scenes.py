"""Drawing what is round the statue: light, camera, background, film."""

import numpy as np
from numpy.typing import NDArray

from training.statues.description.layout import Table
from training.statues.drawing.seeded_draws import SeededDraws
from training.statues.kernels.film import LARGEST_GROUND_BLUR, LARGEST_SOFTNESS
from training.statues.sources.environments import STUDIOS

#: Share of statues under a real environment map, where there are any; the others stand in a made-up studio. Set by eye.
PHOTOGRAPHED = 0.55
#: Columns: surroundings, plain, wall, foliage, niche. Shares of the statues; set by eye.
BACKGROUND_SHARES = (0.32, 0.19, 0.26, 0.18, 0.05)
#: How a picture is framed: the share of each, with the half side in cm. Close ones show the face alone, as crops do.
#: Set by eye.
FRAMINGS = ((0.15, 9.5, 11.5), (0.50, 11.5, 14.0), (0.35, 14.0, 19.0))


def draw_scenes(table: Table, draw: SeededDraws, suns: NDArray[np.float64]) -> None:
    """Fill ``camera``, ``light``, ``background`` and ``film``.

    Args:
        suns: (E,) azimuth of the brightest place of each of the factory's environment maps, radians; the first
            ``len(STUDIOS)`` maps are made up.
    """
    _draw_camera(table, draw)
    _draw_light(table, draw, suns)
    _draw_background(table, draw)
    _draw_film(table, draw)


def direction(azimuth: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) unit vectors; azimuth 0 looks towards the viewer (+z), positive to +x."""
    return np.stack([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)], -1)


def walk_round(table: Table, yaw: NDArray[np.float64]) -> None:
    """Go round each head to another yaw (N,) in radians, and take light and surroundings along: lit sides stay lit."""
    by = yaw - table["camera"]["yaw"]
    table["camera"]["yaw"] = yaw
    light = table["light"]
    light["turn"] += by
    cosine, sine = np.cos(by), np.sin(by)
    for lamp in ("key", "fill"):
        x, z = light[lamp][:, 0].copy(), light[lamp][:, 2].copy()
        light[lamp][:, 0], light[lamp][:, 2] = cosine * x + sine * z, cosine * z - sine * x


def turn_heads(table: Table, seeds: NDArray[np.int64], yaw: tuple[float, float]) -> None:
    """Go round each head (N,) to a yaw between these, in degrees, to either side; its seed (N,) decides to which."""
    draw = SeededDraws(seeds)
    walk_round(table, np.radians(draw.uniform("turned", *yaw) * (1 - 2 * draw.chance("to the right", 0.5))))


def _draw_camera(table: Table, draw: SeededDraws) -> None:
    camera = table["camera"]
    camera["yaw"] = draw.normal("yaw", 0.42, 1.15)
    camera["pitch"] = np.clip(draw.normal("pitch", 0.19), -0.5, 0.5)
    camera["roll"] = draw.normal("roll", 0.15, 0.45)
    camera["field_of_view"] = np.deg2rad(draw.uniform("field of view", 10, 38))
    shares, low, high = np.array(FRAMINGS).T
    framing = draw.choice("framing", shares)
    camera["half"] = low[framing] + (high - low)[framing] * draw.uniform("half")
    centre = draw.normals("centre", 3) * [0.7, 0.8, 0.4]
    centre[:, 1] += 0.8 + 0.10 * (camera["half"] - 9)
    centre[:, 2] += 4.5
    camera["centre"] = centre


def _draw_light(table: Table, draw: SeededDraws, suns: NDArray[np.float64]) -> None:
    light, yaw = table["light"], table["camera"]["yaw"]
    studios, environments = len(STUDIOS), len(suns)
    real = (draw.uniform("real surroundings") < PHOTOGRAPHED) & (environments > studios)
    which_real = studios + (draw.uniform("which surroundings") * max(1, environments - studios)).astype(np.int64)
    light["surroundings"] = np.where(real, which_real, (draw.uniform("which studio") * studios).astype(np.int64))
    light["sky"] = 0.12 * 7 ** draw.uniform("sky")
    # The key comes from before the head, mostly from above, seldom from below or nearly behind.
    azimuth = yaw + draw.normal("key azimuth", 0.85, 1.9)
    # The key is the sun, or the window, of its surroundings.
    light["turn"] = azimuth - suns[light["surroundings"]] + draw.normal("turn", 0.15)
    light["key"] = direction(azimuth, draw.uniform("key height", -0.15, 1.25))
    warm = draw.normal("warmth", 0.05, 0.15)
    tint = np.stack([1 + warm, np.ones_like(warm), 1 - warm], -1)
    keyed = draw.chance("key?", 0.85)
    light["key_colour"] = tint * (keyed * draw.uniform("key", 0.5, 2.2))[:, None]
    light["key_size"] = draw.uniform("key softness", 0.0, 1.0) ** 2 * 0.5 + 0.01
    opposite = azimuth + np.pi + draw.uniform("fill azimuth", -1.3, 1.3)
    light["fill"] = direction(opposite, draw.uniform("fill height", -0.2, 0.8))
    light["fill_colour"] = (2 - tint) * (draw.chance("fill?", 0.5) * draw.uniform("fill", 0.05, 0.7))[:, None]
    light["fill_size"] = draw.uniform("fill softness", 0.05, 0.5)
    light["occlusion_radius"] = draw.uniform("occlusion radius", 0.6, 1.6)


def _draw_background(table: Table, draw: SeededDraws) -> None:
    ground = table["background"]
    shares = np.tile(BACKGROUND_SHARES, (len(table), 1))
    shares[table["light"]["surroundings"] < len(STUDIOS)] *= [0.35, 1.6, 1.0, 0.7, 1.0]
    ground["kind"] = draw.choice("background", shares)
    # Plain grounds are black or nearly so, or grey, or white, or coloured a little.
    level = np.choose(
        draw.choice("ground level", (0.32, 0.40, 0.28)),
        [draw.uniform("dark", 0.0, 0.05), draw.uniform("middle", 0.05, 0.5), draw.uniform("light", 0.6, 1.0)],
    )
    # Mostly between warm and cold, as paper, plaster and skies are.
    warm, green = draw.normal("ground warmth", 0.35), draw.normal("ground green", 0.08)
    hue = np.exp(draw.uniform("ground colour")[:, None] * np.stack([warm, green, -warm], -1))
    ground["first"] = np.clip(level[:, None] * hue, 0, 1)
    ground["second"] = np.clip(ground["first"] * draw.uniform("ground second", 0.4, 1.3)[:, None], 0, 1)
    # Outdoors, and seen from below, a statue stands before the sky.
    sky = (ground["kind"] == 1) & (draw.uniform("sky behind?") < 0.45)
    blue = np.array([0.10, 0.24, 0.62]) * np.exp(draw.normals("sky blue", 3) * [0.25, 0.15, 0.12])
    pale = blue + (1 - blue) * draw.uniform("haze", 0.0, 0.7)[:, None]
    ground["first"][sky], ground["second"][sky] = np.clip(blue, 0, 1)[sky], np.clip(pale, 0, 1)[sky]
    foliage = np.stack(
        [
            draw.uniform("leaf red", 0.05, 0.2),
            draw.uniform("leaf green", 0.10, 0.26),
            draw.uniform("leaf blue", 0.03, 0.12),
        ],
        -1,
    )
    leafy = ground["kind"] == 3
    ground["first"][leafy], ground["second"][leafy] = foliage[leafy], foliage[leafy] * 0.15
    ground["frequency"] = draw.uniform("ground frequency", 0.0, 1.0)
    ground["blur"] = draw.uniform("ground blur", 0.0, 1.0) ** 2 * LARGEST_GROUND_BLUR
    # Leaves are never near: only a lens out of focus makes them look right.
    ground["blur"][leafy] = 2.5 + ground["blur"][leafy] * 0.6
    ground["brightness"] = draw.uniform("ground brightness", 0.35, 1.3)
    ground["seed"] = draw.uniform("ground seed", 0, 500)


def _draw_film(table: Table, draw: SeededDraws) -> None:
    film = table["film"]
    film["exposure"] = 0.075 * 6 ** draw.uniform("exposure")
    film["gamma"] = draw.uniform("gamma", 1.9, 2.4)
    film["contrast"] = draw.uniform("contrast", 1.1, 1.65)
    film["saturation"] = np.where(draw.chance("black and white", 0.12) > 0, 0.0, draw.uniform("saturation", 0.6, 1.6))
    film["clarity"] = draw.uniform("clarity", 0.0, 0.55)
    film["tint"] = np.exp(draw.normals("tint", 3) * 0.04)
    film["focus"] = draw.uniform("focus", 3.0, 25.0)
    film["softness"] = draw.uniform("softness", 0.0, 1.0) ** 1.3 * LARGEST_SOFTNESS
    film["sharpening"] = draw.uniform("sharpening", 0.1, 1.2)
    film["sharpening_radius"] = draw.uniform("sharpening radius", 0.6, 1.4)
    film["noise"] = draw.uniform("noise", 0.0, 1.0) ** 1.5 * 7
    film["noise_size"] = draw.uniform("noise size", 0.3, 1.1)
    film["vignette"] = draw.uniform("vignette", 0.0, 0.4)
    film["jpeg"] = np.where(draw.chance("jpeg?", 0.8) > 0, draw.uniform("jpeg", 55, 97), 100)
    film["seed"] = (draw.uniform("film seed") * 2**31).astype(np.int64)
