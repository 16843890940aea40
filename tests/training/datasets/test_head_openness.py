"""Ambient occlusion of bodies whose openness is known: a ball, the inside of a bowl, a plate over a plate."""

import numpy as np
import pytest

from training.datasets import head_openness
from training.datasets.head_openness import sphere_directions, vertex_openness


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Fewer directions and smaller depth buffers: seconds instead of minutes."""
    monkeypatch.setattr(head_openness, "DIRECTIONS", 64)
    monkeypatch.setattr(head_openness, "SIDE", 160)


def grid(rows, columns, point):
    """A mesh of rows x columns points, ``point(u, v)`` with u and v in 0..1."""
    u, v = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    vertices = np.stack(point(u, v), -1).reshape(-1, 3)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    return vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)


def ball(radius=6.0, part=1.0):
    def point(u, v):
        polar, around = u * np.pi * part, v * 2 * np.pi
        return (
            radius * np.sin(polar) * np.sin(around),
            radius * np.cos(polar),
            radius * np.sin(polar) * np.cos(around),
        )

    return grid(24, 48, point)


def test_directions_are_spread_evenly_over_the_sphere():
    directions = sphere_directions(256)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    np.testing.assert_allclose(directions.mean(0), 0, atol=0.01)
    np.testing.assert_allclose(directions.T @ directions / 256, np.eye(3) / 3, atol=0.01)
    nearest = np.sort(directions @ directions.T, axis=1)[:, -2]
    assert np.rad2deg(np.arccos(nearest)).min() > 8, "two directions nearly coincide"


def test_a_ball_shades_no_part_of_itself():
    vertices, triangles = ball()
    openness = vertex_openness(vertices, triangles)
    assert openness.dtype == np.uint8 and openness.shape == (len(vertices),)
    assert np.quantile(openness, 0.05) > 0.93 * 255


def test_the_inside_of_half_a_ball_sees_half_of_the_sky():
    """From any point of a sphere, a part of the sphere fills as much of the view as of the sphere (form factors)."""
    vertices, triangles = ball(part=0.5)
    openness = vertex_openness(vertices, triangles[:, ::-1]) / 255
    wall = (vertices[:, 1] > 1) & (vertices[:, 1] < 5.5)
    assert np.median(openness[wall]) == pytest.approx(0.5, abs=0.08)
    assert openness[wall].std() < 0.1


def test_a_deep_narrow_pit_is_dark():
    def pit(u, v):
        radius = np.where(u < 0.5, 1.0, 1.0 + (u - 0.5) * 8)
        depth = np.where(u < 0.5, -8 * (0.5 - u) * 2, 0.0)
        angle = -2 * np.pi * v
        return radius * np.cos(angle), radius * np.sin(angle), depth

    vertices, triangles = grid(41, 32, pit)
    normals = head_openness.vertex_normals(vertices.astype(np.float32), triangles)
    if normals[-1, 2] < 0:
        triangles = triangles[:, ::-1]
    openness = vertex_openness(vertices, triangles) / 255
    wall, ground = vertices[:, 2] < -4, np.hypot(vertices[:, 0], vertices[:, 1]) > 3
    assert openness[ground].mean() > 0.9
    assert openness[wall].mean() < 0.4
