"""Thin damage: cracks, specks and letters are closed by the stone beside them, with and without a face."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from statue_models.face.landmarks68 import Landmarks
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Hypothesis, RestorationRequest
from statue_models.restoring import cracks
from statue_models.restoring.compositing import composite_pieces
from statue_models.restoring.cracks import ThinDamage, thin_part, thin_width
from statue_models.restoring.restorer import Restorer

HEIGHT, WIDTH = 220, 260


def empty():
    return np.zeros((HEIGHT, WIDTH), np.uint8)


def crack(width=3):
    mask = empty()
    cv2.polylines(mask, [np.array([[30, 40], [80, 60], [120, 50], [200, 90]])], False, 255, width)
    return mask


def block(x=120, y=120, side=50):
    mask = empty()
    mask[y : y + side, x : x + side] = 255
    return mask


def slope(top=255, dtype=np.uint8):
    """Light that falls off over the picture, (H, W, 3)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    light = 0.25 + 0.3 * x / WIDTH + 0.2 * y / HEIGHT
    rgb = light[..., None] * (1, 0.95, 0.85) * top
    return (rgb if dtype == np.float32 else np.rint(rgb)).astype(dtype)


def grainy(seed=0):
    grain = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (HEIGHT, WIDTH)), (0, 0), 0.8)
    return np.clip(slope() * np.exp(0.12 * grain)[..., None], 0, 255).astype(np.uint8)


def face(interocular):
    """Landmarks of a face in the middle of which only the size matters here."""
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (68, 2)) * interocular
    points[36], points[45] = (-interocular / 2, 0), (interocular / 2, 0)
    return Landmarks.given(points + np.array([WIDTH / 2, HEIGHT / 2]))


def closed(image, mask, landmarks=None, seed=0, thin=None):
    """The photograph with the thin damage (by default all) closed."""
    thin = mask > 0 if thin is None else thin
    pieces = ThinDamage(image, mask, thin, landmarks).pieces(Hypothesis(0, seed))
    out, rectangle = image.copy(), Rectangle.of_mask(mask)
    out[rectangle.slices] = composite_pieces(image, rectangle, mask, pieces)
    return out


# What is thin


def test_what_is_thin_is_decided_per_connected_hole():
    mask = crack() | block()
    np.testing.assert_array_equal(thin_part(mask, 8), crack() > 0)
    joined = mask.copy()
    joined[55:130, 140:143] = 255  # the crack runs into the lost piece: one hole
    assert not thin_part(joined, 8).any()
    np.testing.assert_array_equal(thin_part(joined, 60), joined > 0)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_a_stripe_is_as_wide_as_it_is(width):
    mask = empty()
    mask[50 : 50 + width, 20:200] = 255
    assert thin_part(mask, width).any()
    assert not thin_part(mask, width - 1.5).any()


def test_a_stripe_along_the_pictures_edge_is_no_thinner_than_elsewhere():
    """What it would continue into is beyond the edge."""
    mask = empty()
    mask[:6] = 255
    assert not thin_part(mask, 6).any()


def test_a_soft_edge_counts_as_missing():
    mask = cv2.GaussianBlur(block(side=4), (0, 0), 6)
    assert not thin_part(mask, 8)[mask > 0].any()


def test_the_larger_the_face_the_wider_a_crack_may_be():
    def asked(landmarks):
        return RestorationRequest(slope(), crack(), landmarks=landmarks)

    small, large = (thin_width(asked(None), face(interocular)) for interocular in (40, 400))
    assert large == pytest.approx(10 * small)
    assert thin_width(asked(None), None) < small


# How it is closed


def test_light_runs_on_under_a_crack():
    """Exact, up to rounding: nothing but the slope is there, so no grain comes into it."""
    out = closed(slope(), crack(5))
    assert np.abs(out.astype(int) - slope()).max() <= 1


def test_a_crack_in_rough_stone_cannot_be_seen_any_more():
    """On a face large enough to show grain, and only there, it is as rough as the stone beside it."""
    image, mask = grainy(), crack(9)

    def roughness(picture, where):
        grey = picture.astype(np.float32).mean(2)
        return (grey - cv2.GaussianBlur(grey, (0, 0), 2))[where].std()

    inner = cv2.erode(mask, np.ones((3, 3))) > 0
    large = closed(image, mask, face(150))
    assert roughness(large, inner) == pytest.approx(roughness(image, mask == 0), rel=0.5)
    assert roughness(closed(image, mask, face(40)), inner) < 0.5 * roughness(large, inner)


