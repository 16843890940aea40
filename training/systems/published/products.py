"""What of a published system ships, and from when on.

A generator, once it fills its own damage better than one colour does; a landmark regressor, once it finds points under
the first damage that it is judged on better than the mean shape does.
"""

from collections.abc import Callable, Mapping

from statue_models.networks.completion import ShapedNetwork
from statue_models.networks.landmark_regression import LandmarkRegressor
from statue_models.networks.loading import read_network
from training.systems.system import Product


def published_product(network: str, kind: type[ShapedNetwork]) -> Product:
    """The product of a published completion system.

    Args:
        network: name in ``System.networks``: the method's, with underscores. kind: its class.
    """
    return _product(network, kind, _better_than_mean, "the visible pixels' mean colour")


def landmark_product(network: str, kind: type[LandmarkRegressor]) -> Product:
    """The product of a published landmark regressor; arguments as ``published_product`` has them."""
    return _product(network, kind, _better_than_mean_shape, "the mean shape of a face")


def _product(
    network: str, kind: type[ShapedNetwork], better: Callable[[Mapping[str, float]], bool], than: str
) -> Product:
    return Product(
        network,
        lambda path: read_network(kind, path, None),
        better,
        than,
        method=network.replace("_", "-"),
        quality=lambda metrics: {"training": {name: round(value, 3) for name, value in metrics.items()}},
    )


def _better_than_mean(metrics: Mapping[str, float]) -> bool:
    labels = [name.removeprefix("psnr/") for name in metrics if name.startswith("psnr/")]
    return bool(labels) and metrics[f"psnr/{labels[0]}"] > metrics[f"psnr_mean/{labels[0]}"]


def _better_than_mean_shape(metrics: Mapping[str, float]) -> bool:
    labels = [name.removeprefix("nme/") for name in metrics if name.startswith("nme/")]
    return bool(labels) and metrics[f"nme/{labels[0]}"] < metrics[f"nme_mean/{labels[0]}"]
