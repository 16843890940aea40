"""FaceMesh's two model files: out of MediaPipe's wheel, and only they.

They are Apache-2.0 parts of MediaPipe 0.10.14. The same wheel is fetched on every machine, whatever it was built for,
because only data is taken from it.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from installer.files import remove, replace_folder, sha256
from installer.processes import CommandFailed, InstallError, Run, Say

REQUIREMENT = "mediapipe==0.10.14"
_PLATFORM = (
    *("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"),
    *("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64"),
)
_MODULES = "mediapipe/modules"
#: Name -> (where in the wheel, SHA-256). statue_models/landmarks/facemesh/files.py expects the same.
FILES = {
    "face_detection_short_range.tflite": (
        f"{_MODULES}/face_detection/face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    ),
    "face_landmark.tflite": (
        f"{_MODULES}/face_landmark/face_landmark.tflite",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    ),
}
_LICENCE = "mediapipe-0.10.14.dist-info/LICENSE"
_NOTICE = """\
face_detection_short_range.tflite and face_landmark.tflite are parts of MediaPipe 0.10.14,
Copyright 2019-2024 The MediaPipe Authors, licensed under the Apache License 2.0 (see LICENSE).
They are unchanged.
"""


def are_there(folder: Path) -> bool:
    """Whether ``folder`` holds both files, with the right contents."""
    return all((folder / name).is_file() and sha256(folder / name) == expected for name, (_, expected) in FILES.items())


def install_landmarks(folder: Path, pip: Sequence[str], run: Run, say: Say) -> bool:
    """Fetch both files with their licence into ``folder``; returns whether they had to be fetched.

    Args:
        folder: replaced as a whole.
        pip: the words that start pip.

    Raises:
        InstallError: the wheel cannot be had or is not the expected one.
    """
    if are_there(folder):
        return False
    say("  Fetching the face landmark models (35 MB, of which 1.5 MB are kept)")
    new = folder.with_name(f"{folder.name}.new")
    remove(new)
    new.mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            run([*pip, "download", "--no-deps", "--only-binary=:all:", "--no-input", "--no-cache-dir", "--quiet",
                 "--dest", place, *_PLATFORM, REQUIREMENT])  # fmt: skip
            unpack(next(Path(place).glob("mediapipe-*.whl")), new)
        replace_folder(new, folder, folder.with_name(f"{folder.name}.old"))
    except CommandFailed as error:
        raise InstallError(
            f"The face landmark models could not be fetched:\n{error.last_lines(2)}",
            "Check the network, then run this again.",
        ) from error
    finally:
        remove(new)
    return True


def unpack(wheel: Path, folder: Path) -> None:
    """Take both files and their licence out of MediaPipe's wheel.

    Raises:
        InstallError: a file is missing or is another one than expected.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for name, (inside, expected) in FILES.items():
            content = archive.read(inside) if inside in names else b""
            if hashlib.sha256(content).hexdigest() != expected:
                raise InstallError(
                    f"{inside} in {wheel.name} is not the file that this version was tested with.",
                    "Run this again; when it happens again, the package index serves another file: please report it.",
                )
            (folder / name).write_bytes(content)
        if _LICENCE in names:
            (folder / "LICENSE").write_bytes(archive.read(_LICENCE))
    (folder / "NOTICE").write_text(_NOTICE, encoding="utf-8")
