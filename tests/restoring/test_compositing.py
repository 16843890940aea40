"""What lies outside the mask is the photograph's own, bit for bit; what lies inside is mixed as documented."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from statue_models.pixels.rectangle import Rectangle
from statue_models.restoring.compositing import composite

DTYPES = (np.uint8, np.uint16, np.float32)
SHAPE = (5, 7)
RECTANGLE = Rectangle(2, 1, 4, 3)


def top_of(dtype: type) -> float:
    return 1.0 if dtype == np.float32 else float(np.iinfo(dtype).max)


@st.composite
def cases(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[np.float32], NDArray[np.uint8]]:
    dtype = draw(st.sampled_from(DTYPES))
    channels = draw(st.integers(1, 4))
    elements: Any = st.floats(width=32, allow_nan=False, allow_infinity=False) if dtype == np.float32 else None
    image = draw(arrays(dtype, (*SHAPE, channels), elements=elements))
    fill = draw(arrays(np.float32, (3, 4, 3), elements=st.floats(0, 1, width=32)))
    mask = draw(arrays(np.uint8, (3, 4), elements=st.sampled_from((0, 0, 1, 127, 254, 255))))
    return image, fill, mask


@settings(max_examples=300, deadline=None)
@given(cases())
def test_samples_outside_the_mask_are_bit_identical(case: tuple[NDArray[Any], ...]) -> None:
    image, fill, mask = case
    before = image.copy()
    out = composite(image, RECTANGLE, fill, mask)
    x, y, width, height = RECTANGLE
    region = before[y : y + height, x : x + width]
    assert out.dtype == image.dtype and out.shape == region.shape
    assert out[mask == 0].tobytes() == region[mask == 0].tobytes()
    assert image.tobytes() == before.tobytes()


@settings(max_examples=200, deadline=None)
@given(cases())
def test_a_full_mask_shows_the_fill_alone_and_opaque(case: tuple[NDArray[Any], ...]) -> None:
    image, fill, _ = case
    channels, top = image.shape[2], top_of(image.dtype.type)
    out = composite(image, RECTANGLE, fill, np.full((3, 4), 255, np.uint8)).astype(np.float64)
    wanted = fill if channels > 2 else (fill * (0.2126, 0.7152, 0.0722)).sum(axis=2, keepdims=True)
    colours = out[..., :-1] if channels in (2, 4) else out
    assert np.abs(colours - wanted * top).max() <= (1e-6 if image.dtype == np.float32 else 0.5 + 1e-6 * top)
    if channels in (2, 4):
        assert (out[..., -1] >= top).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_soft_edges_mix_in_proportion_and_round_halves_up(dtype: type) -> None:
    image = np.zeros((1, 256, 1), dtype)
    mask = np.arange(256, dtype=np.uint8)[None]
    out = composite(image, Rectangle(0, 0, 256, 1), np.ones((1, 256, 3), np.float32), mask)
    exact = np.arange(256) / 255 * top_of(dtype)
    wanted = exact if dtype == np.float32 else np.floor(exact + 0.5)
    np.testing.assert_allclose(out[0, :, 0], wanted, rtol=1e-6)
    half = composite(
        np.array([[[1]]], np.uint8),
        Rectangle(0, 0, 1, 1),
        np.full((1, 1, 3), 0.01, np.float32),
        np.array([[255]], np.uint8),
    )
    assert half.item() == 3  # 2.55


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_fill_equal_to_the_photograph_changes_nothing(dtype: type, channels: int) -> None:
    levels = np.linspace(0, top_of(dtype), 256).astype(dtype)
    image = np.repeat(levels[None, :, None], channels, axis=2)
    fill = np.repeat((image[..., :1] / top_of(dtype)).astype(np.float32), 3, axis=2)
    for value in (1, 64, 200, 255):
        out = composite(image, Rectangle(0, 0, 256, 1), fill, np.full((1, 256), value, np.uint8))
        assert (out == image).all()


def test_a_grey_photograph_takes_the_luma_of_a_coloured_fill() -> None:
    fill = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1]]], np.float32)
    out = composite(np.zeros((1, 3, 1), np.uint16), Rectangle(0, 0, 3, 1), fill, np.full((1, 3), 255, np.uint8))
    assert out.ravel().tolist() == [round(65535 * weight) for weight in (0.2126, 0.7152, 0.0722)]


def test_colour_under_alpha_0_never_shows() -> None:
    image = np.array([[[255, 0, 255, 0]]], np.uint8)
    fill = np.full((1, 1, 3), 0.4, np.float32)
    for value in (1, 100, 255):
        out = composite(image, Rectangle(0, 0, 1, 1), fill, np.array([[value]], np.uint8))
        assert out.ravel().tolist() == [102, 102, 102, value]


def test_a_half_transparent_photograph_keeps_its_alpha_under_a_thin_mask() -> None:
    image = np.array([[[200, 200, 200, 128]]], np.uint8)
    out = composite(image, Rectangle(0, 0, 1, 1), np.zeros((1, 1, 3), np.float32), np.array([[51]], np.uint8))
    weight = 0.2 / (128 / 255 + 0.2 * (1 - 128 / 255))
    assert out.ravel().tolist() == [*[round(200 * (1 - weight))] * 3, 128]


def test_large_rectangles_are_worked_in_bands_without_seams() -> None:
    generator = np.random.default_rng(1)
    image = generator.integers(0, 256, (700, 900, 3), dtype=np.uint8)
    mask = generator.integers(0, 256, (700, 900), dtype=np.uint8)
    fill = generator.random((700, 900, 3), dtype=np.float32)
    whole = composite(image, Rectangle(0, 0, 900, 700), fill, mask)
    part = composite(image, Rectangle(100, 280, 300, 40), fill[280:320, 100:400], mask[280:320, 100:400])
    assert (whole[280:320, 100:400] == part).all()


def test_shapes_that_do_not_agree_are_refused() -> None:
    image, fill, mask = np.zeros((4, 4, 3), np.uint8), np.zeros((2, 2, 3), np.float32), np.zeros((2, 2), np.uint8)
    for rectangle in ((3, 0, 2, 2), (-1, 0, 2, 2), (0, 0, 3, 2)):
        with pytest.raises(ValueError, match="rectangle"):
            composite(image, Rectangle(*rectangle), fill, mask)
