"""The training loop: learning, going on bit for bit, surviving bad numbers, stopping, judging without a trace."""

import json
import sys
from dataclasses import replace

import cv2
import pytest
import torch
import toy_systems
from safetensors import safe_open

from statue_models.errors import StatueError
from training.engine import clock, trainer
from training.engine.checkpoints import COMPACT, STATE, read
from training.engine.ranks import Ranks
from training.engine.recipe import recipe_of
from training.systems import system

ALONE = Ranks(torch.device("cpu"))
RUN = {"images": 320, "batch": 8, "rate": 0.01, "warm_up": 4, "log_every": 0.0}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.setattr(system, "MAKERS", toy_systems.MAKERS)


def train(out, name="regression", options=(), resume=None, steps=None, stop_after=float("inf"), **changes):
    """A run; stopped by hand before its step number ``steps``."""
    recipe = recipe_of({"system": {"name": name, **dict(options)}, "run": {**RUN, **changes}})
    asked = iter([False] * steps) if steps is not None else None
    stop = (lambda: next(asked, True)) if asked is not None else (lambda: False)
    return trainer.train(
        recipe, out, out, ALONE, resume, stop_after=stop_after, asked_to_stop=stop, say=lambda line: None, bar=False
    )


def tensors(out, name=STATE):
    with safe_open(out / name, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def logged(out, event):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


# --- learning --------------------------------------------------------------------------------------------------------


def test_a_run_learns_and_leaves_all_its_files(tmp_path):
    out = tmp_path / "run"
    outcome = train(out, images=1600, options={"norm": True})
    lines = logged(out, "progress")
    assert lines[-1]["loss"]["fit"] < 0.5 * lines[0]["loss"]["fit"]
    assert lines[0]["terms"].keys() == {"fit.squared", "fit.absolute"} and lines[-1]["images"] == 1600
    assert all(line["images_per_second"] > 0 and line["norm"]["fit"] > 0 for line in lines[1:])
    assert outcome.ended == "done" and outcome.position.steps == 200 and outcome.images_per_second > 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["metrics"] == outcome.metrics and metrics["images"] == 1600 and metrics["ended"] == "done"
    sheet = cv2.imread(str(out / "sheet-000001600.png"))
    assert sheet.shape == (4, 6, 3) and tuple(sheet[0, 0]) == (0, 0, 255)  # BGR: red stays red
    names = {path.name for path in out.iterdir()}
    assert names == {
        STATE, COMPACT, "line.safetensors", "log.jsonl", "metrics.json", "sheet-000001600.png", "tensorboard"
    }  # fmt: skip


def test_tensorboard_shows_losses_metrics_and_the_sheet(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    tags = events.Tags()
    assert {"loss/fit", "terms/fit.squared", "norm/fit", "run/rate", "judgement/error"} <= set(tags["scalars"])
    assert tags["images"] == ["sheet"] and events.Scalars("loss/fit")[-1].step == 320


def test_without_tensorboard_a_run_goes_the_same_way(tmp_path, monkeypatch):
    train(tmp_path / "with")
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    train(tmp_path / "without")
    assert same(tensors(tmp_path / "with"), tensors(tmp_path / "without"))
    assert not (tmp_path / "without" / "tensorboard").exists()


def test_two_players_take_turns_on_the_same_batch(tmp_path):
    # The toy itself checks who may learn when, and needs in one turn what the other left in the batch.
    outcome = train(tmp_path / "run", "pair", images=4000, rate=0.01, decay="none")
    assert outcome.metrics["mean"] > 1.0  # from about 0, towards 3
    assert logged(tmp_path / "run", "progress")[-1]["loss"].keys() == {"make", "judge"}
    assert (tmp_path / "run" / "maker.safetensors").exists() and (tmp_path / "run" / "critic.safetensors").exists()


def test_the_seed_alone_decides(tmp_path):
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        torch.rand(seed + 5)  # whatever the caller's generator has done
        train(tmp_path / name, options={"dropout": 0.3}, seed=seed)
    one, again, other = (tensors(tmp_path / name) for name in ("one", "same", "other"))
    assert same(one, again) and not same(one, other)


def test_the_callers_generator_is_left_alone(tmp_path):
    before = torch.get_rng_state()
    train(tmp_path / "run", options={"dropout": 0.3})
    assert torch.equal(before, torch.get_rng_state())


def test_the_rate_warms_up_and_falls_to_zero_or_stays(tmp_path):
    train(tmp_path / "cosine")
    train(tmp_path / "none", decay="none")
    rates = [line["rate"] for line in logged(tmp_path / "cosine", "progress")]
    assert rates[0] == pytest.approx(0.0025) and 0.0095 < max(rates) <= 0.01 and rates[-1] < 0.0001
    steady = [line["rate"] for line in logged(tmp_path / "none", "progress")]
    assert steady[:4] == pytest.approx([0.0025, 0.005, 0.0075, 0.01]) and set(steady[4:]) == {0.01}


def test_gradients_are_clipped(tmp_path):
    train(tmp_path / "run", clip=1e-3, images=8)
    before = logged(tmp_path / "run", "progress")[0]["norm"]["fit"]
    moments = [t for name, t in tensors(tmp_path / "run").items() if name.endswith("exp_avg")]
    after = torch.cat([moment.flatten() for moment in moments]).norm() / 0.1
    assert before > 1 and float(after) == pytest.approx(1e-3, rel=1e-3)


def test_bfloat16_losses_leave_float32_weights(tmp_path):
    train(tmp_path / "half", precision="bf16")
    train(tmp_path / "full")
    half, full = tensors(tmp_path / "half"), tensors(tmp_path / "full")
    assert half["live.line.0.weight"].dtype == torch.float32 and not same(half, full)
    assert torch.allclose(half["live.line.0.weight"], full["live.line.0.weight"], atol=0.05)


# --- going on --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [("regression", {"norm": True, "dropout": 0.2}), ("pair", {}), ("pair", {"bad_make": [5], "bad_judge": [9]})],
)
def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path, name, options):
    train(tmp_path / "whole", name, options)
    stopped = train(tmp_path / "parts", name, options, steps=17)
    assert stopped.ended == "stopped" and stopped.position.steps == 17
    later = {key: [call - 17 for call in calls] for key, calls in options.items()} if name == "pair" else options
    outcome = train(tmp_path / "parts", name, later, resume=tmp_path / "parts")
    assert outcome.position.steps == 40 and outcome.ended == "done"
    assert same(tensors(tmp_path / "whole"), tensors(tmp_path / "parts"))
    assert same(tensors(tmp_path / "whole", COMPACT), tensors(tmp_path / "parts", COMPACT))
    assert len(logged(tmp_path / "parts", "start")) == 2 and len(logged(tmp_path / "parts", "progress")) == 40


