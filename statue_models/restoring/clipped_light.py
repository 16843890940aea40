"""What a photograph has cut off stays cut off: no grey patch in a face that is white with light, none in black shadow.

Beside a hole whose stone has no levels left, above or below, a fill with all its levels is seen as a patch. How far
the hole's surroundings are cut off is carried into it, and as much of the fill's own lights (or shadows) goes to the
end.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.border import diffuse_steps, smooth_steps

#: Levels, 0..1: what is no further from an end is at it, for files that are compressed; and where an end of the
#: photograph may lie, for one that was made darker or paler since. Chosen.
SAME, WHITE_FROM, BLACK_TO = 3 / 255, 245 / 255, 10 / 255
#: Shares of what lies beside a hole that are cut off: from the first on it counts, at the second altogether. A stone's
#: lights are cut off here and there in many photographs. Set by eye.
SOME, MOST = 0.5, 0.9
#: Of all stone beside a hole; less is no reason to look closer. For time; chosen.
LEAST = 0.1
#: Levels, 0..1: no more of a fill's lights and of its shadows is cut off: a white face keeps its nostrils. Set by eye.
DARKEST_LIGHT, LIGHTEST_SHADOW = 0.7, 0.75
#: Quantiles of a fill's lights and shadows where all is cut off: lit specks in black are seen from afar. Set by eye.
LIGHTS, SHADOWS = 0.1, 0.99


def cut_off(
    picture: NDArray[np.float32],
    beside: NDArray[np.float32],
    stone: NDArray[np.bool_],
    ring: NDArray[np.bool_],
    hole: NDArray[np.bool_],
    depth: NDArray[np.float32],
) -> None:
    """Cut off a fill's lights and shadows, in place, as those of the stone beside its hole are, per channel.

    Args:
        picture: (H, W, 3) with the fill; only its samples in the hole are changed.
        beside: (N, 3) in [0, 1], the photograph at the ring's pixels in row-major order.
        stone: (N,) bool, which of them show the head: a white wall or a black cloth behind it is not cut off.
        ring: (H, W) visible pixels beside the hole. hole: (H, W) bool.
        depth: (H, W) distance of the hole's pixels from its border in pixels.
    """
    if not stone.any():
        return
    for lights in (True, False):
        for channel, end in _ends(beside[stone], lights):
            at_end = (beside[:, channel] >= end - SAME) if lights else (beside[:, channel] <= end + SAME)
            shares = _share_in_hole(at_end & stone, stone, ring, hole, depth)
            if shares is not None:
                _cut(picture[..., channel], shares, hole, end, lights)


def _ends(beside: NDArray[np.float32], lights: bool) -> Iterator[tuple[int, float]]:
    """(channel, level) of those that a good part of the stone beside the hole is cut off at."""
    for channel in range(beside.shape[1]):
        levels = beside[:, channel]
        end = float(np.quantile(levels, 0.99 if lights else 0.01))
        near = np.abs(levels - end) <= SAME
        if (end >= WHITE_FROM if lights else end <= BLACK_TO) and near.mean() > LEAST:
            yield channel, end


def _share_in_hole(
    at_end: NDArray[np.bool_],
    stone: NDArray[np.bool_],
    ring: NDArray[np.bool_],
    hole: NDArray[np.bool_],
    depth: NDArray[np.float32],
) -> NDArray[np.float32] | None:
    """(H, W) how much of the stone around is cut off, as the hole's own pixels have to follow it: 0 to 1; or None."""
    both = np.stack([at_end, stone], 1).astype(np.float32)
    spread = np.zeros((*hole.shape, 2), np.float32)
    diffuse_steps(spread, smooth_steps(both, ring), ring, hole, depth)
    share = spread[..., 0] / np.maximum(spread[..., 1], 1e-3)
    share = np.clip((share - SOME) / (MOST - SOME), 0, 1) * np.clip(2 * spread[..., 1], 0, 1)
    return share * hole if share[hole].any() else None


def _cut(
    levels: NDArray[np.float32], share: NDArray[np.float32], hole: NDArray[np.bool_], end: float, lights: bool
) -> None:
    """Stretch one channel (H, W) in the hole, so that as much of it is at the end as the share says."""
    inside, wanted = levels[hole], share[hole]
    followed = wanted > 0.5
    if not followed.any():
        return
    if lights:
        start = float(np.clip(np.quantile(inside[followed], LIGHTS), DARKEST_LIGHT, end))
        limit = end - wanted * (end - start)
        levels[hole] = np.where(wanted > 0, np.minimum(inside * (end / limit), np.maximum(inside, end)), inside)
    else:
        start = float(np.clip(np.quantile(inside[followed], SHADOWS), end, LIGHTEST_SHADOW))
        limit = end + wanted * (start - end)
        cut = end + np.maximum(inside - limit, 0) * ((1 - end) / (1 - limit))
        levels[hole] = np.where(wanted > 0, np.minimum(cut, np.maximum(inside, end)), inside)
