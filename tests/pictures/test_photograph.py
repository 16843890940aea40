"""Photographs come back as they were, but for the hole: every format, depth and channel count."""

import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import cv2
import icc_profiles as icc
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from statue_models.errors import StatueError
from statue_models.pictures.mask_file import read_mask
from statue_models.pictures.photograph import Photograph
from statue_models.pixels.rectangle import Rectangle

HEIGHT, WIDTH = 61, 83
RECTANGLE = Rectangle(20, 15, 30, 25)
LOSSLESS = [
    (ending, dtype, channels)
    for ending, dtypes, counts in (
        ("png", (np.uint8, np.uint16), (1, 2, 3, 4)),
        ("tif", (np.uint8, np.uint16, np.float32), (1, 2, 3, 4)),
        ("webp", (np.uint8,), (3, 4)),
    )
    for dtype in dtypes
    for channels in counts
]
ADOBE_RGB = icc.matrix_profile(icc.ADOBE_RGB, icc.gamma_curve(563 / 256))
GREY_18 = icc.grey_profile(icc.gamma_curve(1.8))


def random_samples(dtype: Any, channels: int, seed: int = 0) -> NDArray[Any]:
    generator = np.random.default_rng(seed)
    if dtype == np.float32:
        return generator.normal(0.5, 0.6, (HEIGHT, WIDTH, channels)).astype(np.float32)
    samples = generator.integers(0, np.iinfo(dtype).max, (HEIGHT, WIDTH, channels), dtype, endpoint=True)
    samples[:20] = np.linspace(0, np.iinfo(dtype).max, WIDTH).astype(dtype)[None, :, None]
    return samples


def random_mask(seed: int = 0) -> NDArray[np.uint8]:
    x, y, width, height = RECTANGLE
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    values = np.array([0, 0, 1, 128, 255], np.uint8)
    mask[y : y + height, x : x + width] = np.random.default_rng(seed).choice(values, (height, width))
    return mask


def exif_block() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x8298], exif[0x0132] = "Maker", "Somebody", "2020:01:02 03:04:05"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    exif.get_ifd(0x8769)[0x927C] = bytes(range(256))
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes().removeprefix(b"Exif\0\0")


def described(samples: NDArray[Any]) -> Photograph:
    """A photograph with all the metadata that a file can carry."""
    profile = ADOBE_RGB if samples.shape[2] > 2 else GREY_18
    return Photograph(samples, "PNG", profile, exif_block(), b"<x:xmpmeta>\xc3\xa9</x:xmpmeta>", (300.0, 150.0))


def code_of(action: Any) -> str:
    with pytest.raises(StatueError) as caught:
        action()
    return caught.value.code


@pytest.mark.parametrize(("ending", "dtype", "channels"), LOSSLESS)
def test_lossless_files_give_back_samples_and_metadata(tmp_path: Path, ending: str, dtype: Any, channels: int) -> None:
    samples = random_samples(dtype, channels)
    original = described(samples)
    original.write(tmp_path / f"a.{ending}")
    read = Photograph.read(tmp_path / f"a.{ending}")
    assert read.samples.dtype == dtype and read.samples.tobytes() == samples.tobytes()
    assert read.icc == original.icc and read.xmp == original.xmp and read.notes == ()
    if ending == "tif":  # there EXIF is no block; nothing of what it says may be lost
        again, wanted = Image.Exif(), Image.Exif()
        again.load(read.exif), wanted.load(original.exif)
        assert dict(again) == {**dict(wanted), 0x8769: again[0x8769], 0x8825: again[0x8825]}
        assert all(again.get_ifd(tag) == wanted.get_ifd(tag) for tag in (0x8769, 0x8825))
    else:
        assert read.exif == original.exif
    if ending != "webp":
        assert read.dpi == pytest.approx((300, 150), abs=0.02)
    read.write(tmp_path / f"b.{ending}")
    assert (tmp_path / f"b.{ending}").read_bytes() == (tmp_path / f"a.{ending}").read_bytes()


