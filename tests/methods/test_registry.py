"""The registry: what can be chosen, and what one is told when it cannot be used."""

import hashlib
import importlib.util
import re
import subprocess
import sys

import pytest

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.methods import registry


def test_default_can_be_used():
    row = models_file.entry("default")
    assert row.trained and row == models_file.models()[0]


def test_names_are_unique_and_every_usable_entry_makes_a_method():
    names = [row.name for row in models_file.models()]
    assert len(set(names)) == len(names)
    for row in models_file.models():
        if row.trained:
            assert callable(registry.method(row.name).restore)


def test_bundled_weights_are_the_ones_that_the_registry_names():
    for row in models_file.models():
        assert (row.weights is None) == (row.sha256 is None)
        if row.weights_path is not None:
            assert hashlib.sha256(row.weights_path.read_bytes()).hexdigest() == row.sha256
    for part in models_file.parts().values():
        assert hashlib.sha256(part.weights_path.read_bytes()).hexdigest() == part.sha256
        assert all(models_file.entry(name).trained for name in part.of)


def test_unknown_model():
    for ask in (models_file.entry, registry.method):
        with pytest.raises(StatueError) as caught:
            ask("statuefut")
        assert caught.value.code == "unknown-model" and "statuefut" in caught.value.sentence


def test_untrained_model_says_what_to_do_and_the_command_it_names_exists():
    for row in models_file.models():
        if not row.trained:
            with pytest.raises(StatueError) as caught:
                registry.method(row.name)
            assert caught.value.code == "untrained-model" and "statuefit" in caught.value.remedy
            module = re.search(r"python -m (\S+)", caught.value.remedy)[1]
            assert importlib.util.find_spec(module) is not None


def test_listing_models_loads_no_torch_and_no_opencv():
    code = (
        "import sys; from statue_models.models_file import models; models(); print({'torch', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def flow_row(weights: str, sha256: str) -> models_file.ModelEntry:
    return models_file.ModelEntry("statueflow", "", "network", "face", True, weights, sha256, 0, "", {}, "")


def test_a_network_without_torch_says_which_package_to_install(monkeypatch):
    monkeypatch.setattr(models_file, "_file", lambda: ("statueflow", (flow_row("flow.safetensors", "00"),)))
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [m for m in sys.modules if m.startswith("statue_models.methods.statueflow")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StatueError) as caught:
        registry.method("statueflow")
    assert caught.value.code == "missing-package" and "torch" in caught.value.sentence


def test_cuda_that_is_not_there():
    import torch

    from statue_models.networks.loading import torch_device

    if torch.cuda.is_available():
        assert torch_device("cuda").type == "cuda"
    else:
        with pytest.raises(StatueError) as caught:
            torch_device("cuda")
        assert caught.value.code == "no-cuda"