def test_a_run_goes_on_in_another_folder_and_leaves_the_first(tmp_path):
    train(tmp_path / "first", steps=5)
    before = (tmp_path / "first" / STATE).read_bytes()
    train(tmp_path / "second", resume=tmp_path / "first")
    assert (tmp_path / "first" / STATE).read_bytes() == before
    assert read(tmp_path / "second")[0].position.images == 320


def test_judging_and_saving_leave_no_trace_in_the_run(tmp_path):
    options = {"norm": True, "dropout": 0.2}
    train(tmp_path / "often", options=options, images=96, judge_every=1e-9, save_every=1e-9)
    train(tmp_path / "never", options=options, images=96, judge_every=0, save_every=0)
    assert len(logged(tmp_path / "often", "judgement")) > 10 and len(logged(tmp_path / "never", "judgement")) == 1
    assert same(tensors(tmp_path / "often"), tensors(tmp_path / "never"))
    position = read(tmp_path / "often")[0].position
    least, greatest = position.extremes["error"]
    assert least <= position.metrics["error"] <= greatest and least < greatest


def test_a_schedule_of_time_ends_and_goes_on_where_it_was(tmp_path):
    outcome = train(tmp_path / "run", images=10**9, minutes=0.005)
    assert outcome.ended == "done" and outcome.position.share == 1.0 and outcome.position.steps > 1
    assert logged(tmp_path / "run", "progress")[-1]["rate"] < 0.001
    # The time is used up; twice the time has half of it left.
    assert train(tmp_path / "run", resume=tmp_path / "run", images=10**9, minutes=0.005).position.steps == (
        outcome.position.steps
    )
    longer = train(tmp_path / "run", resume=tmp_path / "run", images=10**9, minutes=0.01)
    shares = [line["share"] for line in logged(tmp_path / "run", "progress")[outcome.position.steps :]]
    assert longer.ended == "done" and 0.4 < shares[0] < 0.9


def test_a_pause_leaves_the_schedule_as_it_is(tmp_path):
    paused = train(tmp_path / "run", images=10**7, stop_after=0.002)
    assert paused.ended == "paused" and 0 < paused.position.share < 0.5
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["ended"] == "paused"
    assert read(tmp_path / "run")[0].position.images == paused.position.images


