"""Two processes that train one model, started by torchrun, on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import toy_systems
from safetensors.torch import load_file

from training.engine import trainer
from training.engine.checkpoints import STATE, read
from training.engine.ranks import Ranks
from training.engine.recipe import recipe_of
from training.systems import system

ROOT = Path(__file__).parents[3]
RUN = {"images": 16 * 20, "batch": 8, "rate": 0.01, "warm_up": 4, "log_every": 0.0}

#: Every run in one start of two processes: starting them takes longer than all they do.
WORKER = """
import sys
from pathlib import Path

import torch
import toy_systems
from safetensors.torch import save_file

from training.engine import ranks, trainer
from training.engine.recipe import recipe_of
from training.systems import system

torch.set_num_threads(1)
RUN, folder = {RUN!r}, Path({folder!r})
made = []

def make(setting):
    made.append((toy_systems.Pair if "bad_rank" in setting.options else toy_systems.Regression)(setting))
    return made[-1]

toy_systems.make = make
system.MAKERS = {{"toy": "toy_systems:make"}}

def run(name, own, options, resume=None, stop=lambda: False):
    recipe = recipe_of({{"system": {{"name": "toy", **options}}, "run": {{**RUN, "judge_every": 0.001}}}})
    outcome = trainer.train(recipe, folder / name, folder, own, resume, asked_to_stop=stop, bar=False)
    live = {{f"{{n}}.{{k}}": t for n, m in made[-1].networks.items() for k, t in m.state_dict().items()}}
    save_file(live, folder / f"{{name}}.{{own.rank}}.safetensors")
    return outcome

with ranks.join("cpu") as own:
    assert own.world == 2
    run("whole", own, {{}})
    # Only the second process is asked to stop; both must.
    outcome = run("parts", own, {{}}, stop=lambda: own.rank == 1 and made[-1].calls == 7)
    assert outcome.ended == "stopped" and outcome.position.steps == 7, outcome
    run("parts", own, {{}}, folder / "parts")
    # Numbers fail in one process; both must skip the step, and after twenty go on from the average.
    run("bad", own, {{"bad_rank": 1, "bad_make": [3], "bad_judge": list(range(5, 15))}})
# Threads of the group that outlive it can abort the process when the interpreter ends.
left = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
assert not [name for name in left if "gloo" in name], left
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ddp")
    script = folder / "worker.py"
    script.write_text(WORKER.format(RUN=RUN, folder=str(folder)))
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/training")])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def live(runs, name, rank):
    return load_file(runs / f"{name}.{rank}.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_both_processes_have_the_same_weights(runs):
    assert same(live(runs, "whole", 0), live(runs, "whole", 1))


def test_two_processes_learn_what_one_learns_from_both_batches(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(system, "MAKERS", toy_systems.MAKERS)
    recipe = recipe_of({"system": {"name": "regression", "as_ranks": 2}, "run": {**RUN, "batch": 16}})
    outcome = trainer.train(recipe, tmp_path / "one", tmp_path, Ranks(torch.device("cpu")), bar=False)
    together = read(runs / "whole")[0]
    assert (outcome.position.steps, outcome.position.images) == (together.position.steps, together.position.images)
    alone = load_file(tmp_path / "one" / STATE)
    for name, tensor in together.tensors.items():
        if not name.startswith("generator."):
            assert torch.allclose(tensor, alone[name], rtol=1e-4, atol=1e-6), name


def test_a_run_of_two_processes_goes_on_bit_for_bit(runs):
    whole, parts = (read(runs / name)[0] for name in ("whole", "parts"))
    assert same(whole.tensors, parts.tensors) and whole.position.images == parts.position.images == 320
    assert {"generator.0.draws", "generator.1.draws"} <= whole.tensors.keys()
    assert not torch.equal(whole.tensors["generator.0.draws"], whole.tensors["generator.1.draws"])
    assert same(live(runs, "parts", 0), live(runs, "parts", 1))


def test_one_process_alone_can_go_on_with_it(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(system, "MAKERS", {"toy": "toy_systems:regression"})
    recipe = recipe_of({"system": {"name": "toy"}, "run": {**RUN, "images": 400}})
    outcome = trainer.train(recipe, tmp_path / "on", tmp_path, Ranks(torch.device("cpu")), runs / "whole", bar=False)
    assert outcome.position.images == 400


def test_bad_numbers_in_one_process_are_skipped_by_both(runs):
    one, other = live(runs, "bad", 0), live(runs, "bad", 1)
    assert all(torch.equal(one[name], other[name]) for name in one if "running" not in name)
    tensors = read(runs / "bad")[0].tensors
    assert int(tensors["adamw.make.maker.0.weight.step"]) == 19
    assert int(tensors["adamw.judge.critic.0.weight.step"]) == 10


def test_only_the_first_process_writes(runs):
    lines = [json.loads(line) for line in (runs / "whole" / "log.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines if line["event"] == "progress"] == list(range(16, 321, 16))
    assert lines[0]["processes"] == 2 and sum(line["event"] == "end" for line in lines) == 1
