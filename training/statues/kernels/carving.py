"""The face as a sculptor cuts it: functions of the rest position, so that they stick to the head whatever its shape.

Eyes lie at (+-3.2, 3.6), the nose tip at (0, 0.4), the mouth at (0, -3.4), the chin at (0, -7.6) cm.
"""

import warp as wp

from training.statues.description.layout import Carving, Eyes, Proportions, Weathering
from training.statues.kernels.noise import bell, fractal, rise, value_noise

#: Part numbers of ``training.datasets.morphable_head.PARTS``. No unit.
SKULL = wp.constant(1)
MOUTH = wp.constant(2)
SOCKET = wp.constant(3)
EYEBALL = wp.constant(4)
#: cm on ICT-FaceKit's mean head: mean of its left eyeball's vertices; the right one's x is negative.
EYE_X = wp.constant(3.193)
EYE_Y = wp.constant(3.617)


@wp.func
def reproportion(g: Proportions, q: wp.vec3, x: wp.vec3) -> wp.vec3:
    """Move a point of the statue's own shape; ``q``: its rest position."""
    side = wp.sign(q[0])
    across = wp.abs(q[0])
    p = wp.vec3(x[0], x[1], x[2])
    # About the eyes' line: the face below grows longer, the skull above higher.
    p[1] = (
        p[1]
        + wp.max(3.0 - p[1], 0.0) * g.face_length * rise(-16.0, -9.0, q[1])
        + wp.max(p[1] - 5.0, 0.0) * g.skull_height
    )
    jaw = rise(1.0, -5.0, q[1]) * rise(-12.0, -8.0, q[1])
    p[0] = p[0] * (1.0 + (g.width + g.jaw_width * jaw) * rise(-14.0, -9.0, q[1]))
    # Ears hang from about y = 1 down to -1.6.
    lobe = rise(7.3, 8.0, across) * rise(2.6, -1.0, q[1]) * rise(-3.5, -2.0, q[1]) * rise(3.0, 1.2, q[2])
    p[1] = p[1] - g.lobe * lobe
    p[0] = p[0] - side * 0.12 * g.lobe * lobe
    front = rise(4.0, 7.0, q[2])
    if front > 0.0:
        ex = across - EYE_X
        ey = q[1] - EYE_Y
        eye = g.eye_size * wp.exp(-(ex * ex / 5.0 + ey * ey / 2.6)) * front
        p[0] = p[0] + side * ex * eye
        p[1] = p[1] + ey * eye
        cx = (across - 4.2) / 2.2
        cy = (q[1] + 1.6) / 2.6
        swell = g.cheek * wp.exp(-(cx * cx + cy * cy)) * front
        p[0] = p[0] + side * 0.7 * swell
        p[2] = p[2] + 0.7 * swell
        nx = q[0] / 1.7
        ny = (q[1] - 0.6) / 2.0
        p[2] = p[2] + g.nose_size * wp.max(q[2] - 10.6, 0.0) * wp.exp(-(nx * nx + ny * ny))
    return p


@wp.func
def carving_height(c: Carving, q: wp.vec3, part: int) -> float:
    """Height in cm of the broad forms, hair aside; landmarks move with it."""
    h = float(0.0)
    if c.form > 0.0:
        h += c.form * fractal(q * c.form_frequency + wp.vec3(c.seed, c.seed, c.seed), 2)
    if part >= MOUTH:
        return h
    if c.wear > 0.0:
        h += c.wear * fractal(q * c.wear_frequency - wp.vec3(c.seed, 0.0, c.seed), 4)
    front = rise(4.0, 7.0, q[2])
    if front <= 0.0:
        return h
    across = wp.abs(q[0])
    h += front * c.brow * bell((q[1] - 5.7) / 0.8) * rise(0.6, 1.6, across) * rise(6.4, 4.5, across)
    h += front * c.bridge * bell(q[0] / 0.9) * rise(0.5, 2.0, q[1]) * rise(6.6, 4.6, q[1])
    if c.fold > 0.0:
        # Along the line from beside the nose (1.5, -0.6) to beside the mouth (3.2, -3.9).
        t = wp.clamp(((across - 1.5) * 1.7 + (q[1] + 0.6) * -3.3) / 13.78, 0.0, 1.0)
        ex = across - 1.5 - 1.7 * t
        ey = q[1] + 0.6 + 3.3 * t
        away = wp.sqrt(ex * ex + ey * ey)
        outside = wp.where(ex * 3.3 + ey * 1.7 > 0.0, 1.0, 0.0)
        h += front * c.fold * (outside * 0.6 * bell((away - 0.75) / 0.5) - bell(away / 0.28))
    return h


@wp.func
def chisel_height(c: Carving, e: Eyes, w: Weathering, q: wp.vec3, part: int) -> float:
    """Height in cm of all that is too fine for the mesh: lids, wrinkles, pupils, grain, pits, cracks."""
    shift = wp.vec3(w.seed, w.seed, w.seed)
    h = w.grain * fractal(q * w.grain_frequency + shift, 3)
    if w.crack > 0.0:
        # Cracks end: they run only where a second noise is high.
        runs = rise(0.0, 0.12, value_noise(q * 0.13 - shift))
        h -= w.crack * runs * rise(0.016, 0.0, wp.abs(fractal(q * 0.17 + shift, 4)))
    if w.pits > 0.0:
        h -= w.pits * rise(0.42, 0.78, value_noise(q * w.pit_frequency - shift))
    if part == EYEBALL:
        return h - _pupil(e, q)
    if q[2] > 5.0 and q[1] > 0.5 and part < MOUTH:
        h += _lids(c, q)
    return h


@wp.func
def _pupil(e: Eyes, q: wp.vec3) -> float:
    """Depth in cm of a drilled pupil, kidney-shaped as Roman ones, and of the cut ring of the iris."""
    x = wp.abs(q[0]) - EYE_X - wp.sign(q[0]) * e.gaze_x
    y = q[1] - EYE_Y - e.gaze_y
    r = wp.sqrt(x * x + y * y)
    drilled = rise(0.46, 0.30, r) * (0.35 + 0.65 * rise(0.06, 0.2, wp.sqrt(x * x + (y - 0.16) * (y - 0.16))))
    return e.depth * drilled + e.ring * bell((r - 0.86) / 0.06)


@wp.func
def _lids(c: Carving, q: wp.vec3) -> float:
    across = wp.abs(q[0])
    x = across - 3.15
    y = q[1] - 3.5
    h = float(0.0)
    if c.lid > 0.0:
        r = wp.sqrt(x * x / 2.4 + y * y / 0.40)
        h += c.lid * (bell((r - 1.12) / 0.14) - 0.7 * bell((r - 1.5) / 0.16))
    if c.wrinkle > 0.0:
        lines = q[1] + 0.35 * fractal(q * 0.5 + wp.vec3(c.seed, c.seed, c.seed), 2) + 0.02 * across * across
        wave = 0.5 + 0.5 * wp.sin(6.2832 * lines)
        wave = wave * wave
        h -= c.wrinkle * wave * wave * rise(6.4, 7.0, q[1]) * rise(9.6, 8.6, q[1]) * rise(5.0, 3.0, across)
        if y < 0.0:
            bag = wp.sqrt(x * x / 2.9 + y * y / 1.5)
            h -= c.wrinkle * (bell((bag - 1.0) / 0.1) + 0.6 * bell((bag - 1.35) / 0.1))
    return h
