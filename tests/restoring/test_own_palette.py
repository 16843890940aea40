"""Line engravings, halftones and palettes keep their own colours."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from statue_models.cli import main
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import RestorationRequest
from statue_models.restoring.own_palette import MOST_COLOURS, find_palette, run_length


def grey_of(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def halftone(image):
    return np.asarray(Image.fromarray(grey_of(image)).convert("1")).astype(np.uint8)


def engraving(image):
    rows = np.arange(len(image))[:, None]
    return (grey_of(image) / 255 > (np.sin(rows * 0.9) + 1) / 2).astype(np.uint8)


def restored(restorer, request_, image, **asked):
    result = restorer.restore(replace(request_, image=image, **asked))
    out = result.applied_to(image)
    assert out[request_.mask == 0].tobytes() == image[request_.mask == 0].tobytes()
    return result, out[request_.mask > 0]


@pytest.mark.parametrize("make", [halftone, engraving])
@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65_535), (np.uint16, 1), (np.float32, 1)])
def test_two_values_stay_two(restorer, request_, make, dtype, white):
    image = make(request_.image).astype(dtype)[..., None] * dtype(white)
    result, inside = restored(restorer, request_, image)
    assert set(np.unique(inside)) == {0, white}
    (note,) = [note for note in result.notes if note.code == "own-palette"]
    assert note.facts["colours"] == 2


def test_dots_are_as_dark_as_the_shade_they_stand_for(restorer, request_, result):
    _, inside = restored(restorer, request_, (halftone(request_.image) * 255)[..., None])
    wanted = grey_of(np.ascontiguousarray(result.applied_to(request_.image)))[request_.mask > 0]
    assert abs(inside.mean() - wanted.mean()) < 0.15 * 255


def test_variants_of_a_halftone_have_dots_of_their_own_and_the_same_every_time(restorer, request_):
    image = (halftone(request_.image) * 255)[..., None]
    asked = replace(request_, image=image, variants=2)
    first, second = (variant.pixels for variant in restorer.restore(asked).variants)
    assert (first != second).any()
    alone = restorer.restore(replace(request_, image=image, variant=2)).variants[0].pixels
    np.testing.assert_array_equal(alone, second)


def test_a_soft_edge_has_no_colours_between(restorer, request_):
    soft = cv2.GaussianBlur(request_.mask, (0, 0), 2)
    image = (engraving(request_.image) * 255)[..., None]
    out = restorer.restore(replace(request_, image=image, mask=soft)).applied_to(image)
    assert set(np.unique(out)) == {0, 255}


def test_sixteen_colours_are_kept_and_seventeen_are_a_photograph(restorer, request_):
    picture = Image.fromarray(request_.image).quantize(MOST_COLOURS, dither=Image.Dither.NONE).convert("RGB")
    image = np.asarray(picture).copy()
    colours = {tuple(colour) for colour in image[request_.mask == 0]}
    _, inside = restored(restorer, request_, image)
    assert {tuple(colour) for colour in inside} <= colours
    for number, colour in enumerate(colours):
        image[0, number] = colour
    image[0, 100:117, 0] = np.arange(17)
    assert find_palette(image, request_.mask) is None
    assert find_palette(request_.image, request_.mask) is None


def test_paint_over_the_damage_is_no_colour_of_the_picture(request_):
    image = np.repeat((engraving(request_.image) * 255)[..., None], 3, 2)
    image[request_.mask > 0] = (255, 0, 0)
    assert sorted(find_palette(image, request_.mask)[:, 0].tolist()) == [0, 255]
    clear = np.dstack([image, np.full(request_.mask.shape, 255, np.uint8)])
    clear[:9, :9] = (1, 2, 3, 0)
    assert len(find_palette(clear, request_.mask)) == 2


def test_a_picture_of_one_colour_has_no_palette():
    assert find_palette(np.full((50, 50, 3), 60, np.uint8), np.zeros((50, 50), np.uint8)) is None


def test_shapes_without_shades_get_no_dots():
    image = np.zeros((90, 90, 1), np.uint8)
    image[:, 45:] = 255
    mask = np.zeros((90, 90), np.uint8)
    mask[30:60, 30:60] = 255
    assert run_length(image, mask, Rectangle(30, 30, 30, 30)) is None
    checks = (np.indices((90, 90)).sum(0) % 2 * 255).astype(np.uint8)[..., None]
    assert run_length(checks, mask, Rectangle(30, 30, 30, 30)) == 1


@pytest.mark.parametrize("model", ["telea", "biharmonic"])
def test_a_stencil_keeps_its_edge_straight(restorer, model):
    image = np.zeros((90, 90, 3), np.uint8)
    image[:, 45:] = (250, 240, 10)
    mask = np.zeros((90, 90), np.uint8)
    mask[30:60, 30:60] = 255
    out = restorer.restore(RestorationRequest(image, mask, model=model)).applied_to(image)
    assert {tuple(colour) for colour in out.reshape(-1, 3)} == {(0, 0, 0), (250, 240, 10)}
    assert (out[40:50, 32] == 0).all() and (out[40:50, 57] == (250, 240, 10)).all()


@pytest.mark.parametrize("name", ["one.png", "one.tif", "palette.png"])
def test_files_of_one_bit_and_of_palettes_keep_their_colours(tmp_path, request_, name):
    picture = Image.fromarray(halftone(request_.image) * 255).convert("1")
    if name == "palette.png":
        picture = Image.fromarray(request_.image).quantize(8)
    picture.save(tmp_path / name)
    Image.fromarray(request_.mask).save(tmp_path / "mask.png")
    out = tmp_path / f"out{name[-4:]}"
    assert (
        main(
            ["restore", str(tmp_path / name), "--mask", str(tmp_path / "mask.png"), "-o", str(out), "--model", "telea"]
        )
        == 0
    )
    before, after = (np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3) for path in (tmp_path / name, out))
    assert {tuple(colour) for colour in after} <= {tuple(colour) for colour in before}
