"""Kernels compile for a GPU, with or without one at hand, and agree with it where there is one."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
import warp as wp

from training.statues.drawing.draw import draw_statues
from training.statues.rendering.factory import Factory

MODULES = ("geometry", "raster", "sky", "shading", "labels", "background", "film")
HOPPER = 90


@pytest.mark.nightly
@pytest.mark.parametrize("name", MODULES)
def test_kernels_compile_for_hopper(tmp_path, name):
    module = importlib.import_module(f"training.statues.kernels.{name}")
    wp.compile_aot_module(module.__name__, arch=HOPPER, module_dir=str(tmp_path), use_ptx=False)
    cubins = list(tmp_path.glob("*.cubin"))
    assert len(cubins) == 1 and cubins[0].stat().st_size > 1000


def test_every_module_with_kernels_is_listed():
    """A kernel that is in none of MODULES would escape the test above."""
    import training.statues as room

    folder = next(iter(room.__path__))
    holders = set()
    for path in sorted(Path(folder).rglob("*.py")):
        if "@wp.kernel" in path.read_text(encoding="utf-8"):
            holders.add(path.stem)
    assert holders == set(MODULES)


def test_gpu_and_cpu_show_the_same_statue(head, studios):
    devices = ["cpu", "cuda" if torch.cuda.is_available() else "cpu"]
    table = draw_statues(np.arange(2), head, studios.suns)
    first, second = (Factory(head, studios, 64, device).render(table) for device in devices)
    assert torch.allclose(first.landmarks.cpu(), second.landmarks.cpu(), atol=0.01)
    assert (first.parts.cpu() == second.parts.cpu()).float().mean() > 0.995
    assert (first.image.cpu().int() - second.image.cpu().int()).abs().float().mean() < 1.0
