"""Pack ICT-FaceKit's ``FaceXModel`` folder into one file.

    python -m training data ict_facekit FACEXMODEL_DIR -o ict_facekit.npz [--commit HASH] [--check PACKED]

Read are ``generic_neutral_mesh.obj``, ``identity000.obj`` to ``identity099.obj``, every other ``.obj`` file of the
folder as an expression, and ``vertex_indices.json``. Written, lengths in cm, y up, the face towards +z:

| array | shape, dtype | what |
| --- | --- | --- |
| ``neutral`` | (V, 3) float32 | the neutral head |
| ``quads``, ``tris`` | (Q, 4), (S, 3) int32 | polygons, in the file's order |
| ``uv``, ``uv_quads`` | (T, 2) float32, (Q, 4) int32 | texture coordinates, and which of them the quads' corners take |
| ``id_names``, ``exp_names`` | (100,), (E,) str | file names without ``.obj``; expressions sorted by code point |
| ``id_q``, ``id_scale`` | (100, V, 3) int16, (100,) float32 | identity modes |
| ``exp_q``, ``exp_scale`` | (E, V, 3) int16, (E,) float32 | expression modes |
| ``commit`` | () str | of the repository |
| ``landmarks68`` | (68,) int32 | vertex of each Multi-PIE landmark |

A mode is the file's mesh less the neutral one. Its scale is its largest coordinate / 32767, its integers are the
nearest multiples of that: the error is at most half a step, 0.6 micrometres for the largest mode of all.
"""

import argparse
import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.datasets.obj_file import read_mesh, read_vertices
from training.datasets.packing import Arrays, add_converter_arguments, convert

NEUTRAL, INDICES = "generic_neutral_mesh.obj", "vertex_indices.json"
IDENTITIES = tuple(f"identity{number:03d}" for number in range(100))
#: Steps of a mode from 0 to its largest magnitude: all that 16 signed bits hold.
STEPS = 32767
#: Greatest differences that --check allows. Parsing may differ in the last bit of a float32; an integer mode then by
#: one step. The commit is shown, not judged.
TOLERANCE = {"neutral": 2e-6, "uv": 1e-6, "id_q": 1, "exp_q": 1, "id_scale": 1e-9, "exp_scale": 1e-9}


def tolerance(name: str) -> float:
    """The greatest difference that ``--check`` allows in an array."""
    return float("inf") if name == "commit" else TOLERANCE.get(name, 0.0)


def quantise_mode(mode: NDArray[np.float64]) -> tuple[NDArray[np.int16], np.float32]:
    """A mode (V, 3) in cm as int16 and cm per unit; its largest coordinate becomes 32767."""
    scale = float(np.abs(mode).max()) / STEPS
    if scale == 0:
        return np.zeros(mode.shape, np.int16), np.float32(0)
    return np.rint(mode / scale).astype(np.int16), np.float32(scale)


def expression_names(folder: Path, expected: Iterable[str] = ()) -> list[str]:
    """The folder's ``.obj`` files that are neither the neutral head nor an identity, sorted.

    Raises:
        StatueError: ``missing-file`` when one of the ``expected`` is not among them.
    """
    stems = (path.stem for path in folder.glob("*.obj"))
    names = sorted(s for s in stems if s != Path(NEUTRAL).stem and not re.fullmatch(r"identity\d+", s))
    for name in expected:
        if name not in names:
            raise StatueError("missing-file", path=folder / f"{name}.obj")
    return names


def read_indices(path: Path, vertices: int) -> tuple[NDArray[np.int32], list[str]]:
    """``vertex_indices.json``: (68,) landmark vertices and the names of the fitting expressions.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        landmarks = np.array(data["idx_to_landmark_verts"], np.int32)
        names = [str(name) for name in data["expressions"]]
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error!r})") from None
    if landmarks.shape != (68,) or landmarks.min() < 0 or landmarks.max() >= vertices:
        raise StatueError("bad-training-data", path=path, reason="it does not name 68 vertices of the neutral head")
    return landmarks, names


def read_modes(
    folder: Path, names: list[str], neutral: NDArray[np.float64]
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """(K, V, 3) int16 and (K,) float32 of the named files, one file in memory at a time.

    Raises:
        StatueError: those of ``read_vertices``; ``bad-training-data`` for a mesh of another number of vertices.
    """
    modes, scales = np.zeros((len(names), *neutral.shape), np.int16), np.zeros(len(names), np.float32)
    for index, name in enumerate(names):
        path = folder / f"{name}.obj"
        vertices = read_vertices(path)
        if len(vertices) != len(neutral):
            reason = f"it has {len(vertices)} vertices, the neutral head {len(neutral)}"
            raise StatueError("bad-training-data", path=path, reason=reason)
        modes[index], scales[index] = quantise_mode(vertices - neutral)
    return modes, scales


def commit_of(folder: Path) -> str:
    """The commit that a clone of the repository has checked out, or "unknown"."""
    try:
        run = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return run.stdout.strip() if run.returncode == 0 else "unknown"


def pack(folder: Path, commit: str) -> Arrays:
    """The arrays of the packed file (see the module's docstring).

    Raises:
        StatueError: ``missing-file``, ``unreadable-file`` or ``bad-training-data``.
    """
    mesh = read_mesh(folder / NEUTRAL)
    landmarks, expected = read_indices(folder / INDICES, len(mesh.vertices))
    expressions = expression_names(folder, expected)
    identity, identity_scale = read_modes(folder, list(IDENTITIES), mesh.vertices)
    expression, expression_scale = read_modes(folder, expressions, mesh.vertices)
    return {
        "neutral": mesh.vertices.astype(np.float32),
        "quads": mesh.quads,
        "tris": mesh.triangles,
        "uv": mesh.uv.astype(np.float32),
        "uv_quads": mesh.uv_quads,
        "id_names": np.array(IDENTITIES),
        "exp_names": np.array(expressions),
        "id_q": identity,
        "id_scale": identity_scale,
        "exp_q": expression,
        "exp_scale": expression_scale,
        "commit": np.array(commit),
        "landmarks68": landmarks,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_converter_arguments(parser, "FACEXMODEL_DIR", "the folder FaceXModel of its repository")
    parser.add_argument("--commit", metavar="HASH", help="of the repository (default: asked of git)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Convert, write, compare.

    Raises:
        StatueError: as ``convert``, ``commit_of`` and ``pack`` do.
    """
    convert(options, lambda: pack(options.source, options.commit or commit_of(options.source)), tolerance)
