"""``lafin`` and ``thesis-inpainter``: published sizes, who is told which landmarks, losses, and that they learn."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypotheses import hypotheses
from published_checks import (
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)
from torch import nn

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Crop
from statue_models.networks.published.lafin import LafinGenerator, LafinShape, landmark_map
from statue_models.request import no_progress
from training.damage.draws import Draws
from training.engine.ranks import Ranks
from training.engine.trainer import train
from training.evaluation.contenders.contender import Setting as ContenderSetting
from training.evaluation.contenders.contender import contender
from training.systems.discriminators.patch import PatchDiscriminator
from training.systems.published import lafin
from training.systems.published.landmarks_told import TOLD

SIDE = 32
CPU = torch.device("cpu")
TINY = ("system.size=32", "system.width=8", "system.blocks=1", "system.features='random-vgg19'")
PLAIN = ("system.style=0.0", "system.content=0.0")
SYSTEMS = ("lafin", "thesis-inpainter")


def inputs(count=2, side=SIDE):
    generator = torch.Generator().manual_seed(3)
    picture = torch.rand(count, 3, side, side, generator=generator) * 2 - 1
    mask = torch.zeros(count, 1, side, side)
    mask[..., side // 5 : side // 2, side // 3 : side * 3 // 4] = 1
    return picture, mask, torch.rand(count, 68, 2, generator=generator)


def opened(*networks):
    """Give the attention's scales, which start at zero, values, so that all behind them matters."""
    for network in networks:
        for name, parameter in network.named_parameters():
            if name.endswith("_scale"):
                nn.init.constant_(parameter, 0.5)
    return networks[0]


def size_of(network):
    return sum(p.numel() for p in network.parameters())


def batch_of(built, count=2):
    return built.draw(Draws(0, CPU), count)


# --- networks --------------------------------------------------------------------------------------------------------


def test_sizes_of_the_published_networks():
    # Not on the meta device: spectral norms measure their weights, for which PyTorch would load its compiler first.
    whole = LafinGenerator()
    assert size_of(whole) == 11_734_981
    assert size_of(PatchDiscriminator()) == 3_244_450
    with torch.device("meta"):
        assert size_of(LafinGenerator(LafinShape(side=128, attention=False))) == 11_734_981 - 1_917_762
    parts = {name: size_of(part) for name, part in whole.named_children()}
    assert parts == {
        "encode_fine": 12_608, "encode_half": 131_200, "encode_quarter": 524_544, "middle": 8_261_120,
        "attention": 1_917_762, "decode_half": 524_416, "fuse_half": 65_792, "decode_fine": 262_208,
        "fuse_fine": 16_512, "decode": 18_819,
    }  # fmt: skip


def biases_that_a_norm_takes_away(network):
    """Instance normalisation subtracts whatever constant the convolution before it adds."""
    found = set()
    for name, module in network.named_modules():
        if isinstance(module, nn.Sequential):
            pairs = pairwise(module.named_children())
            found |= {f"{name}.{a}.bias" for (a, _), (_, after) in pairs if isinstance(after, nn.InstanceNorm2d)}
    return found


@pytest.mark.parametrize("fixes", [{}, {"mask_channel": True, "upsampling": "resize", "sigma": 1 / 32}])
def test_every_parameter_of_the_generator_gets_a_gradient(fixes):
    torch.manual_seed(0)
    network = opened(LafinGenerator(LafinShape(SIDE, 8, 2, **fixes)))
    network(*inputs()).square().mean().backward()
    idle = biases_that_a_norm_takes_away(network)
    assert len(idle) == 2 * 2 + 7
    for name, parameter in network.named_parameters():
        assert name in idle or parameter.grad.abs().max() > 0, name


