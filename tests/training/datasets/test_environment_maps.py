"""The environment converter on panoramas of known radiance."""

import cv2
import numpy as np
import pytest

from training.__main__ import main
from training.datasets import environments
from training.datasets.packing import read_npz


def rgbe(radiance):
    """A Radiance file of (H, W, 3), written without run lengths; and the radiance that its bytes stand for."""
    exponent = np.ceil(np.log2(np.maximum(radiance.max(2), 1e-30) * 256 / 255))
    step = 2.0 ** (exponent - 8)
    mantissa = np.floor(radiance / step[..., None]).clip(0, 255).astype(np.uint8)
    pixels = np.concatenate([mantissa, (exponent + 128).astype(np.uint8)[..., None]], axis=2)
    height, width = radiance.shape[:2]
    header = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n".encode()
    return header + pixels.tobytes(), mantissa * step[..., None]


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "maps"
    place.mkdir()
    return place


def test_pixels_are_means_of_what_they_cover_and_maps_are_sorted(folder, tmp_path):
    generator = np.random.default_rng(0)
    wanted = {}
    for name in ("sunset", "Hall"):
        data, radiance = rgbe(generator.gamma(0.5, 4.0, (512, 1024, 3)) * (1, 0.4, 0.02))
        (folder / f"{name}.hdr").write_bytes(data)
        wanted[name] = radiance.reshape(128, 4, 256, 4, 3).mean((1, 3))
    output = tmp_path / "maps.npz"
    assert main(["data", "environments", str(folder), "-o", str(output)]) == 0
    made = read_npz(output)
    assert made["names"].tolist() == ["Hall", "sunset"]
    assert made["env"].dtype == np.float16
    assert made["env"].shape == (2, 128, 256, 3)
    for index, name in enumerate(made["names"]):
        np.testing.assert_allclose(made["env"][index].astype(float), wanted[name], rtol=2**-10)
    assert main(["data", "environments", str(folder), "-o", str(output), "--check", str(output), "--force"]) == 0


def test_up_stays_up_and_the_sun_is_cut_to_what_float16_holds(folder, tmp_path):
    radiance = np.full((128, 256, 3), 0.25)
    radiance[:10] = 2.0
    radiance[5, 40] = 1e6
    (folder / "noon.HDR").write_bytes(rgbe(radiance)[0])
    main(["data", "environments", str(folder), "-o", str(tmp_path / "maps.npz")])
    env = read_npz(tmp_path / "maps.npz")["env"][0].astype(float)
    assert env[5, 40, 0] == 65504
    assert env[0, 0, 0] == 2
    assert env[-1, 0, 0] == 0.25


def test_files_that_cannot_be_used_are_named(folder, tmp_path, capsys):
    output = str(tmp_path / "maps.npz")
    assert main(["data", "environments", str(folder), "-o", output]) == 3
    assert "*.hdr" in capsys.readouterr().err
    data, _ = rgbe(np.ones((128, 256, 3)))
    for content, words in (
        (b"GIF89a", "not a Radiance HDR file"),
        (data[: len(data) // 2], "cannot be decoded"),
        (rgbe(np.ones((128, 128, 3)))[0], "128 x 128"),
    ):
        (folder / "bad.hdr").write_bytes(content)
        assert main(["data", "environments", str(folder), "-o", output]) == 3
        said = capsys.readouterr().err
        assert "bad.hdr" in said
        assert words in said


def test_this_opencv_writes_and_reads_radiance_files(folder):
    radiance = np.random.default_rng(1).uniform(0.5, 1, (128, 256, 3)).astype(np.float32)
    cv2.imwrite(str(folder / "own.hdr"), radiance[..., ::-1])
    np.testing.assert_allclose(environments.read_hdr(folder / "own.hdr"), radiance, atol=0.01)
