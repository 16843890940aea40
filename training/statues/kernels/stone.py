"""Colour of the surface, from the rest position: stone, veins, patina, paint, and what weather and dirt left."""

import warp as wp

from training.statues.description.layout import Eyes, Stone, Weathering
from training.statues.kernels.carving import EYE_X, EYE_Y, EYEBALL, MOUTH, SOCKET
from training.statues.kernels.noise import fractal, rise, value_noise

#: Number of the eyes' kind, in the order of ``training.statues.description``; no unit.
INLAID = wp.constant(3)


@wp.struct
class Surface:
    """What light falls on."""

    colour: wp.vec3
    roughness: float
    metal: float
    reflectance: float


@wp.func
def times(a: wp.vec3, b: wp.vec3) -> wp.vec3:
    """Component by component."""
    return wp.cw_mul(a, b)


@wp.func
def fresh_stone(s: Stone, q: wp.vec3) -> wp.vec3:
    """Colour inside the stone: no patina, no dirt."""
    shift = wp.vec3(s.seed, s.seed, s.seed)
    cloud = rise(-0.5, 0.5, fractal(q * (s.vein_frequency * 1.3) + shift, 3))
    colour = wp.lerp(s.colour, s.second, s.cloud_amount * cloud)
    if s.vein_amount > 0.02:
        warped = q + wp.vec3(1.6, 1.1, 1.3) * value_noise(q * 0.35 - shift)
        vein = rise(0.10, 0.0, wp.abs(fractal(warped * s.vein_frequency - shift, 4)))
        colour = wp.lerp(colour, s.vein, s.vein_amount * vein)
    f = s.speckle_frequency
    speckle = 0.6 * value_noise(q * f + shift) + 0.4 * value_noise(q * (2.3 * f) + shift)
    return colour * wp.max(1.0 + s.speckle_amount * speckle, 0.15)


@wp.func
def colour_surface(
    s: Stone,
    w: Weathering,
    e: Eyes,
    q: wp.vec3,
    n: wp.vec3,
    part: int,
    lip: float,
    cover: wp.vec4,
    open: float,
    depth: float,
) -> Surface:
    """The surface at a point.

    Args:
        n: normal in space. lip: cm inside the lips' outline.
        cover: shares of hair, beard, headgear, and cm beyond a fracture.
        open: 0..1, how little is near by that would hide the point. depth: height in cm of the fine relief.
    """
    f = Surface()
    f.roughness = s.roughness
    f.metal = s.metal
    f.reflectance = s.reflectance
    colour = fresh_stone(s, q)
    if cover[3] > 0.0:
        # Deep gaps are dark: hardly any light finds its way out of them.
        f.colour = colour * 1.08 * (0.35 + 0.65 * rise(-0.25, -0.05, depth))
        f.roughness = wp.min(s.roughness + 0.3, 1.0)
        f.metal = s.metal * 0.3
        return f
    shift = wp.vec3(w.seed, w.seed, w.seed)
    cavity = wp.clamp(wp.max(rise(0.85, 0.25, open), rise(-0.01, -0.07, depth)), 0.0, 1.0)
    blotch = fractal(q * 0.6 + shift, 3)
    if s.paint > 0.0:
        colour = _paint(s, q, colour, part, lip, cover, blotch)
    if s.gilding > 0.0:
        gold = 0.8 * rise(0.30, -0.20, blotch - 0.5 * s.gilding + 0.15)
        colour = wp.lerp(colour, wp.vec3(0.75, 0.52, 0.2), gold)
        f.metal = wp.lerp(f.metal, 0.9, gold)
        f.roughness = wp.lerp(f.roughness, 0.3, gold)
    if s.patina > 0.0:
        green = wp.clamp(s.patina * (0.7 * cavity + rise(-0.1, 0.35, blotch + 0.25 * n[1]) * s.patina), 0.0, 1.0)
        colour = wp.lerp(colour, s.patina_colour, green)
        f.metal = f.metal * (1.0 - 0.85 * green)
        f.roughness = wp.lerp(f.roughness, 0.9, green)
    if part == EYEBALL and e.kind == INLAID:
        colour = _inlay(e, q)
        f.roughness = 0.25
        f.metal = 0.0
    colour = _weather(w, q, n, colour, cavity, blotch, shift)
    f.colour = colour
    return f


@wp.func
def _paint(s: Stone, q: wp.vec3, colour: wp.vec3, part: int, lip: float, cover: wp.vec4, blotch: float) -> wp.vec3:
    """Remains of paint: it flakes off where the noise is high."""
    left = rise(0.30, 0.0, blotch - 0.55 * (s.paint - 0.5))
    hair = wp.max(cover[0], cover[1])
    lips = rise(-0.05, 0.05, lip)
    brow = rise(0.30, 0.12, wp.abs(q[1] - 5.9 + 0.05 * (wp.abs(q[0]) - 3.3) * (wp.abs(q[0]) - 3.3))) * rise(
        1.2, 1.6, wp.abs(q[0])
    )
    brow = brow * rise(5.6, 5.2, wp.abs(q[0])) * rise(6.5, 7.5, q[2])
    skin = wp.lerp(s.skin_paint, wp.vec3(0.42, 0.10, 0.07), lips)
    if part == EYEBALL or part == SOCKET:
        skin = wp.vec3(0.7, 0.66, 0.58)
    target = wp.lerp(skin, s.hair_paint, wp.max(hair, brow))
    return wp.lerp(colour, target, left * wp.where(part < MOUTH or part == EYEBALL, 0.9, 0.5))


@wp.func
def _inlay(e: Eyes, q: wp.vec3) -> wp.vec3:
    """White, iris and pupil of an eye set in stone, glass or shell."""
    x = wp.abs(q[0]) - EYE_X - wp.sign(q[0]) * e.gaze_x
    y = q[1] - EYE_Y - e.gaze_y
    r = wp.sqrt(x * x + y * y)
    colour = wp.lerp(wp.vec3(0.72, 0.69, 0.62), e.iris, rise(0.66, 0.60, r))
    return wp.lerp(colour, wp.vec3(0.01, 0.01, 0.01), rise(0.27, 0.22, r))


@wp.func
def _weather(
    w: Weathering, q: wp.vec3, n: wp.vec3, colour: wp.vec3, cavity: float, blotch: float, shift: wp.vec3
) -> wp.vec3:
    c = colour
    stain = rise(0.05, 0.45, fractal(wp.vec3(q[0], q[1] * 0.35, q[2]) * w.stain_frequency + shift * 1.7, 3))
    c = wp.lerp(c, times(c, w.dirt_colour * 2.5), stain * w.stain)
    if w.streak > 0.0:
        run = fractal(wp.vec3(q[0] * 1.5, q[1] * 0.12, q[2] * 1.5) - shift, 3)
        c = wp.lerp(c, times(c, w.dirt_colour * 1.6), w.streak * rise(0.10, 0.55, run) * rise(0.9, 0.2, wp.abs(n[1])))
    if w.lichen > 0.0:
        # Round thin crusts in drifts, on what faces up.
        drift = fractal(q * 0.35 - shift, 2) + 0.25 * n[1]
        patch = rise(0.10, 0.34, fractal(q * 2.6 + shift, 4) + 0.8 * drift - 0.45 + 0.35 * w.lichen)
        c = wp.lerp(c, w.lichen_colour * (0.7 + 0.6 * stain), patch * 0.7)
    return wp.lerp(c, times(c, w.dirt_colour * 1.5), cavity * w.dirt)
