"""Masks as people bring them: understood with the right share of missing pixels, or refused with a code."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from statue_models.errors import StatueError
from statue_models.pictures.mask_file import Mask, mask_of_alpha, read_mask, understood
from statue_models.pictures.photograph import Photograph

EXAMPLE = Path(__file__).parents[2] / "statue_models/example"


def disc(height: int = 120, width: int = 160) -> NDArray[np.bool_]:
    """A tenth of a picture, roughly."""
    rows, columns = np.mgrid[:height, :width]
    return np.asarray(np.hypot(rows - 60, columns - 90) < 0.2 * width, bool)


def soft_disc(most: int = 255, blur: float = 2.0) -> NDArray[np.uint8]:
    """One with a smooth edge."""
    return np.asarray(cv2.GaussianBlur(disc().astype(np.float32) * most, (0, 0), blur).round(), np.uint8)


def mask_of(path: Path, samples: Any, **options: Any) -> Mask:
    Image.fromarray(samples).save(path)
    return read_mask(path, **options)


def codes(mask: Mask) -> list[str]:
    return [note.code for note in mask.notes]


def code_of(call: Any) -> str:
    with pytest.raises(StatueError) as caught:
        call()
    return caught.value.code


def test_grey_levels_count_as_they_are(tmp_path: Path) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    grey = Image.fromarray(levels)
    for image in (grey, grey.convert("RGB"), grey.convert("RGBA"), grey.convert("LA")):
        for ending in ("png", "tif"):
            image.save(tmp_path / f"m.{ending}")
            read = read_mask(tmp_path / f"m.{ending}")
            assert (read.levels == levels).all() and not read.notes


def test_deeper_and_shallower_samples_are_scaled(tmp_path: Path) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Photograph(levels[..., None].astype(np.uint16) * 257, "PNG").write(tmp_path / "m.png")
    Photograph((levels[..., None] / 255).astype(np.float32), "TIFF").write(tmp_path / "m.tif")
    Photograph(levels[..., None].astype(np.float32), "TIFF").write(tmp_path / "far.tif")  # 0..255 as floats
    for name in ("m.png", "m.tif", "far.tif"):
        assert (read_mask(tmp_path / name).levels == levels).all()
    assert set(np.unique(mask_of(tmp_path / "b.png", levels > 99).levels)) == {0, 255}


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 0, 0)])
@pytest.mark.parametrize("ending", ["png", "webp"])
def test_a_mask_painted_in_one_colour_counts_by_its_alpha(tmp_path: Path, colour: Any, ending: str) -> None:
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    painted = np.dstack([np.full((16, 16, 3), colour, np.uint8), alpha])
    painted[0, 0, :3] = 99  # under alpha 0 anything may lie
    Photograph(painted, "PNG").write(tmp_path / f"m.{ending}")
    if ending == "png":
        assert (read_mask(tmp_path / "m.png").levels == alpha).all()
    assert (np.abs(read_mask(tmp_path / f"m.{ending}").levels.astype(int) - alpha) <= 16).all()


def test_transparent_parts_of_a_grey_mask_are_not_missing(tmp_path: Path) -> None:
    layer = np.full((16, 16, 2), 255, np.uint8)
    layer[:8, :, 0], layer[:, :8, 1] = 0, 0
    wanted = np.zeros((16, 16), np.uint8)
    wanted[8:, 8:] = 255
    assert (mask_of(tmp_path / "m.png", layer).levels == wanted).all()


def test_jpeg_noise_makes_no_hole(tmp_path: Path) -> None:
    path, hole = tmp_path / "m.jpg", np.zeros((200, 200), np.uint8)
    cv2.circle(hole, (100, 100), 40, 255, -1)
    Image.fromarray(hole).save(path, quality=85)
    mask = read_mask(path).levels
    assert mask[hole == 255].mean() == pytest.approx(255, abs=2)
    assert mask[np.hypot(*np.mgrid[-100:100, -100:100]) > 52].max() == 0


def test_another_size_is_told_before_decoding(tmp_path: Path) -> None:
    Image.new("L", (50, 40)).save(tmp_path / "m.png")
    for width, code in ((50, ""), (51, "mask-size")):
        photograph = Photograph(np.zeros((40, width, 3), np.uint8), "PNG")
        if code:
            assert code_of(lambda of=photograph: read_mask(tmp_path / "m.png", of)) == code
        else:
            assert read_mask(tmp_path / "m.png", photograph).levels.shape == (40, 50)


@pytest.mark.parametrize(
    "samples",
    [disc().astype(np.uint8), disc().astype(np.uint16) * 255, disc() * np.uint8(128), disc() * np.uint8(254) + 1],
    ids=["0 and 1", "0 and 255 in 16 bits", "half opaque", "noisy black"],
)
def test_of_two_values_the_larger_is_missing(tmp_path: Path, samples: Any) -> None:
    mask = mask_of(tmp_path / "m.png", samples)
    assert (mask.levels == np.where(disc(), 255, 0)).all() and codes(mask) == ["mask-two-values"]


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 200, 0), (90, 90, 90), (255, 255, 0)])
def test_any_clear_stroke_is_missing_altogether(tmp_path: Path, colour: Any) -> None:
    """With an edge that fades, so that there are many values."""
    stroke = soft_disc()[..., None] / 255 * np.array(colour)
    mask = mask_of(tmp_path / "m.png", stroke.round().astype(np.uint8))
    assert (mask.levels[soft_disc() == 255] == 255).all()
    np.testing.assert_allclose(mask.levels, soft_disc(), atol=2)
    assert codes(mask) == ([] if max(colour) == 255 else ["mask-scaled"])


def test_a_mask_that_is_nowhere_white_is_taken_as_it_is_and_said(tmp_path: Path) -> None:
    rows = np.clip(np.arange(120) - 40, 0, 75)
    shades = np.repeat((rows * 2).astype(np.uint8)[:, None], 160, axis=1)
    shades[118:] = 0
    mask = mask_of(tmp_path / "m.png", shades)
    assert (mask.levels == shades).all() and codes(mask) == ["mask-grey"]
    assert "41 %" in mask.notes[0].sentence and "white" in mask.notes[0].sentence


def test_black_with_a_touch_of_noise_is_black(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 3, disc().shape)
    sparse = np.where(np.random.default_rng(1).random(disc().shape) < 0.01, noise, 0)
    for off in (noise, sparse):
        mask = mask_of(tmp_path / "m.png", np.maximum(soft_disc(), off).astype(np.uint8))
        assert codes(mask) == ["mask-speckled"]
        far = np.hypot(*np.mgrid[-60:60, -90:70]) > 50
        assert not mask.levels[far].any() and (mask.levels[disc()] > 100).all()


def test_a_photograph_is_no_mask(tmp_path: Path) -> None:
    photograph = cv2.imread(str(EXAMPLE / "damaged.jpg"))
    cv2.imwrite(str(tmp_path / "small.png"), cv2.resize(photograph, None, fx=0.2, fy=0.2))
    cv2.imwrite(str(tmp_path / "soft.png"), cv2.GaussianBlur(photograph, (0, 0), 4))
    erased = np.dstack([photograph, np.where(cv2.imread(str(EXAMPLE / "mask.png"), 0) > 0, 0, 255).astype(np.uint8)])
    cv2.imwrite(str(tmp_path / "erased.png"), erased)
    for path in (EXAMPLE / "damaged.jpg", *(tmp_path / f"{name}.png" for name in ("small", "soft", "erased"))):
        assert code_of(lambda path=path: read_mask(path)) == "not-a-mask", path.name


def test_widely_feathered_masks_are_masks(tmp_path: Path) -> None:
    for blur in (5, 20, 60):
        mask = mask_of(tmp_path / "m.png", soft_disc(blur=blur))
        assert "mask-speckled" not in codes(mask)
    assert (mask_of(tmp_path / "m.png", np.tile(np.arange(256, dtype=np.uint8), (50, 1))).levels[0] > 0).sum() == 255


def test_what_was_erased_is_the_mask_where_it_is_asked_for(tmp_path: Path) -> None:
    alpha = np.where(disc(), 0, 255).astype(np.uint8)
    for dtype, top in ((np.uint8, 1), (np.uint16, 257)):
        samples = np.dstack([np.full((*alpha.shape, 3), 90 * top, dtype), alpha.astype(dtype) * dtype(top)])
        Photograph(samples, "PNG").write(tmp_path / "p.png", force=True)
        mask = mask_of_alpha(Photograph.read(tmp_path / "p.png"), tmp_path / "p.png")
        assert (mask.levels == 255 - alpha).all()
    floats = np.dstack([np.full((*alpha.shape, 3), 0.4), alpha / 255]).astype(np.float32)
    assert (mask_of_alpha(Photograph(floats, "TIFF"), tmp_path / "f.tif").levels == 255 - alpha).all()
    for whole in (samples[..., :3], np.where([True, True, True, False], samples, np.uint16(65535))):
        assert code_of(lambda of=whole: mask_of_alpha(Photograph(of, "PNG"), tmp_path / "p.png")) == "no-alpha"


def test_an_inverted_mask_is_told_and_turned_round_when_asked(tmp_path: Path) -> None:
    hole, path = disc(), tmp_path / "m.png"
    stroke = np.full((*hole.shape, 3), 255, np.uint8)
    stroke[hole] = (200, 0, 0)  # a red stroke on white paper
    for samples in (np.where(hole, 0, 255).astype(np.uint8), np.where(hole, 2, 250).astype(np.uint8), stroke):
        assert code_of(lambda of=samples: mask_of(path, of)) == "inverted-mask"
        assert (mask_of(path, samples, invert=True).levels == np.where(hole, 255, 0)).all()
    assert (mask_of(path, np.where(hole, 0, 255).astype(np.uint8), invert=False).levels == np.where(hole, 0, 255)).all()
    half = np.zeros(hole.shape, np.uint8)
    half[:, 60:] = 255  # most of the picture, but not its border all round
    assert (mask_of(path, half).levels == half).all()


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_is_turned_as_its_photograph_is(tmp_path: Path, orientation: int) -> None:
    """Whichever of the two has the tag."""
    hole = np.where(disc(), 255, 0).astype(np.uint8)
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(np.dstack([hole // 2 + 20] * 3)).save(tmp_path / "p.jpg", exif=exif, quality=95)
    Image.fromarray(np.dstack([hole // 2 + 20] * 3)).save(tmp_path / "plain.jpg", quality=95)
    Image.fromarray(hole).save(tmp_path / "plain.png")
    Image.fromarray(hole).save(tmp_path / "turned.png", exif=exif)
    turned, plain = Photograph.read(tmp_path / "p.jpg"), Photograph.read(tmp_path / "plain.jpg")
    for photograph, name, wanted in (
        (turned, "plain", ["mask-turned"]),
        (turned, "turned", []),
        (plain, "plain", []),
        (plain, "turned", ["mask-unturned"]),
    ):
        mask = read_mask(tmp_path / f"{name}.png", photograph)
        assert codes(mask) == wanted and mask.levels.shape == (photograph.height, photograph.width)
        assert (mask.levels == np.where(photograph.samples[..., 0] > 80, 255, 0)).all()
    Image.fromarray(hole[:-1]).save(tmp_path / "other.png")
    assert code_of(lambda: read_mask(tmp_path / "other.png", turned)) == "mask-size"
    side = Image.fromarray(np.ascontiguousarray(hole.T))
    side.save(tmp_path / "side.png")
    assert code_of(lambda: read_mask(tmp_path / "side.png", plain)) == "mask-size"


def test_it_says_how_much_is_missing() -> None:
    levels = np.zeros((100, 200), np.uint8)
    levels[10:20, 10:20], levels[50:60, 100:120] = 255, 9
    note = understood(levels)
    assert note.facts == {"pixels": 300, "percent": 1.5, "holes": 2}
    assert note.sentence == "300 pixels missing, 1.5 % of the picture; holes: 2."


MASKS = {
    "levels": st.sampled_from([(0, 1), (0, 255), (1, 255), (0, 128), (3, 77), (0, 40)]),
    "depth": st.sampled_from(["uint8", "uint16", "float", "bits"]),
    "colour": st.sampled_from(["grey", "red", "yellow", "alpha", "layer"]),
    "blur": st.sampled_from([0.0, 0.0, 1.5, 4.0]),
    "inverted": st.booleans(),
    "size": st.tuples(st.integers(32, 90), st.integers(32, 90)),
    "holes": st.lists(
        st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(0.06, 0.3)), min_size=1, max_size=4
    ),
}


def painted(levels: Any, depth: str, colour: str, blur: float, inverted: bool, size: Any, holes: Any) -> Any:
    """Samples of a mask file, which pixels are surely missing, and which surely are not."""
    height, width = size
    rows, columns = np.mgrid[:height, :width]
    hole = np.zeros(size, bool)
    for y, x, radius in holes:
        hole |= np.hypot(rows - y * height, columns - x * width) < max(3.0, radius * min(size))
    share = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), blur) if blur else hole.astype(np.float32)
    low, high = levels if depth != "bits" else (0, 255)
    values = low + (high - low) * (1 - share if inverted else share)
    if colour == "alpha":
        samples = np.dstack([np.zeros((height, width, 3)), values])
    elif colour == "layer":
        samples = np.dstack([values, np.full(size, 255.0)])
    elif colour == "grey":
        samples = values[..., None]
    else:
        samples = values[..., None] * np.array([1, 0, 0] if colour == "red" else [1, 1, 0])
    if depth == "uint16":
        samples = samples.round() * (257 if high > 50 else 1)
        samples[..., 1:] = 65535 if colour == "layer" else samples[..., 1:]
    sure = 3 * blur + 1
    inside = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    kind = {"uint8": np.uint8, "uint16": np.uint16, "float": np.float32, "bits": np.uint8}[depth]
    return (samples / 255 if depth == "float" else samples.round()).astype(kind), inside > sure, outside > sure


def check_understood(folder: Path, **kind: Any) -> None:
    """Refused with one of the codes that say what to do, or right wherever it is clear what is right."""
    samples, missing, intact = painted(**kind)
    path = folder / "m.tif"
    Photograph(np.ascontiguousarray(samples), "TIFF").write(path, force=True)
    strokes = kind["colour"] in ("red", "yellow")
    try:
        mask = read_mask(path, invert=kind["inverted"])
    except StatueError as error:
        assert error.code in ("not-a-mask", "inverted-mask")
        return
    if kind["inverted"] and strokes:  # on black paper: what is inverted there has no meaning
        return
    levels = mask.levels
    if "mask-grey" in codes(mask):  # all edge and nowhere white: taken as it is, and said
        return
    assert (levels[missing] >= 250).all(), (kind, np.unique(levels[missing]), codes(mask))
    assert (levels[intact] <= 24).all(), (kind, np.unique(levels[intact]), codes(mask))


@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**MASKS)
def test_masks_of_any_values_are_understood_or_refused(tmp_path: Path, **kind: Any) -> None:
    check_understood(tmp_path, **kind)


@pytest.mark.nightly
@settings(
    max_examples=50_000, derandomize=False, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(**MASKS)
def test_very_many_masks_are_understood_or_refused(tmp_path: Path, **kind: Any) -> None:
    check_understood(tmp_path, **kind)