def test_grain_makes_a_crack_neither_lighter_nor_darker():
    """A crack shows but a part of a window of grain, whose mean is not 0: how light it is stays the continuation's."""
    image, mask = grainy(), crack(9)
    there, several = mask > 0, [closed(image, mask, face(250), seed).astype(np.float32).mean(2) for seed in range(6)]
    weight = np.maximum(cv2.GaussianBlur(there.astype(np.float32), (0, 0), 5), 1e-3)
    levels = [cv2.GaussianBlur(each * there, (0, 0), 5) / weight for each in several]
    assert np.std(levels, 0)[there].mean() < 0.06 * np.std(several, 0)[there].mean()


@pytest.mark.parametrize("content", [0, 90, 255, "noise"])
def test_what_stands_in_the_damage_changes_nothing(content):
    image, mask = grainy(), crack(6)
    other = image.copy()
    noise = np.random.default_rng(5).integers(0, 256, image.shape, dtype=np.uint8)
    other[mask > 0] = noise[mask > 0] if isinstance(content, str) else content
    np.testing.assert_array_equal(closed(other, mask, face(150)), closed(image, mask, face(150)))


def test_what_stands_under_a_cracks_soft_edge_changes_nothing():
    image, mask = grainy(), cv2.GaussianBlur(crack(13), (0, 0), 1)
    ruined = np.where(mask[..., None] > 0, np.uint8(255), image)
    fills = [closed(one, mask, face(150))[mask == 255] for one in (image, ruined)]
    assert len(fills[0]) > 100
    np.testing.assert_array_equal(fills[0], fills[1])


def test_a_crack_beside_a_lost_piece_is_closed_like_any_other():
    """Whatever stands in the lost piece.

    Form and light are those of the crack alone, to the bit, and so is grain but for stone that the lost piece no longer
    shows.
    """
    image, both = grainy(), crack() | block(y=100)
    image[block(y=100) > 0] = 255
    thin = thin_part(both, 8)
    for landmarks, most in ((None, 0), (face(60), 0), (face(150), 6)):
        alone = closed(grainy(), crack(), landmarks).astype(float)
        beside = closed(image, both, landmarks, thin=thin)
        assert np.abs(beside - alone)[thin].mean() <= most


