"""``dmfn``: its published size, its losses, what its discriminator sees, and that it learns."""

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

from statue_models.networks.published.dmfn import Dmfn, DmfnShape, Fusion
from training.damage.draws import Draws
from training.systems.adversary import see_picture_and_hole
from training.systems.published.dmfn import Options, judge_of
from training.toml_tables import fill

TINY = ("system.size=32", "system.width=8", "system.blocks=1", "system.features='random-vgg19'")
CPU = torch.device("cpu")
OWN = ("l1", "perceptual_random-vgg19", "alignment_random-vgg19")


# --- the networks ----------------------------------------------------------------------------------------------------


def test_sizes_of_the_published_networks():
    with torch.device("meta"):
        assert sum(p.numel() for p in Dmfn().parameters()) == 9_037_443
        discriminator = judge_of(256, 64)
    for branch, halvings in ((discriminator.whole, 6), (discriminator.part, 5)):
        assert (len(branch.layers), branch.out.in_features, branch.out.out_features) == (halvings, 512 * 16, 512)
    picture = torch.zeros(2, 3, 64, 64)
    logits, maps = judge_of(64, 2).with_features(picture, picture[..., :32, :32])
    assert logits.shape == (2, 1) and [m.shape[-1] for m in maps] == [32, 16, 8, 4, 16, 8, 4]


def test_a_fusion_block_sums_up_reaches_of_1_2_4_and_8():
    torch.manual_seed(0)
    block = Fusion(16, 4)
    few = block.squeeze(torch.randn(1, 16, 32, 32))
    one, two, four, eight = (branch(few) for branch in block.branches)
    joined = []
    block.join.register_forward_pre_hook(lambda module, inputs: joined.append(inputs[0]))
    block.squeeze = nn.Identity()
    block(few)
    right = torch.cat([one, one + two, one + two + four, one + two + four + eight], 1)
    assert torch.allclose(joined[0], right, atol=1e-6)
    assert [branch[0].dilation[0] for branch in block.branches] == [1, 2, 4, 8]


def test_it_does_not_look_into_the_hole_but_is_told_of_it():
    network = Dmfn(DmfnShape(32, 8, 1))
    picture, mask = torch.rand(1, 3, 32, 32) * 2 - 1, torch.zeros(1, 1, 32, 32)
    mask[..., 8:20, 4:16] = 1
    out = network(picture, mask)
    assert out.shape == picture.shape
    assert torch.equal(network(torch.where(mask > 0, torch.nan, picture), mask), out)
    assert not torch.equal(network(torch.where(mask > 0, 0.0, picture), mask * 0), out)


@pytest.mark.parametrize("size", [96, 100])
def test_sides_that_the_discriminator_cannot_halve_are_refused(size):
    with pytest.raises(ValueError, match="powers of two"):
        judge_of(size, 8)


# --- what the discriminator sees -------------------------------------------------------------------------------------


def test_the_discriminator_sees_half_the_side_round_about_the_hole():
    columns = torch.arange(16.0).expand(4, 3, 12, 16)
    rows = torch.arange(12.0)[:, None].expand(4, 3, 12, 16)
    hole = torch.zeros(4, 1, 12, 16)
    hole[0, :, 4:8, 6:12] = 1  # middle (9, 6)
    hole[1, :, 0:2, 0:3] = 1  # in a corner
    hole[2, :, 10:12, 15:16] = 1  # in the other
    for number, picture in enumerate((columns, rows)):
        whole, part = see_picture_and_hole(picture, {"counted": hole})
        assert whole is picture and part.shape == (4, 3, 6, 8)
        starts = [(5, 3), (0, 0), (8, 6), (4, 3)]  # the last one has no hole: the middle of the picture
        assert [float(p.min()) for p in part] == [start[number] for start in starts]
        assert [float(p.max() - p.min()) for p in part] == [[7, 5][number]] * 4


# --- the system ------------------------------------------------------------------------------------------------------


def test_it_learns_one_batch_by_heart(rendered):
    check_one_batch_is_learnt_by_heart(small("dmfn", *TINY, "run.rate=2e-3"), rendered, terms=OWN, count=2)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("dmfn", *TINY), rendered)


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    check_steps_and_going_on("dmfn", rendered, tmp_path, *TINY)


def test_its_weights_are_the_published_ones(rendered):
    options = fill(Options, "system", {})
    weights = (options.l1, options.perceptual, options.alignment, options.matching, options.adversarial)
    assert weights == (1.0, 25.0, 1.0, 5.0, 0.003)
    built = made(small("dmfn", *TINY), rendered)
    assert {name: weight for name, (weight, _) in built.terms.items()} == dict(zip(OWN, (1.0, 25.0, 1.0), strict=True))
    adversary = built.adversaries["discriminator"]
    assert (adversary.weight, adversary.matching, adversary.kind) == (0.003, 5.0, "relativistic")
    batch = built.draw(Draws(0, CPU), 2)
    losses = built.losses("generator", batch, Draws(0, CPU))
    assert losses.keys() == {*OWN, "discriminator", "discriminator_features"}


def test_every_loss_is_of_completed_pictures(rendered):
    built = made(small("dmfn", *TINY), rendered)
    batch = built.draw(Draws(0, CPU), 2)
    inputs = []
    built.generator.register_forward_hook(lambda module, given, out: inputs.append(out))
    losses = built.losses("generator", batch, Draws(0, CPU))
    for name, loss in losses.items():
        (slope,) = torch.autograd.grad(loss, inputs[0], retain_graph=True)
        assert float(slope.abs().sum()) > 0, name
        assert not (slope * (1 - batch["mask"])).any(), name


def test_the_discriminator_is_asked_which_is_more_real_and_pays_in_features(rendered):
    built = made(small("dmfn", *TINY), rendered)
    batch = built.draw(Draws(0, CPU), 2)
    paid = built.losses("generator", batch, Draws(0, CPU))
    attempt = built.attempt(batch)
    network = built.adversaries["discriminator"].network
    with torch.no_grad():
        fake, found = network.with_features(*see_picture_and_hole(attempt.composite, batch))
        real, right = network.with_features(*see_picture_and_hole(attempt.truth, batch))
    log = nn.functional.logsigmoid
    asked = -(log(fake - real.mean()).mean() + log(-(real - fake.mean())).mean()) / 2
    assert float(paid["discriminator"].detach()) == pytest.approx(0.003 * float(asked), rel=1e-4)
    apart = sum(float((a - b).abs().mean()) for a, b in zip(found, right, strict=True)) / len(found)
    assert float(paid["discriminator_features"].detach()) == pytest.approx(5 * apart, rel=1e-4)
    own = -(log(real - fake.mean()).mean() + log(-(fake - real.mean())).mean()) / 2
    losses = built.losses("discriminator", batch, Draws(0, CPU))
    assert float(losses["discriminator"].detach()) == pytest.approx(float(own), rel=1e-4)