# --- bad numbers -----------------------------------------------------------------------------------------------------


def test_steps_without_finite_numbers_are_skipped(tmp_path):
    outcome = train(tmp_path / "run", options={"norm": True, "bad": [3, 4, 11]})
    assert outcome.position.steps == 40 and logged(tmp_path / "run", "progress")[-1]["skipped"] == 3
    # The statistics of the normalisation, too, are those of good steps.
    state = tensors(tmp_path / "run")
    assert all(bool(tensor.isfinite().all()) for tensor in state.values() if tensor.is_floating_point())
    assert int(state["live.line.3.num_batches_tracked"]) == 37


def test_one_players_bad_numbers_do_not_stop_the_other(tmp_path):
    train(tmp_path / "run", "pair", {"bad_judge": [3, 4, 5]})
    state = tensors(tmp_path / "run")
    assert int(state["adamw.make.maker.0.weight.step"]) == 40
    assert int(state["adamw.judge.critic.0.weight.step"]) == 37


def test_after_many_bad_steps_a_run_goes_on_from_its_average(tmp_path):
    outcome = train(tmp_path / "run", options={"bad": list(range(10, 30))}, decay="none", images=400)
    assert outcome.ended == "done" and outcome.position.steps == 50
    (event,) = logged(tmp_path / "run", "rolled-back")
    assert (event["player"], event["steps"]) == ("fit", 29)
    state = tensors(tmp_path / "run")
    assert int(state["adamw.fit.line.0.weight.step"]) == 50 - 29  # a new optimiser
    lines = logged(tmp_path / "run", "progress")
    assert lines[-1]["skipped"] == 20 and lines[-1]["loss"]["fit"] < lines[0]["loss"]["fit"]


def test_a_run_without_usable_numbers_ends_and_keeps_what_was_good(tmp_path):
    with pytest.raises(StatueError) as caught:
        train(tmp_path / "run", options={"bad": list(range(10, 1000))}, images=10**6, save_every=0.001)
    assert caught.value.code == "training-diverged"
    assert len(logged(tmp_path / "run", "rolled-back")) == 3
    assert logged(tmp_path / "run", "failed")[0]["code"] == "training-diverged"
    state = tensors(tmp_path / "run")
    assert all(bool(tensor.isfinite().all()) for tensor in state.values() if tensor.is_floating_point())
    train(tmp_path / "run", resume=tmp_path / "run", images=1000)


def test_a_terminal_gets_a_bar(tmp_path, capsys):
    recipe = recipe_of({"system": {"name": "regression"}, "run": RUN})
    told = []
    trainer.train(recipe, tmp_path / "run", tmp_path, ALONE, say=told.append, bar=True)
    shown = capsys.readouterr().err
    assert "320 images" in shown and "images/s" in shown and "judged: error" in shown and not told


# --- turns and times -------------------------------------------------------------------------------------------------


def test_players_have_their_turns_and_their_part_of_the_schedule(tmp_path, monkeypatch):
    made = toy_systems.pair(system.Setting(tmp_path, torch.device("cpu"), 0))
    make, judge = made.players
    made.players = [replace(make, every=5), replace(judge, until=0.5)]
    monkeypatch.setattr(trainer, "system", lambda *_: made)
    made.draw = lambda draws, count, draw=made.draw: {**draw(draws, count), "made": torch.zeros(count, 1)}
    train(tmp_path / "run", "pair", images=160)  # 20 steps
    assert made.calls == {"make": 4, "judge": 10}
    steps = {name: int(t) for name, t in tensors(tmp_path / "run").items() if name.endswith("weight.step")}
    assert {count for name, count in steps.items() if ".make." in name} == {4}
    assert {count for name, count in steps.items() if ".judge." in name} == {10}


def test_two_stages_share_a_schedule_without_a_gap():
    first, second = system.Player("a", ("n",), until=0.25), system.Player("b", ("n",), since=0.25)
    for share in (0.0, 0.1, 0.25, 0.7, 1.0):
        assert first.has_turn(0, share) is not second.has_turn(0, share)


def test_a_schedule_of_processor_time_does_not_count_waiting(tmp_path, monkeypatch):
    ticks = iter(range(10_000))
    monkeypatch.setattr(clock.time, "process_time", lambda: 6.0 * next(ticks))  # 6 s of work for every look at it
    train(tmp_path / "run", images=10**6, core_minutes=1.0)
    position = read(tmp_path / "run")[0].position
    assert 8 <= position.steps <= 12 and position.core_seconds >= 60 > position.seconds
