"""The finer mesh: no gaps, midpoints, and clear words about bad files."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from training.statues.rendering.uploads import rings
from training.statues.sources.environments import FILE as MAPS
from training.statues.sources.environments import read_environments
from training.statues.sources.head_model import FILE, read_head, refine


def edge_counts(triangles: np.ndarray) -> np.ndarray:
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]], axis=2).reshape(-1, 2)
    return np.unique(edges, axis=0, return_counts=True)[1]


def area(points: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (points[triangles[:, k]].astype(np.float64) for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize("longest", [0.2, 0.9, 1.3])
def test_refined_mesh_is_closed_and_covers_the_same_surface(head, longest):
    mesh = refine(head.vertices, head.triangles, longest)
    points = mesh.spread(head.vertices)
    assert (edge_counts(head.triangles) == 2).all()
    assert (edge_counts(mesh.triangles) == 2).all()
    assert area(points, mesh.triangles) == pytest.approx(area(head.vertices, head.triangles), rel=1e-5)
    assert len(points) > len(head.vertices)


def test_triangles_keep_their_sense(head):
    mesh = head.refined
    points = mesh.spread(head.vertices)
    a, b, c = (points[mesh.triangles[:, k]] for k in range(3))
    outward = np.einsum("tc,tc->t", np.cross(b - a, c - a), (a + b + c) / 3 - [0, 2, 0.5])
    skull = (mesh.triangles < len(head.vertices)).any(1) & (np.abs((a + b + c)[:, 1] / 3) < 9)
    assert (outward[skull] > 0).mean() > 0.95


def test_children_are_midpoints_of_earlier_vertices(head):
    mesh = head.refined
    points = mesh.spread(head.vertices)
    for first, last in mesh.spans:
        pair = mesh.parents[first:last]
        assert (pair < first).all()
        assert np.allclose(points[first:last], (points[pair[:, 0]] + points[pair[:, 1]]) / 2)


def test_rings_name_the_triangles_round_a_vertex(head):
    mesh = head.refined
    start, triangles = rings(mesh.triangles, len(mesh.parents))
    for vertex in (0, 5, mesh.rounds[1], len(mesh.parents) - 1):
        ring = triangles[start[vertex] : start[vertex + 1]]
        assert set(ring.tolist()) == set(np.flatnonzero((mesh.triangles == vertex).any(1)).tolist())


@pytest.mark.parametrize(("read", "name"), [(read_head, FILE), (read_environments, MAPS)])
def test_missing_and_damaged_assets(tmp_path, read, name):
    with pytest.raises(StatueError) as missing:
        read(tmp_path)
    assert missing.value.code == "missing-file"
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(b"not an archive")
    with pytest.raises(StatueError) as damaged:
        read(tmp_path)
    assert damaged.value.code == "bad-training-data"
    np.savez(tmp_path / name, something=np.zeros(3))
    with pytest.raises(StatueError) as wrong:
        read(tmp_path)
    assert wrong.value.code == "bad-training-data"
