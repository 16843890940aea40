"""Colours go to sRGB and come back: as LittleCMS has them, and to the last bits."""

import io
import struct

import icc_profiles as icc
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from statue_models.pictures.colour_profile import OneWayProfileError, colour_transform, is_understood

SPACES = {
    "Adobe RGB": icc.matrix_profile(icc.ADOBE_RGB, icc.gamma_curve(563 / 256)),
    "Display P3": icc.matrix_profile(icc.DISPLAY_P3, icc.SRGB_CURVE),
    "ProPhoto": icc.matrix_profile(icc.PROPHOTO, icc.gamma_curve(1.8)),
    "linear": icc.matrix_profile(icc.SRGB, icc.gamma_curve(1.0)),
    "sampled": icc.matrix_profile(icc.ADOBE_RGB, icc.sampled_curve(np.linspace(0, 1, 1024) ** 2.2)),
}


def levels(count: int) -> NDArray[np.float64]:
    steps = np.linspace(0, 1, count)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize("name", SPACES)
def test_to_srgb_agrees_with_littlecms(name: str) -> None:
    values = np.floor(levels(18) * 255).astype(np.uint8)
    transform = colour_transform(SPACES[name], 3)
    assert transform is not None
    own = transform.to_srgb(values) * 255
    theirs = ImageCms.profileToProfile(
        Image.fromarray(values[None]),
        ImageCms.ImageCmsProfile(io.BytesIO(SPACES[name])),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    assert theirs is not None
    difference = np.abs(own - np.asarray(theirs)[0])
    # LittleCMS works in 15-bit fixed point for 8 bits: a step or two in the darkest values.
    assert difference.max() < 2.1 and difference.mean() < 0.35


@pytest.mark.parametrize("name", SPACES)
def test_colours_that_srgb_has_come_back_to_16_bits(name: str) -> None:
    transform = colour_transform(SPACES[name], 3)
    assert transform is not None
    # Display P3 and Adobe RGB hold all of sRGB: start there.
    own = transform.from_srgb(levels(17) * 0.9 + 0.05)
    stored = np.floor(own * 65535 + 0.5).astype(np.uint16)
    seen = np.floor(transform.to_srgb(stored) * 65535 + 0.5) / 65535
    again = transform.from_srgb(seen)
    inside = ((own > 0) & (own < 1)).all(axis=1)
    assert inside.mean() > 0.9
    assert np.abs(again - stored / 65535)[inside].max() * 65535 < (8 if name == "linear" else 2.5)


def test_grey_profiles_and_grey_pictures_with_rgb_profiles() -> None:
    ramp = np.linspace(0, 1, 256)[:, None]
    wanted = colour_transform(icc.matrix_profile(icc.SRGB, icc.gamma_curve(1.8)), 3)
    assert wanted is not None
    for profile in (icc.grey_profile(icc.gamma_curve(1.8)), icc.matrix_profile(icc.SRGB, icc.gamma_curve(1.8))):
        transform = colour_transform(profile, 1)
        assert transform is not None
        np.testing.assert_allclose(
            transform.to_srgb(ramp)[:, 0], wanted.to_srgb(np.repeat(ramp, 3, 1))[:, 1], atol=1e-4
        )
        np.testing.assert_allclose(transform.from_srgb(transform.to_srgb(ramp)), ramp, atol=1e-6)


def test_a_grey_profile_by_lightness() -> None:
    transform = colour_transform(icc.profile(b"GRAY", {b"kTRC": icc.gamma_curve(1.0)}, pcs=b"Lab "), 1)
    assert transform is not None
    ramp = np.linspace(0, 1, 101)[:, None]
    np.testing.assert_allclose(transform.from_srgb(transform.to_srgb(ramp)), ramp, atol=1e-6)
    assert transform.to_srgb(np.array([[0.5]])).item() == pytest.approx(0.4663, abs=1e-3)  # L* 50 is 18.4 % luminance


def test_tables_agree_with_the_matrix_of_the_same_space() -> None:
    table = colour_transform(icc.table_profile(icc.ADOBE_RGB, 2.2), 3)
    matrix = colour_transform(icc.matrix_profile(icc.ADOBE_RGB, icc.gamma_curve(2.2)), 3)
    assert table is not None and matrix is not None
    values = levels(9)[levels(9).min(axis=1) > 0.2]
    assert np.abs(table.to_srgb(values) - matrix.to_srgb(values)).max() < 3 / 255
    srgb = matrix.to_srgb(values)
    assert np.abs(table.from_srgb(srgb) - matrix.from_srgb(srgb)).max() < 3 / 255
    as_integers = np.floor(values * 65535 + 0.5).astype(np.uint16)
    assert np.abs(table.to_srgb(as_integers) - table.to_srgb(values)).max() < 2 / 255


def test_tables_without_a_way_back_are_refused() -> None:
    with pytest.raises(OneWayProfileError):
        colour_transform(icc.table_profile(icc.ADOBE_RGB, 2.2, two_way=False), 3)


def test_profiles_that_are_srgb_need_no_transform() -> None:
    littlecms = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (littlecms, icc.matrix_profile(icc.SRGB, icc.SRGB_CURVE)):
        assert is_understood(profile, 3)
        assert colour_transform(profile, 3) is None
    assert colour_transform(None, 3) is None


def test_damaged_and_foreign_profiles_are_told_and_left_alone() -> None:
    adobe = SPACES["Adobe RGB"]
    flat = icc.matrix_profile(icc.ADOBE_RGB, icc.sampled_curve(np.zeros(16)))
    endless = adobe[:128] + struct.pack(">I", 2**32 - 1) + adobe[132:]
    for profile in (
        b"",
        b"rubbish" * 100,
        adobe[:200],
        flat,
        icc.grey_profile(icc.gamma_curve(2.2)),
        adobe[:16] + b"CMYK" + adobe[20:],
    ):
        assert not is_understood(profile, 3)
        assert colour_transform(profile, 3) is None
    is_understood(endless, 3)  # ends, one way or the other
