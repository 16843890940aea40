"""Runs of an experiment: what is missing is trained, what was stopped goes on, what is done is left alone."""

import json
import os
import signal
import time

import pytest

from statue_models.errors import StatueError
from training.engine.checkpoints import read
from training.experiments.definition import read_experiment
from training.experiments.run_record import read_run
from training.experiments.running import NICENESS, Going, minutes_left, start_training, train_trials
from training.experiments.trial import trials


def states(toy, folder):
    return [trial.state() for trial in trials(toy, folder, folder)]


def test_all_missing_runs_are_trained_and_none_twice(toy, tmp_path, in_process):
    everything = trials(toy, tmp_path, tmp_path)
    said = []
    progress = train_trials(everything, 2, "cpu", said.append, start=in_process)
    assert len(progress.done) == 8 and not progress.failed and not progress.stopped
    assert len(said) == 8 and "plain / narrow / seed 0: done; " in said[0] and "; 0 to go" in said[-1]
    assert states(toy, tmp_path) == ["done"] * 8
    assert not sum(trial.core_minutes_left() for trial in everything)
    record = everything[0].record()
    assert record.images == 80 and record.share == 1 and record.metrics["error"] > 0
    assert record.recipe == everything[0].recipe.to_json()


def test_what_was_stopped_goes_on_and_what_waited_stays_missing(toy, tmp_path, in_process):
    started = []

    def start(words, output):
        started.append(in_process(words, output, at_once=len(started) == 0))
        return started[-1]

    everything = trials(toy, tmp_path, tmp_path)
    progress = train_trials(everything, 2, "cpu", str, lambda: len(started) == 3, start)
    assert progress.stopped and len(progress.done) == 1 and not progress.failed
    assert [len(one.signals) for one in started] == [0, 1, 1]  # once each: twice would stop it at once
    assert states(toy, tmp_path) == ["done", "stopped", "stopped", *["missing"] * 5]
    before = read(everything[1].folder)[0].position.images
    assert 0 < before < 80 and everything[1].core_minutes_left() == pytest.approx(3 * (1 - before / 80))
    words = everything[1].words("cpu")
    assert words[-2:] == ["--resume", str(everything[1].folder)] and "--force" in everything[4].words("cpu")
    train_trials([trial for trial in everything if trial.state() != "done"], 1, "cpu", str, start=in_process)
    assert states(toy, tmp_path) == ["done"] * 8
    images = [line["images"] for line in everything[1].record().progress]
    assert images == sorted(images) and images[-1] == 80


def test_a_run_that_fails_is_told_with_its_last_words_and_the_others_are_trained(toy, tmp_path, in_process):
    everything = trials(toy, tmp_path, tmp_path)[:3]

    def start(words, output):
        spoilt = [*words, "--set", "system.no=1"] if "plain/narrow" in output.as_posix() else words
        return in_process(spoilt, output)

    said = []
    progress = train_trials(everything, 1, "cpu", said.append, start=start)
    assert [trial.name for trial, _ in progress.failed] == ["plain / narrow / seed 0"]
    assert progress.failed[0][1] == "said this" and "failed" in said[0] and len(progress.done) == 2


def test_a_run_of_other_settings_is_neither_shown_nor_overwritten(toy, toy_file, tmp_path, in_process):
    train_trials(trials(toy, tmp_path, tmp_path)[:1], 1, "cpu", str, start=in_process)
    other = read_experiment(str(toy_file), core_minutes=4.0)
    with pytest.raises(StatueError, match="other settings"):
        trials(other, tmp_path, tmp_path)[0].state()


def test_what_came_after_the_checkpoint_that_a_run_went_on_from_is_forgotten(tmp_path):
    def start(images, resumed):
        return {"event": "start", "recipe": {"system": "x"}, "images": images, "resumed": resumed}

    def line(images, share, loss):
        return {"event": "progress", "images": images, "share": share, "loss": {"g": loss}, "terms": {"g.a": 2 * loss}}

    judged = {"event": "judgement", "images": 15, "metrics": {"psnr/own": 20.0, "none/own": None}}
    events = [start(0, False), line(10, 0.1, 1.0), judged, line(20, 0.3, 9.0)]  # killed, and gone on with from 10
    events += [start(10, True), line(20, 0.2, 3.0), judged]
    text = "\n".join(json.dumps(event) for event in events) + '\n{"event": "prog'
    (tmp_path / "log.jsonl").write_text(text)
    record = read_run(tmp_path)
    assert record.ended == "" and record.share == 0.2 and record.metrics == {}
    assert record.curve("g") == [(0.1, 1.0), (0.2, 3.0)] and record.curve("g.a") == [(0.1, 2.0), (0.2, 6.0)]
    assert record.curve("psnr/own") == [(pytest.approx(0.15), 20.0)] and record.curve("none/own") == []
    assert record.curve("h") == [] and read_run(tmp_path / "nowhere").curve("psnr/own") == []


def test_the_time_left_is_that_of_the_core_that_ends_last(toy, tmp_path):
    waiting = trials(toy, tmp_path, tmp_path)  # eight of three minutes
    assert minutes_left(waiting, [], 2) == 12 and minutes_left(waiting, [], 3) == 9 and minutes_left([], [], 2) == 0
    going = [Going(waiting[0], None, time.monotonic() - 60, 3.0)]
    assert minutes_left(waiting[1:2], going, 2) == pytest.approx(3, abs=0.01)
    assert minutes_left(waiting[1:3], going, 2, pace=2.0) == pytest.approx(11, abs=0.01)


def test_a_process_has_one_thread_and_steps_back(tmp_path):
    output = tmp_path / "output.txt"
    process = start_training(["data"], output)
    if os.name == "posix":
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
        assert os.getpgid(process.pid) != os.getpgid(0)  # a terminal's Ctrl-C does not reach it
    assert process.wait(60) == 0 and "data mobilenet" in output.read_text()


@pytest.mark.nightly
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C can be sent to POSIX processes alone")
def test_real_processes_stop_with_a_checkpoint_and_go_on_to_the_end(rendered, tmp_path):
    tiny = ["system.size=32", "system.width=4", "system.bottleneck=8", "system.judged_count=2", "run.batch=2"]
    few = ["run.log_every=0.0", "system.fixed_damage=[]", "system.judged={}"]
    experiment = read_experiment("one-mask", [*tiny, *few], seeds=1, core_minutes=0.01)
    trial = trials(experiment, tmp_path, rendered)[1]
    processes, handler = [], signal.getsignal(signal.SIGINT)

    def start(words, output):
        processes.append(start_training(words, output))
        return processes[-1]

    progress = train_trials([trial], 1, "cpu", str, lambda: bool(trial.record().progress), start)
    assert progress.stopped and trial.state() == "stopped" and 0 < trial.record().share < 1
    assert processes[0].returncode == 130  # by SIGINT, handled: the checkpoint was written
    before = read(trial.folder)[0].position.images
    progress = train_trials([trial], 1, "cpu", str)
    assert progress.done == [trial] and trial.record().metrics["psnr/own"] > 0
    assert trial.record().images > before and signal.getsignal(signal.SIGINT) is handler
