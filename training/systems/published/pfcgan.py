"""``pfcgan``: several plausible faces for one hole (system 4: LeDaVR's PFCGAN, after DE-GAN and PII-GAN).

Two paths teach the same networks. The first rebuilds a picture in the style that the extractor finds in it: landmarks,
hull and part of the face are decoded from the embedding, and the picture is painted. The second paints in a random
style, is judged outside the hole alone, and has to give the extractor that very style back (in the code's last state
this term had been dropped; it is the definition of the system). Both take every batch in turn, as the code's last form
did, or the second joins in later (``diverse_since``), which is the two stages of the slides.

The original publishes no setting that worked; the weights are a normalised set of our own, for means over pixels and
nats per picture. Its code had, for landmarks / mask / part / KL / consistency / adversaries / picture:

* .3 / .2 / .5 / .2 / .2 / 2 / .2 with sums over pixels (13 December);
* 2000 / 4000 / 8000 / 0 to 1 in cycles / 100 / 500 / 400 with means (22 December);
* 2000 / 4000 / 4000 to 6000 / 0 to .5 in cycles / 100 / 20 / 1000, in two stages (23 December);
* 2000 / 3000 / 8000 / discriminators of latents at 1 / none / WGAN-GP of 5 critic steps / none (25 December):
  ``latent_adversarial``, ``adversarial_kind`` "wgan", ``penalty`` 10 and ``critic_steps`` 5 are these.

Departures, each for a known failure of the original (its faces were all alike, and blurred):

* The term of the random style is back. The extractor does not learn from it, is shown decoded maps without a gradient,
  and sees every picture under noise: else it and the painter agree on watermarks.
* The painter is told how far off its picture is, on the first path alone; there it had no such term at last.
* An answer that no pixel has costs nothing in the balanced cross-entropy; there it was a division by zero.
* Every picture has a mask of its own in every step; there one batch of masks served a hundred steps.
* The extractor sees the picture beside the maps (as in the slides), its style is mean + deviation x noise, and it is a
  network of the first path's player. It begins with a head of zeros, as published: styles are pure noise at first.
* Free bits instead of cycles keep the embedding from falling silent. Maps are drawn, not read from JPEG files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from statue_models.networks.gaussian import Gaussian
from statue_models.networks.published.pfcgan import Pfcgan, PfcganShape
from training.damage.draws import Draws
from training.examples.condition_maps import LANDMARK_MAPS
from training.losses.adversarial import KINDS, WGAN
from training.losses.attempt import Attempt, pixel_term
from training.losses.divergence import free_divergence
from training.losses.maps import balanced_bce
from training.systems.adversary import Adversary, see_hole
from training.systems.completion import GENERATOR, CompletionSystem, attempt_of
from training.systems.completion_data import CompletionData, CompletionOptions, weight
from training.systems.completion_judge import CHUNK
from training.systems.discriminators.dense import DenseDiscriminator
from training.systems.discriminators.freezing import freeze
from training.systems.discriminators.latent import LatentDiscriminator
from training.systems.feature_loss import FeatureLoss, open_metric
from training.systems.latent_adversary import LatentAdversary
from training.systems.map_judge import judge_maps
from training.systems.published.pfcgan_networks import FaceDecoders, FaceMaps, StyleExtractor, draw_maps
from training.systems.published.products import published_product
from training.systems.system import Batch, Judgement, Player, Setting, first_weights
from training.toml_tables import choice, fill, number

NAME = "pfcgan"
PRODUCT = published_product(NAME, Pfcgan)
#: Player of the second path.
DIVERSITY = "diversity"
#: Betas of every player's Adam.
BETAS = (0.5, 0.999)


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width: channels of the first layers. style: numbers of the style. level: of each level of the embedding.
        landmark_map: what landmarks are drawn as: discs (slides), or lines (the code, of other points).
        landmarks, hull, part: weights of the decoded maps' terms. hole, visible: of the picture's.
        kl: of the divergences. free_bits: nats of each number that are free of it.
        consistency: of the difference between the embedding and that of the completed picture.
        latent: of the difference between a random style and what the extractor finds of it.
        adversarial: of each of the local and the global discriminator. adversarial_kind, penalty: of their game.
        latent_adversarial: of the discriminators of the embedding. Of weight 0, there are none of either.
        critic_steps: batches of the discriminators for each of the generator.
        diverse_since: share of the schedule from which on the second path is taken.
        extractor_noise: standard deviation of the noise under which the extractor sees pictures.
    """

    damage: tuple = ({"kind": "central_rect"},)
    width: int = number(32, least=1, most=1024)
    style: int = number(512, least=1, most=16384)
    level: int = number(256, least=1, most=8192)
    landmark_map: str = choice("discs", tuple(LANDMARK_MAPS))
    #: Weights and free bits: the normalised set; ``extractor_noise``: chosen; all else: the code's.
    landmarks: float = weight(1.0)
    hull: float = weight(1.0)
    part: float = weight(4.0)
    hole: float = weight(10.0)
    visible: float = weight(2.0)
    kl: float = weight(0.01)
    free_bits: float = number(0.5, least=0, most=100)
    consistency: float = weight(0.1)
    latent: float = weight(1.0)
    adversarial: float = weight(0.1)
    adversarial_kind: str = choice("hinge", (*KINDS, WGAN))
    penalty: float = weight(0.0)
    latent_adversarial: float = weight(0.0)
    critic_steps: int = number(1, least=1, most=100)
    diverse_since: float = number(0.0, least=0, most=1)
    extractor_noise: float = number(0.05, least=0, most=1)

    @property
    def shape(self) -> PfcganShape:
        """Of the networks."""
        return PfcganShape(self.size, self.width, self.style, self.level)


