"""What each pixel belongs to, and which landmarks the head itself hides."""

import warp as wp

from training.statues.description.layout import Fracture
from training.statues.kernels.carving import EYEBALL, MOUTH, SOCKET
from training.statues.kernels.fracture import fracture_distance
from training.statues.kernels.geometry import BREAKS
from training.statues.kernels.raster import View, to_pixel
from training.statues.kernels.shading import Pixels

#: Values of the part map.
PARTS = ("background", "skin", "eye", "lip", "hair", "beard", "headgear", "fracture")
#: cm by which a landmark must lie behind what is seen to count as hidden: lids and lips are thinner. Set by eye.
HIDDEN_BEHIND = wp.constant(0.4)
#: cm beyond a break's surface from which a landmark is missing; set by eye.
MISSING_BEYOND = wp.constant(0.1)


@wp.func
def label(pixels: Pixels, b: int, row: int, column: int) -> int:
    """Index into ``PARTS`` of a sample."""
    part = pixels.part[b, row, column]
    if part < 0:
        return 0
    over = pixels.cover[b, row, column]
    if over[3] > 0.0:
        return 7
    if part == EYEBALL:
        return 2
    if over[2] > 0.5:
        return 6
    if over[0] > 0.5:
        return 4
    if over[1] > 0.5:
        return 5
    if part == MOUTH or (part != SOCKET and pixels.lip[b, row, column] > 0.0):
        return 3
    return 1


@wp.kernel
def label_pixels(pixels: Pixels, labels: wp.array3d(dtype=wp.uint8)) -> None:
    """(B, R, R) from samples of twice the side: what most of the four show, the first of them where they tie."""
    b, row, column = wp.tid()
    best = int(0)
    votes = int(0)
    for i in range(4):
        one = label(pixels, b, 2 * row + i / 2, 2 * column + i % 2)
        same = int(0)
        for k in range(4):
            if label(pixels, b, 2 * row + k / 2, 2 * column + k % 2) == one:
                same += 1
        if same > votes:
            votes = same
            best = one
    labels[b, row, column] = wp.uint8(best)


@wp.kernel
def judge_landmarks(
    views: wp.array(dtype=View),
    pixels: Pixels,
    landmarks: wp.array2d(dtype=wp.vec3),
    fractures: wp.array2d(dtype=Fracture),
    broken: int,
    screen: wp.array2d(dtype=wp.vec3),
    hidden: wp.array2d(dtype=wp.uint8),
    missing: wp.array2d(dtype=wp.uint8),
) -> None:
    """(B, 68): column, row (in samples) and depth; whether something lies before it; whether it is broken off."""
    b, i = wp.tid()
    side = pixels.part.shape[1]
    view = views[b]
    p = to_pixel(view, float(side), landmarks[b, i])
    screen[b, i] = p
    column = int(p[0])
    row = int(p[1])
    covered = int(1)
    for dr in range(-1, 2):
        for dc in range(-1, 2):
            r = row + dr
            c = column + dc
            if r < 0 or c < 0 or r >= side or c >= side:
                covered = 0
            elif pixels.part[b, r, c] < 0:
                covered = 0
            elif p[2] + wp.dot(pixels.position[b, r, c] - view.eye, view.back) < HIDDEN_BEHIND:
                covered = 0
    hidden[b, i] = wp.uint8(covered)
    gone = int(0)
    if broken == 1:
        for k in range(BREAKS):
            f = fractures[b, k]
            if fracture_distance(f, landmarks[b, f.landmark], landmarks[b, i]) > MISSING_BEYOND:
                gone = 1
    missing[b, i] = wp.uint8(gone)
