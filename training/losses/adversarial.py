"""What two networks play against each other for. Discriminators give logits, large for what they take for real."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from training.damage.draws import Draws

#: "bce": the non-saturating game of Goodfellow et al. 2014. "lsgan": least squares (Mao et al. 2017) on the logits, or,
#: "lsgan_sigmoid", on their sigmoid, as LaFIn has it: that saturates. "hinge": Lim and Ye 2017.
KINDS = ("bce", "lsgan", "lsgan_sigmoid", "hinge")
#: The difference of means (Arjovsky et al. 2017); without ``gradient_penalty`` it has no bounds.
WGAN = "wgan"
#: "bce" of how much more real than the others' mean a picture is (Jolicoeur-Martineau 2018, relativistic average).
RELATIVISTIC = "relativistic"


def discriminator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """The mean of what it costs to misjudge real and what it costs to misjudge generated pictures.

    Args:
        kind: one of ``KINDS``, ``WGAN`` or ``RELATIVISTIC``.
        real, fake: logits, any shape.

    Returns:
        A scalar. An undecided discriminator pays log 2 ("bce", "relativistic"), 1/4 ("lsgan_sigmoid") or 1 ("hinge").
    """
    real, fake = real.float(), fake.float()
    if kind == "bce":
        return (functional.softplus(-real).mean() + functional.softplus(fake).mean()) / 2
    if kind == "hinge":
        return ((1 - real).relu().mean() + (1 + fake).relu().mean()) / 2
    if kind == WGAN:
        return fake.mean() - real.mean()
    if kind == RELATIVISTIC:
        return discriminator_loss("bce", real - fake.mean(), fake - real.mean())
    real, fake = _score_logits(kind, real), _score_logits(kind, fake)
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def generator_loss(kind: str, fake: Tensor, real: Tensor | None = None) -> Tensor:
    """What it costs not to be taken for real.

    Args:
        kind: one of ``KINDS``, ``WGAN`` or ``RELATIVISTIC``. fake: logits of generated pictures, any shape.
        real: those of real ones, which only ``RELATIVISTIC`` looks at.
    """
    if kind == RELATIVISTIC:
        if real is None:
            raise ValueError("a relativistic loss compares with real pictures: give their logits")
        return discriminator_loss(kind, fake, real)
    fake = fake.float()
    if kind == "bce":
        return functional.softplus(-fake).mean()
    if kind in ("hinge", WGAN):
        return -fake.mean()
    return (_score_logits(kind, fake) - 1).square().mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, draws: Draws) -> Tensor:
    """How far the critic's slope is from 1 between real and generated pictures (Gulrajani et al. 2017): a scalar.

    Args:
        critic: pictures -> logits, any shape. real, fake: (N, C, H, W).
        draws: where between the two.
    """
    share = draws.uniform(len(real), 1, 1, 1)
    between = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(between).float().sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _score_logits(kind: str, logits: Tensor) -> Tensor:
    if kind not in KINDS:
        raise ValueError(f"there is no adversarial loss {kind!r}: choose one of {', '.join(KINDS)}")
    return torch.sigmoid(logits) if kind == "lsgan_sigmoid" else logits
