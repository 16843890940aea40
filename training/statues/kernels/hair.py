"""Hair and beard: where they grow, and how their locks stand off the skin. Functions of the rest position, in cm."""

import warp as wp

from training.statues.description.layout import Beard, Hair
from training.statues.kernels.noise import bell, fractal, hash_lattice, rise, value_noise

#: Numbers of the kinds, in the order of ``training.statues.description``; no unit.
CROPPED = wp.constant(0)
WAVY = wp.constant(1)
SNAIL = wp.constant(2)
STRANDS = wp.constant(3)
BRAIDS = wp.constant(4)
KNOBS = wp.constant(5)
#: Middle of the skull, about which hair is combed. cm on the mean head; set by eye.
SKULL_Y = wp.constant(3.0)
SKULL_Z = wp.constant(-1.0)


@wp.func
def near_ear(q: wp.vec3) -> float:
    """1 on the ears, 0 away from them."""
    x = (wp.abs(q[0]) - 8.3) / 1.6
    y = (q[1] - 2.0) / 3.4
    z = (q[2] - 0.4) / 2.1
    return rise(1.15, 0.75, wp.sqrt(x * x + y * y + z * z))


@wp.func
def scalp(g: Hair, q: wp.vec3) -> float:
    """0..1, how much of the hair's height stands here: 1 on the scalp, falling at the hairline."""
    forward = rise(0.0, 0.75, wp.clamp((q[2] + 1.0) / 11.0, 0.0, 1.0))
    # Lower at the temples than over the middle of the forehead.
    line = wp.lerp(g.nape, g.front - 0.018 * q[0] * q[0], forward)
    ragged = 0.45 * fractal(q * 0.55 + wp.vec3(g.seed, g.seed, g.seed), 2)
    return rise(line - 0.45, line + 0.45, q[1] + ragged) * (1.0 - near_ear(q))


@wp.func
def beard_share(g: Beard, q: wp.vec3) -> float:
    """0..1, how much of the beard's height stands here."""
    if g.height <= 0.001:
        return 0.0
    across = wp.abs(q[0])
    shift = wp.vec3(g.seed, g.seed, g.seed)
    edge = q[1] + 0.30 * fractal(q * 0.8 + shift, 2) - 0.24 * wp.max(across - 2.0, 0.0)
    jaw = (
        rise(-3.2, -5.4, edge)
        * rise(-10.6, -8.8, q[1])
        * rise(0.5, 3.0, q[2])
        * rise(-10.0, -8.0, q[1] - 0.4 * (7.0 - q[2]))
    )
    # Whiskers run up the cheek before the ear.
    whisker = rise(5.2, 6.2, across) * rise(1.5, 0.0, q[1]) * rise(0.8, 1.8, q[2]) * rise(6.5, 5.2, q[2])
    lx = q[0] / 2.9
    ly = (q[1] + 3.6) / 1.15
    lz = (q[2] - 11.5) / 3.0
    lips = 1.0 - rise(0.6, 1.0, wp.sqrt(lx * lx + ly * ly + lz * lz))
    above = rise(0.55, 0.2, wp.abs(q[1] + 2.0 + 0.12 * across)) * rise(3.4, 2.4, across) * rise(8.5, 9.5, q[2])
    return wp.clamp(wp.max(wp.max(jaw, whisker) * (1.0 - lips), g.moustache * above), 0.0, 1.0)


@wp.func
def locks(q: wp.vec3, style: int, frequency: float, parting: float, seed: float) -> float:
    """Relief of the hair, about -0.5..1."""
    shift = wp.vec3(seed, seed, seed)
    if style == CROPPED:
        return 0.5 * fractal(q * (frequency * 2.2) + shift, 3)
    if style == WAVY:
        return _waves(q, frequency, parting, shift)
    if style == BRAIDS:
        return _braids(q, frequency, parting, shift)
    if style == KNOBS:
        return _knobs(q, frequency)
    return _curls(q, style, frequency, seed)


