"""LaFIn as published: its sizes, its two players, its losses on the right pixels; and a small run of the trainer."""

import json
from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from hypotheses import hypotheses
from made_up_assets import assets_with_renders
from torch import nn

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Crop
from statue_models.networks.lafin import LafinGenerator, landmark_map
from statue_models.request import no_progress
from training import __main__ as command
from training.damage.draws import Draws
from training.damage.registry import damage
from training.evaluation.contenders.contender import SCHEMES
from training.evaluation.contenders.contender import Setting as ContenderSetting
from training.evaluation.contenders.lafin import LafinMethod
from training.examples.fitted_examples import COUNTED, MISSING
from training.examples.pictures import read_pictures
from training.systems.discriminators.patch import PatchDiscriminator
from training.systems.face_crops import draw_crops
from training.systems.lafin import LafinSystem, Options, make, networks_of
from training.systems.system import Setting

SIDE = 64
CPU = torch.device("cpu")


@pytest.fixture
def assets(tmp_path, face):
    """Made-up renders, and held-out crops in the form of ``statueflow``'s, without a fit."""
    folder = assets_with_renders(tmp_path, face)
    held = tmp_path / "examples" / "held"
    held.mkdir(parents=True)
    write_held(held / "fitted-00000.npz", read_pictures(folder, 256).held)
    return folder


def write_held(path, origins, count=6):
    crops = draw_crops(origins, count, SIDE, damage("block"), Draws(1, CPU))
    picture = ((crops.picture / 2 + 0.5) * 255).round().byte()
    flags = (crops.mask * MISSING + crops.counted * COUNTED).byte()
    surface = torch.zeros(count, 2, SIDE, SIDE, dtype=torch.uint8)
    arrays = {
        "picture": picture,
        "sketch": picture,
        "fill": picture,
        "normal": picture,
        "surface": surface,
        "flags": flags,
    }
    arrays |= {"landmarks": crops.landmarks, "truth": crops.landmarks}
    np.savez(path, **{name: tensor.numpy() for name, tensor in arrays.items()})


def small_options(assets, **more):
    small = {"size": SIDE, "width": 8, "blocks": 1, "style": 0.0, "content": 0.0, "found": 0.0}
    return small | {"examples": str(assets.parent / "examples")} | more


def small_system(assets, **more) -> LafinSystem:
    return make(Setting(assets, CPU, 0, small_options(assets, **more)))


def opened(*networks):
    """Give the attention's scales, which start at zero, values, so that all behind them matters."""
    for network in networks:
        for name, parameter in network.named_parameters():
            if name.endswith("_scale"):
                nn.init.constant_(parameter, 0.5)
    return networks[0]


def inputs(count=2, side=SIDE):
    generator = torch.Generator().manual_seed(3)
    picture = torch.rand(count, 3, side, side, generator=generator) * 2 - 1
    mask = torch.zeros(count, 1, side, side)
    mask[..., 12:44, 20:52] = 1
    return picture, mask, landmark_map(torch.rand(count, 68, 2, generator=generator), side)


def size_of(network):
    return sum(p.numel() for p in network.parameters())


# --- networks --------------------------------------------------------------------------------------------------------


def test_sizes_of_the_published_networks():
    with torch.device("meta"):
        assert size_of(LafinGenerator()) == 11_734_981
        assert size_of(PatchDiscriminator()) == 3_244_450


def biases_that_a_norm_takes_away(network):
    """Instance normalisation subtracts whatever constant the convolution before it adds."""
    found = set()
    for name, module in network.named_modules():
        if isinstance(module, nn.Sequential):
            pairs = pairwise(module.named_children())
            found |= {f"{name}.{a}.bias" for (a, _), (_, after) in pairs if isinstance(after, nn.InstanceNorm2d)}
    return found


@pytest.mark.parametrize("fixes", [{}, {"mask_channel": True, "upsampling": "resize"}])
def test_every_parameter_of_the_generator_gets_a_gradient(fixes):
    torch.manual_seed(0)
    network = opened(LafinGenerator(8, 2, **fixes))
    network(*inputs()).square().mean().backward()
    idle = biases_that_a_norm_takes_away(network)
    assert len(idle) == 2 * 2 + 7
    for name, parameter in network.named_parameters():
        assert name in idle or parameter.grad.abs().max() > 0, name


