"""Files that cannot be read or written are told by the right sentence, and nothing is left behind."""

import contextlib
import errno
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from statue_models.errors import StatueError
from statue_models.pictures.formats import writing
from statue_models.pictures.mask_file import read_mask
from statue_models.pictures.photograph import Photograph, check_output


def code_of(action: Any) -> str:
    with pytest.raises(StatueError) as caught:
        action()
    return caught.value.code


def noise(dtype: Any = np.uint8, channels: int = 3) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max, (120, 160, channels), dtype)


def file_of(folder: Path, kind: str) -> Path:
    """A sound file with noise in it, so that every byte of it counts."""
    path, image = folder / f"a-{kind}.{kind.split('-', 1)[0]}", Image.fromarray(noise())
    if kind == "png-16":
        Photograph(noise(np.uint16), "PNG").write(path)
    elif kind == "tif-strips":
        Photograph(noise(np.uint16), "TIFF").write(path)
    elif kind == "tif-header-first":
        tifffile.imwrite(path, noise(), photometric="rgb")
    else:
        image.save(path, **({"progressive": True} if kind == "jpg-progressive" else {}))
    return path


KINDS = ("png", "png-16", "jpg", "jpg-progressive", "webp", "tif-strips", "tif-header-first")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.3, 0.7, 0.97])
def test_cut_off_files_are_told_as_such(tmp_path: Path, kind: str, part: float) -> None:
    path = file_of(tmp_path, kind)
    Photograph.read(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    assert code_of(lambda: Photograph.read(path)) == "truncated-image"
    assert code_of(lambda: read_mask(path)) == "truncated-image"


@pytest.mark.parametrize("kind", KINDS)
def test_any_cut_or_scribble_gives_a_sentence_and_no_traceback(tmp_path: Path, kind: str) -> None:
    path = file_of(tmp_path, kind)
    content, generator = path.read_bytes(), np.random.default_rng(4)
    for cut in (13, 20, 40, 100, 200, 600):
        path.write_bytes(content[:cut])
        assert code_of(lambda: Photograph.read(path)) in ("truncated-image", "not-an-image")
    for _ in range(40):
        damaged = bytearray(content)
        for place in generator.integers(0, min(600, len(content)), 3):
            damaged[place] = generator.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(StatueError):
            Photograph.read(path)


@pytest.mark.parametrize("kind", [*KINDS, "tif-jpeg", "tif-lzw"])
def test_no_library_speaks_to_the_user(tmp_path: Path, kind: str, capfd: Any, recwarn: Any) -> None:
    path = tmp_path / f"a.{kind[:3]}"
    if kind in ("tif-jpeg", "tif-lzw"):
        Image.fromarray(noise()).save(path, compression={"tif-jpeg": "jpeg", "tif-lzw": "tiff_lzw"}[kind])
    else:
        path = file_of(tmp_path, kind)
    content, generator = path.read_bytes(), np.random.default_rng(5)
    for k in range(60):
        damaged = bytearray(content[: generator.integers(20, len(content))] if k % 2 else content)
        for place in generator.integers(8, len(damaged), 3 * (k % 4)):
            damaged[place] = generator.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(StatueError):
            Photograph.read(path)
    assert capfd.readouterr() == ("", "") and not [str(one.message) for one in recwarn]


def test_foreign_files(tmp_path: Path) -> None:
    for name, content in (("a.png", b"just a text, and no picture"), ("b.jpg", b""), ("c.tif", b"GIF89a" + bytes(50))):
        (tmp_path / name).write_bytes(content)
        assert code_of(lambda name=name: Photograph.read(tmp_path / name)) == "not-an-image"
    assert code_of(lambda: Photograph.read(tmp_path)) == "not-an-image"
    assert code_of(lambda: Photograph.read(tmp_path / "none.png")) == "missing-file"
    assert code_of(lambda: Photograph.read(tmp_path / "a.png" / "b.png")) == "missing-file"


def test_a_wrong_ending_does_not_matter(tmp_path: Path) -> None:
    Image.fromarray(noise()).save(tmp_path / "a.jpg", "PNG")
    assert Photograph.read(tmp_path / "a.jpg").format == "PNG"


def test_files_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file_of(tmp_path, "png")

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)  # the tests may run as root, whom no permission stops
    assert code_of(lambda: Photograph.read(path)) == "unreadable-file"
    assert code_of(lambda: Photograph(noise(), "PNG").write(tmp_path / "new.png")) == "output-unwritable"


def test_pictures_that_would_lose_something_are_refused(tmp_path: Path) -> None:
    grey = noise(channels=1)[..., 0]
    Image.fromarray(noise(channels=4), "CMYK").save(tmp_path / "cmyk.jpg")
    Image.fromarray(noise(channels=4), "CMYK").save(tmp_path / "cmyk.tif")
    Image.fromarray(noise()).convert("LAB").save(tmp_path / "lab.tif")
    tifffile.imwrite(tmp_path / "double.tif", grey.astype(np.float64))
    tifffile.imwrite(tmp_path / "signed.tif", grey.astype(np.int16))
    tifffile.imwrite(tmp_path / "five.tif", noise(channels=5), photometric="rgb", planarconfig="contig")
    for path in sorted(tmp_path.iterdir()):
        assert code_of(lambda path=path: Photograph.read(path)) == "unsupported-image", path.name


