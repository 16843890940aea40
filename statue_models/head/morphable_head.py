"""The morphable head at run time: the front of ICT-FaceKit's head, its identity and expression modes.

Coordinates: centimetres, x to the head's left (the picture's right), y up, z towards the viewer.
Made by ``training/datasets/morphable_head.py``; licence and credit in ``statue_models/weights/HEAD.md``.
"""

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError

HEAD_FILE = Path(__file__).parents[1] / "weights" / "head.npz"

#: Standard deviation of an identity mode is 1; expression modes are 0..1 and small on statues: set by eye.
EXPRESSION_DEVIATION = 0.35


@dataclass(frozen=True, eq=False)
class MorphableHead:
    """A linear head model.

    Attributes:
        vertices: (V, 3) float32, the mean head in cm ("rest position").
        triangles: (T, 3) int32, counter-clockwise seen from outside.
        modes: (K, V, 3) float32, identity modes first, then expression modes.
        deviations: (K,) float64, prior standard deviation of each mode's coefficient.
        identities: how many of the modes are identity modes.
        landmarks: (68,) int32, vertex of each iBUG landmark.
        openness: (V,) float32 in [0, 1], share of the sky that each vertex of the mean head sees.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]
    modes: NDArray[np.float32]
    deviations: NDArray[np.float64]
    identities: int
    landmarks: NDArray[np.int32]
    openness: NDArray[np.float32]

    def shape_vertices(self, coefficients: NDArray[np.float64]) -> NDArray[np.float32]:
        """(V, 3) vertices in cm for (K,) coefficients."""
        flat = coefficients.astype(np.float32) @ self.modes.reshape(len(self.modes), -1)
        return self.vertices + flat.reshape(self.vertices.shape)


def vertex_normals(vertices: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
    """(V, 3) unit normals, area-weighted over the adjacent triangles."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.stack(
        [
            sum(np.bincount(triangles[:, corner], faces[:, axis], len(vertices)) for corner in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    return np.asarray((normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)).astype(np.float32))


@cache
def load_head(path: Path = HEAD_FILE, sha256: str | None = None) -> MorphableHead:
    """The bundled head.

    Args:
        path: of the ``.npz``. sha256: hexadecimal digest of the whole file, or None to take it as it is.

    Raises:
        StatueError: ``weights-missing``, ``weights-hash`` or ``weights-corrupt``.
    """
    try:
        content = path.read_bytes()
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise StatueError("weights-hash", path=path)
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return _from_arrays({name: file[name] for name in file.files})
    except FileNotFoundError:
        raise StatueError("weights-missing", path=path, how="Install restore-statue-face again.") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise StatueError("weights-corrupt", path=path, reason="it cannot be unpacked") from error


def _from_arrays(arrays: dict[str, NDArray[Any]]) -> MorphableHead:
    identity = arrays["identity"].astype(np.float32) * arrays["identity_scale"].reshape(-1, 1, 1)
    expression = arrays["expression"].astype(np.float32) * arrays["expression_scale"].reshape(-1, 1, 1)
    return MorphableHead(
        vertices=arrays["vertices"].astype(np.float32),
        triangles=arrays["triangles"].astype(np.int32),
        modes=np.concatenate([identity, expression]).astype(np.float32),
        deviations=np.concatenate([np.ones(len(identity)), np.full(len(expression), EXPRESSION_DEVIATION)]),
        identities=len(identity),
        landmarks=arrays["landmarks"].astype(np.int32),
        openness=arrays["openness"].astype(np.float32) / np.float32(255),
    )
