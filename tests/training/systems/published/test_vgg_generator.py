"""``vgg-generator``: its published sizes, kinds that are as large, its losses and figures, and that it learns."""

import pytest
import torch
from published_checks import (
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)
from torch import nn

from statue_models.networks.published.vgg_generator import VggGenerator, VggGeneratorShape
from training.damage.draws import Draws
from training.features.feature_network import CONTENT, open_features
from training.systems.published.vgg_generator import Options
from training.toml_tables import fill

TINY = ("system.size=32", "system.width=12", "system.blocks=2", "system.features='random-vgg19'")
CPU = torch.device("cpu")


def parameters(**shape) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in VggGenerator(VggGeneratorShape(**shape)).parameters())


def some(count: int = 2, side: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    mask = torch.zeros(count, 1, side, side)
    mask[..., 8:20, 4:16] = 1
    return torch.rand(count, 3, side, side, generator=generator) * 2 - 1, mask


# --- the network -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ({}, 8_134_979),
        ({"blocks": 9}, 11_678_531),
        ({"strided": True}, 8_406_915),
        ({"mask_channel": False}, 8_131_843),
    ],
)
def test_sizes_of_the_published_networks(shape, count):
    assert parameters(**shape) == count


@pytest.mark.parametrize("kind", ["gated", "columns"])
@pytest.mark.parametrize("shape", [{}, {"width": 24}, {"width": 12}, {"width": 16, "strided": True, "blocks": 9}])
def test_its_kinds_are_as_large_as_the_plain_one(kind, shape):
    assert parameters(kind=kind, **shape) == pytest.approx(parameters(**shape), rel=0.05)


def test_gates_are_everywhere_and_columns_have_kernels_of_their_own():
    with torch.device("meta"):
        gated, columns = (VggGenerator(VggGeneratorShape(kind=kind, width=16)) for kind in ("gated", "columns"))
    names = [name for name, m in gated.named_modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert len(names) == 18 and all(name.endswith("both") for name in names)
    for column, kernel in zip(columns.layers[0].columns, (3, 5, 7), strict=True):
        assert {m.kernel_size[0] for m in column.modules() if isinstance(m, nn.Conv2d)} == {kernel}


@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("kind", ["plain", "gated", "columns"])
def test_it_gives_pictures_of_the_same_size_and_does_not_look_into_the_hole(kind, strided):
    network = VggGenerator(VggGeneratorShape(32, 12, 1, kind, strided=strided)).eval()
    picture, mask = some()
    out = network(picture, mask)
    assert out.shape == picture.shape and float(out.detach().abs().max()) <= 1
    assert torch.equal(network(torch.where(mask > 0, torch.nan, picture), mask), out)


def test_without_the_mask_channel_a_hole_and_grey_look_the_same():
    picture, mask = some()
    grey = torch.where(mask > 0, 0.0, picture)
    for shown in (True, False):
        network = VggGenerator(VggGeneratorShape(32, 12, 1, mask_channel=shown)).eval()
        assert torch.equal(network(picture, mask), network(grey, mask * 0)) != shown


def test_with_instance_normalisation_a_picture_does_not_depend_on_the_others():
    picture, mask = some()
    for norm in ("instance", "batch"):
        network = VggGenerator(VggGeneratorShape(32, 12, 1, norm=norm))
        alone, beside = network(picture[:1], mask[:1]), network(picture, mask)[:1]
        assert torch.allclose(alone, beside, atol=1e-5) == (norm == "instance")


@pytest.mark.parametrize("wrong", [{"kind": "none"}, {"norm": "none"}, {"side": 36}, {"width": 1}])
def test_what_cannot_be_made_is_refused(wrong):
    with pytest.raises(ValueError, match="perceptual generator"):
        VggGenerator(VggGeneratorShape(**wrong))


# --- the system ------------------------------------------------------------------------------------------------------


def test_it_learns_one_batch_by_heart(rendered):
    check_one_batch_is_learnt_by_heart(small("vgg-generator", *TINY, "run.rate=2e-3"), rendered)


@pytest.mark.parametrize("kind", ["plain", "gated", "columns"])
def test_every_parameter_learns(rendered, kind):
    check_every_parameter_learns(small("vgg-generator", *TINY, f"system.kind='{kind}'"), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("vgg-generator", rendered, tmp_path, *TINY)


def test_its_weights_are_the_published_ones(rendered):
    options = fill(Options, "system", {})
    assert options.pixels == 1.0 and options.perceptual == 0.01 and options.features == "vgg19"
    assert options.features_normalised and not options.composited
    assert options.damage == ({"kind": "rect", "low": 32, "high": 64},)  # 64 to 128 at 256 pixels
    built = made(small("vgg-generator", *TINY, "system.perceptual=0.01"), rendered)
    batch = built.draw(Draws(0, CPU), 2)
    losses = built.losses("generator", batch, Draws(0, CPU))
    with torch.no_grad():
        attempt = built.attempt(batch)
    assert float(losses["pixels"].detach()) == pytest.approx(
        float(nn.functional.mse_loss(attempt.generated, attempt.truth)), rel=1e-4
    )
    network = open_features("random-vgg19", rendered, CPU, normalised=True)
    found, right = (network(picture / 2 + 0.5, CONTENT) for picture in (attempt.generated, attempt.truth))
    apart = sum(float(nn.functional.mse_loss(found[tap], right[tap])) for tap in CONTENT)
    assert losses.keys() == {"pixels", "perceptual_random-vgg19"}
    assert float(losses["perceptual_random-vgg19"].detach()) == pytest.approx(0.01 * apart, rel=1e-3)


def test_judgements_have_the_curve_that_was_published(rendered):
    built = made(small("vgg-generator", *TINY), rendered)
    built.generator.eval()
    metrics = built.judge().metrics
    batch = built.data.held()["rect"]
    with torch.no_grad():
        whole = built.attempt(batch)
        assert metrics["mse/rect"] == pytest.approx(float((whole.generated - whole.truth).square().mean()), rel=1e-4)
        seen = built.terms["perceptual_random-vgg19"][1](whole)
    assert metrics["perceptual_random-vgg19/rect"] == pytest.approx(float(seen), rel=1e-4)
    assert "perceptual_random-vgg19/strokes" in metrics


def test_whole_pictures_are_learnt_unless_composited(rendered):
    for composited in (False, True):
        recipe = small("vgg-generator", *TINY, f"system.composited={str(composited).lower()}")
        built = made(recipe, rendered)
        batch = built.draw(Draws(0, CPU), 2)
        attempt = built.attempt(batch)
        visible = (attempt.generated == attempt.truth) | (batch["mask"] > 0)
        assert bool(visible.all()) == composited
