"""The smoke recipes of our own systems, on made-up heads: everything works together, and the loss falls."""

import json

import cv2
import numpy as np
import pytest
import torch
from made_up_assets import assets_with_renders

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.networks.landmarknet import LandmarkNet
from statue_models.networks.loading import template_of
from statue_models.networks.statueflow import StatueFlow
from statue_models.weights_file import load_weights
from training import __main__ as command
from training.damage.draws import Draws
from training.examples.fitted_batches import make_batch
from training.examples.fitted_examples import read_fitted
from training.publishing import networks as publishing
from training.systems.feature_loss import FeatureLoss
from training.systems.system import product_of

CPU = torch.device("cpu")


@pytest.fixture
def assets(tmp_path, head_face):
    return assets_with_renders(tmp_path, head_face)


def losses(run) -> list[float]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [sum(line["loss"].values()) for line in lines if line.get("event") == "progress"]


def trained(recipe: str, run, assets, *more: str) -> int:
    return command.main(["train", recipe, "--out", str(run), "--assets", str(assets), "--device", "cpu", *more])


def test_landmarknet_learns_and_its_weights_are_what_the_program_loads(assets, tmp_path):
    run = tmp_path / "run"
    assert trained("landmarknet_smoke", run, assets) == 0
    found = losses(run)
    assert np.mean(found[-20:]) < 0.9 * np.mean(found[:10])
    network = LandmarkNet(channels=(16, 16, 32, 32), blocks=(1, 1, 1, 1), width=40, layers=2)
    load_weights(run / "landmarknet.safetensors", None, template_of(network))
    metrics = json.loads((run / "metrics.json").read_text())["metrics"]
    assert {"nme/renders0/whole", "nme/renders0/half", "calibration/visible"} <= metrics.keys()


def test_statueflow_learns_and_its_weights_are_what_the_program_loads(assets, tmp_path):
    run, examples = tmp_path / "run", tmp_path / "examples"
    assert trained("statueflow_smoke", run, assets, "--set", f'system.examples="{examples}"') == 0
    found = losses(run)
    assert np.mean(found[-20:]) < 0.9 * np.mean(found[:10])
    network = StatueFlow(channels=(16, 32, 32), blocks=1)
    load_weights(run / "statueflow.safetensors", None, template_of(network))
    metrics = json.loads((run / "metrics.json").read_text())["metrics"]
    # Seconds of training on 128 examples cannot better the fit that the network starts from, but must not spoil it.
    assert metrics["psnr/1 steps"] > max(metrics["psnr/telea"] + 0.5, metrics["psnr/fill"] - 0.15)
    # Another run begins with them, and hardly leaves them at a rate of nearly nothing.
    weights, again = run / "statueflow.safetensors", tmp_path / "again"
    begin = ("--set", f'system.examples="{examples}"', "--set", f'system.weights="{weights}"')
    assert trained("statueflow_smoke", again, assets, *begin, "--images", "8", "--set", "run.rate=1e-9") == 0
    learnt, begun = (load_weights(each / weights.name, None, template_of(network)) for each in (run, again))
    for name, values in learnt.items():
        np.testing.assert_allclose(begun[name], values, atol=1e-6, err_msg=name)
    sheet = cv2.imread(str(next(run.glob("sheet-*.png"))))
    assert sheet.shape[0] == 6 * 64
    # Mirrored examples stay true: normals turn round with the picture.
    batch = make_batch(read_fitted(examples / "train", 32), torch.arange(32), Draws(0, CPU))
    covered = batch["guide"][:, 6:7] > 0.9
    length = batch["guide"][:, 3:6].norm(dim=1, keepdim=True)[covered]
    assert (length.quantile(0.1) > 0.9) and batch["picture"].abs().max() <= 1
    left = torch.arange(64)[None, None, None, :].expand_as(covered) < 32
    normal_x = batch["guide"][:, 3:4]
    assert normal_x[covered & left].mean() < 0 < normal_x[covered & ~left].mean()


