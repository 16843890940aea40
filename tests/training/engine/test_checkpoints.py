"""What a run keeps: whole files, in the forms that going on, and the program, need."""

import errno
import json
import math
import os

import pytest
import torch
import toy_systems
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from statue_models.errors import StatueError
from statue_models.networks.loading import template_of
from statue_models.weights_file import load_weights
from training.engine import checkpoints, trainer
from training.engine.checkpoints import COMPACT, STATE, Position
from training.engine.ema import EMA
from training.engine.ranks import Ranks
from training.engine.recipe import recipe_of
from training.systems import system

ALONE = Ranks(torch.device("cpu"))
RUN = {"images": 160, "batch": 8, "rate": 0.01, "warm_up": 4, "log_every": 0.0}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.setattr(system, "MAKERS", toy_systems.MAKERS)


def train(out, resume=None, name="regression", options=(), force=False, **changes):
    recipe = recipe_of({"system": {"name": name, **dict(options)}, "run": {**RUN, **changes}})
    return trainer.train(recipe, out, out, ALONE, resume, force, say=lambda line: None, bar=False)


def tensors(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def logged(out, event):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


def refused(code, *arguments, **values):
    with pytest.raises(StatueError) as caught:
        train(*arguments, **values)
    assert caught.value.code == code
    return caught.value.sentence


@pytest.fixture
def run(tmp_path):
    train(tmp_path / "run", options={"norm": True})
    return tmp_path / "run"


def test_compact_and_network_files_hold_the_average_as_bfloat16(run):
    state, compact = tensors(run / STATE), tensors(run / COMPACT)
    average = {name.removeprefix("average."): t for name, t in state.items() if name.startswith("average.")}
    assert compact.keys() == average.keys() and "line.4.weight" in compact
    for name, tensor in compact.items():
        assert torch.equal(tensor, average[name].bfloat16() if average[name].is_floating_point() else average[name])
    assert int(compact["line.3.num_batches_tracked"]) == 20
    network = toy_systems.regression(system.Setting(run, ALONE.device, 0, {"norm": True})).networks["line"]
    arrays = load_weights(run / "line.safetensors", None, template_of(network))
    assert arrays.keys() == network.state_dict().keys()
    assert (arrays["4.weight"] == compact["line.4.weight"].float().numpy()).all()
    position = checkpoints.read(run)[0].position
    assert (position.images, position.steps, position.share) == (160, 20, 1.0) and "error" in position.metrics


def test_a_compact_checkpoint_alone_is_enough_to_go_on(tmp_path):
    run = tmp_path / "run"
    train(run, options={"norm": True}, images=1600)
    kept, out = tmp_path / "kept", tmp_path / "on"
    kept.mkdir()
    (kept / COMPACT).write_bytes((run / COMPACT).read_bytes())
    outcome = train(out, kept, options={"norm": True}, resumed_rate=0.004, images=240, judge_every=0)
    assert (outcome.position.images, outcome.position.steps) == (1600 + 240, 200 + 30) and outcome.ended == "done"
    rates = [line["rate"] for line in logged(out, "progress")]
    # A warm-up anew, to the rate for resumed runs, and a whole schedule of its own.
    assert rates[0] == pytest.approx(0.001) and 0.0035 < max(rates) < 0.004 and rates[-1] < 0.0002
    losses = [line["loss"]["fit"] for line in logged(out, "progress")]
    assert losses[0] < 0.5 * logged(run, "progress")[0]["loss"]["fit"]
    # Going on again from the full state stays in that schedule.
    assert checkpoints.read(out)[0].position.resumed
    again = train(out, out, options={"norm": True}, resumed_rate=0.004, images=240)
    assert again.position.images == 1840 and again.ended == "done"


def test_going_on_from_a_compact_checkpoint_without_a_step_keeps_its_weights_and_sees_other_examples(run, tmp_path):
    before, generator = tensors(run / COMPACT), tensors(run / STATE)["generator.0.draws"]
    (run / STATE).unlink()
    train(run, run, options={"norm": True}, images=0)
    after = tensors(run / COMPACT)
    assert all(torch.equal(before[name], after[name]) for name in before)
    fresh = tmp_path / "fresh"
    train(fresh, options={"norm": True}, images=0)
    started = [tensors(folder / STATE)["generator.0.draws"] for folder in (run, fresh)]
    assert not torch.equal(*started) and not torch.equal(started[0], generator)


def test_a_compact_checkpoint_may_hold_networks_that_are_no_longer_used(run):
    (run / STATE).unlink()
    before = tensors(run / COMPACT)
    with safe_open(run / COMPACT, framework="pt") as file:
        details = file.metadata()
    save_file({**before, "gone.weight": torch.ones(3)}, run / COMPACT, details)
    train(run, run, options={"norm": True}, images=0)
    assert tensors(run / COMPACT).keys() == before.keys()


def test_runs_that_cannot_be_gone_on_with_are_refused(run, tmp_path):
    out = tmp_path / "out"
    assert "regression" in refused("bad-recipe", out, run, name="pair")
    refused("weights-corrupt", out, run)  # without the normalisation
    refused("weights-corrupt", out, run, options={"norm": True, "width": 9})
    refused("missing-file", out, tmp_path / "none")
    content = (run / STATE).read_bytes()
    for harmed in (content[:-10], content[:100], b"", b"\x80\x04" + content):
        (run / STATE).write_bytes(harmed)
        refused("weights-corrupt", out, run, options={"norm": True})
    (run / STATE).write_bytes((run / "line.safetensors").read_bytes())
    refused("weights-corrupt", out, run, options={"norm": True})


def test_a_run_is_not_overwritten_unless_told_so_and_by_nothing_that_is_refused(run, tmp_path):
    other = tmp_path / "other"
    train(other)
    before = (run / STATE).read_bytes()
    refused("output-exists", run, options={"norm": True})
    assert (run / STATE).read_bytes() == before
    refused("weights-corrupt", run, other, options={"norm": True}, force=True)
    assert (run / STATE).read_bytes() == before
    sheets = set(run.glob("sheet-*.png"))
    train(run, options={"norm": True}, force=True, images=80, seed=5)
    assert checkpoints.read(run)[0].position.images == 80 and len(logged(run, "start")) == 1
    assert len(sheets) == 1 and not sheets & set(run.glob("sheet-*.png"))


def test_a_full_disk_leaves_the_files_of_before_whole(run, monkeypatch):
    before = {path.name: path.read_bytes() for path in run.glob("*.safetensors")}
    real, writes = os.fsync, []

    def full(descriptor):
        writes.append(descriptor)
        if len(writes) > 4:  # in the middle of going on
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    refused("disk-full", run, run, options={"norm": True}, images=320, save_every=1e-9)
    monkeypatch.undo()
    assert {path.name for path in run.glob("*.safetensors")} == before.keys()
    assert not list(run.glob("*.part")) and not list(run.glob(".*.part"))
    for path in run.glob("*.safetensors"):
        tensors(path)


def test_what_a_killed_process_left_half_written_is_removed(run):
    part = run / ".state.safetensors.0123456789ab.part"
    part.write_bytes(b"half")
    train(run, run, options={"norm": True})
    assert not part.exists() and (run / STATE).exists()


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path):
    refused("output-unwritable", tmp_path / "no" / "folder")
    (tmp_path / "file").write_text("")
    refused("output-unwritable", tmp_path / "file")