def test_every_parameter_of_the_discriminator_that_is_not_dead_as_published_gets_a_gradient():
    torch.manual_seed(0)
    network = opened(PatchDiscriminator(channels=8))
    picture, _, points = inputs(side=64)
    logits = network(picture, landmark_map(points, 64))
    assert logits.shape == (2, 1, 64 // 8 - 2, 64 // 8 - 2)
    logits.square().mean().backward()
    for name, parameter in network.named_parameters():
        dead = name.startswith(("attention.join", "attention.long_scale"))
        assert parameter.requires_grad is not dead
        assert dead or parameter.grad.abs().max() > 0, name


def test_pictures_stay_in_range_and_samples_in_the_hole_are_never_looked_at():
    torch.manual_seed(0)
    picture, mask, points = inputs()
    spoilt = torch.where(mask > 0, float("nan"), picture)
    network = opened(LafinGenerator(LafinShape(SIDE, 8, 1))).eval()
    with torch.inference_mode():
        first, second = network(picture, mask, points), network(spoilt, mask, points)
        without, unknown = network(picture, mask), network(picture, mask, points * float("nan"))
    assert torch.equal(first, second) and not torch.equal(first, without) and torch.equal(without, unknown)
    assert first.abs().max() <= 1


def test_the_long_attention_borrows_from_the_encoder_only_in_the_hole():
    torch.manual_seed(0)
    attention = LafinGenerator(LafinShape(SIDE, 8, 1)).attention.eval()
    nn.init.constant_(attention.long_scale, 1.0)
    attention.join = nn.Identity()
    x, encoded, mask = torch.randn(1, 32, 4, 4), torch.randn(1, 32, 4, 4), torch.zeros(1, 1, 4, 4)
    mask[..., 2:] = 1
    borrowed = attention(x, encoded, mask)[:, 32:]
    assert torch.equal(borrowed[..., :2], encoded[..., :2])
    query = attention.query(x)[0].flatten(1)
    weights = torch.softmax(query.T @ query, 1)  # row i: what position i takes
    by_hand = torch.einsum("ij,cj->ci", weights, encoded[0].flatten(1)).reshape(1, 32, 4, 4)
    torch.testing.assert_close(borrowed[..., 2:], by_hand[..., 2:])


def test_landmark_maps_have_the_points_where_they_are_and_none_that_is_unknown():
    points = torch.full((1, 68, 2), 0.5)
    points[0, :4] = torch.tensor([[0.25, 0.75], [-3.0, 0.5], [1.0, 1.0], [0.1, torch.nan]])
    shown = landmark_map(points, 64)
    assert {tuple(cell) for cell in torch.nonzero(shown[0, 0]).tolist()} == {(48, 16), (32, 0), (63, 63), (32, 32)}
    soft = landmark_map(points, 64, 1 / 32)
    assert soft.max() <= 1 and soft[0, 0, 48, 16] > 0.9 and soft[0, 0, 48, 22] < 0.3 and soft[0, 0, 0, 0] == 0


# --- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("recipe", "content", "style"), [("lafin", 0.1, 250.0), ("thesis-inpainter", 1.0, 1.0)])
def test_terms_have_their_published_weights_and_their_networks_names(rendered, recipe, content, style):
    built = made(small(recipe, *TINY), rendered)
    kinds = {"content": content, "style": style}
    named = {
        f"{kind}_{name.split('_', 1)[1]}": kinds[kind] for name in built.terms if (kind := name.split("_")[0]) in kinds
    }
    assert {name: weight for name, (weight, _) in built.terms.items()} == {"l1": 1.0, "tv": 0.1, **named}
    adversary = built.adversaries["discriminator"]
    assert (adversary.weight, adversary.rate, adversary.betas) == (0.01, 0.1, (0.0, 0.9))
    assert adversary.kind == "lsgan_sigmoid" and not adversary.composited
    built.generator.eval(), built.networks["discriminator"].eval()
    batch = batch_of(built)
    terms = built.losses("generator", batch, Draws(0, CPU))
    attempt = built.attempt(batch)
    hole = attempt.counted
    by_hand = ((attempt.generated - attempt.truth) / 2).abs().mean() / hole.mean()
    torch.testing.assert_close(terms["l1"], by_hand)
    composite = torch.where(hole > 0, attempt.generated, attempt.truth) / 2
    variation = composite.diff(dim=2).abs().mean() + composite.diff(dim=3).abs().mean()
    torch.testing.assert_close(terms["tv"], 0.1 * variation)
    shown = landmark_map(batch["landmarks"], SIDE)
    logits = built.networks["discriminator"](attempt.generated, shown)
    torch.testing.assert_close(terms["discriminator"], 0.01 * (torch.sigmoid(logits) - 1).square().mean())
    elsewhere = type(attempt)(attempt.truth, attempt.mask, hole, torch.where(hole > 0, attempt.generated, -1.0))
    for name in named:
        assert float(terms[name].detach()) > 0
        alike = torch.allclose(built.terms[name][1](elsewhere), built.terms[name][1](attempt))
        assert alike is name.startswith("style")  # style looks at the hole alone


def test_neither_turn_leaves_anything_in_the_others_gradients(rendered):
    built = made(small("lafin", *TINY, *PLAIN), rendered)
    opened(*built.networks.values())
    batch = batch_of(built)
    for player, other in (("generator", "discriminator"), ("discriminator", "lafin")):
        sum(built.losses(player, batch, Draws(1, CPU)).values()).backward()
        mine = built.networks["lafin" if player == "generator" else player]
        assert any(p.grad is not None for p in mine.parameters())
        assert all(p.grad is None for p in built.networks[other].parameters())
        mine.zero_grad(set_to_none=True)


def test_the_thesis_has_no_attention_and_its_own_holes(rendered):
    built = made(small("thesis-inpainter", *TINY, *PLAIN), rendered)
    assert built.generator.attention is None and built.networks["discriminator"].attention is None
    built.generator.eval()
    metrics = built.judge().metrics
    percents = (5, 10, 20, 30, 40, 50)
    assert {f"psnr_predicted/{label}" for label in ("rects4", "rects6", *(f"fracture{p}" for p in percents))} <= set(
        metrics
    )
    for percent in percents:
        assert float(built.data.held()[f"fracture{percent}"]["mask"].mean()) >= percent / 100 - 0.01


# --- who is told which landmarks -------------------------------------------------------------------------------------


def told(rendered, *changes, count=4):
    built = made(small("lafin", *TINY, *PLAIN, *changes), rendered)
    return built, built.draw(Draws(0, CPU), count), built.data.draw(Draws(0, CPU), count)["landmarks"]


def test_both_are_told_the_true_landmarks_unless_a_recipe_says_otherwise(rendered):
    _, batch, truth = told(rendered)
    assert torch.equal(batch["landmarks"], truth) and torch.equal(batch[TOLD], truth)


def test_predicted_landmarks_err_the_same_for_both_and_by_as_much_as_asked(rendered):
    both = ("system.landmarks='predicted'", "system.judge_landmarks='predicted'")
    _, batch, truth = told(rendered, *both)
    error = batch["landmarks"] - truth
    assert torch.equal(batch["landmarks"], batch[TOLD]) and 0.001 < error.abs().mean() < 0.05
    _, twice, _ = told(rendered, *both, "system.landmark_error=2.0")
    torch.testing.assert_close(twice["landmarks"] - truth, 2 * error)
    _, one, _ = told(rendered, both[0])
    assert torch.equal(one[TOLD], truth) and not torch.equal(one["landmarks"], truth)


def test_without_landmarks_a_player_sees_an_empty_map(rendered):
    built, batch, truth = told(rendered, "system.landmarks='none'", "system.judge_landmarks='none'")
    assert "landmarks" not in batch and TOLD not in batch
    adversary = built.adversaries["discriminator"]
    picture, shown = adversary.see(batch["picture"], batch)
    assert picture is batch["picture"] and shown.shape == batch["mask"].shape and not shown.any()
    _, shown = adversary.see(batch["picture"], {TOLD: truth})
    assert torch.equal(shown, landmark_map(truth, SIDE))
    built.generator.eval()
    blind = built.judge().metrics
    assert not [name for name in blind if name.startswith("psnr_predicted")]
    # What it was not trained on must not decide what it is judged by.
    held = built.data.held()["block"]
    held["landmarks"] = 1 - held["landmarks"]
    assert built.judge().metrics["psnr/block"] == blind["psnr/block"]


def test_withheld_landmarks_are_withheld_from_both(rendered):
    _, batch, truth = told(rendered, "system.landmarks_withheld=0.5", count=16)
    hidden = batch["landmarks"].isnan().all((1, 2))
    assert 0 < int(hidden.sum()) < 16 and torch.equal(batch["landmarks"][~hidden], truth[~hidden])
    assert torch.equal(hidden, batch[TOLD].isnan().all((1, 2)))


def test_judgements_also_say_what_a_predictors_errors_cost(rendered):
    wrong = made(small("lafin", *TINY, *PLAIN, "system.landmark_error=20.0"), rendered)
    right = made(small("lafin", *TINY, *PLAIN, "system.landmark_error=0.0"), rendered)
    for built in (wrong, right):
        # Nothing but the map of landmarks reaches the picture that is drawn.
        nn.init.zeros_(built.generator.encode_fine[1].weight[:, :3])
        built.generator.eval()
    one, other = wrong.judge().metrics, right.judge().metrics
    assert other["psnr_predicted/block"] == pytest.approx(other["psnr/block"], abs=1e-4)
    assert one["psnr/block"] == other["psnr/block"] and one["psnr_predicted/block"] != one["psnr/block"]


# --- recipes and learning --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "colour=1",
        "size=100",
        "size=512",
        "width='64'",
        "mask_channel=1",
        "style=-1.0",
        "upsampling='magic'",
        "adversarial_kind='wgan'",
        "landmark_map='heat'",
        "landmarks='guessed'",
        "judge_landmarks='all'",
        "features='magic'",
        "damage=[{kind='earthquake'}]",
    ],
)
def test_a_recipe_that_cannot_be_is_refused(rendered, change):
    with pytest.raises(StatueError) as caught:
        made(small("lafin", *TINY, f"system.{change}"), rendered)
    assert caught.value.code == "bad-recipe"
    key, value = change.split("=", 1)
    assert key in caught.value.sentence or value.strip("'") in caught.value.sentence


