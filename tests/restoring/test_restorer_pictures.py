"""Every kind of picture that a user hands in: depths, grey, alpha, soft masks, paint over the damage."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from statue_models.face.landmarks68 import Landmarks
from statue_models.request import RestorationRequest


def test_sixteen_bits_and_floats_give_the_same_picture_in_their_own_depth(restorer, request_, result):
    wanted = result.applied_to(request_.image).astype(float)
    for image, top in ((request_.image.astype(np.uint16) * 257, 65535), (request_.image.astype(np.float32) / 255, 1)):
        out = restorer.restore(replace(request_, image=image)).applied_to(image)
        outside = request_.mask == 0
        assert out.dtype == image.dtype
        assert out[outside].tobytes() == image[outside].tobytes()
        # Rounding to eight bits in between may choose other patches here and there.
        assert np.abs(out / top * 255 - wanted)[~outside].mean() < 4
        assert len(np.unique(out[~outside])) > 300, "the fill has only 256 levels"


def test_a_grey_photograph_is_restored_in_grey(restorer, request_):
    grey = cv2.cvtColor(request_.image, cv2.COLOR_RGB2GRAY)[..., None]
    one = restorer.restore(replace(request_, image=grey))
    assert one.variants[0].pixels.shape[2] == 1
    three = restorer.restore(replace(request_, image=np.repeat(grey, 3, axis=2))).variants[0].pixels
    # One step from rounding: no method may tint what has no colour.
    assert np.abs(three.astype(int) - one.variants[0].pixels).max() <= 1
    with_alpha = np.concatenate([grey, np.full_like(grey, 255)], 2)
    two = restorer.restore(replace(request_, image=with_alpha)).variants[0].pixels
    np.testing.assert_array_equal(two[..., :1], one.variants[0].pixels)


def test_an_opaque_alpha_channel_changes_no_colour(restorer, request_, result):
    image = np.dstack([request_.image, np.full(request_.mask.shape, 255, np.uint8)])
    pixels = restorer.restore(replace(request_, image=image)).variants[0].pixels
    np.testing.assert_array_equal(pixels[..., :3], result.variants[0].pixels)
    assert (pixels[..., 3] == 255).all()


def test_a_hole_erased_to_transparency_becomes_opaque(restorer, request_, result):
    image = np.dstack([request_.image, 255 - request_.mask])
    pixels = restorer.restore(replace(request_, image=image)).variants[0].pixels
    np.testing.assert_array_equal(pixels[..., :3], result.variants[0].pixels)
    assert (pixels[..., 3] == 255).all()


def test_what_is_transparent_is_no_stone(restorer, request_):
    """A cut-out statue: the colour that a file keeps under alpha 0 must not come into the fill."""
    alpha = np.full(request_.mask.shape, 255, np.uint8)
    rows = np.nonzero(request_.mask)[0]
    alpha[:, : np.nonzero(request_.mask)[1].min() + 6] = 0
    alpha[rows.max() - 5 :, :] = 0
    fills = []
    for colour in ((255, 0, 0), (0, 90, 255)):
        image = np.dstack([request_.image, alpha])
        image[alpha == 0, :3] = colour
        fills.append(restorer.restore(replace(request_, image=image)).variants[0].pixels)
    hole = request_.mask[request_.mask.any(1)][:, request_.mask.any(0)] > 0
    assert hole.sum() > 500
    np.testing.assert_array_equal(fills[0][hole], fills[1][hole])


@pytest.mark.parametrize("model", ["statuefit", "telea"])
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_paint_that_marks_the_damage_does_not_tint_the_fill(restorer, request_, model, scale):
    """Many people paint the damage red or white in the photograph itself; the crop is scaled both up and down."""
    side = [round(length * scale) for length in request_.mask.shape[::-1]]
    mask = cv2.resize(request_.mask, side, interpolation=cv2.INTER_NEAREST)
    image = cv2.resize(request_.image, side, interpolation=cv2.INTER_AREA)
    points = Landmarks.given(request_.landmarks.points * scale)
    fills = []
    for colour in ((255, 0, 0), (255, 255, 255), (0, 0, 0)):
        painted = image.copy()
        painted[mask > 0] = colour
        asked = RestorationRequest(painted, mask, model=model, landmarks=points)
        fills.append(restorer.restore(asked).applied_to(painted))
    np.testing.assert_array_equal(fills[0], fills[1])
    np.testing.assert_array_equal(fills[0], fills[2])


def test_a_soft_edge_mixes_fill_and_photograph(restorer, request_, result):
    soft = np.where(request_.mask > 0, 64, 0).astype(np.uint8)
    mixed = restorer.restore(replace(request_, mask=soft)).applied_to(request_.image).astype(float)
    full, old = result.applied_to(request_.image).astype(float), request_.image.astype(float)
    np.testing.assert_allclose(mixed, old + (full - old) * 64 / 255, atol=1)
