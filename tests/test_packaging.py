"""What the wheel carries."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SETUPTOOLS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def test_every_package_is_in_the_wheel():
    folders = {file.parent for file in (REPOSITORY / "statue_models").rglob("*.py")}
    inside = {".".join(folder.relative_to(REPOSITORY).parts) for folder in folders}
    plug_in = set(SETUPTOOLS["package-dir"])
    assert set(SETUPTOOLS["packages"]) == inside | plug_in


def test_the_plug_in_folder_is_in_the_wheel():
    places = {name: REPOSITORY / folder for name, folder in SETUPTOOLS["package-dir"].items()}
    main = places["statue_models.gimp_plugin"]
    assert (main / "restore-statue-face.py").is_file() and all(place.is_dir() for place in places.values())
    assert {file.parent for file in main.rglob("*.py")} == set(places.values())
