"""What it costs a network to say more about a picture than nothing."""

from torch import Tensor

from statue_models.networks.gaussian import Gaussian


def free_divergence(found: Gaussian, free: float = 0.0) -> Tensor:
    """The divergence KL(found || N(0, I)) in nats per picture, a scalar: summed over numbers, averaged over pictures.

    Args:
        found: of N pictures.
        free: so many nats of each number cost nothing, so that it is not silenced before it is of use ("free bits",
            Kingma et al. 2016); a number's nats are those of the batch on average.
    """
    nats = (found.mean.square() + found.log_variance.exp() - 1 - found.log_variance) / 2
    return (nats.mean(0) - free).relu().sum()


def gaussian_divergence(mean: Tensor, deviation: Tensor, other_mean: Tensor, other_deviation: Tensor) -> Tensor:
    """Kullback and Leibler's divergence of each distribution to the other, in nats, number by number.

    Args:
        mean, deviation: of the distributions that are measured. other_mean, other_deviation: of those that they are
            held against; all of one shape, or of shapes that fit.
    """
    ratio = deviation / other_deviation
    return (ratio.square() + ((mean - other_mean) / other_deviation).square() - 1) / 2 - ratio.log()