def test_every_parameter_of_the_discriminator_that_is_not_dead_as_published_gets_a_gradient():
    torch.manual_seed(0)
    network = opened(PatchDiscriminator(channels=8))
    picture, _, shown = inputs()
    logits = network(picture, shown)
    assert logits.shape == (2, 1, SIDE // 8 - 2, SIDE // 8 - 2)
    logits.square().mean().backward()
    for name, parameter in network.named_parameters():
        dead = name.startswith(("attention.join", "attention.long_scale"))
        assert parameter.requires_grad is not dead
        assert dead or parameter.grad.abs().max() > 0, name


def test_pictures_stay_in_range_and_samples_in_the_hole_are_never_looked_at():
    torch.manual_seed(0)
    picture, mask, shown = inputs()
    spoilt = torch.where(mask > 0, float("nan"), picture)
    network = opened(LafinGenerator(8, 1)).eval()
    with torch.inference_mode():
        first, second = network(picture, mask, shown), network(spoilt, mask, shown)
        without = network(picture, mask, shown * 0)
    assert torch.equal(first, second) and not torch.equal(first, without)
    assert first.abs().max() <= 1


def test_the_long_attention_borrows_from_the_encoder_only_in_the_hole():
    torch.manual_seed(0)
    attention = LafinGenerator(8, 1).attention.eval()
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


def test_landmark_maps_have_the_points_where_they_are():
    points = torch.full((1, 68, 2), 0.5)
    points[0, :3] = torch.tensor([[0.25, 0.75], [-3.0, 0.5], [1.0, 1.0]])
    shown = landmark_map(points, 64)
    assert {tuple(cell) for cell in torch.nonzero(shown[0, 0]).tolist()} == {(48, 16), (32, 0), (63, 63), (32, 32)}
    soft = landmark_map(points, 64, 1 / 32)
    assert soft.max() <= 1 and soft[0, 0, 48, 16] > 0.9 and soft[0, 0, 48, 22] < 0.3


# --- two players -----------------------------------------------------------------------------------------------------


def gradients(network):
    return {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("first", ["discriminator", "generator"])
def test_neither_turn_leaves_anything_in_the_others_gradients(assets, first):
    made = small_system(assets, first=first)
    assert made.players[0].name == first
    opened(made.generator, made.discriminator)
    batch = made.draw(Draws(0, CPU), 2)
    for player in made.players:
        other = next(name for name in made.networks if name != player.name)
        sum(made.losses(player.name, batch, Draws(1, CPU)).values()).backward()
        assert gradients(made.networks[player.name]) and not gradients(made.networks[other])
        made.networks[player.name].zero_grad(set_to_none=True)
    assert all(p.requires_grad for p in made.generator.parameters())


def test_the_discriminator_learns_the_same_whether_the_generator_had_its_turn_or_not(assets):
    made = small_system(assets)
    made.generator.eval(), made.discriminator.eval()  # the norms' estimates stand still
    batch = made.draw(Draws(0, CPU), 2)
    made.losses("discriminator", dict(batch), Draws(1, CPU))["discriminator"].backward()
    alone = gradients(made.discriminator)
    made.discriminator.zero_grad(set_to_none=True)
    sum(made.losses("generator", batch, Draws(1, CPU)).values()).backward()
    made.losses("discriminator", batch, Draws(1, CPU))["discriminator"].backward()
    after = gradients(made.discriminator)
    assert alone.keys() == after.keys() and all(torch.equal(alone[name], after[name]) for name in alone)


def test_after_the_generators_turn_the_discriminator_needs_no_pass_of_the_generator(assets):
    for first, passes in (("discriminator", 2), ("generator", 1)):
        made = small_system(assets, first=first)
        seen = []
        made.generator.register_forward_hook(lambda *_, seen=seen: seen.append(1))
        batch = made.draw(Draws(0, CPU), 1)
        for player in made.players:
            made.losses(player.name, batch, Draws(1, CPU))
        assert len(seen) == passes


def test_what_lies_beyond_the_stored_picture_is_missing_and_judged_by_nobody(assets):
    made = small_system(assets)
    batch = made.draw(Draws(0, CPU), 2)
    batch["inside"] = batch["inside"].clone()
    batch["inside"][..., :20] = 0
    batch["mask"] = torch.maximum(batch["mask"], 1 - batch["inside"])
    beyond = (batch["inside"] == 0).expand_as(batch["picture"])
    generated = made._generate(batch)
    assert torch.equal(generated[beyond], batch["picture"][beyond])
    assert not torch.equal(generated[~beyond], batch["picture"][~beyond])
    crops = draw_crops(made._pictures.train, 4, SIDE, damage("block"), Draws(0, CPU))
    assert (crops.counted <= crops.mask).all() and (crops.mask >= 1 - crops.inside).all()


def test_terms_have_their_published_weights_and_their_networks_names(assets, random_network):
    random_network(assets)
    made = small_system(assets, content=0.1, style=250.0)
    batch = made.draw(Draws(0, CPU), 2)
    named = {"l1", "adversarial", "tv", "content_mobilenet", "style_mobilenet"}
    before = made.losses("generator", batch, Draws(0, CPU))
    assert before.keys() == named and all(term.ndim == 0 and float(term.detach()) > 0 for term in before.values())
    made.generator.eval(), made.discriminator.eval()
    before = made.losses("generator", batch, Draws(0, CPU))
    made.options = Options(**{**vars(made.options), "tv": 0.2, "style": 500.0, "l1": 3.0})
    after = made.losses("generator", batch, Draws(0, CPU))
    factors = {"l1": 3, "adversarial": 1, "tv": 2, "content_mobilenet": 1, "style_mobilenet": 2}
    for name, factor in factors.items():
        assert float(after[name].detach()) == pytest.approx(factor * float(before[name].detach()), rel=1e-5)


def test_the_seed_alone_decides_the_first_weights():
    one, again, other = (networks_of(Options(width=4, blocks=1), seed)[0].state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["decode.1.weight"], other["decode.1.weight"])


@pytest.mark.parametrize(
    "options",
    [
        {"colour": 1},
        {"size": 100},
        {"size": 512},
        {"width": "64"},
        {"mask_channel": 1},
        {"style": -1.0},
        {"upsampling": "magic"},
        {"first": "nobody"},
        {"adversarial_kind": "wgan"},
        {"landmark_map": "heat"},
        {"damage": [{"kind": "earthquake"}]},
        {"damage": [7]},
        {"size": 96},  # the held-out crops have another size
    ],
)
def test_a_recipe_that_cannot_be_is_refused(assets, options):
    with pytest.raises(StatueError) as caught:
        small_system(assets, **options)
    assert caught.value.code == "bad-recipe"
    assert next(iter(options)) in caught.value.sentence


# --- learning --------------------------------------------------------------------------------------------------------


def test_one_batch_can_be_learnt_by_heart(assets):
    made = small_system(assets, width=12)
    batch = made.draw(Draws(0, CPU), 2)
    movers = {
        player.name: torch.optim.Adam(
            [p for p in made.networks[player.name].parameters() if p.requires_grad], 3e-3 * player.rate, player.betas
        )
        for player in made.players
    }
    errors = []
    for _ in range(60):
        fresh = dict(batch)
        for player in made.players:
            movers[player.name].zero_grad(set_to_none=True)
            terms = made.losses(player.name, fresh, Draws(0, CPU))
            sum(terms.values()).backward()
            movers[player.name].step()
        errors.append(float(terms["l1"].detach()))
    assert np.mean(errors[-3:]) < 0.35 * errors[0]


def losses(run, player):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line["loss"][player] for line in lines if line.get("event") == "progress"]


def trained(recipe, run, assets, *changes):
    words = ["train", recipe, "--out", str(run), "--assets", str(assets), "--device", "cpu"]
    examples = f'system.examples="{assets.parent / "examples"}"'
    return command.main([*words, *(word for change in (examples, *changes) for word in ("--set", change))])


def a_crop(side, seed=0):
    rng = np.random.default_rng(seed)
    hole = np.zeros((side, side), bool)
    hole[side // 3 : side // 2, side // 4 : side // 2] = True
    known = ~hole
    known[:, : side // 8] = False
    landmarks = rng.uniform(0.2 * side, 0.8 * side, (68, 2))
    rgb = rng.uniform(0, 1, (side, side, 3)).astype(np.float32)
    return Crop(rgb, hole, known, Landmarks(landmarks), 1.0)


def test_the_smoke_recipe_learns_and_the_evaluation_can_use_what_it_learnt(assets, tmp_path):
    run = tmp_path / "run"
    assert trained("lafin_smoke", run, assets, "run.images=240", "system.landmark_map='gaussian'") == 0
    found = losses(run, "generator")
    assert np.mean(found[-8:]) < 0.6 * np.mean(found[:2])
    assert all(0 < value < 1 for value in losses(run, "discriminator"))
    metrics = json.loads((run / "metrics.json").read_text())["metrics"]
    assert metrics.keys() == {"psnr/lafin", "psnr/telea"} and np.isfinite(list(metrics.values())).all()
    assert cv2.imread(str(next(run.glob("sheet-*.png")))).shape == (4 * SIDE, 6 * SIDE, 3)
    method = LafinMethod.from_file(run, "cpu")
    assert method.size == SIDE and method.sigma == 1 / 64 and size_of(method.network) == size_of(LafinGenerator(8, 2))
    for side in (SIDE, 96):
        crop = a_crop(side)
        answer = method.restore(crop, hypotheses(3, 4), MethodOptions(), no_progress)
        assert len(answer.fills) == 2 and answer.fills[0] is answer.fills[1]
        rgb = answer.fills[0].rgb
        assert np.array_equal(rgb[~crop.hole], crop.rgb[~crop.hole])
        assert rgb.min() >= 0 and rgb.max() <= 1 and not np.array_equal(rgb, crop.rgb)
        spoilt = Crop(np.where(crop.known[..., None], crop.rgb, np.nan), *list(vars(crop).values())[1:])
        assert np.array_equal(
            method.restore(spoilt, hypotheses(0), MethodOptions(), no_progress).fills[0].rgb[crop.hole], rgb[crop.hole]
        )
    assert callable(SCHEMES["lafin"](str(run), ContenderSetting()))


@pytest.mark.parametrize("harm", ["missing", "cut", "foreign"])
def test_weights_that_are_not_lafins_are_refused(tmp_path, harm):
    path = tmp_path / "generator.safetensors"
    if harm != "missing":
        path.write_bytes(b"PK\x03\x04" * 9 if harm == "foreign" else b"\x10\0\0\0\0\0\0\0{")
    with pytest.raises(StatueError) as caught:
        LafinMethod.from_file(path, "cpu")
    assert caught.value.code == ("weights-missing" if harm == "missing" else "weights-corrupt")
