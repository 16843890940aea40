"""Training the landmark network: damaged crops in, 68 points with ellipses and hidden flags out."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from statue_models.networks.landmarknet import LandmarkEstimate, LandmarkNet, cholesky
from statue_models.networks.loading import reader
from training.damage.draws import Draws
from training.examples.drawn_shards import read_shards
from training.examples.landmark_prior import FaceMeshPrior
from training.examples.pictures import PictureSet
from training.examples.statue_renders import render_profiles
from training.systems.data_options import MOST, DataOptions
from training.systems.definitions import RenderDefinition, eye_distances
from training.systems.landmark_examples import STORED, LandmarkExamples, load_faceless, mean_face
from training.systems.landmark_judge import calibrate, judge, surer_than_facemesh
from training.systems.starting_weights import begin_with, files_field
from training.systems.system import Batch, Judgement, Player, Product, Setting
from training.toml_tables import fill, number

#: Of the decoder layers' terms, the last layer's last: 1 is the answer's. Chosen.
LAYER_WEIGHTS = (0.4, 0.6, 1.0)
#: Weights of the terms beside the mean distance over the eye distance. Chosen.
SPREAD_WEIGHT, HIDDEN_WEIGHT, PRESENT_WEIGHT = 0.03, 0.02, 0.02
TURNED_HELD = 32  # heads turned to the side that are held back, the first ones; chosen
SMOOTH = 0.004  # of the eye distance: errors below it count by their square; chosen


@dataclass(frozen=True)
class Options(DataOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        prior: whether FaceMesh's answer is one of the inputs.
        profiles: so many statues in full profile are drawn at the start; the network is to say that it sees no face.
        turned: folder of a run of ``training statues make --yaw``, heads turned far to the side, or "" for none.
        limit: so many renders of each origin; 0 = all.
        photographs: share of photographs in a batch.
        channels, blocks, width, layers: of the network; empty or 0 = the product's.
        weights: file or files that the network begins with (``training.systems.starting_weights``).
    """

    profiles: int = number(0, least=0, most=MOST)
    turned: str = ""
    prior: bool = True
    limit: int = number(0, least=0, most=MOST)
    #: Chosen.
    photographs: float = number(0.35, least=0, most=1)
    channels: tuple[int, ...] = ()
    blocks: tuple[int, ...] = ()
    width: int = 0
    layers: int = number(0, least=0, most=len(LAYER_WEIGHTS))
    weights: tuple[Path, ...] = files_field()


def make(setting: Setting) -> "LandmarkSystem":
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data and FaceMesh's files that are missing or damaged.
    """
    options = fill(Options, "system", setting.options, "landmarknet")
    limit = options.limit or None
    pictures = options.read_pictures(setting, STORED, packed=limit, written=limit)
    pictures.train.extend(render_profiles(setting.assets, options.profiles, STORED, setting.device, setting.seed))
    turned = [replace(read_shards(Path(options.turned), STORED, limit), turned=True)] if options.turned else []
    pictures.train.extend(origin.part(slice(TURNED_HELD, None)) for origin in turned)
    pictures.held.extend(origin.part(slice(0, TURNED_HELD)) for origin in turned)
    prior = FaceMeshPrior(options.facemesh) if options.prior else None
    torch.manual_seed(setting.seed)
    shape = {name: getattr(options, name) for name in ("channels", "blocks", "width", "layers")}
    network = LandmarkNet(**{name: value for name, value in shape.items() if value})
    begin_with(network, options.weights)
    return LandmarkSystem(
        network.to(setting.device), pictures, load_faceless(setting.assets), prior, options.photographs
    )


PRODUCT = Product("landmarknet", reader(LandmarkNet), surer_than_facemesh, "FaceMesh on half faces", calibrate)


class LandmarkSystem:
    """See ``training.systems.system.System``."""

    players = (Player("landmarks", ("landmarknet",), weight_decay=1e-3),)

    def __init__(
        self, network: LandmarkNet, pictures: PictureSet, nothing: Tensor, prior: FaceMeshPrior | None, share: float
    ) -> None:
        definition = RenderDefinition()
        if prior is not None:
            definition.measure(prior.labels, pictures.train)
        self.network, self.definition = network, definition.to(network.mean_face.device)
        self.networks: dict[str, nn.Module] = {"landmarknet": network, "definition": self.definition}
        self._held, self._prior = pictures.held, prior
        self._examples = LandmarkExamples(pictures.train, nothing, prior, share)
        if bool((network.mean_face == 0.5).all()):
            network.mean_face.copy_(mean_face(pictures.train))

    def draw(self, draws: Draws, count: int) -> Batch:
        """Crops, masks, priors, truths."""
        return self._examples.draw(draws, count)

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """Distances over the eye distance, and the likelihoods of ellipses, hidden flags and presence."""
        # Backwards, the fused attention of CPUs is slower than the plain one for so few tokens.
        plain = [SDPBackend.MATH] if draws.device.type == "cpu" else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
        with sdpa_kernel(plain):
            estimates = self.network(batch["known"], batch["mask"], batch["prior"], batch["trust"])
        truth, rendered = batch["truth"], 1 - batch["photograph"]
        eyes = eye_distances(truth).clamp(min=0.05)
        counted = (batch["present"] >= 0).float()
        missing = _at(batch["mask"], truth)
        terms = {name: truth.new_zeros(()) for name in ("distance", "spread", "hidden", "present")}
        offset = self.definition(truth) * rendered[:, None, None]
        for weight, estimate in zip(LAYER_WEIGHTS[-len(estimates) :], estimates, strict=True):
            error = (estimate.points + offset - truth) / eyes[:, None, None]
            terms["distance"] += weight * _mean((error.square().sum(2) + SMOOTH**2).sqrt(), counted)
            terms["spread"] += weight * SPREAD_WEIGHT * _mean(_spread_loss(error.detach(), estimate, eyes), counted)
            hidden = torch.where(missing > 0.5, torch.ones_like(missing), batch["hidden"])
            known = ((hidden >= 0) & (counted[:, None] > 0)).float()
            flag = functional.binary_cross_entropy_with_logits(estimate.hidden, hidden.clamp(min=0), reduction="none")
            terms["hidden"] += weight * HIDDEN_WEIGHT * (flag * known).sum() / known.sum().clamp(min=1)
            there = batch["present"].clamp(min=0)
            terms["present"] += (
                weight * PRESENT_WEIGHT * functional.binary_cross_entropy_with_logits(estimate.present, there)
            )
        return terms

    def judge(self) -> Judgement:
        """Errors on held-out photographs and renders, and the calibration that would be right."""
        return judge(self.network, self._held, self._prior, self.definition)


def _spread_loss(error: Tensor, estimate: LandmarkEstimate, eyes: Tensor) -> Tensor:
    """(N, 68) negative log-likelihood of errors (over the eye distance) under an elliptic Laplace distribution.

    Its tails are those that landmark errors have; a Gaussian would widen every ellipse for the few that are far off.
    """
    matrix = cholesky(estimate.factor) / eyes[:, None, None, None]
    whitened = torch.linalg.solve_triangular(matrix, error[..., None], upper=False)[..., 0]
    log_area = matrix.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return math.sqrt(3) * (whitened.square().sum(-1) + 1e-4).sqrt() + log_area


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    return (values.mean(1) * counted).sum() / counted.sum().clamp(min=1)


def _at(mask: Tensor, points: Tensor) -> Tensor:
    """(N, 68) the mask's values at points in fractions of the side."""
    return functional.grid_sample(mask, (2 * points - 1)[:, :, None], mode="nearest", align_corners=False)[:, 0, :, 0]