def make(setting: Setting) -> "PfcganSystem":
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, NAME)
    options.require_landmarks(NAME)
    data = options.open_data(setting)
    with first_weights(setting):
        networks = Pfcgan(options.shape), StyleExtractor(options.shape), FaceDecoders(options.shape)
        adversaries, latents = adversaries_of(options), latent_adversaries_of(options)
    made = PfcganSystem(*networks, data, options, adversaries, latents, open_metric(setting))
    for network in made.networks.values():
        network.to(setting.device)
    return made


def adversaries_of(options: Options) -> list[Adversary]:
    """The global discriminator of pictures and the local one, which sees what is in the hole, where there are any."""
    if not options.adversarial:
        return []
    size, widths = (options.size, options.size), [times * options.width for times in (1, 2, 4, 8, 8)]
    whole, hole = (DenseDiscriminator(size, widths, inputs) for inputs in (3, 4))
    weight, kind, penalty = options.adversarial, options.adversarial_kind, options.penalty
    return [
        Adversary(whole, weight, "global_discriminator", kind, penalty, betas=BETAS),
        Adversary(hole, weight, "local_discriminator", kind, penalty, see=see_hole, betas=BETAS),
    ]


def latent_adversaries_of(options: Options) -> list[LatentAdversary]:
    """The discriminators of the embedding's first level and of both, where there are any."""
    if not options.latent_adversarial:
        return []
    widths = [times * options.width for times in (8, 4, 2)]
    counts = {"landmark_latents": options.level, "face_latents": 2 * options.level}
    return [
        LatentAdversary(LatentDiscriminator(count, widths), options.latent_adversarial, name, count, BETAS)
        for name, count in counts.items()
    ]


@dataclass(frozen=True, eq=False)
class Made:
    """What one path makes of a batch.

    Attributes:
        attempt: the pictures.
        found: the distribution of the embedding. embedding: (N, 2 level), drawn from it.
        maps: decoded from it.
    """

    attempt: Attempt
    found: Gaussian
    embedding: Tensor
    maps: FaceMaps


