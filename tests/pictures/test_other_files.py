"""Files of cameras and telephones, several pages and frames: the right picture is read, and what was done is said."""

import builtins
import io
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import tifffile
from made_files import HEIGHT, MAGENTA, WIDTH, light, write_dng
from PIL import Image, features

from statue_models.errors import StatueError
from statue_models.pictures.formats import heif
from statue_models.pictures.mask_file import read_mask
from statue_models.pictures.photograph import Photograph
from statue_models.tasks.inputs import files_read
from statue_models.tasks.paths import output_in


def codes(photograph: Any) -> list[str]:
    return [note.code for note in photograph.notes]


def error_of(action: Any) -> StatueError:
    with pytest.raises(StatueError) as caught:
        action()
    return caught.value


@pytest.mark.parametrize("name", ["a.dng", "a.tif"])
def test_a_dng_is_developed_and_its_thumbnail_is_not_taken_for_it(tmp_path: Path, name: str) -> None:
    write_dng(tmp_path / name)
    photograph = Photograph.read(tmp_path / name)
    assert photograph.samples.shape == (HEIGHT, WIDTH, 3) and photograph.samples.dtype == np.uint16
    assert codes(photograph) == ["raw-developed"] and photograph.icc is None
    lin = light() * 16000 / 16383
    wanted = np.where(lin <= 0.0031308, 12.92 * lin, 1.055 * lin ** (1 / 2.4) - 0.055)
    off = np.abs(photograph.samples / 65535 - wanted)[8:-8, 8:-8]
    assert (
        off.mean() < 0.01 and off.max() < 0.06
    )  # sRGB light, nothing brightened, with the camera's (here: no) balance
    photograph.write(tmp_path / "b.tif")
    again = Photograph.read(tmp_path / "b.tif")
    assert (again.samples == photograph.samples).all() and again.notes == ()
    with Image.open(tmp_path / "b.tif") as image:
        said = image.getexif()
    assert (said[271], said[272], said[33432]) == ("Maker", "Model", "A museum") and 50706 not in said


