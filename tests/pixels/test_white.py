"""What white is of pictures with a scale of their own, told by their values."""

import numpy as np
import pytest

from statue_models.pixels.white import Scale, decode_srgb, encode_srgb, full_white, scale_of, to_full_scale

#: A face-like spread of encoded levels, a tenth of it near white.
LEVELS = np.random.default_rng(5).beta(2, 2, (60, 70, 3))
HOLE = np.zeros((60, 70), np.uint8)
HOLE[20:40, 25:45] = 255


def whole(white):
    return np.round(LEVELS / LEVELS.max() * white).astype(np.uint16)


@pytest.mark.parametrize("bits", [8, 9, 10, 11, 12, 13, 14])
def test_bits_in_sixteen_are_known(bits):
    top = 2**bits - 1
    assert scale_of(whole(top)).white == top
    assert scale_of(whole(round(0.6 * top))).white == top, "not even its own lights come up to white"


def test_a_photograph_that_is_merely_dark_is_taken_as_it_is():
    assert scale_of(whole(30_000)).white == 65_535
    assert scale_of(whole(16_500)).white == 65_535
    assert scale_of((LEVELS * 0.4).astype(np.float32)).white == 1
    assert scale_of((LEVELS * 60).astype(np.uint8)).white == 255


def test_black_is_black():
    for dtype in (np.uint8, np.uint16, np.float32):
        assert scale_of(np.zeros((40, 40, 3), dtype)).white == full_white(dtype)


@pytest.mark.parametrize("white", [255, 1023, 4095, 16383, 65535])
def test_floats_of_whole_numbers_are_known(white):
    scale = scale_of((LEVELS * white).astype(np.float32), HOLE)
    assert scale == Scale(white, 1.0)
    assert scale_of((LEVELS * 0.7 * white).astype(np.float32)).white == white


def test_floats_of_a_hundredth_are_as_bright_as_their_brightest():
    image = (LEVELS * 0.01).astype(np.float32)
    assert scale_of(image).white == pytest.approx(0.01 * LEVELS.max(), rel=0.01)


def test_a_few_highlights_beyond_white_change_nothing():
    image = LEVELS.astype(np.float32)
    image[:5, :5] = 40
    assert scale_of(image) == Scale(1.0, 1.0)


def test_light_without_an_upper_end_has_the_white_of_what_is_near_the_hole():
    light = (decode_srgb(LEVELS) * 4).astype(np.float32)
    sky = np.full((200, 70, 3), 40, np.float32)
    image, mask = np.concatenate([sky, light]), np.concatenate([np.zeros((200, 70), np.uint8), HOLE])
    scale = scale_of(image, mask)
    assert scale.linear and 2 < scale.white < 4.2
    seen = to_full_scale(image, scale)[200:][HOLE == 0]
    assert 0.3 < np.median(seen) < 0.7, "light is worked on as sRGB encodes it"
    encoded = scale_of((LEVELS * 3.7).astype(np.float32), HOLE)
    assert not encoded.linear and 3 < encoded.white < 3.8


def test_what_stands_in_the_hole_counts_for_nothing():
    image = whole(4095)
    image[HOLE > 0] = 65_535
    assert scale_of(image, HOLE).white == 4095
    floats = LEVELS.astype(np.float32)
    floats[HOLE > 0] = 1e6
    assert scale_of(floats, HOLE).white == 1


def test_hot_pixels_do_not_count():
    image = np.tile(whole(4095), (6, 6, 1))
    image[3, 5] = 65_535
    assert scale_of(image).white == 4095


def test_values_that_are_no_pictures_have_no_white():
    noise = np.random.default_rng(1).normal(0, 1, (60, 70, 3)).astype(np.float32)
    assert scale_of(noise) is None and scale_of(noise - 9) is None
    assert scale_of((LEVELS * 1e12).astype(np.float32)) is None
    assert scale_of(noise, white=2.0).white == 2, "somebody who says it is believed"
    assert scale_of(LEVELS.astype(np.float32) - np.float32(0.05)).white == 1, "filters go a little below black"


@pytest.mark.parametrize(("alpha", "opaque"), [(4095, 4095), (65_535, 65_535)])
def test_alpha_has_the_scale_that_holds_it(alpha, opaque):
    image = np.concatenate([whole(4095), np.full((60, 70, 1), alpha, np.uint16)], 2)
    scale = scale_of(image)
    assert scale == Scale(4095, opaque)
    assert (to_full_scale(image, scale)[..., 3] == 65_535).all()
    floats = image.astype(np.float32)
    floats[..., 3] = 1
    assert scale_of(floats) == Scale(4095, 1.0)


def test_the_full_scale_brings_white_to_white_and_keeps_what_is_there():
    image = whole(4095)
    full = to_full_scale(image, scale_of(image))
    assert full.dtype == np.uint16 and full.max() == 65_535
    np.testing.assert_array_equal(np.round(full * (4095 / 65_535)), image)
    assert to_full_scale(full, scale_of(full)) is full


def test_encoding_and_decoding_are_inverse():
    light = np.linspace(0, 1, 1000)
    np.testing.assert_allclose(decode_srgb(encode_srgb(light)), light, atol=1e-7)
    assert encode_srgb(np.array([0.214]))[0] == pytest.approx(0.5, abs=0.002)