@pytest.mark.parametrize(("ending", "dtype", "channels"), LOSSLESS)
@pytest.mark.parametrize("profile", [None, "own"])
def test_only_the_hole_changes(tmp_path: Path, ending: str, dtype: Any, channels: int, profile: str | None) -> None:
    samples = random_samples(dtype, channels)
    icc_bytes = None if profile is None else ADOBE_RGB if channels > 2 else GREY_18
    Photograph(samples, "PNG", icc_bytes).write(tmp_path / f"a.{ending}")
    photograph = Photograph.read(tmp_path / f"a.{ending}")
    x, y, width, height = RECTANGLE
    mask = random_mask()
    pixels = random_samples(dtype, channels, seed=9)[:height, :width]
    photograph.with_restored(RECTANGLE, pixels, mask[y : y + height, x : x + width]).write(tmp_path / f"b.{ending}")
    read = Photograph.read(tmp_path / f"b.{ending}").samples
    assert read[mask == 0].tobytes() == samples[mask == 0].tobytes()
    hole = mask[y : y + height, x : x + width] > 0
    if profile is None:
        assert read[y : y + height, x : x + width][hole].tobytes() == pixels[hole].tobytes()
    else:
        assert (read[mask > 0] != samples[mask > 0]).any()
    assert photograph.samples.tobytes() == samples.tobytes()


@pytest.mark.parametrize(("ending", "dtype", "channels"), LOSSLESS)
def test_other_programs_read_the_same_samples(tmp_path: Path, ending: str, dtype: Any, channels: int) -> None:
    samples, path = random_samples(dtype, channels), tmp_path / f"a.{ending}"
    described(samples).write(path)
    if ending == "tif":
        assert (tifffile.imread(path).reshape(samples.shape) == samples).all()
    if dtype == np.uint8:
        assert (np.asarray(Image.open(path)).reshape(samples.shape) == samples).all()
        assert Image.open(path).info["icc_profile"] == (ADOBE_RGB if channels > 2 else GREY_18)
    elif dtype == np.uint16 and channels != 2:
        seen = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).reshape(samples.shape)
        assert (seen[..., {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]] == samples).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_keeps_metadata_and_nearly_the_samples(tmp_path: Path, channels: int) -> None:
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)).astype(np.uint8)[..., None].repeat(channels, axis=2)
    original = described(ramp)
    original.write(tmp_path / "a.jpg")
    read = Photograph.read(tmp_path / "a.jpg")
    assert read.samples.shape == ramp.shape and np.abs(read.samples.astype(int) - ramp).max() <= 3
    assert (read.icc, read.exif, read.xmp, read.dpi) == (original.icc, original.exif, original.xmp, (300, 150))
    with Image.open(tmp_path / "a.jpg") as image:
        assert channels == 1 or all(layer[1:3] == (1, 1) for layer in image.layer)  # type: ignore[attr-defined]
        assert image.getexif()[0x010F] == "Maker"


