"""How a request goes through the house: few stays, few returns."""

import sys
from pathlib import Path

from bundled_example import example

from statue_models.request import RestorationRequest
from statue_models.restoring.restorer import Restorer

HOUSE = Path(__file__).parents[2] / "statue_models"
#: Calls that are looked at: ``restore`` itself and three levels below it.
DEPTH = 4
#: What commit 5bd3845 showed, before the rooms were built anew: stays, and files that were visited.
STAYS_BEFORE, FILES_BEFORE = 39, 13
SHARE = 0.6


def trace_files(action):
    """The project's files in the order in which their functions are called, down to ``DEPTH``."""
    inside, files = [], []

    def note(frame, event, _):
        if event == "call":
            path = frame.f_code.co_filename
            inside.append(path.startswith(str(HOUSE)) and not frame.f_code.co_name.startswith("<"))
            if inside[-1] and sum(inside) <= DEPTH:
                files.append(str(Path(path).relative_to(HOUSE)))
        elif event == "return" and inside:
            inside.pop()

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return files


def stays_of(files):
    """Consecutive calls in one file are one stay, and what a loop repeats counts once."""
    stays = [file for index, file in enumerate(files) if index == 0 or files[index - 1] != file]
    length = 1
    while length <= len(stays) // 2:
        for start in range(len(stays) - 2 * length + 1):
            if stays[start : start + length] == stays[start + length : start + 2 * length]:
                del stays[start : start + length]
                length = 0  # something shorter may repeat now
                break
        length += 1
    return stays


def test_loops_count_once():
    assert stays_of(list("aabccb")) == list("abcb")
    assert stays_of(list("abab")) == list("ab") and stays_of(list("xabcabcy")) == list("xabcy")


def test_a_request_goes_straight_on():
    restorer = Restorer(device="cpu")
    request = RestorationRequest(example("damaged.jpg", 3), example("mask.png", 3))
    restorer.restore(request)  # what is loaded once is no part of the way
    stays = stays_of(trace_files(lambda: restorer.restore(request, lambda phase, fraction: None)))
    way = " -> ".join(stays)
    assert len(stays) <= SHARE * STAYS_BEFORE, way
    returns, before = len(stays) - len(set(stays)), STAYS_BEFORE - FILES_BEFORE
    assert returns <= SHARE * before, way
