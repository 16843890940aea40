"""Thumbnails, sizes and promises in the metadata are true of the picture that is written."""

import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from made_files import MAGENTA, ULTRA_HDR, block_with_thumbnail
from PIL import ExifTags, Image

from statue_models.pictures.photograph import Photograph
from statue_models.pixels.rectangle import Rectangle

HEIGHT, WIDTH = 60, 90


def codes(notes: Any) -> list[str]:
    return [note.code for note in notes]


def photograph_with(block: bytes, tmp_path: Path, ending: str = "jpg") -> Photograph:
    """Green, written by Pillow."""
    options: dict[str, Any] = {"lossless": True} if ending == "webp" else {}
    exif = block if ending == "webp" else b"Exif\0\0" + block
    Image.new("RGB", (WIDTH, HEIGHT), (0, 200, 0)).save(tmp_path / f"a.{ending}", exif=exif, **options)
    return Photograph.read(tmp_path / f"a.{ending}")


def block_in(path: Path) -> bytes:
    with Image.open(path) as image:
        return bytes(image.info["exif"]).removeprefix(b"Exif\0\0")


def thumbnail_in(path: Path) -> Image.Image | None:
    block = block_in(path)
    exif = Image.Exif()
    exif.load(block)
    first = exif.get_ifd(ExifTags.IFD.IFD1)
    if 513 not in first:
        return None
    return Image.open(io.BytesIO(block[first[513] : first[513] + first[514]]))


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_the_thumbnail_shows_the_restored_picture_upright_and_nothing_else_moves(
    tmp_path: Path, ending: str, order: str, orientation: int
) -> None:
    block = block_with_thumbnail(orientation, order)
    photograph = photograph_with(block, tmp_path, ending)
    blue = np.zeros((30, 30, 3), np.uint8)
    blue[..., 2] = 250
    restored = photograph.with_restored(Rectangle(0, 0, 30, 30), blue, np.full((30, 30), 255, np.uint8))
    assert "thumbnail-remade" in codes(restored.write(tmp_path / f"b.{ending}"))
    thumbnail = thumbnail_in(tmp_path / f"b.{ending}")
    assert thumbnail is not None and thumbnail.size == ((90, 60) if orientation != 6 else (60, 90))
    assert np.asarray(thumbnail)[10, 10] == pytest.approx([0, 0, 250], abs=40)
    assert np.asarray(thumbnail)[45, 50] == pytest.approx([0, 200, 0], abs=40)
    said = block_in(tmp_path / f"b.{ending}")
    assert len(said) == len(block) and said.index(b"maker's") == block.index(b"maker's")
    assert b"...." not in said  # nothing of the old thumbnail is left
    exif = Image.Exif()
    exif.load(said)
    size = (90, 60) if orientation != 6 else (60, 90)
    assert exif[274] == 1 and exif[256] == size[0] and exif.get_ifd(ExifTags.IFD.IFD1)[274] == 1
    assert (exif.get_ifd(34665)[40962], exif.get_ifd(34665)[40963]) == size
    again = Photograph.read(tmp_path / f"b.{ending}")
    if ending != "jpg":
        again.write(tmp_path / f"c.{ending}")
        assert (tmp_path / f"c.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


@pytest.mark.parametrize(("filler", "packing"), [(0, 1), (0, 6)])
def test_a_thumbnail_that_cannot_be_made_again_is_blotted_out_and_said(
    tmp_path: Path, filler: int, packing: int
) -> None:
    """One of strips, and one that has no room: the picture is noise, the old thumbnail was one colour."""
    block = block_with_thumbnail(filler=filler, packing=packing)
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1600, 3), np.uint8)
    photograph = Photograph(np.repeat(np.repeat(noise[:300, :400], 4, 0), 4, 1), "JPEG", exif=block)
    notes = photograph.write(tmp_path / "a.jpg")
    said = block_in(tmp_path / "a.jpg")
    assert "thumbnail-left-out" in codes(notes) and thumbnail_in(tmp_path / "a.jpg") is None
    exif = Image.Exif()
    exif.load(said)
    assert not exif.get_ifd(ExifTags.IFD.IFD1) and bytes(MAGENTA) * 9 not in said and said[-300:] == bytes(300)


