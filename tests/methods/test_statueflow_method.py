"""``statueflow`` as a method: a weights file, a crop of another size than the network's, hypotheses."""

import hashlib

import numpy as np
from hypotheses import hypotheses
from synthetic_statue import make_statue

from statue_models.methods import registry
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.statuefit.statuefit import StatueFit
from statue_models.request import no_progress


def test_from_a_weights_file_to_hypotheses(head, monkeypatch, tmp_path):
    """The whole way with a small, untrained network: file, checks, crop of another size, variants."""
    import torch
    from safetensors.torch import save_file

    from statue_models.methods.statueflow import method as statueflow
    from statue_models.networks.statueflow import StatueFlow

    torch.manual_seed(0)
    network = StatueFlow(channels=(32, 32), blocks=1, embedding=16)
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) * 0.1
    save_file({k: v.bfloat16() for k, v in network.state_dict().items()}, str(tmp_path / "flow.safetensors"))
    digest = hashlib.sha256((tmp_path / "flow.safetensors").read_bytes()).hexdigest()
    monkeypatch.setattr(statueflow, "StatueFlow", lambda: StatueFlow(channels=(32, 32), blocks=1, embedding=16))
    statue = make_statue(head)  # 160 pixels, the network works on 128
    crop = statue.crop(statue.ellipse(30, 0.3, 0.4))
    seen: list[float] = []
    flow = registry.descriptor("statueflow")
    method, two = flow.open("cpu", weights=tmp_path / "flow.safetensors", sha256=digest), flow.options(steps=2)
    answer = method.restore(crop, hypotheses(5, 6), two, lambda phase, fraction: seen.append(fraction))
    first, second = (fill.rgb for fill in answer.fills)
    assert first.shape == crop.rgb.shape and first.dtype == np.float32
    assert not np.array_equal(first[crop.hole], second[crop.hole])
    assert seen == sorted(seen) and seen[-1] == 1.0
    # The first seed's head is the most likely one whoever asks for more; the same seeds give the same bytes.
    assert np.array_equal(method.restore(crop, hypotheses(5), two, no_progress).fills[0].rgb, first)
    fitted = StatueFit().restore(crop, hypotheses(5), MethodOptions(), no_progress).fills[0]
    assert not np.array_equal(first[crop.hole], fitted.rgb[crop.hole]), "the network has no say"
    np.testing.assert_array_equal(answer.fills[0].stone, fitted.stone)  # where it is to be grained is the fit's
    preview = method.restore(crop, hypotheses(5), flow.options(quality="preview"), no_progress)
    assert preview.fills[0].rgb.shape == first.shape and preview.fills[0].borrow is None


def test_a_mirrored_look_is_what_a_mirrored_face_would_be_seen_as():
    import torch

    from statue_models.face.landmarks68 import MIRROR
    from statue_models.methods.statueflow.method import _NetworkInput
    from statue_models.networks.statueflow import landmark_heatmaps

    torch.manual_seed(0)
    points = torch.rand(1, 68, 2)
    parts = torch.rand(1, 3, 32, 32), torch.rand(1, 1, 32, 32), torch.rand(1, 8, 32, 32)
    look = _NetworkInput(*parts, landmark_heatmaps(points, 8))
    mirrored = look.mirror()
    across = torch.tensor([1.0, 0.0]) + points * torch.tensor([-1.0, 1.0])
    torch.testing.assert_close(mirrored.heatmaps, landmark_heatmaps(across[:, torch.from_numpy(MIRROR)], 8))
    assert torch.equal(mirrored.guide[:, 3], -look.guide[:, 3].flip(-1))
    assert torch.equal(mirrored.guide[:, 4:], look.guide[:, 4:].flip(-1))
    again = mirrored.mirror()
    for name in ("picture", "mask", "guide", "heatmaps"):
        assert torch.equal(getattr(again, name), getattr(look, name))
