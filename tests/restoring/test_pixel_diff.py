"""``painting-pixel-diff``: of a selection, bright pixels alone are damage, and nothing else changes."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.fields import FIELDS
from statue_models.methods import registry
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import RestorationRequest
from statue_models.restoring.restorer import Restorer

MODELS = ("painting-pixel-diff", "painting-pixel-diff-ns")
#: Of the made-up paintings: the selection, and white blotches in it and outside it.
SELECTED = (slice(20, 70), slice(30, 100))
BLOTCHES = ((25, 40), (40, 60), (41, 64), (64, 94), (5, 5), (80, 20))


@pytest.fixture(scope="module")
def restorer():
    return Restorer("cpu")


def painting(seed=0):
    """(96, 128, 3) uint8 of dark colours with a pattern, and (96, 128) bool of its white blotches."""
    y, x = np.mgrid[:96, :128]
    waves = np.stack([80 + 40 * np.sin(x / 9 + k) * np.cos(y / 7 - k) for k in range(3)], 2)
    image = (waves + np.random.default_rng(seed).normal(0, 3, waves.shape)).clip(0, 140).astype(np.uint8)
    damage = np.zeros(image.shape[:2], bool)
    for top, left in BLOTCHES:
        damage[top : top + 4, left : left + 5] = True
    image[damage] = 255
    return image, damage


def selection():
    mask = np.zeros((96, 128), np.uint8)
    mask[SELECTED] = 255
    return mask


def restored(restorer, image, mask, **asked):
    request = RestorationRequest(image, mask, **asked)
    return restorer.restore(request).applied_to(image)


def code_of(call, *given, **named):
    with pytest.raises(StatueError) as caught:
        call(*given, **named)
    return caught.value.code


@pytest.mark.parametrize("model", MODELS)
def test_damage_alone_changes_and_is_filled(restorer, model):
    image, damage = painting()
    out = restored(restorer, image, selection(), model=model)
    inside = damage & (selection() > 0)
    assert out[~inside].tobytes() == image[~inside].tobytes()
    assert out[inside].max() < 150, "no blotch is left, nor any of its white"


def test_the_two_algorithms_differ(restorer):
    image, _ = painting()
    assert not np.array_equal(*(restored(restorer, image, selection(), model=model) for model in MODELS))


@pytest.mark.parametrize("model", MODELS)
def test_other_methods_before_and_after_change_nothing(restorer, model):
    image, _ = painting()
    others = [name for name in ("telea", "ns", *MODELS) if name != model]
    alone = restored(Restorer("cpu"), image, selection(), model=model)
    for other in others:
        first = restored(Restorer("cpu"), image, selection(), model=other)
        restored(restorer, image, selection(), model=other)
        np.testing.assert_array_equal(restored(restorer, image, selection(), model=model), alone)
        np.testing.assert_array_equal(restored(restorer, image, selection(), model=other), first)


def test_all_three_channels_must_come_up_to_the_threshold(restorer):
    """A pixel on the threshold is damage, one that misses it in one channel is not."""
    image, _ = painting()
    image[30, 50], image[30, 60], image[30, 70] = (150, 150, 150), (255, 255, 149), (149, 149, 149)
    out = restored(restorer, image, selection(), model=MODELS[0])
    assert (out[30, 50] < 150).all()
    assert [out[30, x].tolist() for x in (60, 70)] == [[255, 255, 149], [149, 149, 149]]
    higher = restored(restorer, image, selection(), model=MODELS[0], threshold=151)
    lower = restored(restorer, image, selection(), model=MODELS[0], threshold=149)
    assert higher[30, 50].tolist() == [150, 150, 150]
    assert (lower[30, [60, 70]] < 149).all()


@pytest.mark.parametrize("level", [1, 77, 150, 254, 255])
def test_every_depth_has_the_same_threshold(level):
    """K of 255 is 257 k of 65535 and k / 255: none is lost to rounding."""
    at = RestorationRequest(np.full((40, 40, 3), 9, np.uint8), np.eye(40, dtype=np.uint8) * 255)
    narrow, options = registry.descriptor(MODELS[0]).narrow, registry.descriptor(MODELS[0]).options(threshold=level)
    for dtype, scale in ((np.uint8, 1), (np.uint16, 257), (np.float32, 1 / 255)):
        image = np.zeros(at.image.shape)
        image[:20] = level * scale
        image[20:] = (level - 1) * scale
        found = narrow(RestorationRequest(image.astype(dtype), at.mask), options)
        assert (found[:20] == at.mask[:20]).all() and not found[20:].any(), dtype


def test_sixteen_bits_grey_and_alpha(restorer):
    image, damage = painting()
    inside = damage & (selection() > 0)
    grey = image[..., :1]
    opaque = np.full_like(grey, 255)
    for one in (image.astype(np.uint16) * 257, grey, np.dstack([grey, opaque]), np.dstack([image, opaque])):
        out = restored(restorer, one, selection(), model=MODELS[0])
        assert out.dtype == one.dtype and out.shape == one.shape
        assert out[~inside].tobytes() == one[~inside].tobytes()
        colours = out[..., : 1 if out.shape[2] < 3 else 3]
        assert colours[inside].max() < 150 * (257 if out.dtype == np.uint16 else 1)


def test_what_is_fully_transparent_is_no_damage(restorer):
    image, damage = painting()
    image = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    hidden = np.zeros(damage.shape, bool)
    hidden[25:29, 40:45] = True
    image[hidden, 3] = 0
    out = restored(restorer, image, selection(), model=MODELS[0])
    assert out[hidden].tobytes() == image[hidden].tobytes()
    assert (out[damage & (selection() > 0) & ~hidden, :3] < 150).all()


def test_soft_edges_of_the_selection_stay_soft(restorer):
    """A pixel that is half selected is half filled, as under any other method."""
    image, damage = painting()
    soft = selection() // 255 * 128
    full, half = (restored(restorer, image, mask, model=MODELS[0]) for mask in (selection(), soft))
    inside = damage & (soft > 0)
    wanted = image + (full.astype(float) - image) * 128 / 255
    assert np.abs(half - wanted)[inside].max() <= 1


def test_the_record_is_of_what_was_asked_and_counts_what_was_filled(restorer):
    image, damage = painting()
    request = RestorationRequest(image, selection(), model=MODELS[0])
    result = restorer.restore(request)
    inside = damage & (selection() > 0)
    assert result.record["request"] == request.to_json() and result.record["request"]["threshold"] == 150
    assert [note.to_json() for note in result.notes] == result.record["notes"]
    assert (result.notes[0].code, result.notes[0].facts) == ("narrowed", {"pixels": int(inside.sum())})
    assert result.rectangle == Rectangle.of_mask(inside)
    assert not restorer.restore(RestorationRequest(image, selection(), model="telea")).notes


def test_without_a_bright_pixel_it_says_so(restorer):
    image = np.full((96, 128, 3), 149, np.uint8)
    assert code_of(restored, restorer, image, selection(), model=MODELS[0]) == "no-bright-pixel"
    assert code_of(restored, restorer, painting()[0], selection(), model="telea", threshold=99) == "usage"
    assert code_of(RestorationRequest, image, selection(), threshold=0) == "usage"


def test_the_option_and_the_field_have_one_default():
    assert all(registry.descriptor(name).options().threshold == FIELDS["threshold"].default == 150 for name in MODELS)