def test_png_keeps_texts_and_colour_chunks(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("Copyright", "Somebody")
    info.add_itxt("Title", "Büste", "de", "Titel", zip=True)
    info.add(b"gAMA", (45455).to_bytes(4, "big"))
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png", pnginfo=info)
    Photograph.read(tmp_path / "a.png").write(tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as image:
        assert (image.info["Copyright"], image.info["Title"]) == ("Somebody", "Büste")
        assert image.info["gamma"] == pytest.approx(0.45455)


@pytest.mark.parametrize("mode", ["1", "P", "PA", "L2", "tRNS", "tRNS16"])
def test_unusual_pngs_are_expanded(tmp_path: Path, mode: str) -> None:
    path, grey = tmp_path / "a.png", np.arange(40 * 40, dtype=np.uint16).reshape(40, 40) % 251
    image = Image.fromarray(grey.astype(np.uint8))
    if mode == "1":
        image.point(lambda value: 255 * (value > 99), mode="1").save(path)
        wanted = np.where(grey > 99, 255, 0)[..., None]
    elif mode == "L2":
        Image.fromarray((grey % 4).astype(np.uint8)).save(path, bits=2)  # a grey palette of 2 bits
        read = Photograph.read(path)
        assert read.samples.dtype == np.uint8 and len(np.unique(read.samples[..., 0])) == 4
        return
    elif mode in ("P", "PA"):
        palette = image.convert("RGB").quantize(16)
        palette.save(path, **({"transparency": 3} if mode == "PA" else {}))
        wanted = np.asarray(Image.open(path).convert("RGBA" if mode == "PA" else "RGB"))
    elif mode == "tRNS":
        image.save(path, transparency=7)
        wanted = np.stack([grey, np.where(grey == 7, 0, 255)], axis=2)
    else:
        rgb = np.repeat(grey[..., None] * 200, 3, axis=2).astype(np.uint16)
        ok, data = cv2.imencode(".png", rgb)
        content, chunk = data.tobytes(), b"tRNS" + np.array([200, 200, 200], ">u2").tobytes()
        place = content.index(b"IDAT") - 4
        content = content[:place] + b"\0\0\0\6" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + content[place:]
        assert ok and path.write_bytes(content)
        wanted = np.concatenate([rgb, np.where(grey == 1, 0, 65535)[..., None]], axis=2)
    read = Photograph.read(path)
    assert read.samples.shape == wanted.shape and (read.samples == wanted).all()
    assert bool(read.notes) == (mode in ("1", "P", "PA"))


@pytest.mark.parametrize(("dtype", "channels"), [(np.uint8, 1), (np.uint8, 4), (np.uint16, 2), (np.uint16, 3)])
def test_interlaced_pngs(tmp_path: Path, dtype: Any, channels: int) -> None:
    samples = random_samples(dtype, channels)
    rows = b""
    for top, left, down, across in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        for row in samples[top::down, left::across].astype(samples.dtype.newbyteorder(">")):
            rows += b"\0" + row.tobytes()
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8 * samples.dtype.itemsize, colour, 0, 0, 1)
    content = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        content += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    (tmp_path / "a.png").write_bytes(content)
    assert Photograph.read(tmp_path / "a.png").samples.tobytes() == samples.tobytes()


def test_the_first_picture_of_a_telephone_jpeg_is_read(tmp_path: Path) -> None:
    first = Image.new("RGB", (64, 48), (90, 80, 70))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[Image.new("RGB", (32, 24))])
    read = Photograph.read(tmp_path / "a.jpg")
    assert read.samples.shape == (48, 64, 3) and read.samples[0, 0].tolist() == pytest.approx([90, 80, 70], abs=2)
    assert [note.code for note in read.notes] == ["first-picture-only"]


TIFFS: dict[str, dict[str, Any]] = {
    "plain": {},
    "big-endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
    "deflate": {"compression": "zlib", "rowsperstrip": 7},
    "predictor": {"compression": "zlib", "predictor": True, "rowsperstrip": 7},
    "tiles": {"compression": "zlib", "predictor": True, "tile": (32, 48)},
    "planes": {"planarconfig": "separate", "compression": "zlib", "rowsperstrip": 20},
    "big-endian tiles": {"byteorder": ">", "compression": "zlib", "predictor": True, "tile": (16, 16)},
}


@pytest.mark.parametrize("layout", TIFFS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff_layouts(tmp_path: Path, layout: str, dtype: Any, channels: int) -> None:
    samples, options = random_samples(dtype, channels), dict(TIFFS[layout])
    if dtype == np.float32:  # tifffile alone cannot write it; libtiff can, below
        options.pop("predictor", None)
    stored = samples if channels > 1 else samples[..., 0]
    if channels == 1:
        options.pop("planarconfig", None)
    elif "planarconfig" in options:
        stored = np.moveaxis(samples, 2, 0)
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    photometric = "minisblack" if channels == 1 else "rgb"
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric=photometric, metadata=None, **extra, **options)
    read = Photograph.read(tmp_path / "a.tif")
    assert read.samples.dtype == dtype and read.samples.tobytes() == samples.tobytes()


