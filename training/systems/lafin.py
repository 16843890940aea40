"""Training LaFIn's inpainter, the published opponent of our own (Yang et al. 2019, arXiv 1911.11394).

The defaults are the published ones. Options that say "fix" mend what its results are known to suffer from.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from statue_models.networks.lafin import UPSAMPLINGS, LafinGenerator, landmark_map
from training.damage.draws import Draws
from training.damage.registry import Damage, from_recipe
from training.examples.fitted_examples import FittedExamples
from training.examples.pictures import PictureSet
from training.features.feature_network import FeatureNetwork, open_features
from training.features.mobilenet import FILE
from training.losses.adversarial import KINDS, discriminator_loss, generator_loss
from training.losses.perceptual import content_loss, style_loss
from training.losses.pixels import l1_over_hole, total_variation
from training.systems.data_options import STORED, InpaintingOptions
from training.systems.discriminators.freezing import freeze
from training.systems.discriminators.patch import PatchDiscriminator
from training.systems.face_crops import draw_crops, move_where_they_fit
from training.systems.feature_loss import FeatureLoss
from training.systems.hole_judge import judge_holes
from training.systems.system import Batch, Judgement, Player, Setting
from training.toml_tables import bad_recipe, choice, fill, number

LANDMARK_MAPS = ("pixels", "gaussian")
#: Standard deviation of a landmark's bump in sides: one pixel where the generator has a quarter of 256.
SIGMA = 1 / 64
TURNS = ("discriminator", "generator")
#: Of both players' Adam, as LaFIn publishes them; most that a term may weigh, chosen.
BETAS = (0.0, 0.9)
MOST_WEIGHT = 1e6


@dataclass(frozen=True)
class Options(InpaintingOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        size: side of the crops in pixels, a multiple of 32.
        width: channels of both networks at full resolution. blocks: dilated blocks of the generator.
        l1, style, content, adversarial, tv: weights of the generator's terms; of weight 0, a term but l1 is left out.
        adversarial_kind: of ``training.losses.adversarial``; fix: "hinge" or "bce", which do not saturate.
        discriminator_rate: the discriminator's learning rate over the generator's; fix: 1.
        discriminator_attention: whether the discriminator looks at other positions.
        first: who moves first. The discriminator, as published, costs a second pass of the generator, because the two
            turns share no graph; after the generator it is given the pictures of the generator's turn.
        damage: as ``training.damage.registry.from_recipe`` takes it; fix: fractures, noses, mouths.
        mask_channel: fix: show the generator the mask.
        landmark_map: "pixels"; fix: "gaussian", which is still there at a quarter of the resolution.
        landmark_error: fix: standard deviation of errors of the landmarks in sides (0.01 is what predictors do).
        landmarks_withheld: fix: share of the examples without landmarks.
        upsampling: "deconv"; fix: "resize", which makes no checkerboard.
        features: network of style and content, as ``open_features`` takes it: published is "vgg19", MobileNetV2 stands
            in for it, as the terms' names say.
        features_normalised: bring pictures to ImageNet's mean and deviation first; not published.
    """

    size: int = 256
    width: int = number(64, least=2, most=1024)
    blocks: int = number(7, least=1, most=64)
    #: LaFIn's, as are all numbers here; ``landmark_error`` and ``landmarks_withheld`` are 0 there.
    l1: float = number(1.0, least=0, most=MOST_WEIGHT)
    style: float = number(250.0, least=0, most=MOST_WEIGHT)
    content: float = number(0.1, least=0, most=MOST_WEIGHT)
    adversarial: float = number(0.01, least=0, most=MOST_WEIGHT)
    tv: float = number(0.1, least=0, most=MOST_WEIGHT)
    adversarial_kind: str = choice("lsgan_sigmoid", KINDS)
    discriminator_rate: float = 0.1
    discriminator_attention: bool = True
    first: str = choice("discriminator", TURNS)
    damage: tuple = ({"kind": "block", "share": 0.5}, {"kind": "strokes", "share": 0.5})
    mask_channel: bool = False
    landmark_map: str = choice("pixels", LANDMARK_MAPS)
    landmark_error: float = number(0.0, least=0, most=1)
    landmarks_withheld: float = number(0.0, least=0, most=1)
    upsampling: str = choice("deconv", UPSAMPLINGS)
    features: str = "mobilenet"
    features_normalised: bool = False


def check_size(size: int) -> None:
    """Refuse sides that the networks cannot halve, or that the stored pictures do not have.

    Raises:
        StatueError: ``bad-recipe``.
    """
    if not 32 <= size <= STORED or size % 32:
        raise bad_recipe(f"system.size must be a multiple of 32 from 32 to {STORED}, not {size}")


def damage_of(entries: tuple) -> Damage:
    """The damage of a recipe.

    Raises:
        StatueError: ``bad-recipe``.
    """
    try:
        return from_recipe(entries)
    except (ValueError, TypeError) as error:
        raise bad_recipe(f"system.damage: {str(error).rstrip('.')}") from None


