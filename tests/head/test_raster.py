"""The rasteriser against a sphere, whose picture is known in closed form, and against one triangle at a time."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial import cKDTree

from statue_models.head.morphable_head import vertex_normals
from statue_models.head.pose import FIELD_OF_VIEW
from statue_models.head.raster import FINE_BELOW, draw_head, rasterise

SIZE = 96
FOCAL = SIZE / 2 / np.tan(FIELD_OF_VIEW / 2)


def ball(rows=60, columns=120):
    """Vertices of the unit sphere, and triangles that are counter-clockwise seen from outside (y up)."""
    theta, phi = np.meshgrid(np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns), indexing="ij")
    points = np.stack([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], -1).reshape(-1, 3)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    return points, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)


def seen_from(points, distance):
    """Camera coordinates (x right, y down, z away) of head coordinates, and their pixels."""
    camera = points * [1, -1, -1] + [0, 0, distance]
    return camera, camera[:, :2] / camera[:, 2:] * FOCAL + SIZE / 2


def brute_force(points, depth, triangles, size):
    """The same picture, pixel by pixel and triangle by triangle."""
    nearest, index = np.full((size, size), np.inf), np.full((size, size), -1)
    for number, (a, b, c) in enumerate(triangles):
        matrix = np.array([[points[i][0] for i in (a, b, c)], [points[i][1] for i in (a, b, c)], [1, 1, 1]])
        if np.linalg.det(matrix) >= -1e-9:
            continue
        inverse = np.linalg.inv(matrix)
        for row in range(size):
            for column in range(size):
                weights = inverse @ [column + 0.5, row + 0.5, 1]
                if (weights < 0).any():
                    continue
                there = 1 / (weights / depth[[a, b, c]]).sum()
                if there < nearest[row, column]:
                    nearest[row, column], index[row, column] = there, number
    return index, nearest


def test_a_sphere_has_its_outline_and_its_normals():
    points, triangles = ball()
    camera, pixels = seen_from(points, 8.0)
    triangle, weights = rasterise(pixels, camera[:, 2], triangles, SIZE)
    rays = np.stack([*np.meshgrid(*[(np.arange(SIZE) + 0.5 - SIZE / 2) / FOCAL] * 2), np.ones((SIZE, SIZE))], -1)
    rays /= np.linalg.norm(rays, axis=2, keepdims=True)
    along = rays[..., 2] * 8
    under_root = along**2 - 63
    hit = under_root > 0
    assert ((triangle >= 0) != hit).mean() < 0.004  # a facetted ball is a little smaller
    both = hit & (triangle >= 0) & (under_root > 0.02)
    exact = rays[both] * (along - np.sqrt(np.maximum(under_root, 0)))[both][:, None]
    drawn = (weights[both][..., None] * camera[triangles[triangle[both]]]).sum(1)
    np.testing.assert_allclose(drawn, exact, atol=0.02)
    normals = vertex_normals((points * [1, -1, -1]).astype(np.float32), triangles)
    interpolated = (weights[both][..., None] * normals[triangles[triangle[both]]]).sum(1)
    cosine = (interpolated * (exact - [0, 0, 8])).sum(1) / np.linalg.norm(interpolated, axis=1)
    assert cosine.min() > 0.99


def test_only_the_outside_is_drawn():
    points, triangles = ball(20, 40)
    camera, pixels = seen_from(points, 8.0)
    outside, _ = rasterise(pixels, camera[:, 2], triangles, SIZE)
    inside, _ = rasterise(pixels, camera[:, 2], triangles[:, ::-1], SIZE)
    near = camera[triangles[outside[outside >= 0]]][:, :, 2].mean()
    far = camera[triangles[inside[inside >= 0]]][:, :, 2].mean()
    assert near < 8 < far


def test_random_triangles_are_drawn_as_one_at_a_time():
    generator = np.random.default_rng(4)
    points = generator.uniform(-4, 28, (60, 2))
    depth = generator.uniform(3, 9, 60)
    triangles = generator.permutation(60).reshape(20, 3).astype(np.int32)
    triangle, weights = rasterise(points, depth, triangles, 24)
    expected, nearest = brute_force(points, depth, triangles, 24)
    np.testing.assert_array_equal(triangle, expected)
    seen = triangle >= 0
    assert 0.3 < seen.mean() < 1
    np.testing.assert_allclose(weights[seen].sum(1), 1, atol=1e-5)
    drawn = (weights[seen] * depth[triangles[triangle[seen]]]).sum(1)
    np.testing.assert_allclose(drawn, nearest[seen], rtol=1e-5)


def test_pixel_centres_stand_at_halves():
    """A square from (2, 3) to (5, 7) covers exactly the pixels between, whichever way it is cut."""
    points = np.array([[2.0, 3.0], [5.0, 3.0], [5.0, 7.0], [2.0, 7.0]])
    wanted = np.zeros((10, 10), bool)
    wanted[3:7, 2:5] = True
    for triangles in ([[0, 2, 1], [0, 3, 2]], [[0, 3, 1], [1, 3, 2]]):
        triangle, _ = rasterise(points, np.ones(4), np.array(triangles, np.int32), 10)
        np.testing.assert_array_equal(triangle >= 0, wanted)


def test_what_lies_outside_the_picture_does_no_harm():
    points = np.array([[-50.0, -50.0], [-40.0, -30.0], [-30.0, -50.0], [-1e6, 5.0], [1e6, 5.2], [0.0, 1e6]])
    triangle, weights = rasterise(points, np.ones(6), np.array([[0, 1, 2], [3, 5, 4], [0, 0, 1]], np.int32), 8)
    assert set(np.unique(triangle)) <= {-1, 1}
    assert np.isfinite(weights).all()


def test_the_drawn_head_shows_each_landmark_where_it_projects(head, statue):
    """The tip of the nose, the eyes' inner corners and the chin: within half a pixel, on the right part of the face."""
    image = statue.image
    rest = head.vertices[head.landmarks]
    for landmark in (30, 33, 8, 27):
        distance = np.linalg.norm(image.rest - rest[landmark], axis=2) + 100 * (image.coverage < 0.99)
        row, column = np.unravel_index(distance.argmin(), distance.shape)
        assert np.abs(statue.landmarks[landmark] - (column + 0.5, row + 0.5)).max() < 1.0