@pytest.mark.parametrize("compression", [5, 32773])  # LZW, PackBits: tifffile alone has neither
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_tiffs_compressed_by_libtiff(tmp_path: Path, compression: int, dtype: Any, channels: int) -> None:
    samples = random_samples(dtype, channels)
    options = [cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 9]
    assert cv2.imwrite(str(tmp_path / "a.tif"), samples[..., ::-1], options)
    assert Photograph.read(tmp_path / "a.tif").samples.tobytes() == samples.tobytes()


def test_unusual_tiffs(tmp_path: Path) -> None:
    grey = random_samples(np.uint8, 1)[..., 0]
    tifffile.imwrite(tmp_path / "white.tif", grey, photometric="miniswhite", metadata=None)
    assert (Photograph.read(tmp_path / "white.tif").samples[..., 0] == 255 - grey).all()
    Image.fromarray(grey).quantize(16).save(tmp_path / "palette.tif", compression="tiff_lzw")
    palette = Photograph.read(tmp_path / "palette.tif")
    assert (palette.samples == np.asarray(Image.open(tmp_path / "palette.tif").convert("RGB"))).all() and palette.notes
    Image.fromarray(grey > 99).save(tmp_path / "fax.tif", compression="group4")
    assert (Photograph.read(tmp_path / "fax.tif").samples[..., 0] == np.where(grey > 99, 255, 0)).all()
    smooth = cv2.GaussianBlur(random_samples(np.uint8, 3), (0, 0), 5)
    Image.fromarray(smooth).save(tmp_path / "jpeg.tif", compression="jpeg", quality=95)
    assert np.abs(Photograph.read(tmp_path / "jpeg.tif").samples.astype(int) - smooth).max() < 16
    with tifffile.TiffWriter(tmp_path / "pyramid.tif") as file:
        file.write(smooth, photometric="rgb")
        file.write(smooth[::2, ::2], photometric="rgb", subfiletype=1)
    assert (Photograph.read(tmp_path / "pyramid.tif").samples == smooth).all()


def test_premultiplied_tiffs_are_shown_straight_and_written_premultiplied(tmp_path: Path) -> None:
    alpha = np.linspace(0, 65535, WIDTH).astype(np.uint16)[None].repeat(HEIGHT, 0)
    samples = np.stack([alpha // 2, alpha // 4, alpha // 8, alpha], axis=2)
    options: dict[str, Any] = {"extrasamples": ["assocalpha"], "photometric": "rgb", "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", samples, **options)
    photograph = Photograph.read(tmp_path / "a.tif")
    assert photograph.premultiplied and (photograph.samples == samples).all()
    straight = photograph.to_srgb()[:, 10:, :3]
    assert np.abs(straight / 65535 - (0.5, 0.25, 0.125)).max() < 1e-3
    x, y, width, height = RECTANGLE
    pixels = photograph.to_srgb()[y : y + height, x : x + width].copy()
    pixels[..., 0] = 65535
    mask = random_mask()
    photograph.with_restored(RECTANGLE, pixels, mask).write(tmp_path / "b.tif")
    again = Photograph.read(tmp_path / "b.tif")
    assert again.premultiplied and (again.samples[mask == 0] == samples[mask == 0]).all()
    assert (again.samples[mask > 0][:, 0] == alpha[mask > 0]).all()
    assert code_of(lambda: again.write(tmp_path / "b.png")) == "output-format"


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures_are_read_upright_with_their_tag_reset(tmp_path: Path, ending: str, orientation: int) -> None:
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:16, :32], stored[:16, 32:], stored[16:, :32] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    options = {"tif": {"compression": "tiff_lzw"}, "webp": {"lossless": True}}.get(ending, {})
    Image.fromarray(stored).save(tmp_path / f"a.{ending}", exif=exif, dpi=(300, 150), **options)
    with Image.open(tmp_path / f"a.{ending}") as image:
        wanted = np.asarray(ImageOps.exif_transpose(image))
    read = Photograph.read(tmp_path / f"a.{ending}")
    assert (read.samples == wanted).all() and bool(read.notes) == (orientation != 1)
    if ending != "webp":
        assert read.dpi == pytest.approx((300, 150) if orientation < 5 else (150, 300), abs=0.1)
    read.write(tmp_path / f"b.{ending}")
    with Image.open(tmp_path / f"b.{ending}") as image:
        assert image.getexif().get(0x0112, 1) == 1 and image.getexif()[0x010F] == "Maker"
        assert np.abs(np.asarray(image).astype(int) - wanted).mean() <= (0 if ending != "jpg" else 0.5)
    assert read_mask(tmp_path / f"a.{ending}").levels.shape == wanted.shape[:2]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("layout", ["palette", "fax", "jpeg"])
def test_tiffs_that_pillow_decodes_are_turned_once(tmp_path: Path, orientation: int, layout: str) -> None:
    stored = Image.fromarray(np.repeat(np.repeat(random_samples(np.uint8, 3)[:40:8, ::16], 8, 0), 8, 1))
    made = {"palette": stored.quantize(8), "fax": stored.convert("1"), "jpeg": stored}[layout]
    exif = Image.Exif()
    exif[0x0112] = orientation
    made.save(tmp_path / "a.tif", exif=exif, compression={"fax": "group4", "jpeg": "jpeg"}.get(layout))
    plain = made.convert("L" if layout == "fax" else "RGB")
    plain.getexif()[0x0112] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(plain))
    read = Photograph.read(tmp_path / "a.tif").samples
    off = np.abs(read.astype(int) - wanted.reshape(*wanted.shape[:2], -1))
    assert off.max() == 0 or (layout == "jpeg" and off.mean() < 12)