@wp.func
def _strand_coordinates(q: wp.vec3, parting: float) -> wp.vec2:
    """Coordinates across and along the strands: from the crown, or from a parting in the middle to the sides."""
    x = q[0]
    y = q[1] - SKULL_Y
    z = q[2] - SKULL_Z
    azimuth = wp.atan2(x, z)
    radius = wp.sqrt(x * x + y * y + z * z)
    down = wp.acos(wp.clamp(y / wp.max(radius, 0.1), -1.0, 1.0))
    # About the axis through the ears: strands fall from the parting to the sides.
    around = wp.atan2(z, y)
    sideways = wp.atan2(wp.abs(x), wp.sqrt(y * y + z * z))
    # Below the ears all strands hang down.
    combed = parting * rise(0.0, 3.0, y)
    return wp.vec2(wp.lerp(azimuth, around, combed) * 9.0, wp.lerp(down, sideways, combed) * 9.0)


@wp.func
def _waves(q: wp.vec3, frequency: float, parting: float, shift: wp.vec3) -> float:
    """Strands that part and meet, bundled into locks."""
    uv = _strand_coordinates(q, parting)
    bend = 1.7 * fractal(q * 0.42 + shift, 3) + 0.35 * wp.sin(uv[1] * 1.7 * frequency + uv[0] * 0.15)
    phase = (uv[0] + 2.0 * bend) * frequency
    lock = 0.5 + 0.5 * wp.sin(phase * 1.9 + 1.6 * value_noise(q * 0.9 - shift))
    strand = wp.sin(phase * 7.0 + 3.0 * value_noise(q * 0.7 + shift))
    return 0.85 * wp.sqrt(lock) - 0.35 + 0.16 * strand + 0.15 * value_noise(q * 1.6 + shift)


@wp.func
def _braids(q: wp.vec3, frequency: float, parting: float, shift: wp.vec3) -> float:
    """Rows of plaits, or the tight tresses of archaic and Egyptian heads."""
    uv = _strand_coordinates(q, parting)
    u = (uv[0] + 0.5 * fractal(q * 0.3 + shift, 2)) * frequency * 0.9
    row = wp.floor(u)
    across = 2.0 * (u - row) - 1.0
    along = uv[1] * frequency * 2.1
    body = wp.sqrt(wp.max(1.0 - across * across, 0.0))
    plait = 0.5 + 0.5 * wp.sin(along * 2.0 + wp.abs(across) * 3.0 + row * 1.3)
    return body * (0.55 + 0.4 * plait) - 0.25


@wp.func
def _knobs(q: wp.vec3, frequency: float) -> float:
    """The small curls of a Buddha: spirals in rows that climb round the skull."""
    x = q[0]
    y = q[1] - SKULL_Y
    z = q[2] - SKULL_Z
    radius = wp.sqrt(x * x + y * y + z * z)
    polar = wp.acos(wp.clamp(y / wp.max(radius, 0.1), -1.0, 1.0))
    v = polar * 9.0 * frequency
    row = wp.floor(v)
    count = wp.max(wp.floor(6.2832 * wp.sin((row + 0.5) / (9.0 * frequency)) * 9.0 * frequency), 3.0)
    u = (wp.atan2(x, z) / 6.2832 + 0.5) * count + 0.5 * (row - 2.0 * wp.floor(row * 0.5))
    du = 2.0 * (u - wp.floor(u)) - 1.0
    dv = 2.0 * (v - row) - 1.0
    r = wp.sqrt(du * du + dv * dv)
    groove = wp.sin(r * 8.0 - wp.atan2(dv, du)) * rise(1.0, 0.6, r)
    return wp.sqrt(wp.max(1.2 - r * r, 0.0)) * 0.9 - 0.2 + 0.12 * groove


