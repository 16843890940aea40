"""``thesis-landmarks``: its published sizes, its loss, its judgement, and that it learns."""

import json

import pytest
import torch
from published_checks import (
    CPU,
    check_every_parameter_learns,
    check_points_are_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)
from torch import nn

from statue_models.errors import StatueError
from statue_models.landmarks.registry import descriptor
from statue_models.models_file import MODELS
from statue_models.networks.layers import filled
from statue_models.networks.published.thesis_landmarks import GREY, ThesisLandmarks, ThesisLandmarksShape
from training.damage.draws import Draws
from training.features.vgg19 import DEVIATION, MEAN
from training.publishing.networks import publish
from training.systems.landmark_regression import are_hidden
from training.systems.published.thesis_landmarks import PRODUCT, load_pretrained, torchvision_names
from training.systems.system import Setting, system

TINY = ("system.size=32", "system.width=8", "system.judged={rects=[{kind='rects'}], none=[{kind='none'}]}")


def size_of(shape):
    with torch.device("meta"):
        return sum(p.numel() for p in ThesisLandmarks(shape).parameters())


def test_sizes_of_the_published_networks():
    assert size_of(ThesisLandmarksShape()) == 23_780_424
    assert size_of(ThesisLandmarksShape(channels=3)) == 23_786_696
    assert size_of(ThesisLandmarksShape(backbone="resnet18")) == 11_240_008