def test_values_reach_srgb_and_come_back_through_the_profile(tmp_path: Path) -> None:
    samples = random_samples(np.uint16, 3) // 2 + 16000
    Photograph(samples, "PNG", ADOBE_RGB).write(tmp_path / "a.png")
    photograph = Photograph.read(tmp_path / "a.png")
    srgb = photograph.to_srgb()
    assert srgb.dtype == np.uint16 and np.abs(srgb.astype(int) - samples).max() > 1000
    x, y, width, height = RECTANGLE
    full = np.full((height, width), 255, np.uint8)
    unclipped = ((srgb > 0) & (srgb < 65535)).all(axis=2)[y : y + height, x : x + width]
    same = photograph.with_restored(RECTANGLE, srgb[y : y + height, x : x + width], full).samples
    change = np.abs(same.astype(int) - samples)
    assert change[y : y + height, x : x + width][unclipped].max() <= 2 and unclipped.mean() > 0.5
    grey = np.full((height, width, 3), 30000, np.uint16)
    filled = Photograph(photograph.with_restored(RECTANGLE, grey, full).samples, "PNG", ADOBE_RGB)
    assert np.abs(filled.to_srgb()[y : y + height, x : x + width].astype(int) - 30000).max() <= 2


def test_saturated_colours_do_not_step_at_a_soft_edge() -> None:
    samples = np.zeros((40, 40, 3), np.uint8)
    samples[:] = (0, 255, 0)  # Adobe RGB's green, which sRGB has not
    photograph = Photograph(samples, "PNG", ADOBE_RGB)
    thin = np.full((10, 10), 1, np.uint8)
    srgb = photograph.to_srgb()[:10, :10]
    assert (
        np.abs(photograph.with_restored(Rectangle(0, 0, 10, 10), srgb, thin).samples.astype(int) - samples).max() <= 1
    )


def test_srgb_photographs_are_not_copied() -> None:
    photograph = Photograph(random_samples(np.float32, 4), "TIFF")
    assert photograph.to_srgb() is photograph.samples


def test_memory_stays_near_the_samples(tmp_path: Path) -> None:
    samples = np.zeros((1500, 2000, 3), np.uint16)
    Photograph(samples, "TIFF", ADOBE_RGB).write(tmp_path / "a.tif")
    tracemalloc.start()
    photograph = Photograph.read(tmp_path / "a.tif")
    photograph.to_srgb()
    photograph.write(tmp_path / "a.png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4.5 * samples.nbytes  # the photograph, its sRGB copy, and bands
