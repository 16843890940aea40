"""Renders that no photographer would keep, and why."""

import torch
from torch import Tensor

from training.statues.kernels.labels import PARTS
from training.statues.rendering.development import Renders

#: A face is used if its landmarks lie within the picture, give or take this share of its side. Set by eye.
OUTSIDE = 0.15
#: Least share of the picture that the statue covers. Set by eye.
COVERAGE = 0.08
#: Means of the statue's luma out of 255 between which it is neither black nor burnt out; shares of its pixels. Set by
#: eye.
DARKEST, BRIGHTEST = 24.0, 225.0
BURNT_SHARE, BLACK_SHARE = 0.15, 0.5
#: Least standard deviation of the face's luma: less is fog. Of 255; set by eye.
CONTRAST = 9.0
#: Share of the inner landmarks (17 to 67) that must be seen in a picture of a whole face. Set by eye.
SEEN_SHARE = 0.35

RULES = ("outside", "small", "dark", "bright", "burnt", "black", "flat", "hidden", "not finite")


def find_passing(renders: Renders, but: str = "") -> Tensor:
    """(B,) bool: which pictures break no rule, or none but this one."""
    kept = [number for number, name in enumerate(RULES) if name != but]
    return ~broken_rules(renders)[:, kept].any(1)


def broken_rules(renders: Renders) -> Tensor:
    """(B, len(RULES)) bool: which rules a picture breaks; none means it is good."""
    size = renders.image.shape[1]
    luma = renders.image.float().mean(-1)
    statue = (renders.parts > 0).float()
    count = statue.sum((1, 2)).clamp(min=1)
    mean = (luma * statue).sum((1, 2)) / count
    burnt = ((luma > 252).float() * statue).sum((1, 2)) / count
    skin = (renders.parts == PARTS.index("skin")).float()
    on_skin = skin.sum((1, 2)).clamp(min=1)
    skin_mean = (luma * skin).sum((1, 2)) / on_skin
    black = ((luma < 8).float() * skin).sum((1, 2)) / on_skin
    spread = (((luma - skin_mean[:, None, None]) ** 2 * skin).sum((1, 2)) / on_skin).sqrt()
    place = renders.landmarks / size
    finite = torch.isfinite(place).all(2).all(1)
    outside = (place.amin((1, 2)) < -OUTSIDE) | (place.amax((1, 2)) > 1 + OUTSIDE)
    seen = 1 - renders.hidden[:, 17:].float().mean(1)
    verdicts = [outside, count / size**2 < COVERAGE, mean < DARKEST, mean > BRIGHTEST, burnt > BURNT_SHARE]
    verdicts += [black > BLACK_SHARE, spread < CONTRAST, seen < SEEN_SHARE, ~finite]
    return torch.stack(verdicts, 1)
