"""Light learnt from pixels that were made with a known light."""

import numpy as np
import pytest
from synthetic_statue import LIGHT

from statue_models.head.light import DARKEST, Light, fit_light, light_basis, to_encoded, to_linear

SIZE = 120


@pytest.fixture(scope="module")
def surface():
    """(basis, use): the front of a ball whose left half lies deeper (less open) than the right."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE * 2 - 1
    inside = x**2 + y**2 < 0.9
    normal = np.stack([x, y, -np.sqrt(np.maximum(1 - x**2 - y**2, 0.05))], -1)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    openness = 0.75 + 0.25 * np.sin(9 * x) * np.cos(7 * y)
    return light_basis(normal.astype(np.float32), openness.astype(np.float32)), inside


#: One pixel in the corner, beside the ball: no part of it is near.
FAR_HOLE = np.zeros((SIZE, SIZE), bool)
FAR_HOLE[0, 0] = True


def lit(basis):
    return LIGHT.intensity(basis)[..., None] * LIGHT.hue


def test_the_known_light_is_found_again(surface):
    basis, use = surface
    found = fit_light(basis, lit(basis), use, FAR_HOLE, 40.0)
    off = np.abs(found.intensity(basis) - LIGHT.intensity(basis))[use] / LIGHT.intensity(basis)[use]
    assert np.median(off) < 0.02
    assert np.quantile(off, 0.99) < 0.15
    np.testing.assert_allclose(found.hue, LIGHT.hue, atol=0.01)


def test_stains_drill_holes_and_highlights_do_not_change_it(surface):
    basis, use = surface
    picture = lit(basis)
    generator = np.random.default_rng(0)
    spots = generator.random((SIZE, SIZE))
    picture[spots < 0.10] = 0.01
    picture[spots > 0.95] = 1.0
    found = fit_light(basis, picture, use, FAR_HOLE, 40.0)
    off = np.abs(found.intensity(basis) - LIGHT.intensity(basis))[use] / LIGHT.intensity(basis)[use]
    assert np.median(off) < 0.06
    np.testing.assert_allclose(found.hue, LIGHT.hue, atol=0.03)


def test_pixels_that_are_not_the_face_say_nothing(surface):
    basis, use = surface
    picture = lit(basis)
    other = picture.copy()
    other[~use] = [0.9, 0.1, 0.1]
    first, second = (fit_light(basis, linear, use, FAR_HOLE, 40.0) for linear in (picture, other))
    np.testing.assert_array_equal(first.coefficients, second.coefficients)


def test_light_near_the_hole_decides(surface):
    """Half of the face in shadow: the fill beside the shadow is as dark as the shadow."""
    basis, use = surface
    picture = lit(basis)
    right = np.arange(SIZE)[None, :] > SIZE * 0.6
    picture = picture * np.where(right, 0.4, 1.0)[..., None]
    hole = FAR_HOLE.copy()
    hole[45:75, 85:105] = True
    local = fit_light(basis, picture, use & ~hole, hole, 20.0).intensity(basis)[hole].mean()
    anywhere = fit_light(basis, picture, use & ~hole, FAR_HOLE, 20.0).intensity(basis)[hole].mean()
    truth = picture[hole].mean()
    assert abs(local - truth) < abs(anywhere - truth)


def test_light_is_never_negative_and_colours_stay_colours(surface):
    basis, _ = surface
    dark = Light(-LIGHT.coefficients, LIGHT.hue)
    assert dark.intensity(basis).min() == DARKEST
    colours = LIGHT.colour(np.array([0.0, 0.5, 7.0]))
    assert np.isfinite(colours).all() and (np.diff(colours, axis=0) > 0).all()


def test_a_grey_photograph_has_no_hue(surface):
    basis, use = surface
    grey = np.repeat(LIGHT.intensity(basis)[..., None], 3, axis=2)
    np.testing.assert_allclose(fit_light(basis, grey, use, FAR_HOLE, 40.0).hue, 1, atol=1e-9)


def test_encoding_and_linear_light_are_inverse():
    levels = np.arange(256) / 255
    np.testing.assert_allclose(to_encoded(to_linear(levels)), levels, atol=1e-6)
    assert to_linear(np.array(0.5)) == pytest.approx(0.21404, abs=1e-5)  # IEC 61966-2-1
    assert (np.diff(to_encoded(np.linspace(0, 1, 1000))) > 0).all()


def test_a_flat_wall_has_one_brightness():
    """All normals alike: the light is still found, as far as such a wall can tell."""
    normal = np.zeros((40, 40, 3), np.float32)
    normal[..., 2] = -1
    basis = light_basis(normal, np.ones((40, 40), np.float32))
    hole = np.zeros((40, 40), bool)
    hole[15:25, 15:25] = True
    found = fit_light(basis, np.full((40, 40, 3), 0.3), ~hole, hole, 10.0)
    np.testing.assert_allclose(found.intensity(basis), 0.3, rtol=0.05)
