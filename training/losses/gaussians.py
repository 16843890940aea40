"""How far normal distributions are apart: what variational autoencoders pay (Kingma and Welling 2014)."""

from torch import Tensor


def gaussian_divergence(mean: Tensor, deviation: Tensor, other_mean: Tensor, other_deviation: Tensor) -> Tensor:
    """Kullback and Leibler's divergence of each distribution to the other, in nats, number by number.

    Args:
        mean, deviation: of the distributions that are measured. other_mean, other_deviation: of those that they are
            held against; all of one shape, or of shapes that fit.
    """
    ratio = deviation / other_deviation
    return (ratio.square() + ((mean - other_mean) / other_deviation).square() - 1) / 2 - ratio.log()


def standard_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The divergence to N(0, 1), in nats, number by number."""
    return (log_variance.exp() + mean.square() - 1 - log_variance) / 2
