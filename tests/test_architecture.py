"""The rooms and arrows of docs/architecture.md are those of the code, no more and no fewer."""

import ast
import re
from pathlib import Path

import pytest

from installer.plugin import shared_files

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("statue_models", "training", "installer", "gimp_plugin")
#: Largest share of its package's lines that a room may hold.
SHARE = {"statue_models": 1 / 5, "training": 1 / 4}
FILES = {
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts): path
    for package in PACKAGES
    for path in (REPOSITORY / package).rglob("*.py")
}


def documented(package):
    """Room -> the rooms that its row names, in the order of the package's table."""
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.split(f"### `{package}`")[1].split("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", section, re.MULTILINE)
    return {room: re.findall(r"`(\w+)`", arrows) for room, arrows in rows}


def imported(path):
    """Modules of this repository that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            folder = path.relative_to(REPOSITORY).parts[: -node.level] if node.level else ()
            home = ".".join(filter(None, (*folder, node.module)))
            whole = [f"{home}.{alias.name}" for alias in node.names]
            names = [name if {name, f"{name}.__init__"} & FILES.keys() else home for name in whole]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


def room_of(module):
    """(package, room); the package itself is a room of its name."""
    package, *rest = module.removesuffix(".__init__").split(".")
    return package, rest[0] if rest else package


def arrows(package):
    """Room -> (package, room) of all that its files import elsewhere."""
    found = {}
    for module, path in FILES.items():
        if module.split(".")[0] == package:
            here = room_of(module)
            found.setdefault(here[1], set()).update({room_of(name) for name in imported(path)} - {here})
    return found


@pytest.mark.parametrize("package", ["statue_models", "training"])
def test_the_page_names_every_room_and_every_arrow(package):
    rooms = documented(package)
    for room, there in arrows(package).items():
        if room in (package, "__main__") and room not in rooms:
            continue  # the Python API looks its names up, __main__ starts the command
        assert room in rooms, f"docs/architecture.md has no row for {package}/{room}"
        assert {name for home, name in there if home == package} == set(rooms[room]), room
    assert set(rooms) <= set(arrows(package))


@pytest.mark.parametrize("package", ["statue_models", "training"])
def test_arrows_go_to_rows_above(package):
    above = {package}
    for room, named in documented(package).items():
        assert set(named) <= above, room
        above.add(room)


def test_packages_keep_to_their_own_side():
    assert not {home for there in arrows("statue_models").values() for home, _ in there} - {"statue_models"}
    assert not {(home, name) for there in arrows("training").values() for home, name in there} & {
        ("statue_models", "runner"),
        ("statue_models", "cli"),
    }
    assert not [name for there in arrows("installer").values() for home, name in there if home != "installer"]


def test_the_plug_in_imports_what_is_laid_beside_it():
    beside = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in shared_files(REPOSITORY)}
    plug_in = [path for module, path in FILES.items() if module.startswith("gimp_plugin.")]
    elsewhere = {name for path in plug_in for name in imported(path) if not name.startswith("gimp_plugin.")}
    assert elsewhere and elsewhere <= beside


@pytest.mark.parametrize("package", SHARE)
def test_no_room_is_too_large(package):
    lines = {}
    for module, path in FILES.items():
        if module.split(".")[0] == package:
            home = room_of(module)[1]
            lines[home] = lines.get(home, 0) + len(path.read_text(encoding="utf-8").splitlines())
    room, largest = max(lines.items(), key=lambda item: item[1])
    assert largest <= SHARE[package] * sum(lines.values()), room