def test_values_that_are_not_numbers(tmp_path: Path) -> None:
    for value in (np.nan, np.inf):
        samples = np.zeros((40, 40), np.float32)
        samples[3, 4] = value
        tifffile.imwrite(tmp_path / "a.tif", samples)
        assert code_of(lambda: Photograph.read(tmp_path / "a.tif")) == "bad-pixels"


def test_bombs_are_refused_by_their_header(tmp_path: Path) -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    (tmp_path / "a.png").write_bytes(png)
    Image.fromarray(noise()).save(tmp_path / "b.jpg")
    jpeg = bytearray((tmp_path / "b.jpg").read_bytes())
    place = jpeg.index(b"\xff\xc0") + 5
    for side in (10_000, 60_000):  # below and above Pillow's own guard
        jpeg[place : place + 4] = struct.pack(">HH", side, side)
        (tmp_path / f"b{side}.jpg").write_bytes(jpeg)
    tifffile.imwrite(tmp_path / "c.tif", np.zeros((64, 64), np.uint8), compression="zlib")
    with tifffile.TiffFile(tmp_path / "c.tif", mode="r+") as file:
        for tag in ("ImageWidth", "ImageLength"):
            file.pages.first.tags[tag].overwrite(60_000)
    Image.new("L", (16_000, 5_000)).save(tmp_path / "d.webp", lossless=True, method=0)
    Image.new("L", (1, 1)).save(tmp_path / "e.bmp")
    bitmap = bytearray((tmp_path / "e.bmp").read_bytes())
    bitmap[18:26] = struct.pack("<II", 60_000, 60_000)
    (tmp_path / "e.bmp").write_bytes(bitmap)
    for name in ("a.png", "b10000.jpg", "b60000.jpg", "c.tif", "d.webp", "e.bmp"):
        assert code_of(lambda name=name: Photograph.read(tmp_path / name)) == "image-too-large", name
        assert code_of(lambda name=name: read_mask(tmp_path / name)) == "image-too-large", name


def test_outputs_are_checked_before_work_starts(tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(b"x")
    assert code_of(lambda: check_output(tmp_path / "there.png", force=False)) == "output-exists"
    check_output(tmp_path / "there.png", force=True)
    check_output(tmp_path / "new.tiff", force=False)
    assert code_of(lambda: check_output(tmp_path / "none" / "a.png", force=False)) == "output-unwritable"
    (tmp_path / "folder.png").mkdir()
    assert code_of(lambda: check_output(tmp_path / "folder.png", force=True)) == "output-unwritable"
    for name in ("a.gif", "a"):
        assert code_of(lambda name=name: check_output(tmp_path / name, force=False)) == "output-format"


@pytest.mark.parametrize(
    ("name", "dtype", "channels"),
    [
        ("a.jpg", np.uint16, 3),
        ("a.jpg", np.uint8, 4),
        ("a.jpeg", np.uint8, 2),
        ("a.webp", np.uint16, 1),
        ("a.png", np.float32, 3),
    ],
)
def test_formats_that_would_lose_something_are_refused(tmp_path: Path, name: str, dtype: Any, channels: int) -> None:
    photograph = Photograph(np.zeros((40, 40, channels), dtype), "TIFF")
    assert code_of(lambda: check_output(tmp_path / name, False, photograph)) == "output-format"
    assert code_of(lambda: photograph.write(tmp_path / name)) == "output-format"
    assert not list(tmp_path.iterdir())


def test_grey_in_webp_becomes_equal_rgb(tmp_path: Path) -> None:
    for channels in (1, 2):
        Photograph(noise(channels=channels), "PNG").write(tmp_path / "a.webp", force=True)
        read = Photograph.read(tmp_path / "a.webp").samples
        assert (read[..., :3] == noise(channels=channels)[..., :1]).all()
        assert channels == 1 or (read[..., 3] == noise(channels=2)[..., 1]).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.jpg"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    photograph, path = Photograph(noise(), "PNG"), tmp_path / name
    path.write_bytes(b"the old file")
    real = Path.open

    def on_a_full_disk(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if "x" not in mode:
            return real(self, mode, *rest, **more)
        self.touch()
        return real(Path("/dev/full"), "wb")

    if not Path("/dev/full").exists():  # macOS, Windows: the write itself says so

        def on_a_full_disk(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
            stream = real(self, mode, *rest, **more)
            if "x" in mode:
                stream.close()
                raise OSError(errno.ENOSPC, "No space left on device")
            return stream

    monkeypatch.setattr(Path, "open", on_a_full_disk)
    assert code_of(lambda: photograph.write(path, force=True)) == "disk-full"
    monkeypatch.undo()
    assert path.read_bytes() == b"the old file" and list(tmp_path.iterdir()) == [path]


def test_existing_files_are_kept_without_force_and_replaced_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    photograph = Photograph(noise(), "PNG")
    assert code_of(lambda: photograph.write(path)) == "output-exists"
    assert path.read_bytes() == b"mine"
    photograph.write(path, force=True)
    assert (Photograph.read(path).samples == photograph.samples).all() and list(tmp_path.iterdir()) == [path]


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    monkeypatch.setitem(writing._ENCODERS, "PNG", lambda picture, stream: path.write_bytes(b"mine") and None)
    assert code_of(lambda: Photograph(noise(), "PNG").write(path)) == "output-exists"
    assert path.read_bytes() == b"mine" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_new_files_get_the_rights_of_any_new_file(tmp_path: Path) -> None:
    Photograph(noise(), "PNG").write(tmp_path / "a.png")
    (tmp_path / "b").touch()
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "b").stat().st_mode
