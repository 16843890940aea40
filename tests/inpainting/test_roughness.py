"""How rough stone is beside so much relief, read from a picture and asked for in another."""

import cv2
import numpy as np
import pytest

from statue_models.inpainting.roughness import Neighbourhoods, fit_roughness

SIDE = 400
REACH, WIDE = 4.0, 20.0


def noise(reach, seed):
    out = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), reach)
    return out / out.std()


def statue():
    """Log luma and its fine part: smooth on the left; carved, and twice as rough, on the right."""
    carved = np.linspace(0, 1, SIDE, dtype=np.float32) > 0.5
    fine = noise(0.8, 0) * np.where(carved, np.float32(0.04), np.float32(0.02))
    return noise(8, 1) * np.where(carved, np.float32(0.2), np.float32(0.02)) + fine, fine


def test_carved_stone_is_rougher_than_plain_stone():
    log, fine = statue()
    around = Neighbourhoods(np.ones((SIDE, SIDE), bool), REACH, WIDE)
    relation = fit_roughness(around.relief(log).ravel(), around.roughness(fine).ravel())
    assert (np.diff(relation.relief) > 0).all()
    plain, carved = relation.at(relation.relief[:1])[0], relation.at(relation.relief[-1:])[0]
    assert plain == pytest.approx(0.02**2, rel=0.25) and carved == pytest.approx(0.04**2, rel=0.25)


def test_beyond_what_is_seen_it_stays_as_it_is():
    log, fine = statue()
    around = Neighbourhoods(np.ones((SIDE, SIDE), bool), REACH, WIDE)
    relation = fit_roughness(around.relief(log).ravel(), around.roughness(fine).ravel())
    most = relation.at(np.array([-50.0, 50.0]))
    np.testing.assert_array_equal(most, [relation.rough[0], relation.rough[-1]])


def test_only_the_pixels_asked_for_are_looked_at():
    log, fine = statue()
    where = np.ones((SIDE, SIDE), bool)
    where[:, SIDE // 2 :] = False
    around = Neighbourhoods(where, REACH, WIDE)
    seen = around.share > 0.5
    relief, rough = around.relief(np.where(where, log, 0)), around.roughness(np.where(where, fine, 0))
    alone = Neighbourhoods(np.ones((SIDE, SIDE // 2), bool), REACH, WIDE)
    inside = np.s_[:, : SIDE // 2 // 2 - 45]  # far from the edge, where borders of pictures are mirrored
    assert seen[inside].all()
    np.testing.assert_allclose(relief[inside], alone.relief(log[:, : SIDE // 2].copy())[inside], atol=0.01)
    np.testing.assert_allclose(rough[inside], alone.roughness(fine[:, : SIDE // 2].copy())[inside], rtol=0.01)


def test_stone_that_is_alike_everywhere_has_one_roughness():
    relation = fit_roughness(np.zeros(50, np.float32), np.full(50, 0.01, np.float32))
    assert relation.at(np.array([-1.0, 0.0, 1.0])) == pytest.approx(0.01)


def test_a_small_picture_is_as_large_as_the_whole_again():
    around = Neighbourhoods(np.ones((123, 77), bool), 9.0, 40.0)
    assert around.enlarge(around.share).shape == (123, 77)
