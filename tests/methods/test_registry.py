"""The registry: what can be chosen, and what one is told when it cannot be used."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.landmarks import registry as landmarks
from statue_models.methods import descriptor, registry
from statue_models.methods.__main__ import menu
from statue_models.request import RestorationRequest


def test_default_can_be_used():
    default = registry.descriptor("default")
    assert default.runs_here and default is registry.descriptors()[0]


def test_names_are_unique_and_every_usable_method_can_be_opened():
    names = [one.name for one in registry.descriptors()]
    assert len(set(names)) == len(names)
    for one in registry.descriptors():
        if one.trained:
            assert callable(one.open("cpu").restore)


def test_bundled_weights_are_the_ones_that_models_json_names():
    measured = [one.facts for one in registry.descriptors()] + list(models_file.parts().values())
    for facts in measured:
        assert (facts.weights is None) == (facts.sha256 is None)
        if facts.path is not None:
            assert hashlib.sha256(facts.path.read_bytes()).hexdigest() == facts.sha256
    for part in models_file.parts().values():
        assert all(registry.descriptor(name).trained for name in part.of)


def test_models_json_measures_nothing_that_is_not_there():
    rows = json.loads(models_file.MODELS.read_text(encoding="utf-8"))
    assert {row["name"] for row in rows["methods"]} <= {one.name for one in registry.descriptors()}
    assert {row["name"] for row in rows["predictors"]} <= {one.name for one in landmarks.descriptors()}


def test_unknown_model():
    for ask, code in ((registry.descriptor, "unknown-model"), (landmarks.descriptor, "unknown-predictor")):
        with pytest.raises(StatueError) as caught:
            ask("statuefut")
        assert caught.value.code == code and "statuefut" in caught.value.sentence


def test_an_untrained_network_says_what_to_do(monkeypatch):
    monkeypatch.setattr(descriptor, "facts_of", models_file.Facts)
    flow = registry.descriptor("statueflow")
    with pytest.raises(StatueError) as caught:
        flow.open("cpu")
    assert caught.value.code == "untrained-model" and "statuefit" in caught.value.remedy
    assert not flow.trained and registry.descriptor("default").name == "statuefit"


def test_listing_methods_and_predictors_loads_no_torch_and_no_opencv():
    code = (
        "import sys; from statue_models.methods.registry import descriptors; descriptors();"
        "print({'torch', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_network_without_torch_says_which_package_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [m for m in sys.modules if m.startswith("statue_models.methods.statueflow.method")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StatueError) as caught:
        registry.descriptor("statueflow").open("cpu")
    assert caught.value.code == "missing-package" and "torch" in caught.value.sentence


def test_what_a_method_does_not_know_is_refused():
    mask = np.zeros((64, 64), np.uint8)
    mask[20:30, 20:30] = 255
    plain = RestorationRequest(np.zeros((64, 64, 3), np.uint8), mask)
    assert registry.descriptor("statueflow").options_of(replace(plain, steps=4)).steps == 4
    with pytest.raises(StatueError) as caught:
        registry.descriptor("telea").options_of(replace(plain, steps=4))
    assert caught.value.code == "usage" and "steps" in caught.value.sentence
    assert registry.descriptor("telea").options_of(plain).quality == "full"


def test_what_is_loaded_is_loaded_once_and_only_the_last_are_kept():
    made = []

    def answering(name, kind):
        def opening(device, precision):
            made.append((device, precision))
            return object()

        return SimpleNamespace(name=name, kind=kind, open=opening)

    one, other = answering("one", "network"), answering("other", "network")
    loaded = registry.LoadedMethods(most=2)
    first = loaded.get(one, "cpu")
    assert loaded.get(one, "cpu") is first and len(made) == 1
    loaded.get(other, "cpu")
    assert loaded.get(one, "cpu") is first, "it was used last but one, and kept"
    loaded.get(one, "cpu", "bf16")
    loaded.get(other, "cpu")
    assert made == [("cpu", "fp32"), ("cpu", "fp32"), ("cpu", "bf16"), ("cpu", "fp32")]
    fit = answering("fit", "fit")
    assert loaded.get(fit, "cuda", "bf16") is loaded.get(fit, "cpu"), "only networks heed device and precision"


def test_cuda_that_is_not_there():
    import torch

    from statue_models.networks.loading import torch_device

    if torch.cuda.is_available():
        assert torch_device("cuda").type == "cuda"
    else:
        with pytest.raises(StatueError) as caught:
            torch_device("cuda")
        assert caught.value.code == "no-cuda"


def test_the_menu_that_lies_beside_the_plug_in_is_up_to_date():
    """Written by ``python -m statue_models.methods > statue_models/methods/menu.json``."""
    path = Path(registry.__file__).with_name("menu.json")
    assert path.read_text(encoding="utf-8") == menu()
