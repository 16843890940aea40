"""The plug-in in real GIMPs, called by a script, with the real runner."""

import importlib.util
import json
import shutil
import subprocess
import sys

import cv2
import gimps
import numpy as np
import pytest
from pictures import FEATHER, Picture, landmark_models
from PIL import Image

from statue_models.methods.registry import descriptors

pytestmark = pytest.mark.gimp
WITHOUT_LANDMARKS = "FaceMesh's model files are not here; the installer fetches them"


def read(path):
    """(H, W) or (H, W, C) samples of a file at its own depth."""
    samples = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert samples is not None, path
    return samples


def colour(path):
    """(H, W, 3) uint8."""
    return read(path)[..., :3]


def part(array, frame):
    x, y, width, height = frame
    return array[y : y + height, x : x + width]


def test_hard_selection(picture, example):
    picture.ask("select", *example.hole, 0)
    before, facts = colour(picture.seen()), picture.facts()
    group = picture.restore(variants=3)
    after = colour(picture.seen())

    hole = np.zeros(before.shape[:2], bool)
    part(hole, example.hole)[...] = True
    assert np.array_equal(before[~hole], after[~hole])
    assert (np.abs(after.astype(int) - before)[hole].max(-1) > 0).mean() > 0.5

    assert picture.ask("layers") == [group, picture.layer]
    variants = picture.of(group, "children")
    assert [picture.of(one, "name") for one in variants] == ["Variant 1"]  # telea leaves nothing to chance
    assert [picture.of(one, "frame") for one in variants] == [list(example.hole)]
    _, _, active, bounds, _ = picture.facts()
    assert [active, bounds] == facts[2:4]
    record = json.loads(picture.of(group, "record"))
    assert record["request"]["variants"] == 3 and [note["code"] for note in record["notes"]] == ["one-answer"]


