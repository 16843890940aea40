"""What a pixel shows: the triangle it sees, its fine relief, the light on it, the stone that sends it back."""

import warp as wp

from training.statues.description.layout import Beard, Carving, Eyes, Fracture, Hair, Headgear, Light, Stone, Weathering
from training.statues.kernels.carving import MOUTH, chisel_height
from training.statues.kernels.fracture import fracture_distance, fracture_normal, in_crack
from training.statues.kernels.geometry import BREAKS, relief
from training.statues.kernels.noise import fractal, rise
from training.statues.kernels.raster import LAMP_HALF, Lamp, View, edge, to_lamp, to_pixel
from training.statues.kernels.sky import PI, sample_sky
from training.statues.kernels.stone import colour_surface, times

#: Nothing was hit. All bits set: no depth lies behind it.
EMPTY = wp.constant(wp.uint64(0xFFFFFFFFFFFFFFFF))
#: Of the golden angle, pi * (3 - sqrt 5) = 2.39996 radians, by which one sample is turned from the last.
GOLDEN_COSINE = wp.constant(-0.73736888)
GOLDEN_SINE = wp.constant(0.67549029)
#: Samples per pixel: for how far a lamp's shadow is softened, for that shadow, for occlusion; chosen, for time.
BLOCKERS = wp.constant(8)
SHADOW_TAPS = wp.constant(12)
OCCLUSION_TAPS = wp.constant(12)


@wp.struct
class Pixels:
    """(B, S, S) maps of what the camera sees; ``part`` is -1 where it sees nothing."""

    part: wp.array3d(dtype=int)
    position: wp.array3d(dtype=wp.vec3)
    normal: wp.array3d(dtype=wp.vec3)
    rest: wp.array3d(dtype=wp.vec3)
    cover: wp.array3d(dtype=wp.vec4)
    detail: wp.array3d(dtype=float)
    weights: wp.array3d(dtype=wp.vec3)
    lip: wp.array3d(dtype=float)


@wp.kernel
def resolve(
    nearest: wp.array3d(dtype=wp.uint64),
    corners: wp.array2d(dtype=int),
    screen: wp.array2d(dtype=wp.vec3),
    rest: wp.array(dtype=wp.vec3),
    part: wp.array(dtype=int),
    lip: wp.array(dtype=float),
    position: wp.array2d(dtype=wp.vec3),
    normals: wp.array2d(dtype=wp.vec3),
    cover: wp.array2d(dtype=wp.vec4),
    height: wp.array2d(dtype=float),
    carving: wp.array(dtype=Carving),
    eyes: wp.array(dtype=Eyes),
    hair: wp.array(dtype=Hair),
    beard: wp.array(dtype=Beard),
    headgear: wp.array(dtype=Headgear),
    weathering: wp.array(dtype=Weathering),
    fractures: wp.array2d(dtype=Fracture),
    landmarks: wp.array2d(dtype=wp.vec3),
    broken: int,
    pixels: Pixels,
) -> None:
    """(B, S, S): the visible point, its smooth normal, and the height of all relief that the mesh does not carry."""
    b, row, column = wp.tid()
    key = nearest[b, row, column]
    if key == EMPTY:
        pixels.part[b, row, column] = -1
        return
    t = int(wp.uint32(key & wp.uint64(0xFFFFFFFF)))
    c0 = corners[t, 0]
    c1 = corners[t, 1]
    c2 = corners[t, 2]
    p0 = screen[b, c0]
    p1 = screen[b, c1]
    p2 = screen[b, c2]
    x = float(column) + 0.5
    y = float(row) + 0.5
    # Perspective-correct weights.
    u = edge(p1, p2, x, y) / p0[2]
    v = edge(p2, p0, x, y) / p1[2]
    w = edge(p0, p1, x, y) / p2[2]
    total = u + v + w
    u = u / total
    v = v / total
    w = w / total
    q = rest[c0] * u + rest[c1] * v + rest[c2] * w
    kind = part[c0]
    point = position[b, c0] * u + position[b, c1] * v + position[b, c2] * w
    normal = normals[b, c0] * u + normals[b, c1] * v + normals[b, c2] * w
    over = cover[b, c0] * u + cover[b, c1] * v + cover[b, c2] * w
    detail = float(0.0)
    if over[3] > 0.0:
        closest = float(1000.0)
        for k in range(BREAKS):
            f = fractures[b, k]
            away = wp.abs(fracture_distance(f, landmarks[b, f.landmark], point))
            if away < closest:
                closest = away
                normal = fracture_normal(f, landmarks[b, f.landmark], point)
                detail = f.roughness * fractal(point * f.frequency + wp.vec3(f.seed, f.seed, f.seed), 5)
        detail += 0.05 * fractal(point * 3.5, 3)
    else:
        shown = wp.max(over[0], wp.max(over[1], over[2]))
        detail = chisel_height(carving[b], eyes[b], weathering[b], q, kind) * (1.0 - 0.7 * shown)
        if shown > 0.01 and kind < MOUTH:
            exact = relief(hair[b], beard[b], headgear[b], carving[b], q, kind)
            detail += exact[0] - (height[b, c0] * u + height[b, c1] * v + height[b, c2] * w)
    if broken == 1:
        for k in range(BREAKS):
            f = fractures[b, k]
            depth = in_crack(f, landmarks[b, f.landmark], point)
            if depth > 0.0:
                detail -= 2.0 * depth
                over[3] = wp.max(over[3], depth)
    pixels.part[b, row, column] = kind
    pixels.position[b, row, column] = point
    pixels.normal[b, row, column] = wp.normalize(normal)
    pixels.rest[b, row, column] = q
    pixels.cover[b, row, column] = over
    pixels.detail[b, row, column] = detail
    pixels.weights[b, row, column] = wp.vec3(u, v, w)
    pixels.lip[b, row, column] = lip[c0] * u + lip[c1] * v + lip[c2] * w


