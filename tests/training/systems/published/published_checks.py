"""What holds for every published system, asked of a small one that a test names: a recipe and what makes it small."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from training.damage.draws import Draws
from training.engine.ranks import Ranks
from training.engine.recipe import Recipe, read_recipe
from training.engine.trainer import train
from training.engine.training_state import TrainingState
from training.systems.completion import GENERATOR
from training.systems.system import Setting, System, system

CPU = torch.device("cpu")


def small(recipe: str, *changes: str, **run) -> Recipe:
    """A recipe's reduced form, made small enough for seconds: changes as ``--set`` takes them, keys of ``[run]``."""
    common = ["run.warm_up=0", "run.decay='none'", "run.ema=0.0", "run.judge_every=0", "system.judged_count=4"]
    return read_recipe(recipe, [*common, *changes], reduced=True, **run)


def made(recipe: Recipe, assets: Path) -> System:
    torch.manual_seed(0)
    return system(recipe.system, Setting(assets, CPU, recipe.seed, recipe.options))


def steps_on_one_batch(state: TrainingState, batch: dict, most: int, alone: str = ""):
    """The players' turns, or one's alone, on the same batch again and again; yields each step's terms by player."""
    for step in range(most):
        fresh = dict(batch)
        found = {}
        for player in (p for p in state.players if p.player.has_turn(step, 0.0) and alone in ("", p.name)):
            player.set_trainable(True)
            player.set_learning_rate(state.recipe.rate)
            losses = player.forward(fresh)
            torch.stack(list(losses.values())).sum().backward()
            player.step_if_finite(losses, player.clip_gradients())
            player.set_trainable(False)
            found[player.name] = {name: float(loss.detach()) for name, loss in losses.items()}
        yield found


def check_one_batch_is_learnt_by_heart(
    recipe: Recipe,
    assets: Path,
    player: str = GENERATOR,
    terms: tuple[str, ...] = (),
    most: int = 400,
    count: int = 3,
    share: float = 0.1,
    alone: bool = False,
) -> None:
    """The generator's own terms fall to a share, a tenth, and each output is nearest to its own target.

    Args:
        player: whose loss. terms: which of them; () = all that are not an adversary's.
        most: steps. count: pictures of the batch. share: a tenth; more where steps are dear.
        alone: the others do not move, which costs less where the terms do not ask them.
    """
    built = made(recipe, assets)
    state = TrainingState(recipe, built, Ranks(CPU))
    batch = built.draw(Draws(7, CPU), count)
    adversaries = {one.name for one in built.players}
    first = None
    for found in steps_on_one_batch(state, batch, most, player if alone else ""):
        if player not in found:
            continue
        loss = sum(v for name, v in found[player].items() if (name in terms if terms else name not in adversaries))
        first = loss if first is None else first
        if loss < share * first:
            break
    else:
        raise AssertionError(f"after {most} steps the loss is {loss / first:.2f} of what it was")
    with torch.no_grad():
        attempt = built.attempt(batch)
    weight = attempt.counted
    for index, output in enumerate(attempt.generated):
        apart = ((output - attempt.truth).square() * weight[index]).mean((1, 2, 3))
        assert int(apart.argmin()) == index, apart


def check_points_are_learnt_by_heart(
    recipe: Recipe, assets: Path, of_mean: float = 0.1, most: int = 300, count: int = 3
) -> None:
    """A regressor's loss falls to a tenth, and below that of one answer for all; each answer is nearest its own.

    Args:
        of_mean: share of what the batch's mean shape would cost.
        most: steps. count: pictures of the batch.
    """
    built = made(recipe, assets)
    state = TrainingState(recipe, built, Ranks(CPU))
    batch = built.draw(Draws(7, CPU), count)
    truth = batch["landmarks"]
    whole = built.network
    built.network = lambda picture, mask: truth.mean(0).expand_as(truth)  # the best that one answer for all can be
    (mean,) = built.losses(built.players[0].name, batch, Draws(0, CPU)).values()
    built.network = whole
    first = None
    for found in steps_on_one_batch(state, batch, most):
        loss = sum(found[built.players[0].name].values())
        first = loss if first is None else first
        if loss < min(0.1 * first, of_mean * float(mean)):
            break
    else:
        raise AssertionError(f"after {most} steps the loss is {loss:.3g}; first {first:.3g}, mean {mean:.3g}")
    with torch.no_grad():
        points = built.network(batch["picture"], batch["mask"])
    apart = (points[:, None] - truth[None]).square().mean((2, 3))
    assert apart.argmin(1).tolist() == list(range(count)), apart


def check_every_parameter_learns(recipe: Recipe, assets: Path, but: tuple[str, ...] = (), steps: int = 2) -> None:
    """Every parameter that may learn gets a gradient within a few steps, but those whose names end so."""
    built = made(recipe, assets)
    state = TrainingState(recipe, built, Ranks(CPU))
    reached: set[str] = set()
    for step in range(steps * max(player.every for player in built.players)):
        batch = built.draw(Draws(step, CPU), 3)
        for player in (p for p in state.players if p.player.has_turn(step, 0.0)):
            player.set_trainable(True)
            losses = player.forward(batch)
            torch.stack(list(losses.values())).sum().backward()
            reached |= {n for n, p in player.parameters.items() if p.grad is not None and p.grad.abs().max() > 0}
            player.step_if_finite(losses, player.clip_gradients())
            player.set_trainable(False)
    wanted = {name for player in state.players for name in player.parameters if not name.endswith(but or ("\0",))}
    assert wanted and not wanted - reached, sorted(wanted - reached)[:5]


def check_steps_and_going_on(recipe: str, assets: Path, folder: Path, *changes: str, batches: int = 4) -> None:
    """Optimiser steps are batches, of each player by its turns, and a run that was stopped goes on as in one go."""
    whole = small(recipe, *changes, batch=2, images=2 * batches)
    asked = iter([False] * (batches // 2) + [True] + [False] * batches)
    quiet = {"say": lambda line: None, "bar": False}
    train(whole, folder / "one", assets, Ranks(CPU), **quiet)
    assert (
        train(whole, folder / "two", assets, Ranks(CPU), asked_to_stop=lambda: next(asked), **quiet).ended == "stopped"
    )
    train(whole, folder / "two", assets, Ranks(CPU), resume=folder / "two", **quiet)
    one, two = (load_file(folder / run / "state.safetensors") for run in ("one", "two"))
    assert one.keys() == two.keys()
    assert not [name for name in one if not torch.equal(one[name], two[name])]
    built = made(whole, assets)
    for player in built.players:
        own = {name: t for name, t in one.items() if name.startswith(f"adamw.{player.name}.")}
        done = {float(t) for name, t in own.items() if name.endswith(".step")}
        turns = sum(player.has_turn(step, step / batches) for step in range(batches))
        assert done == ({float(turns)} if turns else set()), (player.name, done)
    metrics = json.loads((folder / "one" / "metrics.json").read_text())["metrics"]
    assert metrics