def test_soft_selection_on_a_layer_that_was_moved(picture, example):
    x, y, width, height = example.hole
    picture.of(picture.layer, "move", -30, 25)
    picture.ask("select", x - 30, y + 25, width, height, FEATHER)
    before = colour(picture.seen())
    group = picture.restore()
    after, selection = colour(picture.seen()), read(picture.selection())

    assert np.array_equal(before[selection == 0], after[selection == 0])
    assert not np.array_equal(before[selection == 255], after[selection == 255])
    for variant in picture.of(group, "children"):
        left, top, wide, high = picture.of(variant, "frame")
        rows, columns = np.nonzero(selection)
        assert (left, top) == (columns.min(), rows.min())
        assert (left + wide, top + high) == (columns.max() + 1, rows.max() + 1)
        points = [[column, high // 2] for column in range(0, wide, 5)]
        mask = picture.of(picture.of(variant, "mask"), "samples", points)
        whole = [[left + column, top + row] for column, row in points]
        assert mask == picture.of(picture.ask("selection"), "samples", whole)
        assert 0 in mask or len(set(mask)) > 3


def matches_the_command_line(picture, path, folder, model, least):
    """All hypotheses in GIMP are those of ``statue restore`` where the selection is full, in over ``least`` pixels.

    At the selection's soft edge GIMP mixes, not the runner.
    """
    group = picture.restore(seed=5, model=model)
    selection = read(picture.selection())
    cv2.imwrite(str(folder / "mask.png"), selection)
    command = [sys.executable, "-m", "statue_models", "restore", str(path)]
    command += ["--mask", str(folder / "mask.png"), "-o", str(folder / "out.png")]
    command += ["--model", model, "--variants", "2", "--seed", "5"]
    subprocess.run(command, check=True, cwd=gimps.REPOSITORY)
    variants = picture.of(group, "children")
    assert len(variants) == 1 + (folder / "out.2.png").exists()
    assert [picture.of(one, "name") for one in variants] == ["Variant 1", "Variant 2"][: len(variants)]
    assert [picture.of(one, "visible") for one in variants] == [1, 0][: len(variants)]
    for variant, name in zip(variants, ("out.png", "out.2.png"), strict=False):
        frame = picture.of(variant, "frame")
        full = part(selection, frame) == 255
        ours = colour(picture.pixels_of(variant))[full]
        off = np.abs(ours.astype(int) - part(colour(folder / name), frame)[full])
        assert full.sum() > least and off.max() == 0
    return group


@pytest.mark.parametrize("model", ["telea", "statuefit"])
def test_the_command_line_makes_the_same_pixels(picture, example, tmp_path, model, not_driven):
    if model == "statuefit" and not landmark_models():
        not_driven("GIMP against the command line with statuefit", WITHOUT_LANDMARKS)
    picture.ask("select", *example.hole, FEATHER)
    group = matches_the_command_line(picture, example.path, tmp_path, model, 500)
    assert len(picture.of(group, "children")) == (2 if model == "statuefit" else 1)


FACELESS = [one.name for one in descriptors() if one.published and one.kind == "network" and one.trained]


@pytest.mark.parametrize("model", [*FACELESS, "statuefit"])
def test_a_picture_without_a_face_is_restored_from_what_is_around(session, painting, tmp_path, model, not_driven):
    """By all that come trained, also those of faces, which are framed on the selection; our own say so."""
    if model == "statuefit" and not landmark_models():
        not_driven("a picture without a face with statuefit", WITHOUT_LANDMARKS)
    shutil.copy(painting, session.folder / "painting.png")
    picture = Picture(session, "painting.png")
    picture.ask("select", 60, 40, 30, 24, 0)
    before = colour(picture.seen())
    group = matches_the_command_line(picture, painting, tmp_path, model, 700)
    hole = np.zeros(before.shape[:2], bool)
    hole[40:64, 60:90] = True
    after = colour(picture.seen())
    assert np.array_equal(before[~hole], after[~hole]) and not np.array_equal(before[hole], after[hole])
    record = json.loads(picture.of(group, "record"))
    assert record["request"]["model"] == model
    if model == "statuefit":
        assert [note["code"] for note in record["notes"]] == ["no-face"]
        assert record["groups"][0]["method"] == "surroundings"
    picture.ask("close")


def test_landmarks_become_a_path_that_can_be_moved(picture, example, not_driven):
    if not landmark_models():
        not_driven("landmarks in GIMP", WITHOUT_LANDMARKS)
    picture.ask("select", *example.hole, 0)
    group = picture.restore(model="statuefit")
    assert picture.ask("paths") == ["Statue face landmarks"]
    assert picture.ask("path-anchors", 0) == [17, 5, 5, 4, 5, 6, 6, 12, 8]
    found = json.loads(picture.of(group, "record"))["landmarks"]["points"]
    assert picture.ask("path-first-anchor", 0) == pytest.approx(found[0], abs=0.01)
    group = picture.restore(model="statuefit", use_path=True, variants=1)
    assert not any(json.loads(picture.of(group, "record"))["request"]["landmarks"]["placed"])
    picture.ask("path-moved", 0, 7, -3)
    group = picture.restore(model="statuefit", use_path=True, variants=1)
    asked = json.loads(picture.of(group, "record"))["request"]["landmarks"]
    given = asked["points"]
    assert all(asked["placed"])
    assert given[0] == pytest.approx([found[0][0] + 7, found[0][1] - 3], abs=0.01)
    assert picture.ask("paths") == ["Statue face landmarks"]


def test_the_last_values_are_used_again(picture, example):
    picture.ask("select", *example.hole, 0)
    picture.restore()
    assert picture.ask("restore-again", picture.layer) in picture.ask("layers")


@pytest.mark.parametrize("how, depth", [("gray", np.uint8), ("u16", np.uint16), ("float", None), ("alpha", np.uint8)])
def test_other_formats(picture, example, how, depth):
    """The layer's samples outside the selection have gone to the runner and back: they must be the photograph's."""
    picture.ask("convert", how)
    picture.ask("select", *example.hole, FEATHER)
    group = picture.restore(variants=1)
    (variant,) = picture.of(group, "children")
    frame = picture.of(variant, "frame")
    unselected = part(read(picture.selection()), frame) == 0
    made, source = read(picture.pixels_of(variant)), part(read(picture.pixels_of(picture.layer)), frame)
    assert made.shape == source.shape and (depth is None or made.dtype == depth)
    # GIMP's float layers are in linear light, and read here from 16-bit files: rounded once more
    off = np.abs(made[unselected].astype(int) - source[unselected]).max()
    assert unselected.any() and off <= (1 if how == "float" else 0)
    assert not np.array_equal(made[~unselected], source[~unselected])


def wide_gamut_profile():
    """Adobe RGB's primaries and exponent."""
    path = gimps.REPOSITORY / "tests/pictures/icc_profiles.py"
    spec = importlib.util.spec_from_file_location("icc_profiles", path)
    profiles = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(profiles)
    return profiles.matrix_profile(profiles.ADOBE_RGB, profiles.gamma_curve(2.2))


def test_a_picture_with_its_own_colour_profile(session, example):
    """The runner gets sRGB and the picture its own colours back, to a level; outside the selection nothing changes."""
    Image.open(example.path).save(session.folder / "wide.png", icc_profile=wide_gamut_profile())
    picture = Picture(session, "wide.png")
    picture.ask("select", *example.hole, FEATHER)
    before = colour(picture.seen())
    group = picture.restore(variants=1)
    after, selection = colour(picture.seen()), read(picture.selection())
    assert np.array_equal(before[selection == 0], after[selection == 0])
    (variant,) = picture.of(group, "children")
    frame = picture.of(variant, "frame")
    unselected = part(selection, frame) == 0
    made, source = colour(picture.pixels_of(variant)), part(colour(picture.pixels_of(picture.layer)), frame)
    assert np.abs(made[unselected].astype(int) - source[unselected]).max() <= 2
    picture.ask("close")


def told(code):
    """The sentence of the catalogue up to its first blank to be filled, and the remedy."""
    row = json.loads((gimps.REPOSITORY / "statue_models/errors.json").read_text())[code]
    return row["sentence"].split("{")[0], row["remedy"]


def refused(picture, code, layers=None, **values):
    """The plug-in says what the catalogue says for a code, and the image is as it was."""
    before, facts = read(picture.seen()), picture.facts()
    with pytest.raises(gimps.GimpError) as caught:
        picture.restore(layers, **values)
    sentence, remedy = told(code)
    assert sentence in str(caught.value) and remedy in str(caught.value)
    assert picture.facts() == facts and np.array_equal(read(picture.seen()), before)


def test_nothing_selected(picture):
    refused(picture, "no-selection")


def test_two_layers_or_none_that_fits(picture, example, session):
    picture.ask("select", *example.hole, 0)
    other = picture.ask("new-layer", "Other")
    if session.version != "2.10":  # where only one can be selected
        refused(picture, "several-layers", [picture.layer, other])
    refused(picture, "selection-outside", [other])
    refused(picture, "wrong-layer", [picture.ask("new-group")])
    refused(picture, "wrong-layer", [picture.of(picture.layer, "add-mask")])


def test_indexed_colours(picture, example):
    picture.ask("convert", "indexed")
    picture.ask("select", *example.hole, 0)
    refused(picture, "unsupported-image")


def test_no_path_to_take_landmarks_from(picture, example):
    picture.ask("select", *example.hole, 0)
    refused(picture, "no-path", use_path=True)


def test_everything_selected_is_refused_by_the_runner(picture):
    width, height = picture.of(picture.layer, "frame")[2:]
    picture.ask("select", 0, 0, width, height, 0)
    refused(picture, "full-mask")


def test_no_runner(picture, example, session):
    picture.ask("select", *example.hole, 0)
    session.runner.stop()
    try:
        refused(picture, "runner-start")
    finally:
        session.runner = gimps.Runner(session.folder / "home")
    assert picture.restore(variants=1) in picture.ask("layers")
