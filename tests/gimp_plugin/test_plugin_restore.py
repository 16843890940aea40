"""The filter on images that are Python objects, with a runner that is one too."""

import contextlib
import importlib.util
import json

import pytest

from statue_models.errors import StatueError
from statue_models.phases import Phase


def test_the_result_is_a_group_of_masked_layers_above_the_photograph(plugin, scene, options, fake_runner):
    host, image, layer = scene
    runner = fake_runner()
    group = plugin.restore.restore(host, image, [layer], options(), runner)
    assert [one.name for one in image.layers] == ["Caption", "Restored face", "Photograph"]
    assert [one.visible for one in group.children] == [True, False]
    first = group.children[0]
    # selected are x 3..7, y 4..6 of the image
    assert first.frame == (3, 4, 5, 3)
    assert first.mask[1 * 5 + 2] == 255 and set(first.mask) == {100, 255}
    start = ((4 - 3) * 12 + 3 + 2) * 3
    assert first.pixels[:15] == bytes(255 - value for value in layer.pixels[start : start + 15])
    assert json.loads(group.parasites["restore-statue-face-record"]) == {"request": {"seed": 7}}
    assert image.steps == 1


def test_what_was_done_otherwise_than_asked_is_told(plugin, scene, options, fake_runner):
    host, image, layer = scene
    runner = fake_runner()
    plugin.restore.restore(host, image, [layer], options(), runner)
    assert host.told == []
    runner.notes = [{"code": "no-face", "sentence": "No face was found."}, {"code": "other", "sentence": "And more."}]
    group = plugin.restore.restore(host, image, [layer], options(), runner)
    assert host.told == ["No face was found.\nAnd more."]
    assert json.loads(group.parasites["restore-statue-face-record"])["notes"] == runner.notes


def test_the_runner_gets_the_whole_layer_and_all_that_is_selected_in_its_frame(plugin, scene, options, fake_runner):
    host, image, layer = scene
    runner = fake_runner()
    plugin.restore.restore(host, image, [layer], options(), runner)
    header, pixels, mask = runner.sent
    assert (header["width"], header["height"], header["channels"], header["depth"]) == (12, 8, 3, "uint8")
    assert (header["seed"], header["variants"], header["model"]) == (7, 2, "default")
    assert pixels == layer.pixels
    # soft or not: the layer mask mixes the edge, so the fill must not have been mixed before
    assert set(mask) == {0, 255} and mask.count(255) == 15 and mask[(5 - 3) * 12 + 5 + 2] == 255


def test_landmarks_are_drawn_where_they_lie_in_the_image(plugin, scene, options, fake_runner):
    host, image, layer = scene
    plugin.restore.restore(host, image, [layer], options(), fake_runner())
    (path,) = image.paths
    assert len(path.strokes) == 9 and path.strokes[0].points[1] == (1 - 2, 2 + 3)
    plugin.restore.restore(host, image, [layer], options(draw_landmarks=False), fake_runner())
    assert len(image.paths) == 1


def test_a_moved_path_is_what_the_runner_gets(plugin, scene, options, fake_runner):
    host, image, layer = scene
    plugin.restore.restore(host, image, [layer], options(), fake_runner())
    (path,) = image.paths
    path.strokes[3].points[0] = (4.5, 6.25)
    runner = fake_runner()
    plugin.restore.restore(host, image, [layer], options(use_path=True), runner)
    assert runner.sent[0]["landmarks"][27] == [6.5, 3.25]
    assert runner.sent[0]["landmarks"][28] == [28.0, 56.0]
    assert [index for index, placed in enumerate(runner.sent[0]["placed"]) if placed] == [27]
    assert image.paths == [path]


def refuse(plugin, scene, options, runner, **changes):
    """The error's code, after having seen that the image was left as it was."""
    host, image, layer = scene
    before = image.state()
    drawables = changes.pop("drawables", [layer])
    with pytest.raises(StatueError) as caught:
        plugin.restore.restore(host, image, drawables, options(**changes), runner)
    assert image.state() == before and host.waiting == []
    assert plugin.declaration.message(caught.value) == f"{caught.value.sentence} {caught.value.remedy}"
    return caught.value.code


