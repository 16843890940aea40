"""Heal selection as a baseline: how a GIMP is found and asked, and what becomes of its answer."""

import sys
import types

import cv2
import numpy as np
import pytest
from PIL import Image

from statue_models.errors import StatueError
from training.evaluation.contenders import resynthesizer
from training.suites.cases import Case

#: Stands in for gimp-console: answers the probe, and "heals" by making the whole picture red.
FAKE = """#!{python}
import re, sys
import cv2
if "--version" in sys.argv:
    print("GNU Image Manipulation Program version {version}")
    sys.exit()
script = sys.argv[sys.argv.index("-b") + 1]
out = re.findall(r'"([^"]*(?:found|out.png))"|' + r"'([^']*(?:found|out.png))'", script)[-1]
out = out[0] or out[1]
if out.endswith("found"):
    open(out, "w").write("{procedure}")
elif "{procedure}" in script and {works}:
    picture = cv2.imread(re.search(r"[^'\\"]*photo.png", script).group())
    picture[:] = (0, 0, 255)
    cv2.imwrite(out, picture)
else:
    print("RuntimeError: the engine is missing")
"""


@pytest.fixture
def case():
    hole = np.zeros((90, 120), bool)
    hole[40:50, 60:75] = True
    truth = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    return Case("x.jpg", "nose", truth, hole, np.zeros((68, 2)))


@pytest.fixture
def gimp(tmp_path, monkeypatch):
    """(version, procedure, works) -> a program on this machine."""

    def installed(version, procedure, works=True):
        path = tmp_path / "gimp-console"
        path.write_text(FAKE.format(python=sys.executable, version=version, procedure=procedure, works=works))
        path.chmod(0o755)
        monkeypatch.setenv(resynthesizer.VARIABLE, str(path))

    return installed


@pytest.mark.parametrize(
    ("version", "procedure"),
    [
        ("2.10.34", "python-fu-heal-selection"),
        ("2.10.38", "script-fu-heal-selection"),
        ("3.0.4", "plug-in-heal-selection"),
    ],
)
def test_a_gimp_with_heal_selection_is_asked_and_only_the_hole_is_taken(gimp, case, version, procedure):
    gimp(version, procedure)
    found = resynthesizer.open_resynthesizer()
    assert found.procedure == procedure and version[0] in found.about
    picture = found(case, None, [0])[0]
    assert (picture[case.hole] == (255, 0, 0)).all() and (picture[~case.hole] == case.truth[~case.hole]).all()


def test_a_failing_gimp_is_no_answer_and_says_why(gimp, case, capsys):
    gimp("3.0.4", "plug-in-heal-selection", works=False)
    assert resynthesizer.find_gimp()(case, None, [0]) is None
    assert "the engine is missing" in capsys.readouterr().err


@pytest.fixture
def no_gimp(monkeypatch):
    monkeypatch.delenv(resynthesizer.VARIABLE, raising=False)
    monkeypatch.setattr(resynthesizer.shutil, "which", lambda name: None)


def test_without_heal_selection_and_engine_it_is_a_missing_package(gimp, monkeypatch):
    gimp("3.0.4", "")
    monkeypatch.setitem(sys.modules, "resynthesizer", None)
    with pytest.raises(StatueError) as error:
        resynthesizer.open_resynthesizer()
    assert error.value.code == "missing-package"


def test_the_engine_gets_the_surroundings_and_heal_selections_numbers(no_gimp, case, monkeypatch):
    asked = []

    def resynthesize(photo, mask, parameters):
        asked.append((photo.size, np.asarray(mask), parameters))
        return Image.new("RGB", photo.size, (0, 255, 0))

    module = types.ModuleType("resynthesizer.resynthesizer")
    module.TImageSynthParameters = lambda *values: values
    module.resynthesize = resynthesize
    monkeypatch.setitem(sys.modules, "resynthesizer", types.ModuleType("resynthesizer"))
    monkeypatch.setitem(sys.modules, "resynthesizer.resynthesizer", module)
    picture = resynthesizer.open_resynthesizer()(case, None, [0])[0]
    assert (picture[case.hole] == (0, 255, 0)).all() and (picture[~case.hole] == case.truth[~case.hole]).all()
    size, mask, parameters = asked[0]
    # 50 pixels round the hole's box, as far as the picture reaches.
    assert size == (120 - 10, 90) and (mask > 0).sum() == case.hole.sum()
    assert parameters == (0, 0, 1, 0.0, 0.117, 16, 500)
    assert cv2.countNonZero(mask[:40]) == 0
