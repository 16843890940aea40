"""What lies beside the head: a profile stands before its ground, and its stone does not shine into that."""

import numpy as np
import pytest
from synthetic_statue import make_statue

from statue_models.inpainting.interpolation import membrane
from statue_models.methods.statuefit.surroundings import guess_in_front


@pytest.mark.parametrize("yaw", [-70.0, 70.0])
def test_in_front_of_a_profile_the_first_guess_is_its_ground(head, yaw):
    profile = make_statue(head, yaw=yaw, distance=85.0)
    # A disc around the nose's tip: more than half of it is ground.
    y, x = np.mgrid[: len(profile.rgb), : len(profile.rgb)] + 0.5
    tip, away = profile.landmarks[30], 0.26 * np.ptp(profile.landmarks[:, 1])
    hole = np.hypot(x - tip[0], y - tip[1]) < away
    crop, cover = profile.crop(hole), profile.image.coverage
    closed = membrane(crop.rgb.astype(np.float64), hole)
    guess = guess_in_front(closed, crop, cover, profile.fit.rotation[:2, 2])
    ahead = hole & (cover < 0.5) & (np.abs(y - tip[1]) < 0.2 * away)
    shine, left = (np.abs(rgb - profile.rgb)[ahead].mean() for rgb in (closed, guess))
    assert ahead.sum() > 50 and shine > 0.1 and left < 0.01
    np.testing.assert_array_equal(guess[~hole | (cover >= 0.5)], closed[~hole | (cover >= 0.5)])


def test_beside_a_face_that_looks_at_the_camera_the_guess_stays(grey_statue):
    hole = grey_statue.ellipse(3, 0.4, 0.6)
    crop = grey_statue.crop(hole)
    guess = guess_in_front(
        crop.rgb.astype(np.float64), crop, grey_statue.image.coverage, grey_statue.fit.rotation[:2, 2]
    )
    assert (hole & (grey_statue.image.coverage < 0.5)).any()
    np.testing.assert_array_equal(guess, crop.rgb)
