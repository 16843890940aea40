"""``pfcgan``: its published sizes, its two paths, and that it learns."""

import numpy as np
import pytest
import torch
from published_checks import (
    CPU,
    check_every_parameter_learns,
    check_one_batch_is_learnt_by_heart,
    check_steps_and_going_on,
    made,
    small,
)

from statue_models.errors import StatueError
from statue_models.networks.published.pfcgan import Pfcgan, PfcganShape
from training.damage.draws import Draws
from training.engine.ranks import Ranks
from training.engine.training_state import TrainingState
from training.systems.published.pfcgan import DIVERSITY, Options, adversaries_of, latent_adversaries_of
from training.systems.published.pfcgan_networks import FaceDecoders, StyleExtractor
from training.toml_tables import fill

TINY = ("system.size=32", "system.width=4", "system.style=16", "system.level=16")
# Within the hinge's margin, real and generated pictures move it by the same amount either way.
IDLE = "discriminator.out.bias"


def count(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_sizes_of_the_published_networks():
    options = Options(latent_adversarial=1.0)
    with torch.device("meta"):
        generator, extractor, decoders = Pfcgan(), StyleExtractor(PfcganShape()), FaceDecoders(PfcganShape())
        rivals = [one.network for one in (*adversaries_of(options), *latent_adversaries_of(options))]
    assert [count(part) for part in generator.children()] == [4_145_120, 3_882_976, 25_856_739]
    assert count(generator) == 33_884_835
    assert count(extractor) == 19_345_312
    assert [count(part) for part in decoders.children()] == [705_281, 721_665, 722_243]
    assert [count(one) for one in rivals] == [2_720_833, 2_721_633, 107_009, 172_545]
    assert sum(map(count, (generator, extractor, decoders, *rivals))) == 61_101_356


def test_it_learns_one_batch_by_heart(rendered):
    # The first path alone, its terms about equal, without what holds the embedding back.
    changes = ("part=1", "hole=2", "visible=0.4", "kl=0", "consistency=0", "adversarial=0", "diverse_since=0.9")
    recipe = small("pfcgan", *TINY, "run.rate=4e-3", *(f"system.{change}" for change in changes))
    terms = ("landmarks", "hull", "part", "hole", "visible")
    check_one_batch_is_learnt_by_heart(recipe, rendered, terms=terms, count=2)


def test_every_parameter_learns(rendered):
    check_every_parameter_learns(small("pfcgan", *TINY, "system.latent_adversarial=1.0"), rendered, (IDLE,))


def test_steps_are_batches_and_a_run_goes_on_as_if_never_stopped(rendered, tmp_path):
    last_state = ("critic_steps=2", "adversarial_kind='wgan'", "penalty=10", "latent_adversarial=1", "consistency=0")
    changes = (f"system.{change}" for change in ("diverse_since=0.5", *last_state))
    check_steps_and_going_on("pfcgan", rendered, tmp_path, *TINY, *changes)


def test_its_weights_are_the_normalised_set(rendered):
    options = fill(Options, "system", {})
    weights = {name: getattr(options, name) for name in ("landmarks", "hull", "part", "hole", "visible", "latent")}
    assert weights == {"landmarks": 1, "hull": 1, "part": 4, "hole": 10, "visible": 2, "latent": 1}
    assert (options.kl, options.free_bits, options.consistency, options.adversarial) == (0.01, 0.5, 0.1, 0.1)
    assert options.adversarial_kind == "hinge" and options.latent_adversarial == 0
    one, double = (
        made(small("pfcgan", *TINY, f"system.hole={hole}", f"system.latent={latent}"), rendered)
        for hole, latent in ((10, 1), (20, 2))
    )
    batch = one.draw(Draws(0, CPU), 2)
    for path, name in (("generator", "hole"), (DIVERSITY, "latent")):
        first, second = (built.losses(path, dict(batch), Draws(1, CPU)) for built in (one, double))
        assert second[name].item() == pytest.approx(2 * first[name].item(), rel=1e-5)
        assert {k for k in first if not torch.equal(first[k], second[k])} == {name}


def test_the_random_path_is_blind_to_the_truth_in_the_hole(rendered):
    built = made(small("pfcgan", *TINY, "system.adversarial=0.0"), rendered)
    batch = built.draw(Draws(0, CPU), 3)
    changed = {**batch, "picture": torch.where(batch["mask"] > 0, -batch["picture"], batch["picture"])}
    changed["maps"] = type(batch["maps"])(
        *(torch.where(batch["mask"] > 0, 1 - one, one) for one in vars(batch["maps"]).values())
    )
    first, second = (built.losses(DIVERSITY, dict(one), Draws(1, CPU)) for one in (batch, changed))
    assert first.keys() == second.keys()
    for name, term in first.items():
        torch.testing.assert_close(term, second[name], msg=name)
    first, second = (built.losses("generator", dict(one), Draws(1, CPU)) for one in (batch, changed))
    assert {"landmarks", "hull", "part", "hole"} <= {k for k in first if not torch.equal(first[k], second[k])}


def test_the_extractor_learns_on_the_first_path_alone(rendered):
    built = made(small("pfcgan", *TINY), rendered)
    state = TrainingState(small("pfcgan", *TINY), built, Ranks(CPU))
    torch.nn.init.normal_(built.extractor.head.mean.weight, 0, 0.1)
    batch = built.draw(Draws(0, CPU), 2)
    player = next(one for one in state.players if one.name == DIVERSITY)
    player.set_trainable(True)
    player.forward(batch)["latent"].backward()
    assert all(p.grad is None for p in built.extractor.parameters())
    assert any(p.grad is not None and p.grad.abs().max() > 0 for p in built.generator.painter.parameters())
    # Maps are shown without a way back.
    assert all(p.grad is None or not p.grad.any() for p in built.decoders.parameters())


def test_another_style_is_another_face_and_none_is_the_likeliest():
    torch.manual_seed(0)
    network = Pfcgan(PfcganShape(32, 4, 16, 16)).eval()
    picture, mask = torch.rand(2, 3, 32, 32) * 2 - 1, torch.zeros(2, 1, 32, 32)
    mask[:, :, 8:24, 8:24] = 1
    likeliest = network(picture, mask)
    assert torch.equal(likeliest, network(torch.where(mask > 0, torch.nan, picture), mask, noise=torch.zeros(2, 16)))
    assert (likeliest - network(picture, mask, noise=torch.randn(2, 16))).abs().max() > 5e-4
    assert likeliest.shape == picture.shape and likeliest.abs().max() <= 1


def test_it_is_judged_by_maps_and_by_diversity(rendered):
    built = made(small("pfcgan", *TINY), rendered)
    for network in built.networks.values():
        network.eval()
    metrics = built.judge().metrics
    for label in ("rect", "centre", "hull"):
        assert {f"{name}/{label}" for name in ("psnr", "diversity", "iou_landmarks", "iou_hull", "nme")} <= set(metrics)
    assert np.isfinite(list(metrics.values())).all()


def test_it_needs_faces(rendered):
    with pytest.raises(StatueError, match="landmarks"):
        made(small("pfcgan", "system.data='paintings'"), rendered)
