"""What every picture needs, put on the device once: the head's mesh and the environment maps."""

import cv2
import numpy as np
import warp as wp
from numpy.typing import NDArray

from training.statues.kernels.geometry import average_parents
from training.statues.rendering.launcher import Launcher
from training.statues.sources.environments import Environments
from training.statues.sources.head_model import HeadModel


class Mesh:
    """A head on the device.

    Attributes:
        given, vertices: numbers of vertices of the model, and of the refined mesh.
        rest: (vertices,) vec3 mean head; part: (vertices,) int; lip: (vertices,) cm inside the lips' outline.
        modes: (I + E, given) vec3. landmark_vertex: (68,).
        coarse, corners: triangles of the model and of the refined mesh, each with the rings of its vertices.
    """

    def __init__(self, head: HeadModel, launcher: Launcher) -> None:
        refined = head.refined
        self.given, self.vertices = len(head.vertices), len(refined.parents)
        self.rest = launcher.array(refined.spread(head.vertices), wp.vec3)
        part = np.zeros(self.vertices, np.int32)
        part[: self.given] = head.part
        for first, last in refined.spans:
            part[first:last] = part[refined.parents[first:last]].max(1)
        self.part = launcher.array(part, int)
        self.lip = launcher.array(refined.spread(_lip_depth(head)), float)
        self.modes = launcher.array(np.concatenate([head.identity, head.expression]), wp.vec3)
        self.landmark_vertex = launcher.array(head.landmarks, int)
        self.coarse = launcher.array(head.triangles, int)
        self.coarse_ring = tuple(launcher.array(array, int) for array in rings(head.triangles, self.given))
        self.corners = launcher.array(refined.triangles, int)
        self.ring = tuple(launcher.array(array, int) for array in rings(refined.triangles, self.vertices))
        self._parents, self._spans = launcher.array(refined.parents, int), refined.spans
        self._launcher = launcher

    def refine(self, values: wp.array) -> None:
        """(B, vertices) values at the model's vertices, spread to all."""
        for first, last in self._spans:
            self._launcher.launch(average_parents, (values.shape[0], last - first), self._parents, first, values)


class Surroundings:
    """(E, rows, columns, 3) environment maps on the device."""

    def __init__(self, environments: Environments, launcher: Launcher) -> None:
        self.sharp = launcher.array(environments.sharp, float)
        self.soft = launcher.array(environments.soft, float)


def rings(triangles: NDArray[np.int32], vertices: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Triangles round each vertex: (V + 1,) starts into the (3 T,) list, in ascending order."""
    order = np.argsort(triangles.ravel(), kind="stable")
    counts = np.bincount(triangles.ravel(), minlength=vertices)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), (order // 3).astype(np.int32)


def _lip_depth(head: HeadModel) -> NDArray[np.float32]:
    """(V,) cm inside the outline of the outer lip landmarks, seen from the front; negative outside it."""
    corners = head.vertices[head.landmarks[48:60]]
    outline = np.ascontiguousarray(corners[:, None, :2], np.float32)
    depth = np.full(len(head.vertices), -1.0, np.float32)
    for vertex in np.flatnonzero(head.vertices[:, 2] > corners[:, 2].min() - 1.0):
        x, y = head.vertices[vertex, :2]
        depth[vertex] = np.clip(cv2.pointPolygonTest(outline, (float(x), float(y)), True), -1, 1)
    return depth