def test_what_is_not_one_pixel_layer_is_refused(plugin, scene, options, fake_runner):
    _, image, layer = scene
    assert refuse(plugin, scene, options, fake_runner(), drawables=[layer, layer]) == "several-layers"
    assert refuse(plugin, scene, options, fake_runner(), drawables=[]) == "wrong-layer"
    layer.kind = "a layer group"
    assert refuse(plugin, scene, options, fake_runner()) == "wrong-layer"
    layer.kind, image.indexed = "layer", True
    assert refuse(plugin, scene, options, fake_runner()) == "unsupported-image"


def test_a_selection_must_be_there_and_touch_the_layer(plugin, scene, options, fake_runner):
    _, image, _ = scene
    image.selection = bytearray(12 * 9)
    image.selection[11] = 255
    assert refuse(plugin, scene, options, fake_runner()) == "selection-outside"
    image.selection = None
    assert refuse(plugin, scene, options, fake_runner()) == "no-selection"


def test_a_layer_over_the_limit_is_refused_before_it_is_read(plugin, scene, options, fake_runner):
    scene[2].frame = (0, 0, 8001, 8000)
    assert refuse(plugin, scene, options, fake_runner()) == "image-too-large"


@pytest.mark.parametrize("note", [None, b"", b"\xff", b"[]", b"[[1, 2]]", b"7", b'[["a", 0]]'])
def test_of_a_path_without_a_legible_note_every_point_is_the_users(plugin, scene, options, fake_runner, note):
    host, image, layer = scene
    plugin.restore.restore(host, image, [layer], options(), fake_runner())
    image.paths[0].parasites = {} if note is None else {plugin.restore.FOUND: note}
    runner = fake_runner()
    plugin.restore.restore(host, image, [layer], options(use_path=True), runner)
    assert runner.sent[0]["placed"] == [True] * 68


def test_without_a_path_nothing_is_said_of_placing(plugin, scene, options, fake_runner):
    host, image, layer = scene
    runner = fake_runner()
    plugin.restore.restore(host, image, [layer], options(), runner)
    assert runner.sent[0]["placed"] is None


def test_a_path_that_lost_a_point_or_is_not_there_is_refused(plugin, scene, options, fake_runner):
    host, image, layer = scene
    assert refuse(plugin, scene, options, fake_runner(), use_path=True) == "no-path"
    plugin.restore.restore(host, image, [layer], options(), fake_runner())
    image.paths[0].strokes[5].points.pop()
    assert refuse(plugin, scene, options, fake_runner(), use_path=True) == "bad-landmarks"


@pytest.mark.parametrize("moment", ["connect", "submit", "follow", "variant 1", "variant 2"])
def test_a_runner_that_fails_midway_leaves_the_image_untouched(plugin, scene, options, fake_runner, moment):
    assert (
        refuse(plugin, scene, options, fake_runner(StatueError("runner-unreachable"), moment)) == "runner-unreachable"
    )


@pytest.mark.parametrize("moment", [None, "variant 1", "variant 2"])
def test_a_job_is_forgotten_by_the_runner_once_it_is_fetched_or_given_up(plugin, scene, options, fake_runner, moment):
    host, image, layer = scene
    runner = fake_runner(plugin.gimpfu.CancelError(), moment)
    with contextlib.suppress(plugin.gimpfu.CancelError):
        plugin.restore.restore(host, image, [layer], options(), runner)
    assert runner.cancelled == ["job"]


def test_an_answer_that_does_not_fit_is_not_put_into_the_image(plugin, scene, options, fake_runner):
    class Odd(fake_runner):
        def variant(self, job, k):
            header, pixels = super().variant(job, k)
            return header, pixels[:-1]

    assert refuse(plugin, scene, options, Odd()) == "internal"


def test_a_failure_while_inserting_takes_everything_out_again(plugin, scene, options, fake_runner, monkeypatch):
    def fail(*_):
        raise RuntimeError("GIMP says no")

    monkeypatch.setattr(type(scene[0]), "insert_path", fail)
    assert refuse(plugin, scene, options, fake_runner()) == "internal"