@wp.func
def _curls(q: wp.vec3, style: int, frequency: float, seed: float) -> float:
    """Cells round jittered points; in each a snail curl, or a bent bundle of strands."""
    g = q * frequency
    gx = int(wp.floor(g[0]))
    gy = int(wp.floor(g[1]))
    gz = int(wp.floor(g[2]))
    salt = int(seed)
    nearest = float(9.0)
    second = float(9.0)
    offset = wp.vec3(0.0, 0.0, 0.0)
    twist = float(0.0)
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            for dz in range(-1, 2):
                jitter = hash_lattice(gx + dx + salt, gy + dy + salt, gz + dz + salt)
                away = g - wp.vec3(
                    float(gx + dx) + 0.05 + 0.9 * jitter[0],
                    float(gy + dy) + 0.05 + 0.9 * jitter[1],
                    float(gz + dz) + 0.05 + 0.9 * jitter[2],
                )
                distance = wp.dot(away, away)
                if distance < nearest:
                    second = nearest
                    nearest = distance
                    offset = away
                    twist = jitter[0]
                elif distance < second:
                    second = distance
    r = wp.sqrt(nearest)
    border = wp.sqrt(second) - r
    outward = wp.normalize(q - wp.vec3(0.0, SKULL_Y, SKULL_Z))
    u = wp.normalize(wp.cross(outward, wp.vec3(0.3, 1.0, 0.2)))
    v = wp.cross(outward, u)
    a = wp.dot(offset, u)
    b = wp.dot(offset, v)
    if style == SNAIL:
        hand = wp.where(twist > 0.5, 1.0, -1.0)
        relief = wp.sin(r * 15.0 - hand * wp.atan2(a, b)) * rise(0.95, 0.3, r)
    else:
        bend = a * wp.cos(twist * 3.0) + b * wp.sin(twist * 3.0)
        relief = wp.sin((bend + 0.8 * r * r) * 11.0 + 2.0 * value_noise(q * 0.8 + wp.vec3(seed, seed, seed)))
    return (1.0 - 0.8 * r) * rise(0.0, 0.22, border) + 0.22 * relief - 0.35 * bell(border / 0.10)


@wp.func
def loose_hair_share(g: Hair, q: wp.vec3) -> float:
    """0..1, where a mass of loose hair hides skull, ear and neck; 0 for short hair."""
    if g.volume <= 0.0:
        return 0.0
    # Shoulders stay bare: the mass ends on them.
    return behind_face(q, 0.6, wp.max(g.length, -10.0)) * rise(7.5, 3.5, q[1])


@wp.func
def behind_face(q: wp.vec3, front: float, bottom: float) -> float:
    """1 behind the plane z = ``front`` (which leans back towards the neck) and above y = ``bottom``."""
    lean = wp.min(q[1] + 2.0, 0.0) * 0.12
    return rise(front + lean + 0.7, front + lean - 0.7, q[2]) * rise(bottom - 0.8, bottom + 0.4, q[1])


@wp.func
def mass(q: wp.vec3, x: wp.vec3, thickness: float) -> wp.vec3:
    """The point of a smooth mass (hair, cloth) over the skull and down beside the neck, outward from ``x``."""
    above = wp.max(x[1] - SKULL_Y, 0.0)
    d = wp.vec3(x[0], above, x[2] - SKULL_Z)
    far = wp.max(wp.length(d), 0.1)
    d = d / far
    widened = thickness + 0.07 * wp.max(SKULL_Y - x[1], 0.0)
    a = d[0] / (7.7 + widened)
    b = d[1] / (11.2 + thickness)
    c = d[2] / (8.0 + 0.6 * widened)
    hull = 1.0 / wp.sqrt(a * a + b * b + c * c)
    # An ear does not push the mass outward.
    reach = wp.where(near_ear(q) > 0.05, hull, wp.max(hull, far + thickness))
    return wp.vec3(d[0] * reach, x[1] - above + d[1] * reach, SKULL_Z + d[2] * reach)
