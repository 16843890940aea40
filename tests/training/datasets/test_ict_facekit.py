"""ICT-FaceKit's converter on a small head of known modes, in the release's layout."""

import json

import numpy as np
import pytest

from training.__main__ import main
from training.datasets import ict_facekit
from training.datasets.packing import read_npz

VERTICES = 70


@pytest.fixture(scope="module")
def known():
    generator = np.random.default_rng(0)
    expressions = ["jawOpen", "PupilDilate_L", "browDown_L"]
    names = [*ict_facekit.IDENTITIES, *expressions]
    return {
        "neutral": generator.normal(0, 10, (VERTICES, 3)).round(5),
        "modes": {name: generator.normal(0, 0.3, (VERTICES, 3)).round(5) for name in names},
        "landmarks": generator.permutation(VERTICES)[:68],
    }


@pytest.fixture
def folder(known, tmp_path):
    place = tmp_path / "FaceXModel"
    place.mkdir()

    def write(name, vertices):
        lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices]
        lines += ["vt 0.25 0.5", "vt 1 0", "vt 1 1", "vt 0 1", "f 1/1 2/2 3/3 4/4", "f 5/1 6/2 7/3"]
        (place / f"{name}.obj").write_text("# head\n" + "\n".join(lines) + "\n")

    write("generic_neutral_mesh", known["neutral"])
    for name, mode in known["modes"].items():
        write(name, known["neutral"] + mode)
    indices = {"idx_to_landmark_verts": known["landmarks"].tolist(), "expressions": ["browDown_L", "jawOpen"]}
    (place / "vertex_indices.json").write_text(json.dumps(indices))
    return place


def test_the_packed_head_gives_the_meshes_back(known, folder, tmp_path):
    assert main(["data", "ict_facekit", str(folder), "-o", str(tmp_path / "head.npz"), "--commit", "ab" * 20]) == 0
    head = read_npz(tmp_path / "head.npz")
    np.testing.assert_array_equal(head["neutral"], known["neutral"].astype(np.float32))
    assert head["exp_names"].tolist() == ["PupilDilate_L", "browDown_L", "jawOpen"]
    assert len(head["id_names"]) == 100
    assert str(head["commit"]) == "ab" * 20
    for kind, name, index in (("id", "identity007", 7), ("exp", "jawOpen", 2)):
        step = head[kind + "_scale"][index].astype(np.float64)
        # float32 keeps seven digits of the scale, and integers go to 32767.
        np.testing.assert_allclose(head[kind + "_q"][index] * step, known["modes"][name], rtol=1e-6, atol=0.51 * step)
        assert np.abs(head[kind + "_q"][index].astype(int)).max() == 32767
    np.testing.assert_array_equal(head["quads"], [[0, 1, 2, 3]])
    np.testing.assert_array_equal(head["tris"], [[4, 5, 6]])
    np.testing.assert_array_equal(head["landmarks68"], known["landmarks"])
    kinds = {"id_q": "int16", "exp_scale": "float32", "uv": "float32", "uv_quads": "int32", "landmarks68": "int32"}
    assert {name: str(head[name].dtype) for name in kinds} == kinds


def test_check_finds_a_mode_that_differs(folder, tmp_path, capsys):
    packed, again = str(tmp_path / "packed.npz"), str(tmp_path / "again.npz")
    assert main(["data", "ict_facekit", str(folder), "-o", packed]) == 0
    assert main(["data", "ict_facekit", str(folder), "-o", again, "--check", packed]) == 0
    mesh = folder / "identity003.obj"
    mesh.write_text(mesh.read_text().replace("v ", "v 9", 1))
    assert main(["data", "ict_facekit", str(folder), "-o", again, "--check", packed, "--force"]) == 3
    said = capsys.readouterr()
    assert "id_q" in said.err
    assert "id_q" in [line.split()[0] for line in said.out.splitlines() if "DIFFERS" in line]


def test_missing_and_foreign_files_are_named(folder, tmp_path, capsys):
    output = str(tmp_path / "head.npz")
    (folder / "jawOpen.obj").rename(folder / "jawOpen.txt")
    assert main(["data", "ict_facekit", str(folder), "-o", output]) == 3
    assert "jawOpen.obj" in capsys.readouterr().err
    (folder / "jawOpen.txt").rename(folder / "jawOpen.obj")
    (folder / "identity050.obj").write_text("v 0 0 0\n")
    assert main(["data", "ict_facekit", str(folder), "-o", output]) == 3
    assert "1 vertices, the neutral head 70" in capsys.readouterr().err
    (folder / "identity050.obj").unlink()
    assert main(["data", "ict_facekit", str(folder), "-o", output]) == 3
    assert "identity050.obj" in capsys.readouterr().err
    assert not (tmp_path / "head.npz").exists()