def test_two_seeds_differ_in_their_grain_alone_and_one_seed_never():
    image, mask = grainy(), crack(6)
    first, again, other = (closed(image, mask, face(150), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other)[mask > 0].any()
    assert np.abs(first.astype(float) - other)[mask > 0].mean() < 0.25 * image.mean()
    plain = [closed(slope(), mask, face(150), seed) for seed in (1, 2)]
    assert np.abs(plain[0].astype(int) - plain[1]).max() <= 1


def test_a_method_sees_closed_damage_without_grain():
    image, mask = slope(), crack(5)
    ruined = image.copy()
    ruined[mask > 0] = 255
    ThinDamage(ruined, mask, mask > 0, None).close_in(ruined)
    assert np.abs(ruined.astype(int) - image).max() <= 1


def specks(count):
    mask = empty()
    for number in range(count):
        mask[6 + 11 * (number // 20) :, 8 + 12 * (number % 20) :][:3, :3] = 255
    return mask


@pytest.mark.parametrize("count", [1, 40, 380])
def test_many_specks_are_closed_together(count, monkeypatch):
    """Not each on its own: neighbours are one piece of work, and every one of them is closed."""
    mask = specks(count)
    assert cv2.connectedComponents(mask)[0] - 1 == count
    worked = []
    monkeypatch.setattr(cracks, "biharmonic", lambda *given, whole=cracks.biharmonic: worked.append(1) or whole(*given))
    out = closed(np.where(mask[..., None] > 0, 255, slope()).astype(np.uint8), mask)
    assert len(worked) == 1
    assert np.abs(out.astype(int) - slope()).max() <= 1


def test_damage_far_apart_is_not_worked_on_as_one_large_picture():
    thin = np.zeros((1200, 3000), bool)
    for x, y in ((10, 10), (100, 60), (2900, 30), (1500, 1100)):
        thin[y : y + 3, x : x + 3] = True
    damage = ThinDamage(np.full((1200, 3000, 3), 90, np.uint8), thin.astype(np.uint8), thin, None)
    pieces = damage.pieces(Hypothesis(0, 0))
    assert len(pieces) == 4
    assert sum(piece.picture[..., 0].size for piece in pieces) < 0.1 * thin.size
    assert sum(int(piece.where.sum()) for piece in pieces) == thin.sum(), "each once"


# Through the whole program


HAIRLINE = crack(1)


@pytest.fixture
def bare():
    """Without any landmark predictor's files."""
    return Restorer(landmark_models=Path("nowhere"))


def restored(restorer, image, mask, **named):
    return restorer.restore(RestorationRequest(image, mask, model="statuefit", **named))


def test_cracks_alone_need_neither_a_face_nor_a_landmark_predictor(bare):
    """A photograph of a wall, with the program's model for faces."""
    image, mask = slope(), HAIRLINE
    image[mask > 0] = 255
    result = restored(bare, image, mask)
    out = result.applied_to(image)
    assert np.abs(out.astype(int) - slope()).max() <= 1
    assert out[mask == 0].tobytes() == image[mask == 0].tobytes()
    assert result.landmarks is None and result.record["landmarks"] is None and result.uncertainty is None
    assert result.record["method"]["notes"]["thin"]["pixels"] == int((mask > 0).sum())


def test_every_hypothesis_of_a_crack_closes_it(bare):
    result = restored(bare, slope(), HAIRLINE, variants=3)
    for index in range(len(result.variants)):
        assert np.abs(result.applied_to(slope(), index).astype(int) - slope()).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_crack_keeps_the_pictures_depth(bare, dtype):
    top = 1.0 if dtype == np.float32 else 65535
    image, mask = slope(top, dtype), HAIRLINE
    out = restored(bare, image, mask).applied_to(image)
    assert out.dtype == dtype
    np.testing.assert_allclose(out / top, image / top, atol=1e-3)
    wanted = restored(bare, grainy(), mask).applied_to(grainy())
    deep = (grainy() / np.float32(255)).astype(dtype) if dtype == np.float32 else grainy().astype(dtype) * 257
    np.testing.assert_allclose(restored(bare, deep, mask).applied_to(deep) / top * 255, wanted, atol=0.51)


def test_a_crack_in_a_grey_picture(bare):
    image, mask = slope()[..., :1], HAIRLINE
    ruined = np.where(mask[..., None] > 0, np.uint8(255), image)
    out = restored(bare, ruined, mask).applied_to(ruined)
    assert out.shape == image.shape
    assert np.abs(out.astype(int) - image).max() <= 1


@pytest.mark.parametrize("grey", [True, False])
def test_a_crack_erased_to_transparency_becomes_opaque(bare, grey):
    mask = HAIRLINE
    colours = slope()[..., :1] if grey else slope()
    image = np.dstack([np.where(mask[..., None] > 0, np.uint8(0), colours), 255 - mask])
    out = restored(bare, image, mask).applied_to(image)
    assert (out[..., -1] == 255).all()
    assert np.abs(out[..., :-1].astype(int) - colours).max() <= 1


def test_what_is_transparent_beside_a_crack_does_not_colour_it(bare):
    """A cut-out statue whose outline a crack crosses: the file keeps some colour under alpha 0."""
    mask = HAIRLINE
    alpha = np.full(mask.shape, 255, np.uint8)
    alpha[:, :90] = 0
    fills = []
    for colour in ((255, 0, 0), (0, 90, 255)):
        image = np.dstack([slope(), alpha])
        image[alpha == 0, :3] = colour
        fills.append(restored(bare, image, mask).applied_to(image)[mask > 0])
    np.testing.assert_array_equal(fills[0], fills[1])


def test_a_crack_beside_a_lost_nose_comes_back_as_if_it_were_alone(restorer, request_):
    """The bundled example with a crack over the forehead."""
    top = int(request_.landmarks.points[:, 1].min())
    line = np.zeros_like(request_.mask)
    line[top - 12 : top - 10, 60:110] = 255
    assert not (cv2.dilate(line, np.ones((3, 3))) & request_.mask).any()
    asked = replace(request_, model="statuefit")
    both, alone, nose = (
        restorer.restore(replace(asked, mask=mask)).applied_to(request_.image)
        for mask in (request_.mask | line, line, request_.mask)
    )
    np.testing.assert_array_equal(both[line > 0], alone[line > 0])
    hole = request_.mask > 0
    assert np.abs(both.astype(float) - nose)[hole].mean() < 3, "the nose hardly notices"


def test_a_crack_in_a_face_has_its_landmarks_told(restorer, request_):
    """Where the user gives a face, a crack wider than one without may be is thin for it."""
    line = np.zeros_like(request_.mask)
    line[60:66, 60:110] = 255
    result = restorer.restore(replace(request_, mask=line, model="statuefit"))
    assert result.record["method"]["notes"]["thin"]["pixels"] == int((line > 0).sum())
    assert len(result.record["landmarks"]["points"]) == 68
