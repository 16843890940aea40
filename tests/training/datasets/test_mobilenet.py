"""The MobileNetV2 converter: weights by their order, shapes checked, and the network that reads the result."""

import sys

import numpy as np
import pytest

from statue_models.errors import StatueError
from training.__main__ import main
from training.datasets import mobilenet
from training.datasets.packing import write_npz
from training.features.mobilenet import FILE, MobileNet


@pytest.fixture(scope="module")
def found():
    """What a weights file holds, its layers named as the oldest files name them."""
    generator = np.random.default_rng(0)
    return [
        (f"mobl{n}", [np.abs(generator.normal(0, 0.3, shape)).astype(np.float32) for shape in shapes])
        for n, (_, _, shapes) in enumerate(mobilenet.layers())
    ]


def test_it_is_mobilenet_v2_035_without_its_classifier():
    shapes = [shape for _, _, shapes in mobilenet.layers() for shape in shapes]
    assert len(shapes) == 260
    assert sum(int(np.prod(shape)) for shape in shapes) == 410_208


def test_weights_go_to_their_layers_and_make_a_network(found, tmp_path):
    arrays = mobilenet.pack(tmp_path / "w.h5", found)
    np.testing.assert_array_equal(arrays["Conv1.kernel"], found[0][1][0])
    np.testing.assert_array_equal(arrays["Conv_1_bn.moving_variance"], found[-1][1][3])
    assert arrays["block_3_depthwise.depthwise_kernel"].shape == (3, 3, 48, 1)
    (tmp_path / FILE).parent.mkdir()
    write_npz(tmp_path / FILE, arrays)
    maps = MobileNet(tmp_path)(np.full((1, 64, 64, 3), 128, np.uint8))
    assert [m.shape[1] for m in maps] == [16, 8, 16, 24, 32, 56, 112]


def test_other_networks_are_refused(found, tmp_path):
    with pytest.raises(StatueError, match="103 layers"):
        mobilenet.pack(tmp_path / "w.h5", found[:-1])
    wider = [(name, [np.repeat(w, 2, axis=-1) for w in weights]) for name, weights in found]
    with pytest.raises(StatueError, match="mobl0 does not have the shapes of Conv1"):
        mobilenet.pack(tmp_path / "w.h5", wider)


def test_without_h5py_the_remedy_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert main(["data", "mobilenet", str(tmp_path / "w.h5"), "-o", str(tmp_path / "m.npz")]) == 5
    assert "pip install h5py" in capsys.readouterr().err


def test_a_keras_file_is_read_in_its_order(found, tmp_path, capsys):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed; reading Keras' HDF5 files is not tested")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        names = ["input_1", *(name for name, _ in found)]
        file.attrs["layer_names"] = [name.encode() for name in names]
        file.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        for name, weights in found:
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/w{n}:0".encode() for n in range(len(weights))]
            for n, weight in enumerate(weights):
                group[f"{name}/w{n}:0"] = weight
    write_npz(tmp_path / "packed.npz", mobilenet.pack(tmp_path, found))
    command = [str(tmp_path / "w.h5"), "-o", str(tmp_path / "m.npz"), "--check", str(tmp_path / "packed.npz")]
    assert main(["data", "mobilenet", *command]) == 0
    (tmp_path / "w.h5").write_bytes(b"no HDF5")
    assert main(["data", "mobilenet", *command, "--force"]) == 3
    assert "HDF5" in capsys.readouterr().err
