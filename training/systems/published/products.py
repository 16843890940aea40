"""What of a published system ships: its generator, once it fills its own damage better than one colour does."""

from collections.abc import Mapping

from statue_models.networks.completion import ShapedNetwork
from statue_models.networks.loading import read_network
from training.systems.system import Product


def published_product(network: str, kind: type[ShapedNetwork]) -> Product:
    """The product of a published completion system.

    Args:
        network: name in ``System.networks``: the method's, with underscores. kind: its class.
    """
    return Product(
        network,
        lambda path: read_network(kind, path, None),
        _better_than_mean,
        "the visible pixels' mean colour",
        method=network.replace("_", "-"),
        quality=lambda metrics: {"training": {name: round(value, 3) for name, value in metrics.items()}},
    )


def _better_than_mean(metrics: Mapping[str, float]) -> bool:
    labels = [name.removeprefix("psnr/") for name in metrics if name.startswith("psnr/")]
    return bool(labels) and metrics[f"psnr/{labels[0]}"] > metrics[f"psnr_mean/{labels[0]}"]