@pytest.mark.parametrize("recipe", ["landmarknet_smoke", "statueflow_smoke"])
def test_an_unknown_option_of_a_system_is_refused(assets, tmp_path, recipe, capsys):
    assert (
        trained(recipe, tmp_path / "run", assets, "--set", "system.colour=1")
        == StatueError("bad-recipe", reason="").exit_status
    )
    assert "colour" in capsys.readouterr().err


def test_the_feature_loss_is_zero_for_the_truth_and_leads_towards_it(tmp_path, random_network):
    random_network(tmp_path)
    loss = FeatureLoss(tmp_path, CPU)
    truth = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    hole = torch.zeros(2, 1, 64, 64)
    hole[:, :, 20:40, 10:50] = 1
    guess = torch.where(hole > 0, torch.zeros_like(truth), truth).requires_grad_()
    assert loss(truth, truth, hole).abs().max() < 1e-6
    before = loss(guess, truth, hole)
    before.sum().backward()
    assert guess.grad is not None
    assert loss(guess.detach() - 1e-3 * guess.grad / guess.grad.abs().max(), truth, hole).sum() < before.sum()


@pytest.mark.parametrize("size", [(64, 96), (96, 64)])
def test_the_feature_loss_looks_at_holes_in_pictures_that_are_no_squares(tmp_path, random_network, size):
    random_network(tmp_path)
    loss = FeatureLoss(tmp_path, CPU)
    truth = torch.rand(3, 3, *size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    hole = torch.zeros(3, 1, *size)
    hole[0, :, 2:20, 3:20] = hole[1, :, -20:-2, -20:-3] = hole[2, :, 30:34, 30:60] = 1
    wrong = torch.where(hole > 0, -truth, truth)
    assert loss(truth, truth, hole).abs().max() < 1e-6
    assert loss(wrong, truth, hole).min() > 0.01
    beside = torch.where(hole[[1, 0, 0]] > 0, -truth, truth)
    assert (loss(beside, truth, hole)[:2] < 0.1 * loss(wrong, truth, hole)[:2]).all(), "what is far away is not seen"


def test_only_what_is_better_than_its_start_is_published(tmp_path):
    product = product_of("statueflow")
    metrics = {"psnr/1 steps": 18.0, "psnr/telea": 16.0, "psnr/fill": 17.0}
    assert product.better(metrics) and not product.better(metrics | {"psnr/fill": 18.5})
    halves = {"bad/photographs0/half": 0.2, "bad/photographs0/half/facemesh": 0.4}
    product = product_of("landmarknet")
    assert product.better(halves) and not product.better(halves | {"bad/photographs0/half": 0.5})
    with pytest.raises(StatueError) as caught:
        publishing.publish(tmp_path)
    assert caught.value.code == "missing-file"


def test_weights_of_another_network_are_refused(assets, tmp_path):
    run, examples = tmp_path / "run", tmp_path / "examples"
    shipped = models_file.WEIGHTS / "statueflow.safetensors"
    place = ("--set", f'system.examples="{examples}"', "--set", f'system.weights="{shipped}"')
    assert trained("statueflow_smoke", run, assets, *place) != 0
    assert not list(examples.glob("*")), "nothing was prepared for it"


def test_an_opponent_joins_a_run_later_and_learns(assets, tmp_path):
    first, second, examples = tmp_path / "first", tmp_path / "second", tmp_path / "examples"
    place = ("--set", f'system.examples="{examples}"')
    assert trained("statueflow_smoke", first, assets, *place, "--images", "16") == 0
    (first / "state.safetensors").unlink()
    adversarial = ("--set", "system.adversarial=0.05", "--set", "system.opponent_channels=8")
    more = ("--resume", str(first), "--images", "320")
    assert trained("statueflow_smoke", second, assets, *place, *adversarial, *more) == 0
    rows = [json.loads(line) for line in (second / "log.jsonl").read_text().splitlines()]
    fooled = [row["loss"]["discriminator"] for row in rows if row["event"] == "progress"]
    assert np.mean(fooled[-5:]) < np.mean(fooled[:5])
    assert (second / "discriminator.safetensors").is_file()
