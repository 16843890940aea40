"""Terms on features of attempts: what an attempt's picture and the truth look like to a feature network."""

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn import functional

from training.features.feature_network import CONTENT, FeatureNetwork
from training.losses.attempt import Attempt, Term

#: Channels of VGG-19's layers that ``content`` losses compare, by which DMFN weighs them, whatever network stands in.
CHANNELS = (64, 128, 256, 512, 512)
#: DMFN's: 1000 / channels squared; the layers whose differences count more where the picture itself is more wrong.
WEIGHTS, GUIDED = tuple(1000 / channels**2 for channels in CHANNELS), CONTENT[:2]
#: Least sum of a map that has a centre; chosen.
LEAST_SUM = 1e-6

Maps = Mapping[str, Tensor]


class FeatureViews:
    """Maps of attempts' pictures and of their truths, made once however many terms look at them.

    Args:
        network: sees pictures in [0, 1]. taps: layers that it is asked for.
    """

    def __init__(self, network: FeatureNetwork, taps: Sequence[str] = CONTENT) -> None:
        self.network, self.taps = network, tuple(taps)
        self._seen: WeakKeyDictionary[Attempt, tuple[Maps, Maps]] = WeakKeyDictionary()

    def __call__(self, attempt: Attempt) -> tuple[Maps, Maps]:
        """Of the generated picture, and of the truth: name -> (N, C, h, w) float32, scaled as the network says."""
        if attempt not in self._seen:
            with torch.no_grad():
                right = self._maps(attempt.truth)
            self._seen[attempt] = self._maps(attempt.generated), right
        return self._seen[attempt]

    def _maps(self, picture: Tensor) -> Maps:
        maps = self.network(picture / 2 + 0.5, self.taps)
        return {name: self.network.content_scale * tap.float() for name, tap in maps.items()}

    def distance(self, picture: Tensor, truth: Tensor) -> Tensor:
        """(N,) sums over the layers of the mean squared difference; pictures (N, 3, H, W) in [-1, 1]."""
        return _squared(self._maps(picture), self._maps(truth))


def squared_features(views: FeatureViews) -> Term:
    """Mean squared difference of the maps, summed over the layers."""
    return lambda attempt: _squared(*views(attempt)).mean()


def guided_features(views: FeatureViews) -> Term:
    """DMFN's perceptual loss: mean absolute differences, weighed by layer; of the first two, also by place.

    A place of these two counts 1 more where the picture's squared error is largest, as does one in between by its
    share (self-guided regression).
    """

    def term(attempt: Attempt) -> Tensor:
        found, right = views(attempt)
        guide = _guide(attempt)
        terms = []
        for name, weight in zip(CONTENT, WEIGHTS, strict=True):
            apart = (found[name] - right[name]).abs()
            if name in GUIDED:
                apart = apart * functional.adaptive_avg_pool2d(guide, (apart.shape[-2], apart.shape[-1]))
            terms.append(weight * apart.mean())
        return torch.stack(terms).sum()

    return term


def centroids(views: FeatureViews, tap: str = "relu4_1") -> Term:
    """Mean squared distance of the maps' centres of mass in (x, y) of [-1, 1] (DMFN's geometrical alignment)."""

    def term(attempt: Attempt) -> Tensor:
        found, right = views(attempt)
        return (_centres(found[tap]) - _centres(right[tap])).square().mean()

    return term


def _squared(found: Maps, right: Maps) -> Tensor:
    return torch.stack([(found[name] - right[name]).square().mean((1, 2, 3)) for name in found]).sum(0)


def _guide(attempt: Attempt) -> Tensor:
    """(N, 1, H, W): 1 plus the squared error, brought to [0, 1] in each picture; a weight, not to be lowered itself."""
    error = (attempt.generated.detach() - attempt.truth).square().mean(1, keepdim=True)
    low, high = error.amin((2, 3), keepdim=True), error.amax((2, 3), keepdim=True)
    return 1 + (error - low) / (high - low).clamp(min=1e-12)


def _centres(maps: Tensor) -> Tensor:
    """(N, C, h, w) -> (N, C, 2); of maps below 0, as stand-ins have them, what is above; a map of zeros has 0, 0."""
    weight = maps.relu()
    total = weight.sum((2, 3)).clamp(min=LEAST_SUM)
    across, down = (torch.linspace(-1, 1, size, device=maps.device) for size in (maps.shape[-1], maps.shape[-2]))
    x, y = (weight.sum(2) * across).sum(2), (weight.sum(3) * down).sum(2)
    return torch.stack([x, y], dim=2) / total[..., None]
