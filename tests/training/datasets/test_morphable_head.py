"""The head converter on a ball with a mode of each kind."""

import numpy as np
import pytest

from training.datasets import morphable_head as converter


@pytest.fixture(scope="module")
def sphere() -> converter.SourceHead:
    """A ball of quads, mirror-symmetric, with one mode of each kind; landmarks on its front."""
    rows, columns = 24, 48
    theta = (np.arange(rows) + 0.5) / rows * np.pi
    phi = (np.arange(columns) + 0.5) / columns * 2 * np.pi
    t, p = np.meshgrid(theta, phi, indexing="ij")
    points = np.stack([np.sin(t) * np.sin(p), np.cos(t), np.sin(t) * np.cos(p)], axis=-1).reshape(-1, 3)
    vertices = points * 10 + converter.VIEW_CENTRE
    index = np.arange(rows * columns).reshape(rows, columns)
    beside = np.roll(index, -1, axis=1)
    quads = np.stack([index[:-1], index[1:], beside[1:], beside[:-1]], axis=-1).reshape(-1, 4)
    front = np.argsort(-points[:, 2])[:68]
    mode = (0.013 * points)[None]
    names = ["jawOpen", "eyeWide_L", "eyeWide_R", "eyeBlink_L", "eyeBlink_R", "mouthPucker"]
    return converter.SourceHead(
        vertices,
        quads,
        np.zeros(len(vertices), int),
        front,
        np.repeat(mode, 100, axis=0),
        np.repeat(mode, 6, axis=0),
        ["identity"] * 100,
        names,
        "0" * 40,
    )


@pytest.fixture(scope="module")
def arrays(sphere) -> dict[str, np.ndarray]:
    """The converted ball; its openness, which takes long, is left to its own test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converter, "vertex_openness", lambda vertices, triangles: np.zeros(len(vertices), np.uint8))
        return converter.compact(sphere)


def test_front_is_kept_and_back_is_dropped(sphere, arrays):
    assert arrays["vertices"][:, 2].max() == pytest.approx(sphere.vertices[:, 2].max())
    assert converter.BACK - 2 < arrays["vertices"][:, 2].min() < converter.BACK + 2
    assert len(arrays["triangles"]) < len(converter.triangulate(sphere.polygons))


def test_kept_faces_look_outwards_and_mirror_is_its_own_inverse(arrays):
    corners = arrays["vertices"][arrays["triangles"].astype(int)].astype(float)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((normals * (corners.mean(1) - converter.VIEW_CENTRE)).sum(1) > 0).all()
    mirror = arrays["mirror"].astype(int)
    assert (mirror[mirror] == np.arange(len(mirror))).all()
    np.testing.assert_allclose(arrays["vertices"][mirror], arrays["vertices"] * [-1, 1, 1], atol=1e-4)


def test_modes_stay_within_a_hundredth_of_a_millimetre(arrays):
    restored = arrays["identity"] * arrays["identity_scale"].astype(float)[:, None, None]
    wanted = 0.0013 * (arrays["vertices"] - converter.VIEW_CENTRE)
    assert np.abs(restored - wanted).max() < 0.001 + 1e-6


def test_landmarks_still_name_the_same_places(sphere, arrays):
    places = arrays["vertices"][arrays["landmarks"].astype(int)]
    np.testing.assert_allclose(places, sphere.vertices[sphere.landmarks], atol=1e-5)


def test_the_file_depends_on_the_arrays_alone(arrays, tmp_path):
    converter.write_npz(tmp_path / "a.npz", arrays)
    converter.write_npz(tmp_path / "b.npz", arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert set(file.files) == set(arrays)