@wp.func
def _step(pixels: Pixels, b: int, row: int, column: int, dr: int, dc: int, point: wp.vec3, reach: float) -> wp.vec4:
    """Difference of position (x, y, z) and of detail between the neighbours that are on the same surface."""
    side = pixels.part.shape[1]
    ahead = wp.vec4(0.0, 0.0, 0.0, 0.0)
    for k in range(2):
        s = 1 - 2 * k
        r = row + s * dr
        c = column + s * dc
        if r >= 0 and c >= 0 and r < side and c < side:
            if pixels.part[b, r, c] >= 0:
                d = pixels.position[b, r, c] - point
                if wp.length(d) < reach:
                    h = pixels.detail[b, r, c] - pixels.detail[b, row, column]
                    ahead += wp.vec4(d[0], d[1], d[2], h) * float(s)
    return ahead


@wp.func
def bump_normal(pixels: Pixels, b: int, row: int, column: int, n: wp.vec3, reach: float) -> wp.vec3:
    """Normal turned by the slope of the fine relief (Mikkelsen 2010, from differences between pixels)."""
    point = pixels.position[b, row, column]
    across = _step(pixels, b, row, column, 0, 1, point, reach)
    down = _step(pixels, b, row, column, 1, 0, point, reach)
    px = wp.vec3(across[0], across[1], across[2])
    py = wp.vec3(down[0], down[1], down[2])
    r1 = wp.cross(py, n)
    r2 = wp.cross(n, px)
    area = wp.dot(px, r1)
    if wp.abs(area) < 1.0e-8:
        return n
    slope = (r1 * across[3] + r2 * down[3]) / area
    steep = wp.length(slope)
    return wp.normalize(n - slope * wp.min(1.0, 1.6 / wp.max(steep, 1.0e-4)))


@wp.func
def gradient_noise(row: int, column: int) -> float:
    """A number per pixel that turns the sampling pattern (interleaved gradient noise: Jimenez 2014)."""
    x = 0.06711056 * float(column) + 0.00583715 * float(row)
    x = 52.9829189 * (x - wp.floor(x))
    return x - wp.floor(x)


@wp.func
def unshadowed_share(
    highest: wp.array4d(dtype=float),
    b: int,
    which: int,
    lamp: Lamp,
    size: float,
    point: wp.vec3,
    n: wp.vec3,
    turn: wp.vec2,
) -> float:
    """Share of a lamp that is not hidden: percentage-closer soft shadows (Fernando 2005)."""
    side = highest.shape[2]
    p = to_lamp(lamp, float(side), point + n * 0.10)
    per_cm = 0.5 * float(side) / LAMP_HALF
    search = wp.clamp(size * 4.0, 0.12, 1.5) * per_cm
    hidden = float(0.0)
    above = float(0.0)
    d = turn
    for k in range(BLOCKERS):
        r = search * wp.sqrt((float(k) + 0.5) / float(BLOCKERS))
        over = highest[b, which, _cell(p[1] + r * d[1], side), _cell(p[0] + r * d[0], side)] - p[2]
        if over > 0.08 + 0.3 * r / per_cm:
            hidden += 1.0
            above += over
        d = _turn_golden(d)
    if hidden < 0.5:
        return 1.0
    spread = wp.clamp(size * above / hidden, 0.06, 2.5) * per_cm
    free = float(0.0)
    for k in range(SHADOW_TAPS):
        r = spread * wp.sqrt((float(k) + 0.5) / float(SHADOW_TAPS))
        over = highest[b, which, _cell(p[1] + r * d[1], side), _cell(p[0] + r * d[0], side)] - p[2]
        if over < 0.08 + 0.3 * r / per_cm:
            free += 1.0
        d = _turn_golden(d)
    return free / float(SHADOW_TAPS)


