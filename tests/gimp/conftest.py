"""Real GIMPs and a real runner for the tests; what could not be driven is said in red at the end of the run."""

from types import SimpleNamespace

import gimps
import pytest
import torch
from pictures import Picture, prepare
from PIL import Image

from training.damage.draws import Draws
from training.examples.paintings import paint

EXAMPLE = gimps.REPOSITORY / "statue_models/example"
NOT_DRIVEN = pytest.StashKey[dict[str, str]]()


def pytest_configure(config):
    config.stash[NOT_DRIVEN] = {}


def pytest_terminal_summary(terminalreporter, config):
    for what, reason in config.stash[NOT_DRIVEN].items():
        terminalreporter.write_line(f"NOT TESTED: {what}: {reason}", red=True, bold=True)


@pytest.fixture(scope="session")
def not_driven(pytestconfig):
    """Skip a test with a reason that nobody can overlook."""

    def skip(what, reason):
        pytestconfig.stash[NOT_DRIVEN][what] = reason
        pytest.skip(f"{what}: {reason}")

    return skip


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """The bundled example as a PNG, so that GIMP and the command line read the same numbers; and its hole's box.

    At half its size, because GIMP takes its time to write PNGs.
    """
    path = tmp_path_factory.mktemp("example") / "damaged.png"
    Image.open(EXAMPLE / "damaged.jpg").convert("RGB").reduce(2).save(path)
    left, top, right, bottom = Image.open(EXAMPLE / "mask.png").convert("L").reduce(2).getbbox()
    return SimpleNamespace(path=path, hole=(left, top, right - left, bottom - top))


@pytest.fixture(scope="session")
def painting(tmp_path_factory):
    """A drawn painting, 192 x 128, as a PNG: a picture without a face."""
    samples = paint(Draws(3, torch.device("cpu")), 1, 128, 192)[0].permute(1, 2, 0)
    path = tmp_path_factory.mktemp("painting") / "painting.png"
    Image.fromarray((samples.numpy() * 255).round().astype("uint8")).save(path)
    return path


@pytest.fixture(scope="module", params=["2.10", "3.0", pytest.param("3.2", marks=pytest.mark.nightly)])
def session(request, not_driven, example):
    """A running GIMP with the plug-in, whose runner runs outside its root."""
    reason = gimps.why_not(request.param)
    if reason:
        not_driven(f"GIMP {request.param}", reason)
    gimp = prepare(request.param, "headless", example)
    try:
        gimp.start()
        yield gimp
    finally:
        gimp.runner.stop()
        gimp.stop()


@pytest.fixture
def picture(session):
    """The example, opened in GIMP."""
    opened = Picture(session)
    yield opened
    opened.ask("close")
