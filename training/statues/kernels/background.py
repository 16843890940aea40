"""What stands behind the statue: its surroundings, plain paper, a wall, leaves, a niche. Linear RGB."""

import warp as wp

from training.statues.description.layout import Light
from training.statues.kernels.noise import fractal, rise, value_noise
from training.statues.kernels.raster import View
from training.statues.kernels.sky import sample_sky

#: Numbers of the kinds, in the order of ``training.statues.description``; no unit.
SURROUNDINGS = wp.constant(0)
PLAIN = wp.constant(1)
WALL = wp.constant(2)
FOLIAGE = wp.constant(3)


@wp.struct
class Ground:
    """``statue.Background``, as far as kernels need it."""

    kind: int
    first: wp.vec3
    second: wp.vec3
    frequency: float
    brightness: float
    seed: float


@wp.kernel
def paint_ground(
    views: wp.array(dtype=View),
    light: wp.array(dtype=Light),
    ground: wp.array(dtype=Ground),
    sharp: wp.array4d(dtype=float),
    gain: wp.array(dtype=float),
    picture: wp.array3d(dtype=wp.vec3),
) -> None:
    """(B, R, R) pictures. Surroundings share the head's exposure ``gain``; the others state how light they come out."""
    b, row, column = wp.tid()
    side = float(picture.shape[1])
    x = (float(column) + 0.5) / side - 0.5
    y = 0.5 - (float(row) + 0.5) / side
    g = ground[b]
    view = views[b]
    if g.kind == SURROUNDINGS:
        d = wp.normalize(view.right * (x * view.spread) + view.up * (y * view.spread) - view.back)
        lamp = light[b]
        colour = sample_sky(sharp, lamp.surroundings, lamp.turn, d) * (lamp.sky * g.brightness * gain[b])
    else:
        colour = _ground_colour(g, x, y)
    picture[b, row, column] = colour


@wp.func
def _ground_colour(g: Ground, x: float, y: float) -> wp.vec3:
    p = wp.vec3(x, y, 0.0) + wp.vec3(g.seed, g.seed, g.seed)
    colour = g.first
    if g.kind == PLAIN:
        cloud = rise(-0.6, 0.6, fractal(p * (0.8 + 2.0 * g.frequency), 3) + 0.6 * y)
        return wp.lerp(g.second, g.first, cloud)
    if g.kind == WALL:
        grain = fractal(p * (6.0 + 20.0 * g.frequency), 4)
        stain = fractal(wp.vec3(p[0] * 3.0, p[1] * 0.8, p[2]), 3)
        colour = wp.lerp(g.first, g.second, rise(-0.4, 0.4, stain)) * (1.0 + 0.5 * grain)
        if g.frequency > 0.5:
            # Courses of ashlar.
            rows = (y + 0.03 * stain) * (4.0 + 5.0 * g.frequency)
            course = wp.floor(rows)
            columns = x * (2.0 + 3.0 * g.frequency) + 0.5 * (course - 2.0 * wp.floor(course * 0.5)) + 0.3 * g.seed
            joint = wp.min(wp.abs(rows - course - 0.5), wp.abs(columns - wp.floor(columns) - 0.5) * 1.6)
            colour = (
                colour
                * (0.55 + 0.45 * rise(0.0, 0.05, joint))
                * (1.0 + 0.25 * value_noise(wp.vec3(course, wp.floor(columns + 0.5), g.seed)))
            )
        return colour
    if g.kind == FOLIAGE:
        leaves = value_noise(p * (9.0 + 22.0 * g.frequency)) + 0.6 * value_noise(p * (25.0 + 30.0 * g.frequency))
        clumps = fractal(p * 3.0, 3)
        return wp.lerp(
            g.second, g.first * (1.0 + 1.5 * rise(0.5, 1.3, leaves + clumps)), rise(-0.5, 0.8, leaves + 1.6 * clumps)
        )
    # A niche: a shell of a vault, dark inside, its edge lit.
    top = y - 0.12
    away = wp.sqrt(x * x + wp.max(top, 0.0) * wp.max(top, 0.0))
    inside = rise(0.44, 0.41, away)
    depth = 1.0 - 0.75 * rise(0.40, 0.1, away)
    wall = g.first * (1.0 + 0.3 * fractal(p * 14.0, 3))
    return wp.lerp(wall, g.second * (0.25 + 0.5 * depth) * (1.0 + 0.25 * fractal(p * 6.0, 3)), inside)
