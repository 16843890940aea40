"""What is worn on the head: bands, wreaths, helmets, veils, cloths, and the ushnisha of a Buddha. Lengths in cm."""

import warp as wp

from training.statues.description.layout import Headgear
from training.statues.kernels.hair import SKULL_Y, SKULL_Z, behind_face, near_ear
from training.statues.kernels.noise import bell, fractal, rise

#: Numbers of the kinds, in the order of ``training.statues.description``; no unit.
NONE = wp.constant(0)
DIADEM = wp.constant(1)
WREATH = wp.constant(2)
HELMET = wp.constant(3)
VEIL = wp.constant(4)
USHNISHA = wp.constant(5)
HEADCLOTH = wp.constant(6)


@wp.func
def _above(g: Headgear, q: wp.vec3) -> float:
    """Height over the plane in which the headgear sits."""
    return q[1] - g.level + g.tilt * (10.0 - q[2])


@wp.func
def headgear_share(g: Headgear, q: wp.vec3) -> float:
    """0..1, where the headgear hides what is under it."""
    if g.kind == NONE or g.kind == USHNISHA:
        return 0.0
    v = _above(g, q)
    ear = 1.0 - near_ear(q)
    if g.kind == DIADEM:
        return rise(0.85, 0.65, wp.abs(v - 0.6)) * ear
    if g.kind == WREATH:
        return rise(1.5, 1.2, wp.abs(v - 0.6)) * ear
    if g.kind == HELMET:
        return rise(-0.2, 0.1, v) * ear
    # Cloths hang down behind the ears.
    hanging = behind_face(q, 0.8, -15.0) * rise(8.0, 5.0, q[1])
    return wp.max(rise(-0.3, 0.3, v), hanging)


@wp.func
def drapes(g: Headgear, q: wp.vec3) -> float:
    """0..1, where a cloth hangs free of skull, ears and neck."""
    if g.kind != VEIL and g.kind != HEADCLOTH:
        return 0.0
    return headgear_share(g, q)


@wp.func
def gear_relief(g: Headgear, q: wp.vec3) -> float:
    """Height in cm over the skull where it is worn."""
    v = _above(g, q)
    azimuth = wp.atan2(q[0], q[2] - SKULL_Z)
    if g.kind == DIADEM:
        beads = 0.14 * wp.sin(azimuth * 40.0 * g.frequency) * rise(1.05, 0.95, g.frequency)
        return g.height * (0.8 + beads) + 0.12 * (bell((v - 0.1) / 0.15) + bell((v - 1.1) / 0.15))
    if g.kind == WREATH:
        return _leaves(g, azimuth, v - 0.6)
    if g.kind == HELMET:
        brim = 0.35 * bell((v - 0.35) / 0.3)
        ridge = g.crest * bell(q[0] / 0.75) * rise(0.5, 3.0, v)
        return g.height + brim + ridge
    fold = fractal(wp.vec3(q[0] * 0.25, q[1] * 0.10, q[2] * 0.25) + wp.vec3(g.seed, g.seed, g.seed), 2)
    hem = 0.25 * bell((v - 0.2) / 0.3) * rise(4.0, 7.0, q[1])
    if g.kind == VEIL:
        return g.height * 0.5 + hem + 0.30 * wp.sin((azimuth + 0.9 * fold) * 13.0 * g.frequency) * rise(9.0, 3.0, q[1])
    stripes = wp.sin((q[1] + 0.35 * wp.abs(q[0])) * 5.0 * g.frequency)
    return g.height * 0.6 + hem + 0.10 * stripes * rise(0.2, 1.2, v)


@wp.func
def _leaves(g: Headgear, azimuth: float, v: float) -> float:
    """Two rows of leaves that point to the front."""
    side = wp.sign(azimuth)
    row = wp.where(v > 0.0, 1.0, 0.0)
    u = (wp.abs(azimuth) * 7.0 + row * 0.5 + side * 0.1) * g.frequency
    du = u - wp.floor(u)
    dv = (wp.abs(v) - 0.55) / 0.62 + (du - 0.5) * 0.5
    blade = (1.0 - dv * dv) * wp.min(du * 6.0, 1.0) * (1.0 - 0.6 * du)
    return g.height * (0.25 + 0.85 * wp.max(blade, 0.0)) - 0.10 * bell(dv / 0.12) * rise(0.0, 0.3, blade)


@wp.func
def ushnisha(g: Headgear, q: wp.vec3) -> float:
    """Height of the knot on the crown of a Buddha's head."""
    if g.kind != USHNISHA:
        return 0.0
    x = q[0] / 3.1
    z = (q[2] - 0.6) / 3.3
    return g.height * bell(wp.sqrt(x * x + z * z)) * rise(SKULL_Y + 5.0, SKULL_Y + 8.0, q[1])
