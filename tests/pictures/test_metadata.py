"""What a file says beside its samples is kept where the output can hold it, and named in one note where it cannot."""

import io
import json
import struct
from pathlib import Path
from typing import Any

import icc_profiles
import numpy as np
import pytest
import tifffile
from made_files import IPTC, app, png_with, resource
from PIL import Image, ImageCms, IptcImagePlugin
from PIL.PngImagePlugin import PngInfo

from statue_models import cli
from statue_models.pictures.photograph import Photograph

ENDINGS = ("png", "tif", "webp", "jpg")


def picture(height: int = 60, width: int = 90) -> Image.Image:
    ramp = np.add.outer(np.arange(height), np.arange(width))
    return Image.fromarray(np.stack([ramp, ramp // 2 + 60, 200 - ramp // 2], 2).astype(np.uint8))


def codes(notes: Any) -> list[str]:
    return [note.code for note in notes]


def left_out(notes: Any) -> str:
    (note,) = [note for note in notes if note.code == "metadata-left-out"] or [None]
    return "" if note is None else str(note.facts["what"])


def iptc_in(path: Path) -> dict[Any, Any] | None:
    with Image.open(path) as image:
        return IptcImagePlugin.getiptcinfo(image)


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    """With IPTC, a clipping path's name, a Photoshop thumbnail that shows the damage, a comment, APP11 and APP4."""
    resources = resource(1028, IPTC) + resource(1036, bytes(28) + b"thumb") + resource(2999, b"\4path", b"odd")
    extra = app(13, b"Photoshop 3.0\0" + resources) + app(11, b"JP\0\1\0\0\0\1jumb") + app(4, b"whatever")
    path = tmp_path / "a.jpg"
    picture().save(path, comment="büste".encode(), extra=extra, dpi=(300, 300))
    return path


def test_iptc_and_comment_of_a_jpeg_reach_each_file_or_the_note(jpeg: Path, tmp_path: Path) -> None:
    photograph = Photograph.read(jpeg)
    assert codes(photograph.notes) == ["thumbnail-left-out"]
    said = {ending: photograph.write(tmp_path / f"b.{ending}") for ending in ENDINGS}
    for notes in said.values():
        assert "content credentials (APP11), APP4" in left_out(notes) and codes(notes).count("metadata-left-out") == 1
    for ending in ("jpg", "tif"):
        found = iptc_in(tmp_path / f"b.{ending}")
        assert found is not None and found[2, 80] == b"Somebody" and "IPTC" not in left_out(said[ending])
        again = Photograph.read(tmp_path / f"b.{ending}")
        assert again.photoshop == photograph.photoshop and again.notes == ()
        assert b"odd" in (again.photoshop or b"") and b"thumb" not in (tmp_path / f"b.{ending}").read_bytes()
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.info["comment"] == "büste".encode() and image.info["photoshop"][2999] == b"\4path"
    with Image.open(tmp_path / "b.png") as image:
        assert image.info["Comment"] == "büste" and "Raw profile type iptc" in image.info
    assert Photograph.read(tmp_path / "b.png").photoshop == photograph.photoshop
    assert "IPTC, Photoshop's resources" in left_out(said["webp"])
    assert "the comment" in left_out(said["webp"]) and "the comment" in left_out(said["tif"])
    Photograph.read(tmp_path / "b.png").write(tmp_path / "c.jpg")
    with Image.open(tmp_path / "c.jpg") as image:
        assert image.info["comment"] == "büste".encode() and image.info["photoshop"][1028] == IPTC


def test_long_photoshop_resources_go_into_as_many_segments_as_they_need(tmp_path: Path) -> None:
    resources = resource(1028, IPTC) + resource(2000, bytes(range(256)) * 700)
    photograph = Photograph(np.asarray(picture()), "TIFF", photoshop=resources)
    photograph.write(tmp_path / "a.jpg")
    assert Photograph.read(tmp_path / "a.jpg").photoshop == resources


RESOURCES = resource(1060, b"x") + resource(1036, b"T" * 9)


@pytest.mark.parametrize("layout", [{}, {"byteorder": ">"}, {"bigtiff": True}, {"bigtiff": True, "byteorder": ">"}])
def test_ancillary_tags_of_a_tiff_stay_in_a_tiff_and_are_named_elsewhere(tmp_path: Path, layout: Any) -> None:
    tags: dict[int, tuple[str, Any]] = {
        269: ("s", "archive 7"),
        270: ("s", "a bust"),
        285: ("s", "front"),
        315: ("s", "Somebody"),
        33432: ("s", "A museum"),
        33550: ("d", (0.5, 0.5, 0.0)),
        33922: ("d", (0.0, 0.0, 0.0, 11.25, 43.5, 0.0)),
        34735: ("H", (1, 1, 0, 1, 1024, 0, 1, 2)),
        65000: ("I", (1, 2, 3)),
    }
    rows = [(tag, kind, 0 if kind == "s" else len(value), value, True) for tag, (kind, value) in tags.items()]
    rows += [(33723, "B", len(IPTC), IPTC, True), (34377, "B", None, RESOURCES, True)]
    rows = [(tag, kind, len(value) if count is None else count, value, once) for tag, kind, count, value, once in rows]
    samples = np.asarray(picture())
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", metadata=None, extratags=rows, **layout)
    photograph = Photograph.read(tmp_path / "a.tif")
    assert codes(photograph.notes) == ["thumbnail-left-out"]
    assert photograph.write(tmp_path / "b.tif") == ()
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        found = file.pages.first.tags
        for tag, (_, value) in tags.items():
            assert found[tag].value == value, tag
        assert bytes(found[33723].value)[: len(IPTC)] == IPTC and b"TTTT" not in bytes(found[34377].value)
    for ending in ("jpg", "png", "webp"):
        notes = photograph.write(tmp_path / f"b.{ending}")
        assert "GeoTIFF, TIFF tag 65000" in left_out(notes)
        with Image.open(tmp_path / f"b.{ending}") as image:
            said = image.getexif()
        assert (said[269], said[270], said[285], said[315], said[33432]) == tuple(
            tags[tag][1] for tag in (269, 270, 285, 315, 33432)
        )
        assert 33550 not in said


def test_layers_and_smaller_versions_of_the_damaged_picture_are_left_out_and_named(tmp_path: Path) -> None:
    samples = np.asarray(picture())
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        layers = (37724, "B", 40, b"Adobe Photoshop Document Data Block\0" + bytes(4), True)
        file.write(samples, photometric="rgb", metadata=None, extratags=[layers])
        file.write(samples[::2, ::2], photometric="rgb", metadata=None, subfiletype=1)
        file.write(samples[..., 0], photometric="minisblack", metadata=None, subfiletype=1)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[2].tags[254].overwrite(4)
    notes = Photograph.read(tmp_path / "a.tif").write(tmp_path / "b.tif")
    assert left_out(notes) == "Photoshop's layers, the page with a transparency mask, smaller versions of the picture"
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert 37724 not in file.pages.first.tags and len(file.pages) == 1


@pytest.mark.parametrize(("extra", "wanted"), [("unspecified", 0), ("assocalpha", 1), ("unassalpha", 2)])
def test_the_kind_of_an_extra_channel_stays(tmp_path: Path, extra: str, wanted: int) -> None:
    samples = np.dstack([np.asarray(picture()), np.full((60, 90), 255, np.uint8)])
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", extrasamples=[extra], metadata=None)
    photograph = Photograph.read(tmp_path / "a.tif")
    assert photograph.write(tmp_path / "b.tif") == ()
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert tuple(file.pages.first.extrasamples) == (wanted,)
    if wanted != 1:
        assert codes(photograph.write(tmp_path / "b.png")) == (["extra-channel-as-alpha"] if wanted == 0 else [])


ADOBE_PLACES = struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
SRGB_PLACES = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


@pytest.mark.parametrize("ending", ["tif", "webp", "jpg"])
@pytest.mark.parametrize(
    ("chunks", "profile"),
    [
        ([(b"gAMA", struct.pack(">I", 45470)), (b"cHRM", ADOBE_PLACES)], "Adobe"),
        ([(b"gAMA", struct.pack(">I", 45455)), (b"cHRM", SRGB_PLACES)], None),
        ([(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100000))], None),
        ([(b"gAMA", struct.pack(">I", 100000))], "linear"),
        ([(b"cICP", b"\x0c\x0d\0\1")], "P3"),
    ],
)
def test_colours_of_png_chunks_become_a_profile_elsewhere(
    tmp_path: Path, ending: str, chunks: Any, profile: str | None
) -> None:
    samples = np.asarray(picture())
    png_with(tmp_path / "a.png", samples, chunks)
    photograph = Photograph.read(tmp_path / "a.png")
    notes = photograph.write(tmp_path / f"b.{ending}")
    assert ("colours-as-profile" in codes(notes)) == (profile is not None) and not left_out(notes)
    assert photograph.write(tmp_path / "b.png") == ()
    assert (
        dict(Photograph.read(tmp_path / "b.png").chunks) == dict(chunks)
        and b"iCCP" not in (tmp_path / "b.png").read_bytes()
    )
    again = Photograph.read(tmp_path / f"b.{ending}")
    assert (again.icc is None) == (profile is None) and again.notes == ()
    if again.icc is None:
        return
    # LittleCMS, an independent reader of profiles, sees the colours that are meant.
    wanted = {
        "Adobe": icc_profiles.matrix_profile(icc_profiles.ADOBE_RGB, icc_profiles.gamma_curve(100000 / 45470)),
        "linear": icc_profiles.matrix_profile(icc_profiles.SRGB, icc_profiles.gamma_curve(1.0)),
        "P3": icc_profiles.matrix_profile(icc_profiles.DISPLAY_P3, icc_profiles.SRGB_CURVE),
    }[str(profile)]
    srgb, intent = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
    seen = [
        np.asarray(ImageCms.profileToProfile(picture(), io.BytesIO(one), srgb, intent)) for one in (again.icc, wanted)
    ]
    shift, off = (np.abs(seen[0].astype(int) - other) for other in (samples, seen[1].astype(int)))
    assert off.max() <= 3 < shift.max()
    assert ending == "jpg" or (again.to_srgb() == photograph.to_srgb()).all()


def test_hdr_chunks_are_named_where_they_cannot_go(tmp_path: Path) -> None:
    chunks = [(b"cICP", b"\x09\x10\0\1"), (b"cLLI", bytes(8)), (b"sBIT", b"\5\6\5"), (b"prVt", b"x"), (b"prVT", b"y")]
    png_with(tmp_path / "a.png", np.asarray(picture()), chunks)
    photograph = Photograph.read(tmp_path / "a.png")
    assert left_out(photograph.write(tmp_path / "b.png")) == "PNG chunk prVT"  # not safe to copy
    assert dict(Photograph.read(tmp_path / "b.png").chunks) == dict(chunks[:4])
    said = left_out(photograph.write(tmp_path / "b.tif"))
    assert said == "PNG chunk prVT, PNG chunk cLLI, PNG chunk cICP, PNG chunk sBIT, PNG chunk prVt"


def test_texts_of_a_png_are_named_elsewhere(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("Author", "Somebody")
    info.add_itxt("Comment", "Büste", zip=True)
    picture().save(tmp_path / "a.png", pnginfo=info)
    photograph = Photograph.read(tmp_path / "a.png")
    assert photograph.write(tmp_path / "b.png") == ()
    assert left_out(photograph.write(tmp_path / "b.tif")) == "PNG texts (Author, Comment)"
    assert left_out(photograph.write(tmp_path / "b.jpg")) == "PNG texts (Author)"
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.info["comment"] == "Büste".encode()


def test_metadata_too_long_for_jpeg_are_named_and_nothing_breaks(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[270] = "x" * 70000
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b" " * 70000 + b"</x:xmpmeta>"
    photograph = Photograph(np.asarray(picture()), "PNG", exif=exif.tobytes().removeprefix(b"Exif\0\0"), xmp=packet)
    assert left_out(photograph.write(tmp_path / "a.jpg")) == "EXIF (too long for JPEG), XMP (too long for JPEG)"
    assert photograph.write(tmp_path / "a.png") == ()


def test_unknown_chunks_of_a_webp_are_named(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    picture().save(buffer, "WEBP", lossless=True, exif=Image.Exif().tobytes())
    content = buffer.getvalue() + b"ABCD\3\0\0\0abc\0"
    (tmp_path / "a.webp").write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])
    assert left_out(Photograph.read(tmp_path / "a.webp").write(tmp_path / "b.png")) == "WebP chunk ABCD"


def test_what_stands_behind_a_jpeg_is_named(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content + bytes(900))  # padding, as some cameras write
    assert not left_out(Photograph.read(tmp_path / "a.jpg").write(tmp_path / "b.png"))
    (tmp_path / "a.jpg").write_bytes(content + b"SEFH of a telephone SEFT")
    said = left_out(Photograph.read(tmp_path / "a.jpg").write(tmp_path / "b.png", force=True))
    assert said == "what stands behind the picture"


def test_pixels_that_are_not_square_and_of_no_size_are_named(tmp_path: Path) -> None:
    samples = np.asarray(picture())
    png_with(tmp_path / "a.png", samples, [(b"pHYs", struct.pack(">IIB", 4, 3, 0))])
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", resolution=(4, 3), resolutionunit=1)
    picture().save(tmp_path / "a.jpg")
    content = bytearray((tmp_path / "a.jpg").read_bytes())
    place = content.index(b"JFIF\0") + 7
    content[place : place + 5] = b"\0\0\4\0\3"
    (tmp_path / "a.jpg").write_bytes(content)
    for name in ("a.png", "a.tif", "a.jpg"):
        assert left_out(Photograph.read(tmp_path / name).write(tmp_path / "b.png", force=True)) == (
            "the aspect of the pixels"
        )


def test_the_command_says_what_the_file_is_without_and_records_it(tmp_path: Path, capsys: Any) -> None:
    samples = np.full((64, 80, 3), 90, np.uint8)
    samples[20:26, 30:36] = 255
    extra = app(13, b"Photoshop 3.0\0" + resource(1028, IPTC))
    Image.fromarray(samples).save(tmp_path / "photo.jpg", quality=100, subsampling=0, extra=extra)
    mask = np.zeros((64, 80), np.uint8)
    mask[16:30, 26:40] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    words = ["restore", str(tmp_path / "photo.jpg"), "--mask", str(tmp_path / "mask.png")]
    words += ["-o", str(tmp_path / "out.webp"), "--report", str(tmp_path / "record.json")]
    assert cli.main([*words, "--model", "telea"]) == 0
    said = capsys.readouterr().err
    assert "(metadata-left-out)" in said and "IPTC" in said
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    (note,) = [note for note in record["notes"] if note["code"] == "metadata-left-out"]
    assert note["format"] == "WebP" and note["what"] == "IPTC"