@pytest.mark.parametrize(("recipe", "changes"), [("lafin", ()), ("thesis-inpainter", ("system.adversarial=0.0",))])
def test_it_learns_one_batch_by_heart(rendered, monkeypatch, recipe, changes):
    # A first moment gets there in half of the steps that the published optimiser takes, which has none.
    monkeypatch.setattr(lafin, "BETAS", (0.9, 0.99))
    recipe = small(recipe, *TINY, *PLAIN, "system.width=16", "run.rate=3e-3", *changes)
    check_one_batch_is_learnt_by_heart(recipe, rendered, terms=("l1",), count=2)


def test_without_an_adversarial_term_there_is_no_discriminator(rendered):
    built = made(small("lafin", *TINY, *PLAIN, "system.adversarial=0.0"), rendered)
    assert built.networks.keys() == {"lafin"} and [player.name for player in built.players] == ["generator"]
    assert built.losses("generator", batch_of(built), Draws(0, CPU)).keys() == {"l1", "tv"}


@pytest.mark.parametrize("recipe", SYSTEMS)
def test_every_parameter_learns(rendered, recipe):
    check_every_parameter_learns(small(recipe, *TINY, *PLAIN), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    more = ("system.landmarks='predicted'", "system.landmarks_withheld=0.2")
    check_steps_and_going_on("lafin", rendered, tmp_path, *TINY, *PLAIN, *more)


def a_crop(side, seed=0, face=True):
    rng = np.random.default_rng(seed)
    hole = np.zeros((side, side), bool)
    hole[side // 3 : side // 2, side // 4 : side // 2] = True
    known = ~hole
    known[:, : side // 8] = False
    landmarks = Landmarks(rng.uniform(0.2 * side, 0.8 * side, (68, 2))) if face else None
    return Crop(rng.uniform(0, 1, (side, side, 3)).astype(np.float32), hole, known, landmarks, 1.0)


def test_the_evaluation_can_use_what_was_learnt_with_and_without_a_face(rendered, tmp_path):
    run = tmp_path / "run"
    recipe = small("lafin", *TINY, *PLAIN, "system.landmark_map='gaussian'", batch=2, images=4)
    train(recipe, run, rendered, Ranks(CPU), say=lambda line: None, bar=False)
    method = contender(f"lafin@{run}", ContenderSetting()).restore.method
    assert method.network.shape == LafinShape(SIDE, 8, 1, sigma=1 / 64)
    for side in (SIDE, 48):
        found = []
        for face in (True, False):
            crop = a_crop(side, face=face)
            answer = method.restore(crop, hypotheses(3, 4), MethodOptions(), no_progress)
            assert len(answer.fills) == 2 and answer.fills[0] is answer.fills[1]
            rgb = answer.fills[0].rgb
            assert np.array_equal(rgb[~crop.hole], crop.rgb[~crop.hole])
            assert rgb.min() >= 0 and rgb.max() <= 1 and not np.array_equal(rgb, crop.rgb)
            found.append(rgb)
        assert not np.array_equal(*found)
