"""Only a sound safetensors file with exactly the expected tensors is loaded; everything else is refused by name."""

import hashlib
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.weights_file import load_weights

TEMPLATE = {"a.weight": ("F32", (2, 3)), "b.weight": ("BF16", (4,))}
A = np.arange(6, dtype="<f4").reshape(2, 3)
B = np.array([0x3F80, 0xC000, 0x3E00, 0x0000], "<u2")  # 1, -2, 0.125, 0
HEADER = {
    "__metadata__": {"step": "7"},
    "a.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "b.weight": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]},
}
DATA = A.tobytes() + B.tobytes()


def packed(header: object = HEADER, data: bytes = DATA, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def changed(name: str, **fields: object) -> dict:
    return {**HEADER, name: {**HEADER[name], **fields}}


def refusal(path: Path, content: bytes, sha256: str | None = None) -> StatueError:
    path.write_bytes(content)
    with pytest.raises(StatueError) as caught:
        load_weights(path, sha256, TEMPLATE)
    return caught.value


def test_a_sound_file_is_loaded_and_bfloat16_is_exact(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(packed())
    arrays = load_weights(path, hashlib.sha256(packed()).hexdigest(), TEMPLATE)
    np.testing.assert_array_equal(arrays["a.weight"], A)
    assert arrays["b.weight"].tolist() == [1, -2, 0.125, 0]
    assert all(array.dtype == np.float32 and array.flags.writeable for array in arrays.values())


def test_a_file_of_the_safetensors_library_is_loaded(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    tensors = {"a.weight": torch.from_numpy(A.copy()), "b.weight": torch.tensor([1, 2, 3, 4], dtype=torch.bfloat16)}
    save_file(tensors, str(tmp_path / "w"))
    assert load_weights(tmp_path / "w", None, TEMPLATE)["b.weight"].tolist() == [1, 2, 3, 4]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StatueError) as caught:
        load_weights(tmp_path / "flow.safetensors", None, TEMPLATE)
    assert caught.value.code == "weights-missing" and "flow.safetensors" in caught.value.sentence


class Bomb:
    """Unpickling this would leave a file behind."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors", "w.SafeTensors"])
def test_pickles_and_archives_are_refused_unopened_under_any_name(tmp_path, name):
    marker = tmp_path / "ran"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        error = refusal(tmp_path / name, pickle.dumps(Bomb(marker), protocol))
        assert error.code == "weights-corrupt"
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(marker)))
    error = refusal(tmp_path / name, (tmp_path / name).read_bytes())
    assert error.code == "weights-corrupt" and "ZIP" in error.sentence
    assert not marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 9,
        packed(length=0),
        packed(length=10**6 - 1),  # beyond the file
        packed(length=101 << 20),
        packed(length=2**64 - 1),
        packed(data=DATA[:-1]),
        packed(data=b""),
        packed(data=DATA + b"\0"),
        packed(b"[]"),
        packed(b'{"a": NaN'),
        packed(b"\xff\xfe{}"),
        packed(b"[" * 200_000),
        packed(b'{"a.weight": {}, "a.weight": {}}'),
        packed({**HEADER, "__metadata__": {"step": 7}}),
        packed({**HEADER, "a.weight": 3}),
        packed(changed("a.weight", dtype="I64")),
        packed(changed("a.weight", dtype="F8_E4M3")),
        packed(changed("a.weight", dtype=["F32"])),
        packed(changed("a.weight", shape=[2, -3])),
        packed(changed("a.weight", shape=[2, 3.0])),
        packed(changed("a.weight", shape=[True, 6])),
        packed(changed("a.weight", shape=[2**32, 2**32, 6])),  # 6 modulo 2^64
        packed(changed("a.weight", data_offsets=[0, 23])),
        packed(changed("a.weight", data_offsets=[24, 0])),
        packed(changed("a.weight", data_offsets=[8, 32])),  # overlaps b
        packed(changed("b.weight", data_offsets=[2**63, 2**63 + 8])),
        packed(changed("b.weight", extra=1)),
    ],
)
def test_damaged_headers_are_refused(tmp_path, content):
    assert refusal(tmp_path / "w.safetensors", content).code == "weights-corrupt"


def test_other_tensors_than_the_model_has_are_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    missing = {"a.weight": HEADER["a.weight"]}
    assert "b.weight is missing" in refusal(path, packed(missing, A.tobytes())).sentence
    extra = {**HEADER, "c": {"dtype": "F32", "shape": [1], "data_offsets": [32, 36]}}
    assert "c does not belong" in refusal(path, packed(extra, DATA + b"\0" * 4)).sentence
    assert "shape [3, 2]" in refusal(path, packed(changed("a.weight", shape=[3, 2]))).sentence
    assert "F16, not BF16" in refusal(path, packed(changed("b.weight", dtype="F16"))).sentence


def test_values_that_are_not_numbers_are_refused(tmp_path):
    spoilt = A.copy()
    spoilt[0, 0] = np.nan
    assert "not numbers" in refusal(tmp_path / "w", packed(data=spoilt.tobytes() + B.tobytes())).sentence


def test_one_flipped_bit_is_noticed_and_the_file_is_named(tmp_path):
    content = bytearray(packed())
    expected = hashlib.sha256(content).hexdigest()
    content[-1] ^= 1
    error = refusal(tmp_path / "flow.safetensors", bytes(content), expected)
    assert error.code == "weights-hash" and "flow.safetensors" in error.sentence


def test_random_damage_never_gets_through_or_crashes(tmp_path):
    """Every refusal is a StatueError; whatever is accepted is finite and of the right shape."""
    generator = np.random.default_rng(0)
    sound = packed()
    for _ in range(300):
        content = bytearray(sound)
        for place in generator.integers(0, len(sound), generator.integers(1, 6)):
            content[place] = generator.integers(256)
        content = content[: generator.integers(0, len(sound) + 1)] if generator.random() < 0.3 else content
        (tmp_path / "w").write_bytes(content)
        try:
            arrays = load_weights(tmp_path / "w", None, TEMPLATE)
        except StatueError as error:
            assert error.code == "weights-corrupt"
        else:
            assert arrays["a.weight"].shape == (2, 3) and np.isfinite(arrays["a.weight"]).all()
