"""The network's answer, at its own size, into the fill that it was shown, at the crop's."""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.methods.method import Crop
from statue_models.methods.network_input import missing_at, resize

#: How far the answer goes from the fill to the network's; how much of the fill's texture is added again, and what is
#: texture: all that is finer than so much of the crop's side. Chosen on the check suite (docs/experiments.md).
SHARE, TEXTURE, TEXTURE_REACH = 0.65, 0.5, 1 / 64
#: The same for draws: the network's answers lie nearer together than what it was shown, and than what may be true. Set
#: by eye.
DRAWN_SHARE = 0.15
#: Unsharp masking of the mean of several answers, which is softer than each: how much, standard deviation in pixels. .5
#: from docs/experiments.md; the reach set by eye.
CRISPING, CRISPING_REACH = 0.5, 1.0
#: Pixels of the network over which its answer sets in at the hole's border. Set by eye.
BORDER = 2.0


def match_greyness(answers: NDArray[np.float32], crop: Crop) -> NDArray[np.float32]:
    """(N, n, n, 3): without colour where the photograph has none; the network would tint it."""
    visible = crop.rgb[crop.known]
    if len(visible) and float(np.ptp(visible, axis=1).max()) == 0:
        return np.repeat(answers.mean(axis=3, keepdims=True), 3, axis=3)
    return answers


def blend_answer(
    coarse: NDArray[np.float32], start: NDArray[np.float32], crop: Crop, share: float
) -> NDArray[np.float32]:
    """(S, S, 3): the start, moved by ``share`` of the way to the network's answer (n, n, 3) in all that n pixels show.

    The start meets the photograph at the hole's border; the answer has its say from a little further in, so that
    nothing steps there.
    """
    side, size = crop.size, coarse.shape[0]
    shown = np.where(crop.hole[..., None], start, crop.rgb).astype(np.float32)
    # The pixels that the network was not shown are its own; the others are the photograph's on both sides.
    own = missing_at(crop, size)[..., None]
    change = np.where(own, coarse - resize(shown, size), 0).astype(np.float32)
    depth = cv2.distanceTransform(crop.hole.astype(np.uint8), cv2.DIST_L2, 5)
    inside = 1 - np.exp(-np.maximum(depth - 1, 0) / (BORDER * side / size))
    return np.asarray(shown + share * inside[..., None] * resize(change, side), np.float32)


def blend_textured(
    coarse: NDArray[np.float32], fill: NDArray[np.float32], sketch: NDArray[np.float32], crop: Crop, share: float
) -> NDArray[np.float32]:
    """(S, S, 3): between fill and answer, with some more of the texture that the fill has over its sketch."""
    hole = crop.hole.astype(np.float32)
    texture = (fill - sketch) * hole[..., None]
    reach = TEXTURE_REACH * crop.size
    inside = np.maximum(cv2.GaussianBlur(hole, (0, 0), reach), 1e-3)[..., None]
    fine = (texture - cv2.GaussianBlur(texture, (0, 0), reach) / inside) * hole[..., None]
    crisp = coarse + CRISPING * (coarse - cv2.GaussianBlur(coarse, (0, 0), CRISPING_REACH))
    return (blend_answer(crisp, fill, crop, share) + TEXTURE * fine).astype(np.float32)
