"""``python -m training``: words in, files and an exit status out; stopped by hand."""

import json
import signal
import sys
import types

import pytest
import toy_systems

from training.__main__ import main
from training.engine.checkpoints import COMPACT, STATE, read
from training.engine.stopping import StopSignals
from training.systems import system


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.setattr(system, "MAKERS", toy_systems.MAKERS)


@pytest.fixture
def command(tmp_path):
    path = tmp_path / "toy.toml"
    path.write_text('[system]\nname = "regression"\n[run]\nimages = 400\nbatch = 8\nrate = 0.01\n')
    out = tmp_path / "run"
    return ["train", str(path), "--out", str(out), "--assets", str(tmp_path), "--device", "cpu"], out


def test_the_command_trains_goes_on_and_says_so(command, capsys):
    words, out = command
    assert main([*words, "--images", "80", "--set", "run.warm_up=2"]) == 0
    said = capsys.readouterr().out
    assert "80 images in 10 steps" in said and "judged: error" in said and "left" in said and str(out) in said
    assert main(words) == 8
    assert main([*words, "--resume", str(out)]) == 0
    assert read(out)[0].position.images == 400
    assert main([*words, "--force", "--set", "system.no=1"]) == 2
    assert main([*words, "--stop-after", "nan"]) == 2


def test_unknown_systems_are_refused(command, capsys):
    words, _ = command
    assert main([*words, "--set", 'system.name="nothing"']) == 2
    assert "nothing" in capsys.readouterr().err


def test_ctrl_c_ends_the_command_with_both_checkpoints_written(command, monkeypatch, capsys):
    words, out = command
    real = toy_systems.Regression.draw

    def interrupted(self, draws, count):
        if self.calls == 3:
            signal.raise_signal(signal.SIGINT)
        return real(self, draws, count)

    monkeypatch.setattr(toy_systems.Regression, "draw", interrupted)
    assert main(words) == 130
    assert f"--resume {out}" in capsys.readouterr().err
    assert read(out)[0].position.steps == 4 and (out / COMPACT).exists()
    events = [json.loads(line)["event"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert "end" in events and "judgement" not in events  # whoever stops a run does not wait for one
    (out / STATE).unlink()
    assert read(out)[0].position.steps == 4


def test_a_second_signal_stops_at_once(capsys):
    before = signal.getsignal(signal.SIGTERM)
    with StopSignals() as signals:
        signal.raise_signal(signal.SIGTERM)
        assert signals.seen and "once more" in capsys.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_evaluate_hands_all_its_words_on(monkeypatch):
    seen = []
    module = types.ModuleType("training.evaluation.evaluate")
    module.main = lambda words: seen.append(words) or 0
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert main(["evaluate", "--help", "train"]) == 0 and seen == [["--help", "train"]]