def test_it_learns_one_batch_by_heart(rendered):
    check_points_are_learnt_by_heart(small("thesis-landmarks", *TINY, "run.rate=1e-2"), rendered)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("thesis-landmarks", *TINY), rendered)
    check_every_parameter_learns(small("thesis-landmarks", *TINY, "system.backbone='resnet50'"), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped_and_is_published(rendered, tmp_path):
    check_steps_and_going_on("thesis-landmarks", rendered, tmp_path, *TINY)
    run, models = tmp_path / "one", tmp_path / "models.json"
    models.write_bytes(MODELS.read_bytes())
    with pytest.raises(StatueError) as caught:
        publish(run, tmp_path, models)
    assert caught.value.code == "untrained-model" and "mean shape" in caught.value.remedy
    judged = json.loads((run / "metrics.json").read_text())
    judged["metrics"]["nme/rects"] = 0.5 * judged["metrics"]["nme_mean/rects"]
    (run / "metrics.json").write_text(json.dumps(judged))
    weights = publish(run, tmp_path, models)
    row = next(row for row in json.loads(models.read_text())["predictors"] if row["name"] == "thesis-landmarks")
    assert row["weights"] == weights.name == "thesis_landmarks.safetensors"
    shape = ThesisLandmarksShape(32, "resnet18", 1, 8)
    assert row["parameters"] == size_of(shape) and "nme/none" in row["quality"]["training"]
    assert descriptor("thesis-landmarks").open(weights=weights, sha256=row["sha256"])._network.shape == shape


def test_its_loss_is_in_square_pixels_of_128_whatever_the_side(rendered):
    built = made(small("thesis-landmarks", *TINY), rendered)
    built.network.eval()
    batch = built.draw(Draws(0, CPU), 2)
    truth = batch["landmarks"].clone()
    batch["landmarks"] = built.network(batch["picture"], batch["mask"]).detach() + torch.tensor([3.0, -4.0]) / 128
    found = built.losses("landmarks", batch, Draws(0, CPU))["mse"]
    assert float(found.detach()) == pytest.approx((9 + 16) / 2, rel=1e-4)
    nn.init.zeros_(built.network.head.weight)
    nn.init.constant_(built.network.head.bias, 64.0)
    batch["landmarks"] = truth
    wanted = (128 * (truth - 0.5)).square().mean()
    found = built.losses("landmarks", batch, Draws(0, CPU))["mse"]
    assert float(found.detach()) == pytest.approx(float(wanted), rel=1e-5)


def test_the_published_damage_is_the_backbone_s_own(rendered):
    options = {"size": 32, "width": 4, "judged_count": 2}
    fifty = system("thesis-landmarks", Setting(rendered, CPU, 0, options))
    eighteen = system("thesis-landmarks", Setting(rendered, CPU, 0, {**options, "backbone": "resnet18"}))
    kinds = [[kind for _, kind, _ in one.data._damage.parts] for one in (fifty, eighteen)]
    assert kinds == [["rects"], ["rect"]]


def test_it_sees_grey_and_black_holes_and_nothing_in_them():
    torch.manual_seed(0)
    network = ThesisLandmarks(ThesisLandmarksShape(32, "resnet18", 1, 8)).eval()
    picture, mask = torch.rand(2, 3, 32, 32) * 2 - 1, torch.zeros(2, 1, 32, 32)
    mask[..., 8:20, 5:25] = 1
    shown = []
    network.stem.register_forward_pre_hook(lambda module, inputs: shown.append(inputs[0]))
    with torch.inference_mode():
        points = network(picture, mask)
        assert torch.equal(points, network(filled(picture, mask, float("nan")), mask))
        grey = (picture * torch.tensor(GREY)[:, None, None]).sum(1, keepdim=True).expand(-1, 3, -1, -1)
        torch.testing.assert_close(points, network(grey, mask))
    assert points.shape == (2, 68, 2) and shown[0].shape == (2, 1, 32, 32)
    assert bool((shown[0][mask > 0] == 0).all()) and 0.5 < float(shown[0].amax()) <= 1


def test_judged_beside_the_mean_shape_and_published_when_better(rendered):
    built = made(small("thesis-landmarks", *TINY), rendered)
    built.network.eval()
    judgement = built.judge()
    metrics = judgement.metrics
    assert judgement.sheet.shape[0] == 32
    assert {"nme_hidden/rects", "nme_visible/rects", "mse_px2/none", "mse_mean/none"} <= metrics.keys()
    assert metrics["nme_mean/rects"] == metrics["nme_mean/none"] < 0.5
    assert next(iter(metrics)) == "nme/rects" and not PRODUCT.better(metrics)
    held = built.data.held()["rects"]
    hidden = are_hidden(held["mask"], held["landmarks"])
    assert 0 < hidden.float().mean() < 0.7
    # A network that gives the truth, but is off by a tenth of the eyes' distance in the hole.
    eyes = (held["landmarks"][:, 45] - held["landmarks"][:, 36]).norm(dim=1)
    moved = held["landmarks"] + (hidden * 0.1 * eyes[:, None])[..., None] * torch.tensor([0.6, 0.8])
    built.find_points = lambda picture, mask: moved
    metrics = built.judge().metrics
    assert metrics["nme_hidden/rects"] == pytest.approx(0.1, rel=1e-3) and metrics["nme_visible/rects"] < 1e-5
    assert metrics["nme/rects"] == pytest.approx(0.1 * float(hidden.float().mean()), rel=1e-3)
    assert PRODUCT.better(metrics)


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_torchvision_s_weights_see_pictures_as_they_saw_them(backbone, tmp_path):
    torch.manual_seed(0)
    theirs = ThesisLandmarks(ThesisLandmarksShape(32, backbone, 3, 8)).eval()
    nn.init.normal_(theirs.stem[1].running_mean)
    own = theirs.state_dict()
    renamed = {
        f"{place}{name.removeprefix(layer)}": tensor
        for layer, place in torchvision_names(theirs).items()
        for name, tensor in own.items()
        if name.startswith(f"{layer}.") and not name.endswith("num_batches_tracked")
    }
    assert len(renamed) == sum(not name.startswith("head") and "tracked" not in name for name in own)
    torch.save(renamed, tmp_path / "resnet.pth")
    grey = ThesisLandmarks(ThesisLandmarksShape(32, backbone, 1, 8)).eval()
    load_pretrained(grey, tmp_path / "resnet.pth")
    level = torch.rand(1, 1, 32, 32)
    normalised = (level - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
    inside = (..., slice(2, -2), slice(2, -2))  # zeros beyond the edge are another colour after normalising
    torch.testing.assert_close(grey.stem(level)[inside], theirs.stem(normalised)[inside], rtol=1e-4, atol=1e-4)
    for one, other in zip(grey.blocks.parameters(), theirs.blocks.parameters(), strict=True):
        assert torch.equal(one, other)


def test_weights_of_another_network_are_refused(rendered, tmp_path):
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "resnet.pth")
    for path, code in ((tmp_path / "none.pth", "missing-file"), (tmp_path / "resnet.pth", "weights-corrupt")):
        with pytest.raises(StatueError) as caught:
            load_pretrained(ThesisLandmarks(ThesisLandmarksShape(32, "resnet18", 1, 8)), path)
        assert caught.value.code == code
    with pytest.raises(StatueError, match="width"):
        made(small("thesis-landmarks", *TINY, "system.pretrained='resnet18.pth'"), rendered)