class PfcganSystem(CompletionSystem):
    """See ``training.systems.system.System``; two players move the generator, one for each path.

    Args:
        generator, extractor, decoders: on the device. The extractor is the first path's alone.
        data: faces. options: of the recipe. metric: also judges by the feature distance, if there.
        adversaries, latents: on the device.
    """

    def __init__(
        self,
        generator: Pfcgan,
        extractor: StyleExtractor,
        decoders: FaceDecoders,
        data: CompletionData,
        options: Options,
        adversaries: Sequence[Adversary],
        latents: Sequence[LatentAdversary],
        metric: FeatureLoss | None = None,
    ) -> None:
        super().__init__(NAME, generator, data, {}, adversaries, metric=metric)
        self.generator: Pfcgan = generator
        self.extractor, self.decoders, self.options = extractor, decoders, options
        self.latents = {one.name: one for one in latents}
        self.networks |= {"extractor": extractor, "decoders": decoders}
        self.networks |= {one.name: one.network for one in latents}
        every, since = options.critic_steps, options.diverse_since
        own = [
            Player(GENERATOR, (NAME, "extractor", "decoders"), betas=BETAS, every=every),
            Player(DIVERSITY, (NAME, "decoders"), betas=BETAS, every=every, since=since),
        ]
        self.players = [*own, *(one.player for one in adversaries), *(one.player for one in latents)]

    def draw(self, draws: Draws, count: int) -> Batch:
        """Damaged faces, their maps, and random styles."""
        batch = super().draw(draws, count)
        return {**batch, "maps": self._maps_of(batch)}

    def _maps_of(self, batch: Batch) -> FaceMaps:
        return draw_maps(batch["picture"], batch["landmarks"], self.options.landmark_map)

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """A path's weighted terms, an adversary's by its name; or an adversary's own, for all paths of the batch."""
        if player == GENERATOR:
            return self._reconstruct(batch, draws)
        if player == DIVERSITY:
            return self._diversify(batch, draws)
        if "made" not in batch:  # neither path had a turn
            with torch.no_grad():
                _keep(batch, self._make(batch, batch["noise"], draws))
        found = []
        for attempt, embedding in batch["made"]:
            if player in self.latents:
                found.append(self.latents[player].losses(embedding, draws))
            else:
                found.append(self.adversaries[player].losses(attempt, batch, draws))
        return {name: torch.stack([terms[name] for terms in found]).mean() for name in found[0]}

    def _reconstruct(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The first path: the picture and its maps again, in the style that the extractor finds."""
        posterior = self._extract(batch["picture"], batch["maps"], draws)
        style = posterior.sample(draws.normal(*posterior.mean.shape))
        made = self._make(batch, style, draws)
        terms = self._terms_of(made, batch, style, torch.ones_like(batch["mask"]))
        terms["hole"] = self.options.hole * pixel_term(1, "hole")(made.attempt)
        terms["kl"] = terms["kl"] + self.options.kl * free_divergence(posterior, self.options.free_bits)
        _keep(batch, made)
        return terms

    def _diversify(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The second path: a random style, to be found again; what the hole hides is nobody's business."""
        style = batch["noise"]
        made = self._make(batch, style, draws)
        terms = self._terms_of(made, batch, style, 1 - batch["mask"])
        with freeze(self.extractor):
            again = self._extract(made.attempt.composite, made.maps.decided, draws)
        terms["latent"] = self.options.latent * (again.mean - style).abs().mean()
        _keep(batch, made)
        return terms

    def _make(self, batch: Batch, style: Tensor, draws: Draws) -> Made:
        picture, mask = batch["picture"], batch["mask"]
        found = self.generator.embed(picture, mask, style)
        embedding = found.sample(draws.normal(*found.mean.shape))
        generated = self.generator.paint(picture, mask, embedding)
        return Made(attempt_of(batch, generated), found, embedding, self.decoders(embedding))

    def _extract(self, picture: Tensor, maps: FaceMaps, draws: Draws) -> Gaussian:
        found: Gaussian = self.extractor(picture + self.options.extractor_noise * draws.normal(*picture.shape), maps)
        return found

    def _terms_of(self, made: Made, batch: Batch, style: Tensor, counted: Tensor) -> dict[str, Tensor]:
        """What both paths have to pay; their maps where it counts (N, 1, S, S)."""
        options, right = self.options, batch["maps"]
        known = counted * batch["inside"]
        part = (made.maps.part - right.part).abs() * known
        terms = {
            "landmarks": options.landmarks * balanced_bce(made.maps.landmarks, right.landmarks, counted),
            "hull": options.hull * balanced_bce(made.maps.hull, right.hull, counted),
            "part": options.part * part.sum() / (3 * known.sum()).clamp(min=1),
            "visible": options.visible * pixel_term(1, "visible")(made.attempt),
            "kl": options.kl * free_divergence(made.found, options.free_bits),
        }
        if options.consistency:
            completed = made.attempt.composite
            again = self.generator.embed(completed, torch.zeros_like(batch["mask"]), style)
            terms["consistency"] = options.consistency * (again.mean - made.embedding).abs().mean()
        for one in self.adversaries.values():
            terms |= one.paid(made.attempt, batch)
        return terms | {one.name: one.weight * one.term(made.embedding) for one in self.latents.values()}

    def attempt(self, batch: Batch) -> Attempt:
        """The batch's pictures again, as the first path has them on average."""
        style = self.extractor(batch["picture"], batch["maps"]).mean
        return attempt_of(batch, self.generator(batch["picture"], batch["mask"], noise=style))

    def judge(self) -> Judgement:
        """As completion systems are judged, and by the maps that are decoded of the likeliest embedding."""
        judged = super().judge()
        metrics = dict(judged.metrics)
        for label, batch in self.data.held().items():
            right = self._maps_of(batch)
            parts = zip(batch["picture"].split(CHUNK), batch["mask"].split(CHUNK), strict=True)
            found = self.decoders(torch.cat([self._likeliest(*part) for part in parts])).decided
            pairs = {"landmarks": (found.landmarks, right.landmarks), "hull": (found.hull, right.hull)}
            metrics |= judge_maps(pairs, batch, label)
        return Judgement(metrics, judged.sheet)

    def _likeliest(self, picture: Tensor, mask: Tensor) -> Tensor:
        return self.generator.embed(picture, mask, picture.new_zeros(len(picture), self.generator.latent)).mean


def _keep(batch: Batch, made: Made) -> None:
    """Leave in the batch what the adversaries judge."""
    attempt = replace(made.attempt, generated=made.attempt.generated.detach())
    batch.setdefault("made", []).append((attempt, made.embedding.detach()))
