"""Pictures with a scale of their own: 10 to 14 bits in 16, floats of 0..255 or 0..65535, light without an upper end."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageCms

from statue_models.cli import main
from statue_models.errors import StatueError
from statue_models.pictures.photograph import Photograph
from statue_models.pixels.white import MIDDLE, decode_srgb
from statue_models.request import RestorationRequest
from statue_models.restoring.restorer import Restorer
from statue_models.runner.wire import JobHeader, JobReader, json_line, samples_of

#: dtype and white of every scale that is known without being told.
SCALES = [(np.uint16, 2**bits - 1) for bits in (8, 10, 12, 13, 14)]
SCALES += [(np.float32, white) for white in (255, 1023, 4095, 16383, 65535)]


def on(scale, levels):
    """Levels 0..1 as samples of a scale."""
    dtype, white = scale
    return np.round(levels * white).astype(dtype) if dtype == np.uint16 else (levels * white).astype(dtype)


@pytest.mark.parametrize("scale", [(np.uint16, 4095), (np.uint16, 1023), (np.float32, 255), (np.float32, 65535)])
def test_the_same_nose_on_the_pictures_own_scale(restorer, request_, scale):
    levels = request_.image / 255
    plain = replace(request_, image=levels.astype(np.float32), landmarks=None)
    wanted = restorer.restore(plain)
    image = on(scale, levels)
    result = restorer.restore(replace(plain, image=image))
    out, hole = result.applied_to(image), request_.mask > 0
    assert out.dtype == image.dtype and out[~hole].tobytes() == image[~hole].tobytes()
    assert np.abs(out[hole] / scale[1] - wanted.applied_to(plain.image)[hole]).mean() < 0.015
    np.testing.assert_allclose(result.landmarks.points, wanted.landmarks.points, atol=0.5)
    (note,) = [note for note in result.notes if note.code == "own-white"]
    assert note.facts["white"] == scale[1] and not [note for note in wanted.notes if note.code == "own-white"]
    assert "own-white" in result.record_text()


def test_a_face_is_found_and_restored_in_linear_light_beside_a_sky(restorer, request_):
    light = (decode_srgb(request_.image / 255) * 4).astype(np.float32)
    light[:6] = 40
    result = restorer.restore(replace(request_, image=light, landmarks=None))
    assert {note.code for note in result.notes} >= {"own-white", "linear-light"}
    plain = restorer.restore(replace(request_, landmarks=None))
    wanted = decode_srgb(plain.applied_to(request_.image)[request_.mask > 0] / 255) * 4
    assert np.abs(result.applied_to(light)[request_.mask > 0] - wanted).mean() < 0.1 * wanted.mean()


def test_white_that_is_said_is_believed_and_not_said_again(restorer, request_):
    image = on((np.uint16, 3000), request_.image / 255)
    said = restorer.restore(replace(request_, image=image, white=3000, model="telea"))
    assert not [note for note in said.notes if note.code == "own-white"]
    assert said.record["request"]["white"] == 3000
    full = np.round(image * (65_535 / 3000)).astype(np.uint16)
    plain = restorer.restore(replace(request_, image=full, model="telea"))
    np.testing.assert_allclose(said.variants[0].pixels * (65_535 / 3000), plain.variants[0].pixels, atol=12)


def test_values_without_a_white_are_refused_in_one_sentence(request_):
    noise = np.random.default_rng(0).normal(0, 1, request_.image.shape).astype(np.float32)
    with pytest.raises(StatueError, match="which of them is white cannot be told") as caught:
        replace(request_, image=noise)
    assert caught.value.code == "bad-values" and "--white" in caught.value.remedy
    replace(request_, image=noise, white=2)
    with pytest.raises(StatueError) as caught:
        replace(request_, white=256)
    assert caught.value.code == "usage"
    for white in (0, -1, float("nan"), float("inf"), "4095", True):
        with pytest.raises(StatueError):
            replace(request_, white=white)


def test_the_runner_has_the_same_rule(restorer, request_):
    image = on((np.uint16, 4095), request_.image / 255)
    for asked in (replace(request_, image=image, model="telea"), replace(request_, image=image, white=4095.5)):
        body = json_line(JobHeader.of(asked).to_json()) + bytes(samples_of(image)) + bytes(samples_of(asked.mask))
        reader = JobReader(len(body))
        reader.feed(body)
        there = reader.request()
        assert there.white == asked.white and there.scale == asked.scale
    with pytest.raises(StatueError):
        JobHeader.parse(json_line({**JobHeader.of(request_).to_json(), "white": -3}))


@pytest.mark.parametrize("profile", [False, True])
def test_a_file_of_twelve_bits_comes_back_as_one(tmp_path, request_, landmarks, profile, capsys):
    image, mask = on((np.uint16, 4095), request_.image / 255), request_.mask
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    extra = [(34675, 7, len(icc), icc, True)] if profile else []
    tifffile.imwrite(tmp_path / "in.tif", image, photometric="rgb", extratags=extra)
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    words = [str(tmp_path / "in.tif"), "--mask", str(tmp_path / "mask.png"), "-o", str(tmp_path / "out.tif")]
    assert main(["restore", *words, "--model", "telea", "--json"]) == 0
    told = capsys.readouterr()
    assert "4095" in told.err and json.loads(told.out)
    out = tifffile.imread(tmp_path / "out.tif")
    assert out.dtype == np.uint16 and (out[mask == 0] == image[mask == 0]).all()
    near = cv2.dilate(mask, np.ones((15, 15))) > 0
    assert abs(out[mask > 0].mean() - image[near & (mask == 0)].mean()) < 0.15 * 4095


@pytest.mark.parametrize("words", [[], ["--white", "4095"]])
def test_landmarks_are_found_in_a_file_of_twelve_bits(tmp_path, request_, landmarks, words, capsys):
    tifffile.imwrite(tmp_path / "in.tif", on((np.uint16, 4095), request_.image / 255), photometric="rgb")
    cv2.imwrite(str(tmp_path / "mask.png"), request_.mask)
    assert main(["landmarks", str(tmp_path / "in.tif"), "--mask", str(tmp_path / "mask.png"), *words]) == 0
    found = json.loads(capsys.readouterr().out)["landmarks"]["points"]
    np.testing.assert_allclose(found, landmarks.points, atol=1)


def test_what_a_file_says_of_its_white_is_believed_and_kept(tmp_path, request_):
    image = on((np.uint16, 3000), request_.image / 255)
    tifffile.imwrite(tmp_path / "in.tif", image, photometric="rgb", extratags=[(281, 3, 3, (3000,) * 3, True)])
    photograph = Photograph.read(tmp_path / "in.tif")
    assert photograph.white == 3000 and [note.code for note in photograph.notes] == ["file-white"]
    photograph.write(tmp_path / "out.tif")
    assert Photograph.read(tmp_path / "out.tif").white == 3000
    for lie in (100, 2500):  # below what is seen
        tifffile.imwrite(tmp_path / "lie.tif", image, photometric="rgb", extratags=[(281, 3, 3, (lie,) * 3, True)])
        assert Photograph.read(tmp_path / "lie.tif").white is None
    dark = on((np.uint16, 30_000), request_.image / 255)  # and what is brightest in a plain, dark photograph
    tifffile.imwrite(tmp_path / "dark.tif", dark, photometric="rgb", extratags=[(281, 3, 3, (30_000,) * 3, True)])
    assert Photograph.read(tmp_path / "dark.tif").white is None


RESTORER = Restorer(device="cpu")


@st.composite
def pictures(draw):
    """Levels 0..1 with a white corner, smooth or rough, and a hole that leaves it."""
    height, width = draw(st.integers(32, 56)), draw(st.integers(32, 56))
    channels = draw(st.sampled_from([1, 3]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = random.uniform(0, 1, (height, width, channels))
    blur = draw(st.sampled_from([0, 1, 3, 8]))
    if blur:
        levels = cv2.GaussianBlur(levels, (0, 0), blur).reshape(levels.shape)
        levels = (levels - levels.min()) / np.ptp(levels)
    levels = levels ** draw(st.sampled_from([0.5, 1.0, 2.0]))
    levels[:3, :3] = 1
    mask = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(1, 3))):
        middle = int(random.integers(8, width - 8)), int(random.integers(8, height - 8))
        axes = int(random.integers(1, 9)), int(random.integers(1, 9))
        cv2.ellipse(mask, middle, axes, float(random.uniform(0, 180)), 0, 360, 255, -1)
    mask[:5, :5] = 0
    return levels, mask


def check_scaled(picture, scale, model):
    """What is restored of samples times a constant is what was restored, times that constant, but for rounding."""
    levels, mask = picture
    dtype, white = scale
    if dtype == np.float32:  # darker ones may be linear light with lamps in it, and are taken for that
        levels = 2 * MIDDLE + (1 - 2 * MIDDLE) * levels
    image = on(scale, levels)
    image[:3, :3] = white
    full = (image / white * 65_535).round().astype(np.uint16) if dtype == np.uint16 else (image / dtype(white))
    request = RestorationRequest(image, mask, model=model)
    assert request.scale.white == white
    out = RESTORER.restore(request).applied_to(image)
    plain = RESTORER.restore(RestorationRequest(full.astype(full.dtype), mask, model=model)).applied_to(full)
    top = 65_535 if dtype == np.uint16 else 1
    step = 0.5 + 0.5 * white / top if dtype == np.uint16 else 0  # both are rounded
    assert np.abs(out[mask > 0] - plain[mask > 0] / top * white).max() <= step + 1e-6 * white
    assert out[mask == 0].tobytes() == image[mask == 0].tobytes()


def check_range(picture, dtype, low, high, model):
    """Restored within what lies beside it, or in the picture's few colours, or refused with a code of the catalogue."""
    levels, mask = picture
    image = levels * (high - low) + low
    image = (
        np.clip(np.round(image), 0, np.iinfo(dtype).max).astype(dtype) if dtype != np.float32 else image.astype(dtype)
    )
    try:
        request = RestorationRequest(image, mask, model=model)
    except StatueError as error:
        assert dtype == np.float32 and error.code == "bad-values" and error.remedy
        return
    result = RESTORER.restore(request)
    out = result.applied_to(image)
    assert out[mask == 0].tobytes() == image[mask == 0].tobytes() and np.isfinite(out).all()
    if any(note.code == "own-palette" for note in result.notes):
        # A colour is one of the palette's, the nearest: it may reach a level beyond the border's range.
        seen = {tuple(colour) for colour in image[mask == 0].tolist()}
        assert {tuple(colour) for colour in out[mask > 0].tolist()} <= seen
        return
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    for number in range(1, count):
        hole = labels == number
        ring = (cv2.dilate(hole.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & (mask == 0)
        # A fill lies between black and white, whatever lies beyond them beside it.
        beside = np.clip(image[ring].astype(float), 0, request.scale.white)
        room = 1e-5 * request.scale.white
        assert (out[hole] >= beside.min(0) - room).all() and (out[hole] <= beside.max(0) + room).all()


REACHES = [1e-6, 0.01, 0.7, 1, 1.3, 9, 40, 3e3, 7e4, 1e9]
RANGES = st.one_of(
    st.tuples(st.just(np.uint8), st.integers(0, 255), st.integers(0, 255)),
    st.tuples(st.just(np.uint16), st.integers(0, 65_535), st.integers(0, 65_535)),
    st.tuples(
        st.just(np.float32),
        st.floats(-1e3, 1e3, width=32),
        st.sampled_from([1e-6, 0.01, 0.7, 1, 1.3, 9, 40, 3e3, 7e4, 1e9]),
    ),
)
MODELS = st.sampled_from(["telea", "biharmonic", "ns"])
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


@settings(max_examples=500, **QUIET)
@given(pictures(), st.sampled_from(SCALES), MODELS)
def test_scaling_the_samples_scales_the_result(picture, scale, model):
    check_scaled(picture, scale, model)


@settings(max_examples=500, **QUIET)
@given(pictures(), RANGES, MODELS)
def test_any_values_are_restored_in_their_own_range_or_refused(picture, values, model):
    check_range(picture, values[0], *sorted(values[1:]), model)


@pytest.mark.nightly
@settings(max_examples=25_000, derandomize=False, **QUIET)
@given(pictures(), st.sampled_from(SCALES), MODELS)
def test_scaling_the_samples_scales_the_result_at_length(picture, scale, model):
    check_scaled(picture, scale, model)


@pytest.mark.nightly
@settings(max_examples=25_000, derandomize=False, **QUIET)
@given(pictures(), RANGES, MODELS)
def test_any_values_are_restored_in_their_own_range_or_refused_at_length(picture, values, model):
    check_range(picture, values[0], *sorted(values[1:]), model)
