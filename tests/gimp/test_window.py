"""The plug-in as a user meets it: in GIMP's window, with Ctrl+Z."""

import time

import cv2
import gimps
import numpy as np
import pytest
import windows
from pictures import Picture, prepare

pytestmark = pytest.mark.gimp
TITLE = "512x640"  # GIMP's window says the size of the image


@pytest.fixture
def screen(not_driven):
    reason = windows.why_not()
    if reason:
        not_driven("GIMP's window", reason)
    opened = windows.Screen()
    yield opened
    opened.close()


@pytest.fixture(params=["2.10", "3.0", pytest.param("3.2", marks=pytest.mark.nightly)])
def window(request, screen, not_driven, example):
    """(GIMP with a window that shows the example with a selection, that picture, the window's id)."""
    reason = gimps.why_not(request.param)
    if reason:
        not_driven(f"GIMP {request.param}", reason)
    gimp = prepare(request.param, "window", example, screen.name)
    try:
        gimp.start()
        picture = Picture(gimp, window=True)
        picture.ask("select", *example.hole, 0)
        found = screen.window(TITLE)
        screen.do("windowmove", found, 0, 0, "windowsize", found, 1260, 780)
        time.sleep(1)  # for the window to be laid out anew
        yield gimp, picture, found
    finally:
        gimp.runner.stop()
        gimp.stop()


def pixels(picture):
    return cv2.imread(str(picture.seen()), cv2.IMREAD_UNCHANGED)


def undo(screen, window, picture, facts):
    """One Ctrl+Z; then everything but the dirty flag must be as it was, and stay so."""
    screen.focus(window)
    screen.keys(["ctrl+z"])
    gimps.until("one undo to take it all back", 20, lambda: picture.facts()[:4] == facts[:4])


def test_one_undo_takes_everything_back(screen, window):
    _, picture, found = window
    facts, before = picture.facts(), pixels(picture)
    picture.restore()
    assert picture.facts()[0] != facts[0] and not np.array_equal(pixels(picture), before)
    undo(screen, found, picture, facts)
    assert np.array_equal(pixels(picture), before)


@pytest.mark.nightly
def test_from_the_menu_to_the_undo(screen, window, tmp_path):
    """Search Actions, the dialog, OK, the layer group on the canvas, Ctrl+Z; with pictures of each step."""
    gimp, picture, found = window
    facts, before = picture.facts(), pixels(picture)
    screen.do("mousemove", 640, 700)
    screen.focus(found)
    screen.keys(["slash"])
    screen.focus(screen.window("^Search Actions", 20))
    screen.type("restore statue")
    time.sleep(1)
    screen.shot(tmp_path / f"{gimp.version}-search.png")
    screen.keys(["Return"])
    dialog = screen.window("^Restore Statue Face", 30)
    screen.do("windowmove", dialog, 500, 420)
    time.sleep(1)
    screen.shot(tmp_path / f"{gimp.version}-dialog.png")
    screen.accept(dialog)
    gimps.until("the layer group", 60, lambda: picture.ask("layers") != facts[0])
    gimps.until("the end of the work", 20, lambda: len(picture.of(picture.ask("layers")[0], "children")) == 4)
    time.sleep(1)
    screen.shot(tmp_path / f"{gimp.version}-result.png")
    assert picture.facts()[2:4] == facts[2:4] and not np.array_equal(pixels(picture), before)
    undo(screen, found, picture, facts)
    assert np.array_equal(pixels(picture), before)
    screen.shot(tmp_path / f"{gimp.version}-undone.png")
