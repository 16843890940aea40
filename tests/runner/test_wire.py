"""The wire format: nothing is lost on the way, and nothing wrong gets through."""

import json

import numpy as np
import pytest
from fake_restorer import GRID

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from statue_models.runner import wire

PLAIN = {"schema": 1, "width": 64, "height": 48, "channels": 3, "depth": "uint8"}


def body_of(request):
    line = wire.json_line(wire.JobHeader.of(request).to_json())
    return line + bytes(wire.samples_of(request.image)) + bytes(wire.samples_of(request.mask))


def read(body, size=None):
    reader = wire.JobReader(len(body))
    for at in range(0, len(body), size or len(body)):
        reader.feed(body[at : at + (size or len(body))])
    return reader.request()


def refused(header, code="bad-request"):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    with pytest.raises(StatueError) as caught:
        wire.JobHeader.parse(text)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_request_arrives_as_it_was(make_request, dtype, channels):
    sent = make_request(
        dtype,
        channels,
        model="telea",
        seed=2**62,
        variants=5,
        steps=7,
        landmarks=Landmarks.given(GRID, [number % 3 == 0 for number in range(68)]),
        face=(1.5, 2.0, 30.0, 40.0),
        device="cpu",
    )
    got = read(body_of(sent))
    assert got.image.dtype == sent.image.dtype
    assert np.array_equal(got.image, sent.image)
    assert got.to_json() == sent.to_json()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_body_may_be_cut_anywhere(make_request, size):
    sent = make_request()
    assert read(body_of(sent), size).to_json() == sent.to_json()


def test_fields_with_defaults_may_be_left_out():
    header = wire.JobHeader.parse(json.dumps(PLAIN).encode())
    assert (header.model, header.seed, header.variants, header.steps) == ("default", 0, 1, None)


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/etc/passwd"},
        {"width": 64.0},
        {"width": True},
        {"height": 0},
        {"height": -48},
        {"width": "64"},
        {"channels": 5},
        {"depth": "float64"},
        {"depth": ["uint8"]},
        {"model": 3},
        {"model": "x" * 65},
        {"seed": 1.5},
        {"variants": None},
        {"face": [1, 2, 3]},
        {"face": [1, 2, 3, 1e300]},
    ],
)
def test_a_header_with_a_wrong_field_is_refused(change):
    refused({**PLAIN, **change})


@pytest.mark.parametrize("count", [0, 67, 69])
def test_landmarks_must_be_68(count):
    refused({**PLAIN, "landmarks": [[1.0, 2.0]] * count}, "bad-landmarks")


@pytest.mark.parametrize("pair", [["1", "2"], [1e300, 0], [1, 2, 3], None, [True, 1]])
def test_landmarks_must_be_finite_numbers(pair):
    refused({**PLAIN, "landmarks": [*GRID.tolist()[:-1], pair]}, "bad-landmarks")


@pytest.mark.parametrize("placed", [[True] * 67, [1] * 68, "all", [True] * 67 + [None]])
def test_which_landmarks_were_placed_is_said_of_all_or_none(placed):
    refused({**PLAIN, "landmarks": GRID.tolist(), "placed": placed}, "bad-request")


def test_nothing_can_be_placed_without_landmarks():
    refused({**PLAIN, "placed": [True] * 68}, "bad-request")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"schema": 1',
        b"[" * 10_000,
        b'{"schema": 1, "width": 64, "width": 64, "height": 48, "channels": 3, "depth": "uint8"}',
        b'{"schema": 1, "width": NaN, "height": 48, "channels": 3, "depth": "uint8"}',
        b'{"schema": 1, "width": ' + b"9" * 5000 + b', "height": 48, "channels": 3, "depth": "uint8"}',
        b'{"schema": 1, "width": 64, "height": 48, "channels": 3}',
    ],
)
def test_what_is_no_header_is_refused(text):
    refused(text)


def test_another_schema_is_another_version():
    refused({**PLAIN, "schema": 2}, "runner-version")
    refused({"width": 64}, "runner-version")


def test_sizes_are_refused_before_memory_is_taken():
    refused({**PLAIN, "width": 60_000, "height": 60_000}, "image-too-large")
    refused({**PLAIN, "width": 31}, "image-too-small")
    with pytest.raises(StatueError, match="larger than") as caught:
        wire.JobReader(wire.MAX_BODY + 1)
    assert caught.value.code == "body-too-large"
    reader = wire.JobReader(100)  # a header for 64 million pixels and a body of 100 bytes
    with pytest.raises(StatueError, match="Content-Length"):
        reader.feed(json.dumps({**PLAIN, "width": 8000, "height": 8000}).encode() + b"\n")


def test_a_line_without_end_is_refused():
    reader = wire.JobReader(10_000_000)
    with pytest.raises(StatueError, match="header line"):
        for _ in range(100):
            reader.feed(b" " * 4096)


def test_too_few_and_too_many_bytes_are_refused(make_request):
    body = body_of(make_request())
    reader = wire.JobReader(len(body))
    reader.feed(body[:-1])
    with pytest.raises(StatueError, match="ends too early"):
        reader.request()
    reader.feed(body[-1:])
    with pytest.raises(StatueError, match="longer"):
        reader.feed(b"x")


def test_what_the_request_itself_refuses_keeps_its_code(make_request):
    request = make_request("float32")
    request.image[3, 4, 1] = np.nan
    with pytest.raises(StatueError) as caught:
        read(body_of(request))
    assert caught.value.code == "bad-pixels"


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_variant_arrives_as_it_was(make_request, fake, dtype):
    restoration = fake.restore(make_request(dtype, 4), lambda *_: None)
    line, samples = wire.variant_message(restoration, 0)
    header = json.loads(line)
    assert [header[name] for name in ("x", "y", "width", "height")] == list(restoration.rectangle)
    assert header["seed"] == restoration.variants[0].hypothesis.seed
    assert np.array_equal(wire.pixels_of(header, bytearray(samples)), restoration.variants[0].pixels)
    with pytest.raises(StatueError) as caught:
        wire.pixels_of(header, bytearray(samples)[:-1])
    assert caught.value.code == "runner-version"