def make(setting: Setting) -> "LafinSystem":
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data and weights that are missing or damaged.
    """
    options = fill(Options, "system", setting.options, "lafin")
    check_size(options.size)
    damage = damage_of(options.damage)
    features = None
    if options.style or options.content:
        normalised = options.features_normalised
        features = open_features(options.features, setting.assets, setting.device, normalised=normalised)
    metric = FeatureLoss(setting.assets, setting.device) if (setting.assets / FILE).is_file() else None
    pictures = move_where_they_fit(options.read_stored_pictures(setting), setting.device)
    held = options.read_held_examples(pictures, options.size)
    generator, discriminator = networks_of(options, setting.seed)
    networks = generator.to(setting.device), discriminator.to(setting.device)
    return LafinSystem(*networks, options, damage, pictures, held, features, metric)


def networks_of(options: Options, seed: int) -> tuple[LafinGenerator, PatchDiscriminator]:
    """Both networks, on the CPU, with first weights that depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = LafinGenerator(
            options.width,
            options.blocks,
            options.mask_channel,
            options.upsampling,
            options.size,
            SIGMA if options.landmark_map == "gaussian" else 0.0,
        )
        return generator, PatchDiscriminator(1, options.width, options.discriminator_attention)


class LafinSystem:
    """See ``training.systems.system.System``.

    Args:
        generator, discriminator: on the device.
        options: of the recipe.
        damage: of the training pictures.
        pictures: to train on. held: to be judged on.
        features: for content and style; None if both weigh nothing.
        metric: also judges by the feature distance, if there.
    """

    def __init__(
        self,
        generator: LafinGenerator,
        discriminator: PatchDiscriminator,
        options: Options,
        damage: Damage,
        pictures: PictureSet,
        held: FittedExamples,
        features: FeatureNetwork | None = None,
        metric: FeatureLoss | None = None,
    ) -> None:
        self.generator, self.discriminator = generator, discriminator
        self.networks: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
        players = {
            "discriminator": Player("discriminator", ("discriminator",), options.discriminator_rate, BETAS),
            "generator": Player("generator", ("generator",), 1.0, BETAS),
        }
        self.players = [players[name] for name in sorted(players, key=lambda name: name != options.first)]
        self.options, self._damage, self._pictures, self._held = options, damage, pictures, held
        self._features, self._metric = features, metric
        self._sigma = float(generator.sigma)

    def draw(self, draws: Draws, count: int) -> Batch:
        """Crops, masks and landmark maps."""
        crops = draw_crops(self._pictures.train, count, self.options.size, self._damage, draws)
        error = self.options.landmark_error * draws.normal(*crops.landmarks.shape)
        shown = landmark_map(crops.landmarks + error, self.options.size, self._sigma)
        if self.options.landmarks_withheld:
            shown = shown * draws.chance(1 - self.options.landmarks_withheld, count, 1, 1, 1)
        return {
            "picture": crops.picture, "mask": crops.mask, "counted": crops.counted, "inside": crops.inside,
            "map": shown,
        }  # fmt: skip

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The discriminator's only loss, or the generator's up to five; content and style by their network's name."""
        return self._discriminators(batch) if player == "discriminator" else self._generators(batch)

    def _discriminators(self, batch: Batch) -> dict[str, Tensor]:
        if "generated" not in batch:
            with torch.no_grad():
                batch["generated"] = self._generate(batch)
        pair = torch.cat([batch["picture"], batch["generated"]])
        real, fake = self.discriminator(pair, torch.cat([batch["map"], batch["map"]])).chunk(2)
        return {"discriminator": discriminator_loss(self.options.adversarial_kind, real, fake)}

    def _generators(self, batch: Batch) -> dict[str, Tensor]:
        options, hole = self.options, batch["counted"]
        generated = self._generate(batch)
        batch["generated"] = generated.detach()
        # The published losses are of pictures in [0, 1].
        picture, truth = generated.float() / 2 + 0.5, batch["picture"] / 2 + 0.5
        terms = {"l1": l1_over_hole(picture, truth, hole)}
        if options.adversarial:
            with freeze(self.discriminator):
                logits = self.discriminator(generated, batch["map"])
            terms["adversarial"] = generator_loss(options.adversarial_kind, logits)
        if options.tv:
            terms["tv"] = total_variation(torch.where(hole > 0, picture, truth))
        if self._features is not None and options.content:
            terms["content"] = content_loss(self._features, picture, truth)
        if self._features is not None and options.style:
            terms["style"] = style_loss(self._features, picture * hole, truth * hole)
        weighted = {name: getattr(options, name) * term for name, term in terms.items()}
        return {self._term_name(name): term for name, term in weighted.items()}

    def _term_name(self, term: str) -> str:
        named = self._features is not None and term in ("content", "style")
        return f"{term}_{self._features.name}" if self._features is not None and named else term

    def _generate(self, batch: Batch) -> Tensor:
        """The generator's pictures; where no truth is known they are what stands there, so that nobody judges that."""
        generated = self.generator(batch["picture"], batch["mask"], batch["map"])
        return torch.where(batch["inside"] > 0, generated.float(), batch["picture"])

    def judge(self) -> Judgement:
        """PSNR and feature distance in the holes of ``statueflow``'s held-out crops, beside fast marching's."""

        def restore(picture: Tensor, mask: Tensor, landmarks: Tensor) -> Tensor:
            return self.generator(picture, mask, landmark_map(landmarks, picture.shape[-1], self._sigma))

        return judge_holes("lafin", restore, self._held, self._metric, self.generator.side.device)