def test_the_drawn_head_is_complete(statue):
    image = statue.image
    assert image.normal.dtype == image.coverage.dtype == np.float32
    inside = image.coverage > 0.99
    assert 0.3 < inside.mean() < 0.95
    assert image.coverage.min() == 0 and image.coverage.max() <= 1
    assert ((image.coverage > 0.01) & (image.coverage < 0.99)).any(), "the silhouette is anti-aliased"
    np.testing.assert_allclose(np.linalg.norm(image.normal[inside], axis=1), 1, atol=1e-4)
    assert (image.normal[inside][:, 2] < 0.3).all(), "what is seen faces the camera"
    assert np.abs(image.position[inside][:, 2] - 68).max() < 16
    assert image.openness[inside].min() >= 0 and image.openness.max() <= 1


@pytest.mark.parametrize("size", [128, 528])
def test_every_crop_size_shows_the_same_head(head, statue, size):
    """The largest crops are sampled once per pixel, all others twice."""
    assert FINE_BELOW < 528
    other = draw_head(head, replace(statue.fit, size=size, focal=statue.fit.focal * size / statue.fit.size))
    shown, wanted = (
        cv2.resize(
            np.dstack([image.coverage, image.openness, image.normal[..., :2]]), (64, 64), interpolation=cv2.INTER_AREA
        )
        for image in (other, statue.image)
    )
    assert np.abs(shown - wanted).mean() < 0.01
    within = wanted[..., 0] > 0.999
    assert np.quantile(np.abs(shown - wanted)[within], 0.99) < 0.15


@pytest.mark.parametrize("size", [96, 300])
def test_where_a_jaw_hides_a_neck_a_pixel_is_one_or_the_other(head, statue, size):
    """A mean of both lies where no surface is, and the map of carving has something else there."""
    image = draw_head(head, replace(statue.fit, focal=statue.fit.focal * size / statue.fit.size, size=size))
    inner = cv2.erode((image.coverage > 0.99).astype(np.uint8), np.ones((5, 5))) > 0
    depth = image.position[..., 2]
    steps = cv2.dilate(depth, np.ones((3, 3))) - cv2.erode(depth, np.ones((3, 3))) > 3.0
    assert (steps & inner).sum() > 10
    surface = cKDTree(head.vertices)
    away, _ = surface.query(image.rest[steps & inner])
    assert np.quantile(away, 0.9) < 0.6