def test_cancel_is_no_error_and_changes_nothing(plugin, scene, options, fake_runner):
    host, image, layer = scene
    before = image.state()
    with pytest.raises(plugin.gimpfu.CancelError):
        plugin.restore.restore(host, image, [layer], options(), fake_runner(plugin.gimpfu.CancelError(), "follow"))
    assert image.state() == before and host.waiting == []


def test_a_layer_that_the_user_deletes_meanwhile_is_missed(plugin, scene, options, fake_runner):
    host, image, layer = scene

    class Slow(fake_runner):
        def variant(self, job, k):
            image.layers[:] = [one for one in image.layers if one is not layer]
            return super().variant(job, k)

    with pytest.raises(StatueError) as caught:
        plugin.restore.restore(host, image, [layer], options(), Slow())
    assert caught.value.code == "layer-gone" and host.waiting == [] and len(image.layers) == 1


def test_the_bar_moves_forward_and_names_the_phases(plugin, scene, options, fake_runner):
    host, image, layer = scene
    plugin.restore.restore(host, image, [layer], options(), fake_runner())
    fractions = [fraction for _, fraction in host.shown]
    assert fractions == sorted(fractions) and fractions[-1] <= 1
    texts = [text for text, _ in host.shown]
    assert "Finding the face" in texts and "Working" in texts, "what a newer runner does has words, too"


def test_every_phase_has_words(plugin):
    assert set(plugin.restore.PHASES) == set(Phase)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_every_format_passes_through_at_its_own_precision(plugin, scene, options, fake_runner, channels, depth):
    host, image, layer = scene
    layer.samples = plugin.host.Samples(channels, depth)
    layer.pixels = bytes(i % 256 for i in range(12 * 8 * layer.samples.pixel_bytes))
    group = plugin.restore.restore(host, image, [layer], options(), fake_runner())
    assert group.children[0].samples == layer.samples


def test_the_registered_procedure_does_all_this(plugin, scene, fake_runner, monkeypatch):
    host, image, layer = scene
    monkeypatch.setattr(plugin.gimpfu, "host", host)
    monkeypatch.setattr(plugin.restore.restore, "__defaults__", (fake_runner(),))
    (group,) = plugin.headless.call("python-fu-restore-statue-face", image, [layer], variants=3, model="telea")
    assert len(group.children) == 3


def test_without_word_of_the_installation_there_is_no_runner(plugin, scene, options, monkeypatch, tmp_path):
    monkeypatch.setattr(plugin.restore, "_BESIDE", str(tmp_path))
    assert refuse(plugin, scene, options, plugin.restore.open_runner) == "not-installed"
    (tmp_path / "installation.json").write_text("{")
    assert refuse(plugin, scene, options, plugin.restore.open_runner) == "not-installed"


def test_a_dummy_question_is_one_row_of_the_plug_ins_own_table(plugin, scene, monkeypatch):
    """Nothing else is changed, and its answer is among the options."""
    text = (plugin.folder / "restore-statue-face.py").read_text(encoding="utf-8")
    last = '    (PF_TOGGLE, "use_path", "_Use the landmarks of the drawn path", False),\n'
    assert text.count(last) == 1
    changed = plugin.folder / "with_a_dummy_question.py"
    changed.write_text(text.replace(last, last + '    (PF_SPINNER, "feather", "_Feather", 2, (0, 9, 1)),\n'))
    monkeypatch.setattr(plugin.gimpfu.declaration, "procedures", procedures := {})
    monkeypatch.setattr(plugin.headless, "procedures", procedures)
    spec = importlib.util.spec_from_file_location("with_a_dummy_question", changed)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    _, image, layer = scene
    answered = []
    monkeypatch.setattr(plugin.restore, "restore", lambda host, image, drawables, options: answered.append(options))
    plugin.headless.call("python-fu-restore-statue-face", image, [layer], feather=5, seed=3)
    starts = {row[1]: row[3] for row in plugin.main.PARAMETERS}
    assert answered == [{**starts, "seed": 3, "feather": 5}] and "use_path" in starts
