"""What register() makes of a declaration, and what the hosts have in common."""

import ast
import sys
from pathlib import Path

import pytest

from installer.plugin import shared_files
from statue_models.methods import registry

REPOSITORY = Path(__file__).resolve().parents[2]
PLUG_IN = REPOSITORY / "gimp_plugin/restore-statue-face"


@pytest.fixture
def declare(plugin, monkeypatch):
    """register() for a procedure with some parameters, forgotten after the test."""
    monkeypatch.setattr(plugin.gimpfu.declaration, "procedures", {})
    image, layer = (plugin.gimpfu.PF_IMAGE, "image", "Image", None), (plugin.gimpfu.PF_DRAWABLE, "d", "Layer", None)

    def register(*parameters, name="try_it", results=(), function=lambda image, drawable, *values: values):
        texts = ("blurb", "help", "author", "copyright", "2026", "_Try...", "RGB*")
        return plugin.gimpfu.register(name, *texts, [image, layer, *parameters], list(results), function)

    return register


def test_names_get_gimpfus_prefix_and_hyphens(plugin, declare):
    procedure = declare((plugin.gimpfu.PF_INT, "how_many", "How many", 3))
    assert procedure.name == "python-fu-try-it"
    assert procedure.parameters[0].key == "how-many"
    assert procedure.title == "Try"
    assert declare(name="plug_in_mine").name == "plug-in-mine"


def test_values_arrive_as_gimpfu_promises(plugin, declare):
    fu = plugin.gimpfu
    procedure = declare(
        (fu.PF_TOGGLE, "on", "On", True),
        (fu.PF_SLIDER, "much", "Much", 0.5, (0, 1, 0.1)),
        (fu.PF_SPINNER, "many", "Many", 2, (1, 9, 1)),
        (fu.PF_OPTION, "which", "Which", 1, ("First", "Second")),
        (fu.PF_RADIO, "what", "What", "b", (("An a", "a"), ("A b", "b"))),
        results=[(fu.PF_INT, str(i), "?") for i in range(5)],
    )
    assert procedure.call(None, [1], [1, 1, 3.0, 0, "a"]) == [True, 1.0, 3, 0, "a"]
    assert [choice.nick for choice in procedure.parameters[3].choices] == ["opt0", "opt1"]
    assert [choice.nick for choice in procedure.parameters[4].choices] == ["a", "b"]


@pytest.mark.parametrize("values", [[10, "a"], [0, "a"], [1, "c"]])
def test_values_outside_the_declaration_are_refused(plugin, declare, values):
    fu = plugin.gimpfu
    procedure = declare((fu.PF_SPINNER, "n", "N", 1, (1, 9, 1)), (fu.PF_RADIO, "r", "R", "a", (("A", "a"), ("B", "b"))))
    with pytest.raises(ValueError):
        procedure.call(None, [1], values)


def test_two_layers_are_refused_where_one_is_declared(declare):
    with pytest.raises(ValueError, match="one layer"):
        declare().call(None, [1, 2], [])


def test_declarations_that_no_gimp_could_register_are_refused(plugin, declare):
    fu = plugin.gimpfu
    same = (fu.PF_INT, "same", "Same", 0)
    wrong = [[same, same], [(fu.PF_INT, "image", "Reserved", 0)], [("colour", "c", "Unknown kind", 0)]]
    wrong.append([(fu.PF_SPINNER, "n", "Default outside", 20, (1, 9, 1))])
    for parameters in wrong:
        with pytest.raises(ValueError):
            declare(*parameters)
    with pytest.raises(ValueError, match="first two"):
        fu.register("x", *[""] * 7, [same, same], [], print)
    declare()
    with pytest.raises(ValueError, match="already"):
        declare()


def test_unknown_arguments_are_refused_as_gimp_refuses_them(plugin, scene):
    _, image, layer = scene
    with pytest.raises(TypeError, match="strength"):
        plugin.headless.call("python-fu-restore-statue-face", image, [layer], strength=1)


def test_started_outside_gimp_it_says_so(plugin, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["restore-statue-face.py"])
    with pytest.raises(SystemExit, match="plug-in"):
        plugin.gimpfu.main()


def test_strips_cover_a_plane_once(plugin):
    for width, height, size in ((7, 5, 3), (1, 1, 16), (5000, 3, 4), (3, 4000, 1)):
        pieces = list(plugin.host.strips(width, height, size, limit=10_000))
        assert sum(rows for _, rows, _ in pieces) == height
        assert [s.start for _, _, s in pieces] == [top * width * size for top, _, _ in pieces]
        assert pieces[-1][2].stop == width * height * size


def classes(path):
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}


def methods(node):
    return {one.name: [a.arg for a in one.args.args] for one in node.body if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize("name", ["Gimp3Host", "Gimp210Host", "HeadlessHost"])
def test_every_host_has_every_verb(name):
    file = name.removesuffix("Host").lower()
    wanted = methods(classes(PLUG_IN / "gimpfu/host.py")["Host"])
    given = methods(classes(PLUG_IN / f"gimpfu/{file}.py")[name])
    assert {verb: given.get(verb) for verb in wanted} == wanted


def imported(tree):
    """What is imported when a file runs, and not only looked at by a type checker."""
    nodes = list(ast.walk(tree))
    guards = [node for node in nodes if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"]
    typed = {inner for guard in guards for inner in ast.walk(guard)}
    for node in nodes:
        if node in typed:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


FILES = sorted([*PLUG_IN.rglob("*.py"), REPOSITORY / "statue_models/fields.py"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_gimps_python_can_load_it(path):
    """Python 3.9's grammar; imports of the standard library, the host's bindings and the plug-in's own files only."""
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    beside = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in shared_files(REPOSITORY)}
    roots = {name.split(".")[0] for name in set(imported(tree)) - beside}
    assert roots <= set(sys.stdlib_module_names) | {"gimpfu", "landmark_path", "restore", "gi"}
    assert "gi" not in roots or path.name in {"gimp3.py", "dialog210.py"}


def test_the_models_to_choose_from_are_those_that_can_be_used(plugin):
    usable = [(f"{title} ({name})", name) for name, title in registry.trained_names_and_titles()]
    assert [("Automatic", "default"), *usable] == plugin.main.MODELS
