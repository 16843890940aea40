"""68 landmarks as the nine strokes of a path, and back."""

import json
import math

from gimpfu.host import Stroke

from statue_models.face.strokes import STROKES

#: Landmarks of the iBUG/Multi-PIE scheme.
COUNT = sum(len(order) for _, order, _ in STROKES)
#: Pixels by which GIMP's own arithmetic may shift an anchor that nobody has touched. Chosen.
UNTOUCHED = 0.02

#: The name of the path in GIMP, by which it is found again; GIMP adds " #1" and so on to further ones.
PATH_NAME = "Statue face landmarks"


def strokes_of(landmarks, offset):
    """The strokes in the image for 68 (x, y) landmarks in the layer at ``offset`` (x, y).

    Raises:
        ValueError: unless there are 68 pairs.
    """
    if len(landmarks) != COUNT or any(len(point) != 2 for point in landmarks):
        raise ValueError("there are not 68 pairs of coordinates")
    left, top = offset
    moved = [(x + left, y + top) for x, y in landmarks]
    return [Stroke([moved[i] for i in order], closed) for _, order, closed in STROKES]


def landmarks_of(strokes, offset):
    """68 [x, y] landmarks in the layer at ``offset``, from the strokes of a path in the image.

    The strokes must be all nine, in the order in which they were drawn, each with all its anchors; where the anchors
    lie is the user's affair.

    Raises:
        ValueError: when an anchor or a stroke is missing or too many, in words for the user.
    """
    if len(strokes) != len(STROKES):
        raise ValueError("the path has %d strokes, not nine" % len(strokes))
    left, top = offset
    landmarks = [[math.nan, math.nan] for _ in range(COUNT)]
    for (name, order, _), (points, _) in zip(STROKES, strokes):  # noqa: B905
        if len(points) != len(order):
            raise ValueError("the stroke of the %s has %d anchors, not %d" % (name, len(points), len(order)))
        for index, (x, y) in zip(order, points):  # noqa: B905
            if not (math.isfinite(x) and math.isfinite(y)):
                raise ValueError("the stroke of the %s holds numbers that are not finite" % name)
            landmarks[index] = [x - left, y - top]
    return landmarks


def encode_note(landmarks):
    """Landmarks in the image as the bytes that are kept with their path."""
    return json.dumps([[round(x, 3), round(y, 3)] for x, y in landmarks]).encode("ascii")


def find_moved(landmarks, note):
    """For each landmark in the image whether it is elsewhere than in a note of ``encode_note``; all do without a note.

    A path that has been cut, resized or turned with its image has moved as a whole, and is the user's word as a whole.
    """
    try:
        before = json.loads((note or b"null").decode("ascii"))
        apart = [math.hypot(x - left, y - top) for (x, y), (left, top) in zip(landmarks, before)]  # noqa: B905
    except (TypeError, ValueError):
        apart = []
    return [distance > UNTOUCHED for distance in apart] if len(apart) == len(landmarks) else [True] * len(landmarks)