def test_a_large_compact_checkpoint_is_written_and_warned_of(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "COMPACT_BYTES", 100)
    told = []
    recipe = recipe_of({"system": {"name": "regression"}, "run": RUN})
    trainer.train(recipe, tmp_path / "run", tmp_path, ALONE, say=told.append, bar=False)
    assert sum("compact.safetensors" in line for line in told) == 1
    assert (tmp_path / "run" / COMPACT).stat().st_size > 100


def test_tied_parameters_are_kept_and_given_back(tmp_path):
    first = nn.Linear(3, 3)
    network = nn.Sequential(first, nn.Tanh(), nn.Linear(3, 3))
    network[2].weight = first.weight
    average = EMA({"tied": network}, 0.9)
    with torch.no_grad():
        first.weight += 1
    average.update()
    checkpoints.write(tmp_path / STATE, average.tensors, "toy", Position())
    found, full = checkpoints.read(tmp_path)
    assert full and torch.equal(found.tensors["tied.0.weight"], found.tensors["tied.2.weight"])
    average.copy_to(["tied"])
    assert network[2].weight is first.weight and torch.equal(first.weight, found.tensors["tied.0.weight"])


def test_the_average_forgets_slowly_and_copies_buffers():
    network = nn.BatchNorm1d(2)
    average = EMA({"norm": network}, 0.5)
    expected = torch.ones(2)
    for step in range(1, 8):
        with torch.no_grad():
            network.weight += 1
        network.running_mean += 2
        average.update()
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * network.weight.detach()
    assert torch.allclose(average.tensors["norm.weight"], expected)
    assert torch.equal(average.tensors["norm.running_mean"], torch.full((2,), 14.0))
    network.running_mean.fill_(math.nan)
    average.restore_buffers()
    assert torch.equal(network.running_mean, torch.full((2,), 14.0)) and average.is_finite()
