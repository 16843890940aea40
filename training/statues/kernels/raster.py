"""Scan conversion in compute: every triangle walks over its pixels and keeps the nearest by an atomic minimum.

On Hopper GPUs only a few units can rasterise, but all can compute. Pixels: (row, column), centres at + 0.5.
"""

import warp as wp

#: Half side in cm, and middle, of the square that a lamp's depth map shows: the whole bust. Set by eye.
LAMP_HALF = wp.constant(21.0)
LAMP_Y = wp.constant(-2.0)
#: Depth range of the view in cm: from the head's centre towards the camera, and away from it. Set by eye.
NEAR = wp.constant(30.0)
FAR = wp.constant(40.0)


@wp.struct
class View:
    """A pinhole camera."""

    eye: wp.vec3
    right: wp.vec3
    up: wp.vec3
    back: wp.vec3  # from what is looked at to the eye
    distance: float  # cm from the eye to what is looked at
    scale: float  # pixels per unit of tangent
    spread: float  # tangent that the whole side of the picture spans


@wp.struct
class Lamp:
    """Parallel light; ``on`` = 0: none. Axes of its depth map."""

    towards: wp.vec3
    right: wp.vec3
    up: wp.vec3
    on: int


@wp.func
def to_pixel(view: View, side: float, x: wp.vec3) -> wp.vec3:
    """Column and row in pixels, and depth in cm before the eye."""
    d = x - view.eye
    depth = -wp.dot(d, view.back)
    scale = view.scale / wp.max(depth, 1.0)
    return wp.vec3(0.5 * side + wp.dot(d, view.right) * scale, 0.5 * side - wp.dot(d, view.up) * scale, depth)


@wp.func
def to_lamp(lamp: Lamp, side: float, x: wp.vec3) -> wp.vec3:
    """Column and row in a lamp's depth map, and height towards the lamp in cm (parallel light)."""
    d = x - wp.vec3(0.0, LAMP_Y, 0.0)
    scale = 0.5 * side / LAMP_HALF
    return wp.vec3(
        0.5 * side + wp.dot(d, lamp.right) * scale, 0.5 * side - wp.dot(d, lamp.up) * scale, wp.dot(d, lamp.towards)
    )


@wp.func
def edge(a: wp.vec3, b: wp.vec3, x: float, y: float) -> float:
    """Twice the signed area of a, b and the point (x, y)."""
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])


@wp.func
def first_pixel(a: float, b: float, c: float) -> int:
    """First pixel whose centre lies in the triangle's extent."""
    return wp.max(int(wp.ceil(wp.min(a, wp.min(b, c)) - 0.5)), 0)


@wp.func
def last_pixel(a: float, b: float, c: float, side: int) -> int:
    """Last pixel whose centre lies in the triangle's extent."""
    return wp.min(int(wp.floor(wp.max(a, wp.max(b, c)) - 0.5)), side - 1)


@wp.kernel
def project(
    views: wp.array(dtype=View), side: float, x: wp.array2d(dtype=wp.vec3), screen: wp.array2d(dtype=wp.vec3)
) -> None:
    """(B, n) vertices -> column, row, depth."""
    b, v = wp.tid()
    screen[b, v] = to_pixel(views[b], side, x[b, v])


@wp.kernel
def scan_view(
    views: wp.array(dtype=View),
    corners: wp.array2d(dtype=int),
    screen: wp.array2d(dtype=wp.vec3),
    side: int,
    nearest: wp.array3d(dtype=wp.uint64),
) -> None:
    """(B, T) triangles into (B, side, side): depth in the upper 32 bits, the triangle's number in the lower."""
    b, t = wp.tid()
    p0 = screen[b, corners[t, 0]]
    p1 = screen[b, corners[t, 1]]
    p2 = screen[b, corners[t, 2]]
    area = edge(p0, p1, p2[0], p2[1])
    if wp.abs(area) < 1.0e-9:
        return
    inverse = 1.0 / area
    x0 = first_pixel(p0[0], p1[0], p2[0])
    x1 = last_pixel(p0[0], p1[0], p2[0], side)
    near = views[b].distance - NEAR
    for row in range(first_pixel(p0[1], p1[1], p2[1]), last_pixel(p0[1], p1[1], p2[1], side) + 1):
        y = float(row) + 0.5
        for column in range(x0, x1 + 1):
            x = float(column) + 0.5
            u = edge(p1, p2, x, y) * inverse
            v = edge(p2, p0, x, y) * inverse
            w = 1.0 - u - v
            if u >= 0.0 and v >= 0.0 and w >= 0.0:
                depth = (u * p0[2] + v * p1[2] + w * p2[2] - near) / (NEAR + FAR)
                if depth > 0.0 and depth < 1.0:
                    key = (wp.uint64(wp.uint32(depth * 4.0e9)) << wp.uint64(32)) | wp.uint64(t)
                    wp.atomic_min(nearest, b, row, column, key)


@wp.kernel
def scan_lamps(
    lamps: wp.array2d(dtype=Lamp),
    corners: wp.array2d(dtype=int),
    x: wp.array2d(dtype=wp.vec3),
    side: int,
    highest: wp.array4d(dtype=float),
) -> None:
    """(B, L, T) triangles into (B, L, side, side): the greatest height towards the lamp."""
    b, lamp, t = wp.tid()
    d = lamps[b, lamp]
    if d.on == 0:
        return
    p0 = to_lamp(d, float(side), x[b, corners[t, 0]])
    p1 = to_lamp(d, float(side), x[b, corners[t, 1]])
    p2 = to_lamp(d, float(side), x[b, corners[t, 2]])
    area = edge(p0, p1, p2[0], p2[1])
    # What faces away from the lamp lies below what faces it.
    if area > -1.0e-9:
        return
    inverse = 1.0 / area
    x0 = first_pixel(p0[0], p1[0], p2[0])
    x1 = last_pixel(p0[0], p1[0], p2[0], side)
    for row in range(first_pixel(p0[1], p1[1], p2[1]), last_pixel(p0[1], p1[1], p2[1], side) + 1):
        py = float(row) + 0.5
        for column in range(x0, x1 + 1):
            px = float(column) + 0.5
            u = edge(p1, p2, px, py) * inverse
            v = edge(p2, p0, px, py) * inverse
            w = 1.0 - u - v
            if u >= 0.0 and v >= 0.0 and w >= 0.0:
                wp.atomic_max(highest, b, lamp, row, column, u * p0[2] + v * p1[2] + w * p2[2])
