"""``python -m training``: words in, files and an exit status out; stopped by hand."""

import json
import signal
import sys
import types
from contextlib import suppress

import pytest
import toy_systems

from training.__main__ import VERBS, main
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


def test_a_feature_network_is_named_by_an_option_of_its_own_where_a_system_has_one(command, monkeypatch):
    words, _ = command
    assert main([*words, "--features", "vgg19"]) == 2
    asked = []
    monkeypatch.setattr(toy_systems, "named", lambda setting: asked.append(setting.options), raising=False)
    monkeypatch.setattr(system, "MAKERS", {"regression": "toy_systems:named"})
    with suppress(AttributeError):  # nothing was made
        main([*words, "--features", 'C:\\weights "x".pth'])
    assert asked == [{"features": 'C:\\weights "x".pth'}]


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


def test_alone_it_lists_every_verb(capsys):
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert all(f"  {verb.name} " in listed and verb.help in listed for verb in VERBS)
    assert main(["data"]) == 0
    listed = capsys.readouterr().out
    assert "data mobilenet" in listed and "evaluate" not in listed


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as left:
        main([*verb.words, "--help"])
    said = capsys.readouterr().out
    assert not left.value.code and f"usage: python -m training {verb.name}" in said
    # The explanation shows how it is called, and stands before the options.
    assert f"    python -m training {verb.name} " in said.split("\noptions:")[0]


@pytest.mark.parametrize("words", [["tell"], ["statues", "brake"], ["train"], ["damage", "--no-such-option"]])
def test_words_that_mean_nothing_are_refused_as_the_catalogue_does(words, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1 and "--help" in said


@pytest.mark.parametrize(("package", "remedy"), [("torch", "pip install torch"), ("warp", "[train]")])
def test_a_package_that_is_not_there_is_said_with_its_remedy(package, remedy, monkeypatch, capsys):
    def run(options):
        raise ModuleNotFoundError(f"No module named '{package}.types'", name=f"{package}.types")

    module = types.ModuleType("training.damage.command")
    module.add_arguments = lambda parser: parser.set_defaults(run=run)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert main(["damage"]) == 5
    said = capsys.readouterr().err
    assert f"package {package}," in said and remedy in said


def test_a_module_of_ours_that_is_not_there_is_a_mistake(monkeypatch):
    monkeypatch.setitem(sys.modules, "training.damage.command", None)
    with pytest.raises(ModuleNotFoundError):
        main(["damage"])
