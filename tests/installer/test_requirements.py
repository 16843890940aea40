"""The installer's lists agree with the package's, and everything in them has an exact version."""

import re
import tomllib

from installer import landmarks
from installer.layout import CHECKOUT
from statue_models.landmarks.facemesh import files as facemesh_files


def rows(name):
    lines = (CHECKOUT / name).read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def names(requirements):
    return {re.split(r"[<>=~!]", row)[0].lower() for row in requirements}


def project():
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]


def test_runtime_is_what_the_package_needs():
    needed = {row for row in project()["dependencies"] if not row.startswith("opencv")}
    assert rows("installer/requirements.txt") == needed


def test_tests_need_what_the_extra_says():
    assert rows("installer/requirements-tests.txt") >= set(project()["optional-dependencies"]["dev"])


def test_every_requirement_is_pinned():
    pins = rows("constraints/runtime.txt") | rows("constraints/tests.txt")
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9.]+", row) for row in pins)
    wanted = names(rows("installer/requirements.txt") | rows("installer/requirements-tests.txt"))
    assert wanted | {"opencv-python", "opencv-python-headless", "torch"} <= names(pins)


def test_both_builds_of_opencv_have_one_version():
    versions = {row.split("==")[1] for row in rows("constraints/runtime.txt") if row.startswith("opencv")}
    assert len(versions) == 1


def test_landmark_models_are_those_that_the_package_accepts():
    assert {name: expected for name, (_, expected) in landmarks.FILES.items()} == facemesh_files.SHA256
