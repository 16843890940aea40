"""Any file is understood, converted with a note, or refused with a code; nothing outside the mask ever changes."""

import io
from pathlib import Path
from typing import Any

import cv2
import icc_profiles
import numpy as np
import pytest
import tifffile
from file_kinds import XMP, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from statue_models.errors import StatueError
from statue_models.notes import CATALOGUE
from statue_models.pictures.photograph import Photograph
from statue_models.pixels.rectangle import Rectangle

DTYPES: dict[str, Any] = {
    "8": np.uint8,
    "16": np.uint16,
    "float": np.float32,
    "double": np.float64,
    "signed": np.int16,
}
REFUSALS = ("unsupported-image", "output-format")
MARK = "Somebody made this"
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "channels": st.integers(1, 4),
    "orientation": st.integers(1, 8),
    "extra": st.sampled_from(["unspecified", "assocalpha", "unassalpha"]),
    "profile": st.booleans(),
    "says": st.sets(st.sampled_from(["exif", "xmp", "comment", "dpi"])),
    "out": st.sampled_from(["png", "tif", "webp", "jpg"]),
    "size": st.tuples(st.integers(1, 40), st.integers(1, 40)),
    "seed": st.integers(0, 9),
}


def by(writer: str, depths: list[str], endings: list[str], layouts: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Files that a writer can write."""
    more = {"depth": st.sampled_from(depths), "ending": st.sampled_from(endings), "layout": st.sampled_from(layouts)}
    return st.fixed_dictionaries({"writer": st.just(writer), **more, **KINDS})


FILES = st.one_of(
    by("pillow", ["8"], ["png", "tif", "webp", "jpg", "gif", "bmp"], ["plain", "lzw", "palette", "1 bit", "pages"]),
    by("tifffile", list(DTYPES), ["tif"], ["plain", "big-endian", "BigTIFF", "tiles", "planes", "pages"]),
    by("opencv", ["8", "16"], ["png"], ["plain"]),
)


def samples_of(depth: str, channels: int, size: tuple[int, int], seed: int) -> NDArray[Any]:
    generator, dtype = np.random.default_rng(seed), np.dtype(DTYPES[depth])
    if dtype.kind == "f":
        return generator.random((*size, channels)).astype(dtype)
    return generator.integers(0, np.iinfo(dtype).max, (*size, channels), dtype, endpoint=True)


def write_by_pillow(path: Path, samples: NDArray[Any], kind: dict[str, Any]) -> NDArray[Any] | None:
    """What Pillow itself reads of it, or None where it cannot write this."""
    if samples.dtype != np.uint8:
        return None
    made = Image.fromarray(samples[..., 0] if kind["channels"] == 1 else samples)
    if kind["layout"] == "palette":
        made = made.convert("RGB").quantize(16)
    elif kind["layout"] == "1 bit":
        made = made.convert("1")
    try:
        made.save(path, **options_of(made, kind))
    except (OSError, ValueError, KeyError):
        return None
    # From memory: of a file that it maps, Pillow 13 takes the turned size for the stored one.
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        seen = ImageOps.exif_transpose(image) if kind["ending"] in ("jpg", "png", "webp", "tif") else image.copy()
        if image.mode == "P":
            seen = seen.convert("RGBA" if "transparency" in image.info else "RGB")
    wanted = np.asarray(seen.convert("L") if seen.mode == "1" else seen)
    return wanted if wanted.ndim == 3 else wanted[..., None]


def options_of(made: Image.Image, kind: dict[str, Any]) -> dict[str, Any]:
    """How Pillow is to write it."""
    ending, layout, says = kind["ending"], kind["layout"], kind["says"]
    exif = Image.Exif()
    exif[274] = kind["orientation"]
    if "exif" in says:
        exif[33432] = MARK
    profile = icc_profiles.matrix_profile(icc_profiles.ADOBE_RGB, icc_profiles.gamma_curve(2.2))
    wanted = {
        "exif": (exif, True),
        "lossless": (True, ending == "webp"),
        "exact": (True, ending == "webp"),
        "xmp": (XMP, "xmp" in says and ending in ("jpg", "webp")),
        "comment": (MARK.encode(), "comment" in says and ending in ("jpg", "gif")),
        "dpi": ((300, 300), "dpi" in says),
        "icc_profile": (profile, kind["profile"] and made.mode in ("RGB", "RGBA")),
        "compression": ({"lzw": "tiff_lzw", "1 bit": "group4"}.get(layout), ending == "tif"),
        "save_all": (True, layout == "pages" and ending in ("png", "tif", "webp", "gif")),
        "append_images": ([ImageOps.mirror(made)], layout == "pages" and ending in ("png", "tif", "webp", "gif")),
    }
    return {name: value for name, (value, holds) in wanted.items() if holds}


def write_by_tifffile(path: Path, samples: NDArray[Any], kind: dict[str, Any]) -> NDArray[Any] | None:
    if kind["ending"] != "tif":
        return None
    channels, orientation = kind["channels"], kind["orientation"]
    options: dict[str, Any] = {
        "photometric": "rgb" if channels > 2 else "minisblack",
        "metadata": None,
        "extratags": [(274, "H", 1, orientation, True)],
        **{
            "big-endian": {"byteorder": ">"},
            "BigTIFF": {"bigtiff": True},
            "tiles": {"tile": (16, 32), "compression": "zlib"},
            "planes": {"planarconfig": "separate"} if channels > 1 else {},
        }.get(kind["layout"], {}),
    }
    if channels in (2, 4):
        options["extrasamples"] = [kind["extra"]]
    if "exif" in kind["says"]:
        options["extratags"] += [(33432, "s", 0, MARK, True), (33550, "d", 3, (0.5, 0.5, 43.5), True)]
    stored = samples if channels > 1 else samples[..., 0]
    if options.get("planarconfig") == "separate":
        stored = np.moveaxis(samples, 2, 0)
    elif channels == 2:
        options["planarconfig"] = "contig"
    try:
        with tifffile.TiffWriter(
            path, **{key: options.pop(key) for key in ("byteorder", "bigtiff") if key in options}
        ) as file:
            file.write(stored, **options)
            if kind["layout"] == "pages":
                file.write(stored, **options)
    except ValueError:
        return None
    turned = Image.fromarray(np.arange(samples.shape[0] * samples.shape[1], dtype=np.int32).reshape(samples.shape[:2]))
    turned.getexif()[274] = orientation
    places = np.asarray(ImageOps.exif_transpose(turned))
    return samples.reshape(-1, channels)[places.ravel()].reshape(*places.shape, channels)


def write_by_opencv(path: Path, samples: NDArray[Any], kind: dict[str, Any]) -> NDArray[Any] | None:
    if samples.dtype not in (np.uint8, np.uint16, np.float32) or kind["channels"] == 2 or kind["ending"] != "png":
        return None
    if samples.dtype == np.float32:
        return None
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[kind["channels"]]
    return samples if cv2.imwrite(str(path), np.ascontiguousarray(samples[..., order])) else None


WRITERS = {"pillow": write_by_pillow, "tifffile": write_by_tifffile, "opencv": write_by_opencv}


def check_any_file(folder: Path, **kind: Any) -> str:
    """How it ended, which the tests count."""
    path, out = folder / f"a.{kind['ending']}", folder / f"b.{kind['out']}"
    samples = samples_of(kind["depth"], kind["channels"], kind["size"], kind["seed"])
    wanted = WRITERS[kind["writer"]](path, samples, kind)
    if wanted is None:
        return "no such file"
    try:
        photograph = Photograph.read(path)
    except StatueError as error:
        assert error.code in REFUSALS and kind["depth"] in ("double", "signed"), (kind, error.code)
        return "refused"
    assert photograph.samples.shape == wanted.shape and (photograph.samples == wanted).all(), kind
    height, width = photograph.samples.shape[:2]
    hole = Rectangle(width // 4, height // 4, max(1, width // 2), max(1, height // 2))
    pixels = np.zeros_like(photograph.samples[hole.slices])
    pixels[..., -1] = photograph.samples[hole.slices][..., -1]
    restored = photograph.with_restored(hole, pixels, np.full(hole.shape, 255, np.uint8))
    try:
        notes = (*photograph.notes, *restored.write(out, force=True))
    except StatueError as error:
        assert error.code == "output-format", (kind, error.code)
        return "refused"
    codes = {note.code for note in notes}
    assert codes <= set(CATALOGUE) and all(note.sentence for note in notes)
    again = Photograph.read(out)
    rows = again.samples if "grey-as-rgb" not in codes else again.samples[..., [0, *([3] if again.has_alpha else [])]]
    mask = np.zeros((height, width), bool)
    mask[hole.slices] = True
    if kind["out"] == "webp" and photograph.has_alpha and not again.has_alpha:
        assert (photograph.samples[..., -1] == 255).all()  # WebP has no alpha that hides nothing
        rows = np.dstack([rows, np.full((height, width), 255, np.uint8)])
    if kind["out"] != "jpg":
        assert rows.dtype == photograph.samples.dtype and (rows[~mask] == photograph.samples[~mask]).all(), kind
    else:
        assert "lossy-output" in codes
    assert again.notes == () and again.orientation == 1, kind
    assert again.icc == photograph.icc and ("turned-upright" in codes) == (photograph.turned != 1)
    before, after = (told(one) for one in (path, out))
    named = " ".join(str(note.facts.get("what", "")) for note in notes)
    if MARK in before and MARK not in after:
        assert "comment" in named, (kind, named)
    if "43.5" in before and "43.5" not in after:
        assert "GeoTIFF" in named, (kind, named)
    if photograph.dpi and again.dpi is None:
        assert "resolution" in named, (kind, named)
    return "understood"


@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=FILES)
def test_any_file_is_understood_converted_with_a_note_or_refused(tmp_path: Path, kind: dict[str, Any]) -> None:
    check_any_file(tmp_path, **kind)


@pytest.mark.nightly
@settings(
    max_examples=50_000, derandomize=False, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kind=FILES)
def test_very_many_files_are_understood_converted_with_a_note_or_refused(tmp_path: Path, kind: dict[str, Any]) -> None:
    check_any_file(tmp_path, **kind)


def test_each_writer_is_understood_and_refused_where_it_should_be(tmp_path: Path) -> None:
    common: dict[str, Any] = {"orientation": 6, "extra": "unassalpha", "profile": True, "size": (33, 20), "seed": 1}
    common["says"] = {"exif", "xmp", "comment", "dpi"}
    ends = [
        check_any_file(
            tmp_path, writer=writer, depth=depth, channels=channels, ending=ending, layout="plain", out=out, **common
        )
        for writer, depth, ending, out, channels in (
            ("pillow", "8", "jpg", "tif", 3),
            ("tifffile", "float", "tif", "tif", 4),
            ("opencv", "16", "png", "png", 3),
            ("tifffile", "float", "tif", "png", 3),
            ("tifffile", "double", "tif", "tif", 3),
            ("pillow", "8", "png", "jpg", 4),
        )
    ]
    assert ends == ["understood"] * 3 + ["refused"] * 3