@wp.func
def _cell(x: float, side: int) -> int:
    return wp.clamp(int(x), 0, side - 1)


@wp.func
def _turn_golden(d: wp.vec2) -> wp.vec2:
    """By the golden angle: the next direction of a spiral that covers a disc evenly (Vogel 1979)."""
    return wp.vec2(GOLDEN_COSINE * d[0] - GOLDEN_SINE * d[1], GOLDEN_SINE * d[0] + GOLDEN_COSINE * d[1])


@wp.func
def openness(pixels: Pixels, view: View, b: int, point: wp.vec3, n: wp.vec3, radius: float, turn: wp.vec2) -> float:
    """1 less the share of a small hemisphere that lies behind something else (screen-space ambient occlusion)."""
    side = pixels.part.shape[1]
    helper = wp.where(wp.abs(n[1]) < 0.9, wp.vec3(0.0, 1.0, 0.0), wp.vec3(1.0, 0.0, 0.0))
    t = wp.normalize(wp.cross(helper, n))
    s = wp.cross(n, t)
    hidden = float(0.0)
    d = turn
    for k in range(OCCLUSION_TAPS):
        height = (float(k) + 0.5) / float(OCCLUSION_TAPS)
        ring = wp.sqrt(1.0 - height * height)
        far = radius * (0.15 + 0.85 * wp.sqrt((float((k * 5) % OCCLUSION_TAPS) + 0.5) / float(OCCLUSION_TAPS)))
        sample = point + n * 0.04 + (t * (ring * d[0]) + s * (ring * d[1]) + n * height) * far
        p = to_pixel(view, float(side), sample)
        column = wp.clamp(int(p[0]), 0, side - 1)
        row = wp.clamp(int(p[1]), 0, side - 1)
        if pixels.part[b, row, column] >= 0:
            before = p[2] + wp.dot(pixels.position[b, row, column] - view.eye, view.back)
            if before > 0.05 and before < radius * 2.0:
                hidden += 1.0
        d = _turn_golden(d)
    return 1.0 - hidden / float(OCCLUSION_TAPS)


@wp.func
def gloss(n: wp.vec3, v: wp.vec3, towards: wp.vec3, roughness: float, f0: float) -> float:
    """GGX microfacets (Walter et al. 2007) with Schlick's approximations, times the cosine."""
    nl = wp.max(wp.dot(n, towards), 0.0)
    nv = wp.max(wp.dot(n, v), 0.02)
    h = wp.normalize(v + towards)
    nh = wp.max(wp.dot(n, h), 0.0)
    a = roughness * roughness
    d = nh * nh * (a * a - 1.0) + 1.0
    k = 0.5 * a
    visible = 0.25 / ((nv * (1.0 - k) + k) * (nl * (1.0 - k) + k))
    grazing = 1.0 - wp.max(wp.dot(h, v), 0.0)
    f = f0 + (1.0 - f0) * grazing * grazing * grazing * grazing * grazing
    return wp.min(nl * f * visible * a * a / (d * d), 8.0)


