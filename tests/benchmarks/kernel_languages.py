"""Which language for the statue factory's kernels: fractal noise in C++, in Warp and in Numba, on one core.

    pip install warp-lang numba && python -m tests.benchmarks.kernel_languages

The same five octaves of value noise at the same points; C++ is built by g++ with -O3 -march=native -ffast-math. Noise
is most of what shading does. The results must agree; times are ratios to C++ in one run.
"""

import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import warp as wp

from training.statues.kernels.noise import fractal

POINTS, OCTAVES, ROUNDS = 262_144, 5, 7

CPP = r"""
#include <cmath>
#include <cstdint>
static inline float lattice(int x, int y, int z) {
  const uint32_t f = 1664525u, s = 1013904223u;
  uint32_t a = (uint32_t)(x + 32768) * f + s, b = (uint32_t)(y + 32768) * f + s, c = (uint32_t)(z + 32768) * f + s;
  a += b * c; b += c * a; c += a * b;
  a = (a ^ (a >> 16)) + (b ^ (b >> 16)) * (c ^ (c >> 16));
  return (float)(a >> 8) * (1.0f / 16777216.0f);
}
static inline float lerp(float a, float b, float t) { return a + (b - a) * t; }
static inline float layer(int x, int y, int z, float u, float v) {
  return lerp(lerp(lattice(x, y, z), lattice(x + 1, y, z), u),
              lerp(lattice(x, y + 1, z), lattice(x + 1, y + 1, z), u), v);
}
static inline float noise(float px, float py, float pz) {
  float fx = floorf(px), fy = floorf(py), fz = floorf(pz), u = px - fx, v = py - fy, w = pz - fz;
  int x = (int)fx, y = (int)fy, z = (int)fz;
  u = u * u * (3 - 2 * u); v = v * v * (3 - 2 * v); w = w * w * (3 - 2 * w);
  float n = layer(x, y, z, u, v);
  float m = layer(x, y, z + 1, u, v);
  return lerp(n, m, w) * 2 - 1;
}
extern "C" void run(const float* p, float* out, long count, int octaves) {
  for (long i = 0; i < count; i++) {
    float x = p[3 * i], y = p[3 * i + 1], z = p[3 * i + 2], strength = 0.5f, total = 0;
    for (int k = 0; k < octaves; k++) {
      total += strength * noise(x, y, z);
      x = x * 2.03f + 17.1f; y = y * 2.03f + 17.1f; z = z * 2.03f + 17.1f; strength *= 0.5f;
    }
    out[i] = total;
  }
}
"""

FAST = {"fastmath": True, "nogil": True}
u32, f32 = numba.uint32, np.float32


@numba.njit(inline="always", **FAST)
def _lattice(x, y, z):
    f, s = u32(1664525), u32(1013904223)
    a = u32(u32(x + 32768) * f + s)
    b = u32(u32(y + 32768) * f + s)
    c = u32(u32(z + 32768) * f + s)
    a = u32(a + b * c)
    b = u32(b + c * a)
    c = u32(c + a * b)
    a = u32((a ^ (a >> u32(16))) + (b ^ (b >> u32(16))) * (c ^ (c >> u32(16))))
    return f32(a >> u32(8)) * f32(1 / 16777216)


@numba.njit(inline="always", **FAST)
def _lerp(a, b, t):
    return a + (b - a) * t


@numba.njit(**FAST)
def _noise(px, py, pz):
    fx, fy, fz = f32(np.floor(px)), f32(np.floor(py)), f32(np.floor(pz))
    x, y, z = numba.int32(fx), numba.int32(fy), numba.int32(fz)
    u, v, w = px - fx, py - fy, pz - fz
    u, v, w = u * u * (f32(3) - f32(2) * u), v * v * (f32(3) - f32(2) * v), w * w * (f32(3) - f32(2) * w)
    n = _lerp(
        _lerp(_lattice(x, y, z), _lattice(x + 1, y, z), u),
        _lerp(_lattice(x, y + 1, z), _lattice(x + 1, y + 1, z), u),
        v,
    )
    z += 1
    m = _lerp(
        _lerp(_lattice(x, y, z), _lattice(x + 1, y, z), u),
        _lerp(_lattice(x, y + 1, z), _lattice(x + 1, y + 1, z), u),
        v,
    )
    return _lerp(n, m, w) * f32(2) - f32(1)


@numba.njit(**FAST)
def _run_numba(points, out, octaves):
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        strength, total = f32(0.5), f32(0)
        for _ in range(octaves):
            total += strength * _noise(x, y, z)
            x, y, z = x * f32(2.03) + f32(17.1), y * f32(2.03) + f32(17.1), z * f32(2.03) + f32(17.1)
            strength *= f32(0.5)
        out[i] = total


@wp.kernel
def _run_warp(points: wp.array(dtype=wp.vec3), out: wp.array(dtype=float), octaves: int) -> None:
    i = wp.tid()
    out[i] = fractal(points[i], octaves)


def main() -> None:
    """Print the table."""
    points = np.random.default_rng(0).uniform(-10, 10, (POINTS, 3)).astype(np.float32)
    outs = {name: np.empty(POINTS, np.float32) for name in ("C++", "Warp", "Numba")}
    on_warp = wp.array(points, dtype=wp.vec3, device="cpu")
    warp_out = wp.array(outs["Warp"], dtype=float, device="cpu", copy=False)
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "noise.cc", Path(folder) / "noise.so"
        source.write_text(CPP)
        flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
        subprocess.run(["g++", *flags, str(source), "-o", str(library)], check=True)
        run = ctypes.CDLL(str(library)).run
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (points, outs["C++"])]
        runs: dict[str, Callable[[], object]] = {
            "C++": lambda: run(*pointers, ctypes.c_long(POINTS), OCTAVES),
            "Warp": lambda: wp.launch(_run_warp, POINTS, inputs=[on_warp, warp_out, OCTAVES], device="cpu"),
            "Numba": lambda: _run_numba(points, outs["Numba"], OCTAVES),
        }
        first = {name: _seconds(call) for name, call in runs.items()}
        best = {name: min(_seconds(call) for _ in range(ROUNDS)) for name, call in runs.items()}
    print(
        "| language | time / C++ | first call, with compiling, s | greatest difference |\n| --- | ---: | ---: | ---: |"
    )
    for name in runs:
        difference = np.abs(outs[name] - outs["C++"]).max()
        print(f"| {name} | {best[name] / best['C++']:.2f} | {first[name]:.1f} | {difference:.1e} |")


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
