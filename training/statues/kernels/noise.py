"""Solid noise for kernels: hashes of lattice points, smoothly interpolated (value noise)."""

import warp as wp


@wp.func
def mix_lattice(x: int, y: int, z: int) -> wp.vec3ui:
    """96 bits of a lattice point (pcg3d without its last round: Jarzynski and Olano 2020)."""
    factor = wp.uint32(1664525)
    summand = wp.uint32(1013904223)
    a = wp.uint32(x + 32768) * factor + summand
    b = wp.uint32(y + 32768) * factor + summand
    c = wp.uint32(z + 32768) * factor + summand
    a = a + b * c
    b = b + c * a
    c = c + a * b
    half = wp.uint32(16)
    return wp.vec3ui(a ^ (a >> half), b ^ (b >> half), c ^ (c >> half))


@wp.func
def hash_lattice(x: int, y: int, z: int) -> wp.vec3:
    """Three numbers in [0, 1) per lattice point (pcg3d)."""
    bits = mix_lattice(x, y, z)
    a = bits[0] + bits[1] * bits[2]
    b = bits[1] + bits[2] * a
    c = bits[2] + a * b
    eight = wp.uint32(8)
    return wp.vec3(float(a >> eight), float(b >> eight), float(c >> eight)) * (1.0 / 16777216.0)


@wp.func
def lattice(x: int, y: int, z: int) -> float:
    """The first of ``hash_lattice``'s numbers, for less."""
    bits = mix_lattice(x, y, z)
    return float((bits[0] + bits[1] * bits[2]) >> wp.uint32(8)) * (1.0 / 16777216.0)


@wp.func
def value_noise(p: wp.vec3) -> float:
    """Smooth noise in [-1, 1] with features of about one unit."""
    fx = wp.floor(p[0])
    fy = wp.floor(p[1])
    fz = wp.floor(p[2])
    x = int(fx)
    y = int(fy)
    z = int(fz)
    u = p[0] - fx
    v = p[1] - fy
    w = p[2] - fz
    u = u * u * (3.0 - 2.0 * u)
    v = v * v * (3.0 - 2.0 * v)
    w = w * w * (3.0 - 2.0 * w)
    near = wp.lerp(
        wp.lerp(lattice(x, y, z), lattice(x + 1, y, z), u),
        wp.lerp(lattice(x, y + 1, z), lattice(x + 1, y + 1, z), u),
        v,
    )
    far = wp.lerp(
        wp.lerp(lattice(x, y, z + 1), lattice(x + 1, y, z + 1), u),
        wp.lerp(lattice(x, y + 1, z + 1), lattice(x + 1, y + 1, z + 1), u),
        v,
    )
    return wp.lerp(near, far, w) * 2.0 - 1.0


@wp.func
def fractal(p: wp.vec3, octaves: int) -> float:
    """Sum of octaves of value noise, each half as strong and half as large; about [-0.7, 0.7]."""
    q = p
    strength = float(0.5)
    total = float(0.0)
    for _octave in range(octaves):
        total += strength * value_noise(q)
        q = q * 2.03 + wp.vec3(17.1, 17.1, 17.1)
        strength *= 0.5
    return total


@wp.func
def rise(low: float, high: float, x: float) -> float:
    """0 below ``low``, 1 above ``high``, smooth between; falls where ``high`` is the smaller."""
    t = wp.clamp((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@wp.func
def bell(x: float) -> float:
    """exp(-x^2)."""
    return wp.exp(-x * x)
