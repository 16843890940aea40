"""A z-buffer rasteriser for a few ten thousand small triangles, in NumPy.

Every triangle proposes the pixel centres of its bounding box at once; a barycentric test keeps those inside, and one
``minimum.at`` over packed (depth, candidate) keys resolves visibility. No loop over triangles, no compiler.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.head.morphable_head import MorphableHead, vertex_normals
from statue_models.head.pose import HeadFit
from statue_models.pixels.grid import cells_at, centres_of

FINE_BELOW = 257  #: pixels: smaller crops are sampled 2 x 2 per pixel; on larger ones a 3 x 3 mean smooths the steps
#: cm between neighbouring samples' depths: more, and one part of the head hides another. Set by eye.
HIDDEN_BEHIND = 1.0
FAR = 1e6  #: cm: beyond any head


@dataclass(frozen=True, eq=False)
class HeadImage:
    """The fitted head as the crop's camera sees it; every array is (S, S, ...) float32.

    Attributes:
        coverage: (S, S) share of the pixel that the head covers, 0..1.
        normal: (S, S, 3) unit normal in camera space (x right, y down, z away): facing pixels have z < 0.
        rest: (S, S, 3) position on the mean head in cm (where on a face this is, whoever it is).
        position: (S, S, 3) position in camera space in cm.
        openness: (S, S) share of the sky that the head leaves open to the surface there, 0..1.
    """

    coverage: NDArray[np.float32]
    normal: NDArray[np.float32]
    rest: NDArray[np.float32]
    position: NDArray[np.float32]
    openness: NDArray[np.float32]


def rasterise(
    points: NDArray[np.float64], depth: NDArray[np.float64], triangles: NDArray[np.int32], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Visible triangle and perspective-correct weights per pixel.

    Args:
        points: (V, 2) in pixels; the first pixel's centre is (0.5, 0.5).
        depth: (V,) positive distances.
        triangles: (T, 3); only those whose projected winding shows their outside are drawn.
        size: side of the square picture.

    Returns:
        (S, S) index of the triangle, -1 where there is none, and (S, S, 3) float32 weights of its corners.
    """
    corners = points[triangles]
    (ax, ay), (bx, by), (cx, cy) = (corners[:, i].T for i in range(3))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    low = np.clip(np.ceil(cells_at(corners.min(1))), 0, size).astype(np.int64)
    high = np.clip(np.floor(cells_at(corners.max(1))) + 1, 0, size).astype(np.int64)
    span = np.maximum(high - low, 0)
    keep = np.flatnonzero((area < -1e-9) & (span.prod(1) > 0))
    counts = span[keep].prod(1)
    owner = np.repeat(keep, counts)
    local = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    column = low[owner, 0] + local % span[owner, 0]
    row = low[owner, 1] + local // span[owner, 0]
    x, y = centres_of(column), centres_of(row)
    scale = 1 / area[owner]
    first = ((bx[owner] - x) * (cy[owner] - y) - (by[owner] - y) * (cx[owner] - x)) * scale
    second = ((cx[owner] - x) * (ay[owner] - y) - (cy[owner] - y) * (ax[owner] - x)) * scale
    weights = np.stack([first, second, 1 - first - second], 1)
    inside = (weights >= 0).all(1)
    owner, pixel, weights = owner[inside], (row * size + column)[inside], weights[inside]
    weights = weights / depth[triangles[owner]]
    inverse = weights.sum(1)
    order = np.argsort(inverse, kind="stable")  # nearest last: later writes win
    winner = np.full(size * size, -1, np.int64)
    winner[pixel[order]] = order
    found = winner >= 0
    triangle = np.full(size * size, -1, np.int64)
    triangle[found] = owner[winner[found]]
    blended = np.zeros((size * size, 3), np.float32)
    blended[found] = weights[winner[found]] / inverse[winner[found], None]
    return triangle.reshape(size, size), blended.reshape(size, size, 3)


def draw_head(head: MorphableHead, fit: HeadFit) -> HeadImage:
    """Normals, rest positions and positions of the fitted head at the crop's size."""
    fine = 2 if fit.size < FINE_BELOW else 1
    vertices = fit.vertices(head)
    camera = fit.camera_space(vertices)
    triangle, weights = rasterise(fit.project(camera) * fine, camera[:, 2], head.triangles, fit.size * fine)
    normals = vertex_normals(vertices, head.triangles) @ fit.rotation.T
    attributes = np.concatenate([normals, head.vertices, camera, head.openness[:, None]], 1).astype(np.float32)
    seen = triangle >= 0
    image = np.zeros((*triangle.shape, 11), np.float32)
    image[seen, :10] = np.einsum("nc,ncd->nd", weights[seen], attributes[head.triangles[triangle[seen]]])
    image[seen, 10] = 1
    samples = image
    if fine > 1:
        image = samples.reshape(fit.size, fine, fit.size, fine, 11).mean((1, 3))
    else:
        image = np.asarray(cv2.blur(samples, (3, 3)), np.float32)
    coverage = image[..., 10].copy()  # the division below is in place
    image /= np.maximum(coverage, 1e-3)[..., None]
    own = (slice(fine // 2, None, fine),) * 2
    alone = _beside_occlusions(samples[..., 8], seen)[own]
    image[alone] = samples[own][alone]
    length = np.linalg.norm(image[..., :3], axis=2, keepdims=True)
    normal = image[..., :3] / np.maximum(length, 1e-6)
    return HeadImage(coverage, normal, image[..., 3:6], image[..., 6:9], image[..., 9])


def _beside_occlusions(depth: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(S, S) samples of the head beside which one part of it hides another: a mean of jaw and neck is neither.

    Args:
        depth: (S, S) in cm.
        seen: (S, S) those that show the head.
    """
    kernel = np.ones((3, 3), np.uint8)
    near = cv2.erode(np.where(seen, depth, np.float32(FAR)), kernel)
    far = cv2.dilate(np.where(seen, depth, np.float32(-FAR)), kernel)
    return seen & (far - near > HIDDEN_BEHIND)
