"""A damaged JPEG file is read, since most of it is there, and said to be damaged, from which row on."""

import errno
import io
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from statue_models.pictures.formats.jpeg_damage import first_damaged_row, is_damaged
from statue_models.pictures.photograph import Photograph

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "4:4:4 optimised": {"subsampling": 0, "optimize": True},
    "restarts": {"restart_marker_rows": 1},
    "progressive": {"progressive": True},
    "progressive 4:4:4": {"progressive": True, "subsampling": 0, "quality": 95},
    "grey": {"grey": True},
}


def scene(seed: int = 0, shape: tuple[int, int] = (400, 560)) -> NDArray[np.uint8]:
    generator = np.random.default_rng(seed)
    noise = generator.normal(128, 900, (*shape, 3))
    soft = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma / 6 for sigma in (3, 12, 40))
    return np.clip(soft - np.mean(soft) + 128 + generator.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)


def jpeg(kind: str, seed: int = 0, shape: tuple[int, int] = (400, 560)) -> bytes:
    options = {"quality": 88, **KINDS[kind]}
    image, buffer = Image.fromarray(scene(seed, shape)), io.BytesIO()
    if options.pop("grey", False):
        image = image.convert("L")
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def seen(content: bytes) -> NDArray[Any]:
    with Image.open(io.BytesIO(content)) as image:
        samples = np.asarray(image).astype(int)
    return samples.reshape(len(samples), -1)


def damaged(content: bytes, how: str, share: float, seed: int = 0) -> bytes:
    start = content.index(b"\xff\xda")
    place = int(start + share * (len(content) - start))
    if how == "cut":
        return content[:place] + b"\xff\xd9"
    other = bytes(300) if how == "zeros" else np.random.default_rng(seed).integers(0, 255, 300, np.uint8).tobytes()
    return content[:place] + other + content[place + 300 :]


@pytest.mark.parametrize("kind", KINDS)
def test_sound_files_are_not_said_to_be_damaged(tmp_path: Path, kind: str) -> None:
    for seed in range(3):
        (tmp_path / "a.jpg").write_bytes(jpeg(kind, seed))
        assert Photograph.read(tmp_path / "a.jpg").notes == ()


#: Late in a progressive file each bit that is read wrongly is one bit of a coefficient, and no decoder notices.
CASES = [
    (kind, how, share)
    for kind in KINDS
    for how in ("zeros", "noise", "cut")
    for share in (0.3, 0.8)
    if not ("progressive" in kind and how == "noise" and share == 0.8)
]


@pytest.mark.parametrize(("kind", "how", "share"), CASES)
def test_the_row_is_where_the_damage_is_seen(tmp_path: Path, kind: str, how: str, share: float) -> None:
    content = jpeg(kind)
    broken = damaged(content, how, share)
    (tmp_path / "a.jpg").write_bytes(broken)
    (note,) = Photograph.read(tmp_path / "a.jpg").notes
    assert note.code == "damaged" and note.facts["rows"] == 400
    rows = np.abs(seen(content) - seen(broken)).max(1) > 24
    if "progressive" in kind:  # later scans may be missing, which would have sharpened all rows
        assert not rows.any() or note.facts["row"] <= int(rows.argmax()) + 64
    else:
        assert abs(note.facts["row"] - int(rows.argmax())) <= 24


def test_nearly_all_damage_is_noticed_and_placed() -> None:
    noticed, off, count = 0, [], 0
    for seed in range(40):
        content = jpeg(("plain", "4:4:4 optimised", "grey")[seed % 3], seed, (240, 320))
        broken = damaged(content, ("zeros", "noise")[seed % 2], 0.1 + 0.8 * (seed / 40), seed)
        rows = np.abs(seen(content) - seen(broken)).max(1) > 24
        if not rows.any():
            continue
        count += 1
        noticed += is_damaged(broken)
        if is_damaged(broken):
            off.append(abs(first_damaged_row(broken) - int(rows.argmax())))
    assert noticed >= 0.9 * count and np.percentile(off, 90) <= 24


def test_what_others_say_on_stderr_meanwhile_is_handed_on(capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cv2.imdecode

    def talkative(*given: Any) -> Any:
        os.write(2, b"another thread\n")
        return real(*given)

    monkeypatch.setattr(cv2, "imdecode", talkative)
    assert is_damaged(damaged(jpeg("plain"), "zeros", 0.5)) and not is_damaged(jpeg("plain"))
    assert capfd.readouterr().err == "another thread\n" * 2


def test_an_odd_revision_of_the_container_is_no_damage(capfd: Any) -> None:
    content = bytearray(jpeg("plain"))
    content[content.index(b"JFIF\0") + 5] = 10
    assert not is_damaged(bytes(content)) and capfd.readouterr().err == ""


def test_without_stderr_or_room_for_a_file_pictures_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    for module, name in ((tempfile, "TemporaryFile"), (os, "dup")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, refuse)
            assert not is_damaged(jpeg("plain"))


def test_foreign_and_broken_bytes_have_no_row() -> None:
    content, generator = jpeg("progressive", shape=(80, 120)), np.random.default_rng(0)
    for k in range(200):
        broken = bytearray(content[: generator.integers(4, len(content))] if k % 2 else content)
        for place in generator.integers(2, min(700, len(broken)), 4):
            broken[place] = generator.integers(256)
        assert 0 <= first_damaged_row(bytes(broken)) < 1 << 16


def test_looking_for_damage_is_cheap_where_there_is_none() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.tile(scene(), (6, 6, 1))).save(buffer, "JPEG", quality=90)

    def seconds(action: Any) -> float:
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    looking = min(seconds(lambda: is_damaged(buffer.getvalue())) for _ in range(3))
    assert looking < 1.5 * min(seconds(lambda: seen(buffer.getvalue())) for _ in range(3))
