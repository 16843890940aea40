"""The registry: what can be chosen, and what one is told when it cannot be used."""

import hashlib
import importlib.util
import re
import subprocess
import sys

import numpy as np
import pytest

from statue_models import registry
from statue_models.errors import StatueError
from statue_models.restoring.method import Crop
from statue_models.restoring.request import no_progress


def test_default_can_be_used():
    row = registry.entry("default")
    assert row.trained and row == registry.models()[0]


def test_names_are_unique_and_every_usable_entry_makes_a_method():
    names = [row.name for row in registry.models()]
    assert len(set(names)) == len(names)
    for row in registry.models():
        if row.trained:
            assert callable(registry.method(row.name).restore)


def test_bundled_weights_are_the_ones_that_the_registry_names():
    for row in registry.models():
        assert (row.weights is None) == (row.sha256 is None)
        if row.weights_path is not None:
            assert hashlib.sha256(row.weights_path.read_bytes()).hexdigest() == row.sha256


def test_unknown_model():
    for ask in (registry.entry, registry.method):
        with pytest.raises(StatueError) as caught:
            ask("statuefut")
        assert caught.value.code == "unknown-model" and "statuefut" in caught.value.sentence


def test_untrained_model_says_what_to_do_and_the_command_it_names_exists():
    for row in registry.models():
        if not row.trained:
            with pytest.raises(StatueError) as caught:
                registry.method(row.name)
            assert caught.value.code == "untrained-model" and "statuefit" in caught.value.remedy
            module = re.search(r"python -m (\S+)", caught.value.remedy)[1]
            assert importlib.util.find_spec(module) is not None


def test_listing_models_loads_no_torch_and_no_opencv():
    code = "import sys; from statue_models.registry import models; models(); print({'torch', 'cv2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def flow_row(weights: str, sha256: str) -> registry.ModelEntry:
    return registry.ModelEntry("statueflow", "", "network", "face", True, weights, sha256, 0, "", {}, "")


def test_a_network_without_torch_says_which_package_to_install(monkeypatch):
    monkeypatch.setattr(registry, "_file", lambda: ("statueflow", (flow_row("flow.safetensors", "00"),)))
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [m for m in sys.modules if m.startswith("statue_models.flow_method")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StatueError) as caught:
        registry.method("statueflow")
    assert caught.value.code == "missing-package" and "torch" in caught.value.sentence


def test_a_network_goes_from_a_weights_file_to_hypotheses(monkeypatch, tmp_path):
    """The whole way with a small, untrained network: file, checks, crop of another size, variants."""
    import torch
    from safetensors.torch import save_file

    from statue_models import flow_method
    from statue_models.networks.statueflow import StatueFlow

    torch.manual_seed(0)
    network = StatueFlow(channels=(32, 32), blocks=1, embedding=16)
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) * 0.1
    save_file({k: v.bfloat16() for k, v in network.state_dict().items()}, str(tmp_path / "flow.safetensors"))
    digest = hashlib.sha256((tmp_path / "flow.safetensors").read_bytes()).hexdigest()
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    monkeypatch.setattr(registry, "_file", lambda: ("statueflow", (flow_row("flow.safetensors", digest),)))
    monkeypatch.setattr(flow_method, "StatueFlow", lambda: StatueFlow(channels=(32, 32), blocks=1, embedding=16))
    method = registry.method("default", device="cpu", steps=2)
    method.size = 64
    hole = np.zeros((80, 80), bool)
    hole[30:60, 20:60] = True
    points = np.random.default_rng(0).uniform(10, 70, (68, 2))
    crop = Crop(np.full((80, 80, 3), 0.4, np.float32), hole, ~hole, points, np.zeros(68, bool), 1.0)
    seen: list[float] = []
    answer = method.restore(crop, [5, 6, 5], lambda phase, fraction: seen.append(fraction))
    first, second, third = (fill.rgb for fill in answer.fills)
    assert first.shape == (80, 80, 3) and first.dtype == np.float32
    assert np.array_equal(first, third) and not np.array_equal(first[hole], second[hole])
    np.testing.assert_allclose(first[:20], 0.4, atol=1e-3)
    assert seen == sorted(seen) and seen[-1] == 1.0
    assert np.array_equal(method.restore(crop, [6], no_progress).fills[0].rgb, second)


def test_cuda_that_is_not_there():
    import torch

    from statue_models.flow_method import torch_device

    if torch.cuda.is_available():
        assert torch_device("cuda").type == "cuda"
    else:
        with pytest.raises(StatueError) as caught:
            torch_device("cuda")
        assert caught.value.code == "no-cuda"
