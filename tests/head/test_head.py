"""The bundled head: a head, symmetric where heads are, and refused with a reason when its file is damaged."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import MIRROR
from statue_models.head.morphable_head import HEAD_FILE, load_head, vertex_normals


def test_the_mean_head_stands_upright_and_looks_at_the_viewer(head):
    points = head.vertices[head.landmarks]
    chin, nose, right_eye, left_eye, mouth = points[8], points[30], points[36], points[45], points[62]
    assert chin[1] < mouth[1] < nose[1] < right_eye[1]
    assert right_eye[0] < 0 < left_eye[0]
    assert nose[2] == points[:, 2].max()
    assert 7 < left_eye[0] - right_eye[0] < 11  # cm between the outer corners of the eyes


def test_landmarks_mirror_each_other(head):
    points = head.vertices[head.landmarks]
    np.testing.assert_allclose(points[MIRROR] * [-1, 1, 1], points, atol=0.01)


def test_a_mode_moves_the_head_and_none_leaves_the_mean(head):
    nothing = np.zeros(len(head.modes))
    np.testing.assert_array_equal(head.shape_vertices(nothing), head.vertices)
    one = nothing.copy()
    one[0] = -2.0
    np.testing.assert_allclose(head.shape_vertices(one), head.vertices - 2 * head.modes[0], atol=1e-4)


def test_modes_and_their_deviations_belong_together(head):
    assert len(head.deviations) == len(head.modes) > head.identities > 0
    assert (head.deviations[: head.identities] == 1).all()
    assert (head.deviations[head.identities :] < 1).all()


def test_the_mouth_line_is_darker_than_the_forehead_and_cheeks(head):
    open_sky = head.openness
    assert open_sky.min() >= 0 and open_sky.max() <= 1
    assert open_sky[head.landmarks[60:68]].mean() < 0.5 < open_sky[head.landmarks[30]]


def test_normals_of_the_front_face_the_viewer(head):
    normals = vertex_normals(head.vertices, head.triangles)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert normals[head.landmarks[30], 2] > 0.7
    assert normals[head.landmarks[2], 0] < -0.3 and normals[head.landmarks[14], 0] > 0.3


def test_normals_of_a_tetrahedron_point_away_from_its_middle():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    triangles = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    outwards = vertices - vertices.mean(0)
    normals = vertex_normals(vertices, triangles)
    assert ((normals * outwards).sum(1) > 0.3).all()
    np.testing.assert_allclose(normals[0], [-(3**-0.5)] * 3, atol=1e-6)


def test_a_missing_head_says_what_to_do(tmp_path):
    with pytest.raises(StatueError) as caught:
        load_head(tmp_path / "head.npz")
    assert caught.value.code == "weights-missing"
    assert "nstall" in caught.value.remedy


@pytest.mark.parametrize("how", ["empty", "cut off", "not a head", "flipped"])
def test_a_damaged_head_is_refused_by_its_code(tmp_path, how):
    whole = HEAD_FILE.read_bytes()
    path = tmp_path / f"{how}.npz"
    middle = len(whole) // 2
    damaged = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
    path.write_bytes({"empty": b"", "cut off": whole[:middle], "not a head": b"GIF89a" * 9, "flipped": damaged}[how])
    with pytest.raises(StatueError) as caught:
        load_head(path)
    assert caught.value.code == "weights-corrupt"


def test_an_archive_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, colours=np.zeros(3))
    with pytest.raises(StatueError) as caught:
        load_head(path)
    assert caught.value.code == "weights-corrupt"
