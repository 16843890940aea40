"""Maps of landmarks: where they are drawn, and where not."""

import pytest
import torch

from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.faces import built_in_faces
from training.examples.condition_maps import LANDMARK_MAPS, cut_part, draw_discs, draw_hull, draw_lines, draw_points

CPU = torch.device("cpu")


def canvas(points: torch.Tensor, side: int = 128) -> Canvas:
    return Canvas(len(points), side, side, Draws(0, CPU), points)


def one_place(x: float, y: float) -> torch.Tensor:
    """All 68 landmarks in one place."""
    return torch.tensor([x, y]).expand(1, 68, 2)


def test_points_are_the_pixels_that_landmarks_lie_in():
    found = draw_points(canvas(one_place(10.9 / 128, 20.1 / 128)))
    assert found.shape == (1, 1, 128, 128) and found.sum() == 1 and found[0, 0, 20, 10] == 1


def test_a_disc_of_one_pixel_is_a_cross_of_five_that_the_border_cuts():
    found = draw_discs(canvas(one_place(10.5 / 128, 20.5 / 128)))[0, 0]
    assert {tuple(cell) for cell in found.nonzero().tolist()} == {(20, 10), (19, 10), (21, 10), (20, 9), (20, 11)}
    assert draw_discs(canvas(one_place(0.5 / 128, 20.5 / 128))).sum() == 4


@pytest.mark.parametrize("where", [(-0.2, 0.5), (0.5, 1.01), (1.0, 0.5)])
def test_landmarks_outside_are_left_out(where):
    assert draw_points(canvas(one_place(*where))).sum() == 0
    inside = one_place(0.0, 0.5).clone()
    inside[:, 5:] = torch.tensor(where)  # they are moved to the border's pixels, and must take nothing away there
    assert draw_points(canvas(inside)).sum() == 1


def test_lines_pass_through_the_landmarks_and_between_them():
    points = built_in_faces(2, Draws(0, CPU))
    lines = draw_lines(canvas(points))
    assert set(lines.unique().tolist()) == {0.0, 1.0}
    near = torch.nn.functional.max_pool2d(lines, 3, 1, 1)
    assert (near * draw_points(canvas(points))).sum() == draw_points(canvas(points)).sum()
    between = (points[:, 8] + points[:, 9]) / 2 * 128
    assert all(near[index, 0, int(y), int(x)] == 1 for index, (x, y) in enumerate(between))


@pytest.mark.parametrize("name", LANDMARK_MAPS)
def test_every_map_is_highest_at_landmarks_and_the_hull_holds_all_of_them(name):
    points = built_in_faces(2, Draws(0, CPU))
    drawn = LANDMARK_MAPS[name](canvas(points, 64))
    assert drawn.shape == (2, 1, 64, 64) and drawn.min() >= 0 and drawn.max() <= 1
    cells = draw_points(canvas(points, 64)) > 0
    assert drawn[cells].mean() > 2 * drawn.mean()
    assert (draw_hull(canvas(points, 64))[cells] == 1).all()


def test_the_part_is_the_picture_in_the_hull():
    points, picture = built_in_faces(1, Draws(0, CPU)), torch.rand(1, 3, 64, 64) + 0.1
    hull = draw_hull(canvas(points, 64))
    part = cut_part(picture, hull)
    assert torch.equal(part != 0, (hull > 0).expand_as(part)) and torch.equal(part[part != 0], picture[part != 0])