@wp.kernel
def shade(
    views: wp.array(dtype=View),
    nearest: wp.array3d(dtype=wp.uint64),
    corners: wp.array2d(dtype=int),
    pixels: Pixels,
    light: wp.array(dtype=Light),
    lamps: wp.array2d(dtype=Lamp),
    highest: wp.array4d(dtype=float),
    ambient: wp.array2d(dtype=wp.vec3),
    across: wp.array2d(dtype=wp.vec3),
    upward: wp.array2d(dtype=wp.vec3),
    forward: wp.array2d(dtype=wp.vec3),
    sharp: wp.array4d(dtype=float),
    soft: wp.array4d(dtype=float),
    stone: wp.array(dtype=Stone),
    weathering: wp.array(dtype=Weathering),
    eyes: wp.array(dtype=Eyes),
    radiance: wp.array3d(dtype=wp.vec4),
) -> None:
    """(B, S, S): linear RGB and 1 where the statue is, zeros elsewhere; the bumped normal replaces the smooth one."""
    b, row, column = wp.tid()
    part = pixels.part[b, row, column]
    if part < 0:
        radiance[b, row, column] = wp.vec4(0.0, 0.0, 0.0, 0.0)
        return
    view = views[b]
    g = light[b]
    point = pixels.position[b, row, column]
    v = wp.normalize(view.eye - point)
    smooth = pixels.normal[b, row, column]
    if wp.dot(smooth, v) < 0.0:
        smooth = wp.normalize(smooth - v * (1.02 * wp.dot(smooth, v)))
    reach = 6.0 * view.distance / view.scale
    n = bump_normal(pixels, b, row, column, smooth, reach)
    facing = wp.dot(n, v)
    if facing < 0.0:
        n = wp.normalize(n - v * (1.02 * facing))
    angle = 6.2831853 * gradient_noise(row, column)
    turn = wp.vec2(wp.cos(angle), wp.sin(angle))
    free = openness(pixels, view, b, point, smooth, g.occlusion_radius, turn)
    over = pixels.cover[b, row, column]
    lip = pixels.lip[b, row, column]
    detail = pixels.detail[b, row, column]
    f = colour_surface(stone[b], weathering[b], eyes[b], pixels.rest[b, row, column], n, part, lip, over, free, detail)
    # The sky, past the head (at the vertices) and past what is near (free).
    w = pixels.weights[b, row, column]
    t = int(wp.uint32(nearest[b, row, column] & wp.uint64(0xFFFFFFFF)))
    c0 = corners[t, 0]
    c1 = corners[t, 1]
    c2 = corners[t, 2]
    l0 = ambient[b, c0] * w[0] + ambient[b, c1] * w[1] + ambient[b, c2] * w[2]
    lx = across[b, c0] * w[0] + across[b, c1] * w[1] + across[b, c2] * w[2]
    ly = upward[b, c0] * w[0] + upward[b, c1] * w[1] + upward[b, c2] * w[2]
    lz = forward[b, c0] * w[0] + forward[b, c1] * w[1] + forward[b, c2] * w[2]
    from_sky = l0 + lx * n[0] + ly * n[1] + lz * n[2]
    around = wp.length(l0) / wp.max(g.sky * 1.732, 1.0e-3)
    diffuse = wp.max(from_sky, l0 * 0.12) * (0.25 + 0.75 * free)
    specular = wp.vec3(0.0, 0.0, 0.0)
    wrap = stone[b].wrap
    for k in range(2):
        lamp = lamps[b, k]
        towards = lamp.towards
        colour = wp.where(k == 0, g.key_colour, g.fill_colour)
        size = wp.where(k == 0, g.key_size, g.fill_size)
        cosine = wp.max((wp.dot(n, towards) + wrap) / (1.0 + wrap), 0.0)
        if cosine > 0.0 and lamp.on == 1:
            seen = unshadowed_share(highest, b, k, lamp, size, point, smooth, turn) * (0.5 + 0.5 * free)
            diffuse = diffuse + colour * (seen * cosine)
            specular = specular + colour * (
                PI * seen * gloss(n, v, towards, wp.max(f.roughness, size * 0.7), f.reflectance)
            )
    mirrored = n * (2.0 * wp.dot(n, v)) - v
    in_mirror = sample_sky(soft, g.surroundings, g.turn, mirrored)
    if f.metal > 0.05:
        in_mirror = wp.lerp(sample_sky(sharp, g.surroundings, g.turn, mirrored), in_mirror, rise(0.1, 0.6, f.roughness))
    grazing = 1.0 - wp.max(wp.dot(n, v), 0.0)
    fresnel = f.reflectance + (1.0 - f.roughness) * 0.6 * wp.pow(grazing, 5.0)
    specular = specular + in_mirror * (g.sky * fresnel * free * wp.clamp(around, 0.0, 1.0))
    tinted = times(specular, wp.lerp(wp.vec3(1.0, 1.0, 1.0), f.colour * 1.5, f.metal))
    out = times(f.colour, diffuse) * (1.0 - 0.75 * f.metal) + tinted
    out = wp.vec3(wp.clamp(out[0], 0.0, 12.0), wp.clamp(out[1], 0.0, 12.0), wp.clamp(out[2], 0.0, 12.0))
    pixels.normal[b, row, column] = n
    radiance[b, row, column] = wp.vec4(out[0], out[1], out[2], 1.0)
