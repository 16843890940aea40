"""Which holes are restored together, and where each group looks: holes near each other, and holes of one face.

A group comes out the same whatever is missing elsewhere, out of its sight.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.methods.descriptor import Needs
from statue_models.pixels.overlay import Overlay, Pixels, part_of
from statue_models.request import Progress, RestorationRequest, part_of_progress
from statue_models.restoring.cracks import thin_part, thin_width
from statue_models.restoring.faces import FaceSearch, Plan, shows, specks_of, square_around
from statue_models.restoring.finish import LOOKED_AT
from statue_models.restoring.holes import Hole, find_holes, join_by_tile
from statue_models.restoring.sight import Sight


@dataclass(frozen=True, eq=False)
class HoleGroup:
    """Holes that are filled together.

    Attributes:
        hole: all of them.
        sight: the face that they are filled by, or their surroundings.
        mask: (H, W) uint8, > 0 = missing, here or in another group, but for specks in sight that are not its own.
        faceless: the code of the note that says why there is no face, where one was looked for.
    """

    hole: Hole
    sight: Sight
    mask: Pixels
    faceless: str = ""


def find_groups(
    request: RestorationRequest, needs: Needs, load: Callable[[str], LandmarkPredictor], progress: Progress
) -> list[HoleGroup]:
    """The groups of a request's holes, faces first.

    Args:
        request: with the face's landmarks or box, where the user gave them: they are those of the holes in their
            reach. For what is thin for any face none is looked for.
        needs: of the method.
        load: gives the landmark predictor of a name; not called where no face is searched.
        progress: of the search.

    Raises:
        StatueError: as ``find_face`` does, but for what ``FACELESS`` holds: that a request must ask for
            (``require_face``).
    """
    thin, wide = _part_by_width(request, find_holes(request.mask))
    if needs == "pixels":
        plans = [Plan(hole, Sight.of_selection(hole.rectangle)) for hole in wide]
        plans.extend(map(_closed_apart, join_by_tile(thin)))
    else:
        if needs == "face":  # such a method closes cracks, too
            thin, wide = [], [*wide, *join_by_tile(thin)]
        plans = _by_face(request, load, wide, thin, progress)
    return [HoleGroup(plan.hole, plan.sight, _mask_in_sight(request, plan, thin), plan.faceless) for plan in plans]


def _by_face(
    request: RestorationRequest,
    load: Callable[[str], LandmarkPredictor],
    wide: Sequence[Hole],
    thin: Sequence[Hole],
    progress: Progress,
) -> list[Plan]:
    search = FaceSearch(request, load)
    for number, hole in enumerate(wide):
        search.add(hole, part_of_progress(progress, number / len(wide), (number + 1) / len(wide)))
    apart = join_by_tile(search.add_thin(thin))
    return [*search.groups(progress), *map(_closed_apart, apart)]


def _closed_apart(hole: Hole) -> Plan:
    return Plan(hole, Sight.of_selection(hole.rectangle), specks=True)


def _mask_in_sight(request: RestorationRequest, plan: Plan, thin: Sequence[Hole]) -> Pixels:
    """What is missing for a group: the request's mask, without the specks in sight that are not its own."""
    if plan.specks or not thin:
        return request.mask
    sight = plan.sight.widen_to(plan.hole.rectangle)
    seen = sight.seen(request.mask.shape).unite(plan.hole.rectangle.expand(LOOKED_AT, request.mask.shape))
    own = plan.hole.mask_over(seen)
    near = [hole for hole in thin if 0 not in hole.rectangle.intersect(seen).shape]
    specks = specks_of([hole for hole in near if not hole.seen_in(own, seen)[0].any()], sight.frame)
    if not specks:
        return request.mask
    missing = part_of(request.mask, seen).copy()
    for hole in specks:
        part, where = hole.seen_in(missing, seen)
        part[where] = 0
    return Overlay(request.mask, seen, missing)


def _part_by_width(request: RestorationRequest, holes: Sequence[Hole]) -> tuple[list[Hole], list[Hole]]:
    """The holes that are thin for any face, and the others."""
    thin = thin_part(request.mask, thin_width(request.mask.shape, None))
    box = None if request.face is None else square_around(request.face)
    sides: tuple[list[Hole], list[Hole]] = [], []
    for hole in holes:
        is_wide = not part_of(thin, hole.rectangle)[hole.where].all() or (box is not None and shows(box, hole))
        sides[is_wide].append(hole)
    return sides