def test_a_tiff_has_no_thumbnail_and_it_is_said(tmp_path: Path) -> None:
    photograph = photograph_with(block_with_thumbnail(), tmp_path)
    assert codes(photograph.write(tmp_path / "b.tif")) == ["thumbnail-left-out"]


def test_a_preview_that_nobody_can_change_is_said_to_stay(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271] = "Maker"
    exif.get_ifd(ExifTags.IFD.Exif)[37500] = b"MAKER\0\xff\xd8\xff\xe0 a preview"
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "a.png", exif=exif)
    assert codes(Photograph.read(tmp_path / "a.png").write(tmp_path / "b.png")) == ["preview-stays"]


def test_damaged_blocks_are_written_without_a_crash(tmp_path: Path) -> None:
    block, generator = block_with_thumbnail(), np.random.default_rng(0)
    for k in range(300):
        damaged = bytearray(block[: generator.integers(8, len(block))] if k % 3 == 0 else block)
        for place in generator.integers(0, min(len(damaged), 260), 4):
            damaged[place] = generator.integers(256)
        photograph = Photograph(np.zeros((20, 30, 3), np.uint8), "JPEG", exif=bytes(damaged))
        for ending in ("jpg", "tif"):
            photograph.write(tmp_path / f"a.{ending}", force=True)
            Photograph.read(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_gain_map_and_motion_photo_are_said_and_no_longer_promised(tmp_path: Path, ending: str) -> None:
    primary, gain_map = io.BytesIO(), io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (WIDTH, HEIGHT), (0, 200, 0)).save(primary, "JPEG", xmp=ULTRA_HDR, exif=exif)
    Image.new("L", (WIDTH // 2, HEIGHT // 2)).save(gain_map, "JPEG", xmp=ULTRA_HDR)
    content = primary.getvalue() + gain_map.getvalue() + b"\0\0\0\x18ftypmp42" + bytes(50)
    (tmp_path / "a.jpg").write_bytes(content)
    photograph = Photograph.read(tmp_path / "a.jpg")
    assert codes(photograph.notes) == ["gain-map-left-out", "video-left-out", "turned-upright"]
    assert "thumbnail-left-out" in codes(photograph.write(tmp_path / f"b.{ending}"))
    packet = Photograph.read(tmp_path / f"b.{ending}").xmp or b""
    for gone in (b"hdrgm:Version", b"GainMap", b"Container:Item", b"MotionPhoto=", b"MotionPhotoVersion", b"AAAA"):
        assert gone not in packet
    for kept in (b'dc:format="a > b"', "Sömebody".encode(), b'tiff:Orientation="1"', b'exif:PixelXDimension="60"'):
        assert kept in packet
    assert b"<exif:PixelYDimension>90<" in packet and b'tiff:ImageWidth="60"' in packet
    ElementTree.fromstring(packet.decode())  # still well formed
    again = Photograph.read(tmp_path / f"b.{ending}")
    assert again.notes == () and codes(again.write(tmp_path / "c.png")) == []


def test_a_gain_map_behind_an_mpf_index_is_told_from_a_preview(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (64, 48)), Image.new("RGB", (32, 24))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    assert codes(Photograph.read(tmp_path / "a.jpg").notes) == ["first-picture-only"]
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(content + b"urn:com:apple:photo:2020:aux:hdrgainmap")
    photograph = Photograph.read(tmp_path / "b.jpg")
    assert codes(photograph.notes) == ["gain-map-left-out"]
    photograph.write(tmp_path / "c.jpg")
    assert b"MPF\0" not in (tmp_path / "c.jpg").read_bytes()


@pytest.mark.parametrize(
    "packet", [b"", b"<x", b"\xff\xfe<\0x\0", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"\0" * 9]
)
def test_packets_that_cannot_be_read_stay_as_they_are(tmp_path: Path, packet: bytes) -> None:
    Photograph(np.zeros((20, 30, 3), np.uint8), "PNG", xmp=packet).write(tmp_path / "a.png")
    assert (Photograph.read(tmp_path / "a.png").xmp or b"") == packet