def test_a_raw_photograph_is_turned_upright(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", orientation=6)
    assert Photograph.read(tmp_path / "a.dng").samples.shape == (WIDTH, HEIGHT, 3)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that takes a package away."""
    real = builtins.__import__

    def take(package: str) -> None:
        def fake(name: str, *rest: Any, **more: Any) -> Any:
            if name.partition(".")[0] == package:
                raise ModuleNotFoundError(f"No module named '{package}'", name=package)
            return real(name, *rest, **more)

        monkeypatch.delitem(sys.modules, package, raising=False)
        monkeypatch.setattr(builtins, "__import__", fake)

    return take


def test_without_its_package_a_file_is_refused_by_what_it_is_and_what_to_install(tmp_path: Path, without: Any) -> None:
    write_dng(tmp_path / "a.dng")
    pillow_heif.from_pillow(Image.new("RGB", (64, 48))).save(tmp_path / "a.heic")
    without("rawpy")
    error = error_of(lambda: Photograph.read(tmp_path / "a.dng"))
    assert error.code == "missing-decoder" and "80 x 60" in error.sentence and "thumbnail" in error.sentence
    assert "rawpy" in error.sentence and f"pip --python {sys.executable} install rawpy" in error.remedy
    without("pillow_heif")
    error = error_of(lambda: Photograph.read(tmp_path / "a.heic"))
    assert error.code == "missing-decoder" and "install pillow-heif" in error.remedy


def test_avif_without_its_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "a.avif")
    monkeypatch.setattr(features, "check", lambda name: False)
    error = error_of(lambda: Photograph.read(tmp_path / "a.avif"))
    assert error.code == "missing-decoder" and "pillow>=11.3" in error.remedy


@pytest.mark.parametrize("head", [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0", b"FOVb\0\0\2\0"])
def test_makers_own_files_are_known_for_raw_and_broken_ones_are_told(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(head + bytes(4000))
    error = error_of(lambda: Photograph.read(tmp_path / "a.tif"))
    assert error.code in ("unsupported-image", "not-an-image", "truncated-image")


def test_a_damaged_dng_gives_a_sentence(tmp_path: Path, capfd: Any) -> None:
    write_dng(tmp_path / "a.dng")
    content = (tmp_path / "a.dng").read_bytes()
    for size in (10, 200, 1000, 20000, len(content) - 5000):
        (tmp_path / "a.dng").write_bytes(content[:size])
        error = error_of(lambda: Photograph.read(tmp_path / "a.dng"))
        assert error.code in ("truncated-image", "not-an-image", "unsupported-image")
    assert capfd.readouterr() == ("", "")


def picture() -> Image.Image:
    return Image.fromarray((light() * 255).astype(np.uint8))


@pytest.mark.parametrize("ending", ["heic", "avif"])
@pytest.mark.parametrize("alpha", [False, True])
def test_heic_and_avif_are_read_with_their_metadata(tmp_path: Path, ending: str, alpha: bool) -> None:
    exif = Image.Exif()
    exif[33432] = "A museum"
    image = picture()
    if alpha:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    pillow_heif.register_heif_opener()
    image.save(tmp_path / f"a.{ending}", quality=90, exif=exif, xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    photograph = Photograph.read(tmp_path / f"a.{ending}")
    assert photograph.format == ending.upper() and photograph.notes == ()
    assert np.abs(photograph.samples.astype(int) - np.asarray(image)).mean() < 3
    for name in ("b.png", "b.tif", "b.webp"):
        assert "metadata-left-out" not in [note.code for note in photograph.write(tmp_path / name)]
        again = Photograph.read(tmp_path / name)
        assert (again.samples == photograph.samples).all() and b"xmpmeta" in (again.xmp or b"")
        with Image.open(tmp_path / name) as written:
            assert written.getexif()[33432] == "A museum"


def test_ten_bits_of_a_heic_become_sixteen(tmp_path: Path) -> None:
    samples = (light() * 65535).astype(np.uint16)
    pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), samples.tobytes()).save(
        tmp_path / "a.heic", quality=-1, chroma=444
    )
    photograph = Photograph.read(tmp_path / "a.heic")
    assert codes(photograph) == ["depth-expanded"] and photograph.samples.dtype == np.uint16
    assert np.abs(photograph.samples.astype(int) - samples).max() < 300


def test_a_heic_is_turned_once(tmp_path: Path) -> None:
    image = picture()
    exif = Image.Exif()
    exif[274] = 6
    image.info["exif"] = exif.tobytes()
    pillow_heif.register_heif_opener()
    image.save(tmp_path / "a.heic", quality=95)
    assert b"irot" in (tmp_path / "a.heic").read_bytes()  # the box that says it, as telephones write
    photograph = Photograph.read(tmp_path / "a.heic")
    wanted = np.rot90(np.asarray(image), -1)
    assert photograph.samples.shape == wanted.shape
    assert np.abs(photograph.samples.astype(int) - wanted).mean() < 3
    photograph.write(tmp_path / "b.tif")
    assert (Photograph.read(tmp_path / "b.tif").samples == photograph.samples).all()


def test_colours_that_a_heic_codes_count(tmp_path: Path) -> None:
    file = pillow_heif.from_pillow(picture())
    options = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 1, "full_range_flag": 1}
    file.save(tmp_path / "a.heic", quality=95, save_nclx_profile=True, **options)
    photograph = Photograph.read(tmp_path / "a.heic")
    assert dict(photograph.chunks) == {b"cICP": b"\x0c\x0d\0\1"}
    assert np.abs(photograph.to_srgb().astype(int) - photograph.samples).max() > 5
    notes = photograph.write(tmp_path / "b.tif")
    assert [note.code for note in notes] == ["colours-as-profile"]
    assert (Photograph.read(tmp_path / "b.tif").to_srgb() == photograph.to_srgb()).all()


@pytest.mark.parametrize("ending", ["heic", "avif"])
def test_a_gain_map_in_the_boxes_is_said_and_chance_bytes_are_none(tmp_path: Path, ending: str) -> None:
    pillow_heif.register_heif_opener()
    picture().save(tmp_path / f"a.{ending}")
    content = (tmp_path / f"a.{ending}").read_bytes()
    mark = b"urn:com:apple:photo:2020:aux:hdrgainmap\0"
    for kind, said in ((b"free", ["gain-map-left-out"]), (b"mdat", [])):
        (tmp_path / f"b.{ending}").write_bytes(content + struct.pack(">I", 8 + len(mark)) + kind + mark)
        assert codes(Photograph.read(tmp_path / f"b.{ending}")) == said


def test_bits_of_an_avif(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "a.avif")
    assert heif._bits(tmp_path / "a.avif") == 8
    content = bytearray((tmp_path / "a.avif").read_bytes())
    content[content.index(b"av1C") + 6] |= 0x40
    (tmp_path / "b.avif").write_bytes(content)
    assert heif._bits(tmp_path / "b.avif") == 10
    content[content.index(b"av1C") + 6] |= 0x20
    (tmp_path / "b.avif").write_bytes(content)
    assert heif._bits(tmp_path / "b.avif") == 12


def test_an_avif_of_ten_bits_says_that_it_was_reduced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow writes 8 bits alone: the box of such a file is told otherwise where it is asked."""
    picture().save(tmp_path / "a.avif")
    monkeypatch.setattr(heif, "_bits", lambda path: 10)
    assert codes(Photograph.read(tmp_path / "a.avif")) == ["depth-reduced"]


@pytest.mark.parametrize("ending", ["heic", "avif", "gif", "bmp"])
def test_cut_off_and_damaged_ones_give_a_sentence(tmp_path: Path, ending: str, capfd: Any, recwarn: Any) -> None:
    pillow_heif.register_heif_opener()
    picture().save(tmp_path / f"a.{ending}")
    content, generator = (tmp_path / f"a.{ending}").read_bytes(), np.random.default_rng(0)
    for k in range(60):
        broken = bytearray(content[: generator.integers(16, len(content))] if k % 2 else content)
        for place in generator.integers(12, min(len(broken), 800), 3 * (k % 3)):
            broken[place] = generator.integers(256)
        (tmp_path / f"b.{ending}").write_bytes(broken)
        try:
            Photograph.read(tmp_path / f"b.{ending}")
        except StatueError as error:
            assert error.code != "internal"
    assert capfd.readouterr() == ("", "") and not [str(one.message) for one in recwarn]


def frames() -> list[Image.Image]:
    return [Image.new("RGB", (64, 48), colour) for colour in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]


@pytest.mark.parametrize("ending", ["tif", "png", "webp", "gif", "avif"])
def test_of_several_pages_the_first_is_read_and_said(tmp_path: Path, ending: str) -> None:
    options: dict[str, Any] = {"webp": {"lossless": True}, "avif": {"quality": 95}}.get(ending, {})
    first, *others = frames()
    first.save(tmp_path / f"a.{ending}", save_all=True, append_images=others, **options)
    photograph = Photograph.read(tmp_path / f"a.{ending}")
    (note,) = [note for note in photograph.notes if note.code == "first-page-only"]
    assert (note.facts["pages"], note.facts["page"]) == (3, 1)
    assert np.abs(photograph.samples[5, 5, :3].astype(int) - (200, 0, 0)).max() <= 4
    photograph.write(tmp_path / "b.png")
    assert Photograph.read(tmp_path / "b.png").notes == ()


@pytest.mark.parametrize("ending", ["tif", "webp", "gif"])
def test_another_page_is_named_in_brackets(tmp_path: Path, ending: str) -> None:
    options: dict[str, Any] = {"webp": {"lossless": True}}.get(ending, {})
    first, *others = frames()
    first.save(tmp_path / f"a.{ending}", save_all=True, append_images=others, **options)
    photograph = Photograph.read(tmp_path / f"a.{ending}[3]")
    (note,) = [note for note in photograph.notes if note.code == "first-page-only"]
    assert note.facts["page"] == 3 and photograph.samples[5, 5, :3].tolist() == [0, 0, 200]
    error = error_of(lambda: Photograph.read(tmp_path / f"a.{ending}[4]"))
    assert error.code == "usage" and "3" in error.sentence
    first.save(tmp_path / "b[2].png")  # a file of that very name is meant by it
    assert Photograph.read(tmp_path / "b[2].png").notes == ()
    assert error_of(lambda: Photograph.read(tmp_path / "none.tif[2]")).code == "missing-file"


def test_pages_of_other_files_cannot_be_named(tmp_path: Path) -> None:
    frames()[0].save(tmp_path / "a.jpg")
    assert error_of(lambda: Photograph.read(tmp_path / "a.jpg[2]")).code == "usage"
    assert Photograph.read(tmp_path / "a.jpg[1]").notes == ()


def test_each_page_has_its_own_metadata(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for name in ("recto", "verso"):
            file.write(np.asarray(picture()), photometric="rgb", metadata=None, description=name)
    Photograph.read(tmp_path / "a.tif[2]").write(tmp_path / "b.tif")
    with Image.open(tmp_path / "b.tif") as image:
        assert image.getexif()[270] == "verso"


@pytest.mark.parametrize("under", [False, True])
def test_a_thumbnail_that_comes_first_is_no_page(tmp_path: Path, under: bool) -> None:
    samples = np.asarray(picture())
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        thumbnail = np.full((60, 80, 3), MAGENTA, np.uint8)
        file.write(thumbnail, photometric="rgb", subfiletype=1, metadata=None, subifds=1 if under else None)
        file.write(samples, photometric="rgb", subfiletype=0, metadata=None)
    photograph = Photograph.read(tmp_path / "a.tif")
    assert (photograph.samples == samples).all() and photograph.notes == ()


def test_a_mask_of_several_pages_says_which_was_taken(tmp_path: Path) -> None:
    pages = np.zeros((2, 40, 40), np.uint8)
    pages[0, 10:20, 10:20] = 255
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack", metadata=None)
    mask = read_mask(tmp_path / "a.tif")
    assert "first-page-only" in codes(mask) and mask.levels.sum() == 255 * 100


def test_a_file_with_pages_is_never_written_over_and_folders_get_names_that_can_be_written(tmp_path: Path) -> None:
    read = files_read(str(tmp_path / "a.tif[2]"), str(tmp_path / "m.png[1]"), "alpha", None)
    assert read == [tmp_path / "a.tif", tmp_path / "m.png"]
    names = {"a.dng": "a.tif", "b.heic": "b.tif", "c.jpg": "c.jpg", "d.tif[3]": "d.tif", "e": "e"}
    assert {name: output_in(tmp_path, Path(name)).name for name in names} == names


def test_gif_and_bmp(tmp_path: Path) -> None:
    palette = picture().quantize(64)
    palette.save(tmp_path / "a.gif", transparency=3, comment=b"by Somebody")
    photograph = Photograph.read(tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert (photograph.samples == np.asarray(image.convert("RGBA"))).all()
    assert codes(photograph) == ["palette-expanded"]
    assert "the comment" in photograph.write(tmp_path / "b.tif")[0].sentence
    picture().save(tmp_path / "a.bmp", dpi=(300, 300))
    photograph = Photograph.read(tmp_path / "a.bmp")
    assert (photograph.samples == np.asarray(picture())).all() and photograph.dpi == pytest.approx((300, 300), abs=0.1)
    buffer = io.BytesIO()
    picture().save(buffer, "ICO")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    assert error_of(lambda: Photograph.read(tmp_path / "a.png")).code == "not-an-image"
