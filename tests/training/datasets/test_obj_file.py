"""Reading Wavefront OBJ files."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from training.datasets import obj_file

OBJ = """# a pyramid on a square
mtllib stone.mtl
v -1 0 -1
v 1.5e0 0 -1
v 1 0 1
v -1 0 1
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vn 0 1 0
g base
usemtl stone
f 1/1 2/2 3/3 4/1
f 1/1/1 5/3/1 2/2/1
f -4 -3 -1
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "mesh.obj"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_mesh_of_quads_and_triangles_counts_from_zero(file):
    mesh = obj_file.read_mesh(file(OBJ))
    np.testing.assert_array_equal(mesh.vertices[1], [1.5, 0, -1])
    np.testing.assert_array_equal(mesh.uv, [[0, 0], [1, 0], [1, 1]])
    np.testing.assert_array_equal(mesh.quads, [[0, 1, 2, 3]])
    np.testing.assert_array_equal(mesh.uv_quads, [[0, 1, 2, 0]])
    np.testing.assert_array_equal(mesh.triangles, [[0, 4, 1], [1, 2, 4]])
    np.testing.assert_array_equal(mesh.uv_triangles, [[0, 2, 1], [-1, -1, -1]])


def test_blocks_windows_line_ends_and_a_missing_last_newline_change_nothing(file, monkeypatch):
    whole = obj_file.read_mesh(file(OBJ))
    monkeypatch.setattr(obj_file, "BLOCK", 7)
    pieces = obj_file.read_mesh(file(OBJ.rstrip("\n").replace("\n", "\r\n")))
    np.testing.assert_array_equal(pieces.vertices, whole.vertices)
    np.testing.assert_array_equal(pieces.triangles, whole.triangles)
    np.testing.assert_array_equal(obj_file.read_vertices(file(OBJ)), whole.vertices)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "not an OBJ file"),
        ("hello\n", "no vertices"),
        ("v 0 0 nan\n", "not finite"),
        ("v 0 0 inf\n", "not finite"),
        ("v 0 0 x\n", "no number"),
        ("v 0 0\n", "2.0 numbers"),
        ("v 0 0 0\nf 1 1 2\n", "makes no sense"),
        ("v 0 0 0\nf 0 1 1\n", "makes no sense"),
        ("v 0 0 0\nf 1 1 1 1 1\n", "5 corners"),
    ],
)
def test_what_is_wrong_is_said(file, text, words):
    with pytest.raises(StatueError, match=words) as caught:
        obj_file.read_mesh(file(text))
    assert caught.value.code == "bad-training-data"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(StatueError) as caught:
        obj_file.read_vertices(tmp_path / "no.obj")
    assert caught.value.code == "missing-file"
