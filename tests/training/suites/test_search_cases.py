"""The search suite: what is where in its pictures, and how a search is judged."""

import math

import cv2
import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.face.face_frame import eye_roll, frame_of_landmarks
from statue_models.face.landmarks68 import Landmarks, face_outline
from training.evaluation.frames.noses import CELL, lost_nose, restore_noses
from training.evaluation.frames.search import search_one, table
from training.suites.composed.heads import Head, Heads, read_heads, write_heads
from training.suites.held_back import FRAME_SEEDS, SEARCH_SEEDS, holds_back
from training.suites.searched.cases import BESIDE, FACELESS, error_of, search_cases
from training.suites.searched.heads import VERSION, wanted_heads


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    """A folder of packed data, as small as it can be."""
    folder = tmp_path_factory.mktemp("assets")
    rng = np.random.default_rng(1)
    for name in ("environments", "stone_textures", "photos"):
        (folder / name).mkdir()
    np.savez(folder / "environments" / "hdri_256x128.npz", env=rng.uniform(0, 1, (1, 128, 256, 3)).astype(np.float16))
    cv2.imwrite(str(folder / "stone_textures" / "rock.jpg"), rng.integers(90, 160, (200, 240, 3), dtype=np.uint8))
    (folder / "photos" / "SOURCES.tsv").write_text("file\tface_bbox_xywh\n")
    return folder


@pytest.fixture(scope="module")
def heads(head_face):
    """Green discs that stand for all heads, with one face each."""
    y, x = np.mgrid[:128, :128]
    alpha = np.where((x - 64) ** 2 + (y - 64) ** 2 < 60**2, 255, 0).astype(np.uint8)
    rgb = np.broadcast_to(np.array((10, 250, 10), np.uint8), (128, 128, 3)).copy()
    return Heads([Head(rgb, alpha, head_face, one.yaw or 0.0) for one in wanted_heads()], [], [])


@pytest.fixture(scope="module")
def cases(assets, heads):
    return list(search_cases(assets, heads, 7))


def test_every_yaw_roll_metal_crop_and_damage_is_there_and_so_is_nobody(assets, heads, cases):
    groups = [case.group for case in cases]
    for group in ("yaw 0", "yaw 80", "roll 45", "roll 180", "gilt", "dark bronze", "bronze", "stone", "crop", "half"):
        assert group in groups
    assert groups.count("no face") == math.ceil(FACELESS / 7)
    assert groups.count("hole beside") == math.ceil(BESIDE / 7)
    again = next(iter(search_cases(assets, heads, 7)))
    np.testing.assert_array_equal(again.rgb, cases[0].rgb)


def test_points_lie_on_the_head_and_are_turned_with_it(cases):
    for case in cases:
        assert case.hole.shape == case.rgb.shape[:2]
        if case.points is None:
            assert case.group in ("no face", "hole beside")
            continue
        roll = int(case.group.split()[1]) if case.group.startswith("roll") else 0
        off = math.degrees(eye_roll(case.points)) - roll
        assert abs((off + 180) % 360 - 180) < 7
        if case.group == "face missing":
            continue
        x, y = np.clip(np.floor(case.points).astype(int), 0, np.array(case.rgb.shape[1::-1]) - 1).T
        green = case.rgb[y, x][~case.hole[y, x]]
        assert (green[:, 1].astype(int) - green[:, 0] > 150).mean() > 0.9


def test_crops_have_no_border_and_holes_lie_where_they_should(cases):
    for case in cases:
        if case.group == "crop":
            box = np.ptp(case.points, axis=0)
            assert (np.array(case.rgb.shape[1::-1]) < 1.15 * box + 3).all()
        elif case.group in ("nose", "half"):
            assert case.hole.any() and (case.rgb[case.hole] == 128).all()
            assert frame_of_landmarks(case.points).holds(np.argwhere(case.hole)[:, ::-1]).mean() > 0.8
        elif case.group == "face missing":
            assert case.hole[face_outline(case.points, case.hole.shape)].all()
        elif case.group == "hole beside":
            assert case.hole.any() and not (case.rgb[case.hole] != 128).any()


def test_a_head_of_the_suite_is_trained_on_by_nobody_and_comes_back_from_its_file(tmp_path, heads):
    assert holds_back(SEARCH_SEEDS.start) and not holds_back(SEARCH_SEEDS.stop)
    assert not set(SEARCH_SEEDS[:: 10**5]) & set(FRAME_SEEDS[:: 10**5])
    few = Heads(heads.faces[:2], [], [])
    write_heads(tmp_path / "heads.npz", few, VERSION)
    assert read_heads(tmp_path / "heads.npz", VERSION + 1) is None
    stored = read_heads(tmp_path / "heads.npz", VERSION)
    assert stored is not None and stored.profiles == stored.scenes == []
    np.testing.assert_array_equal(stored.faces[1].points, few.faces[1].points)


def test_a_search_is_right_where_the_points_are_near_or_nobody_is_there(cases):
    with_face = next(case for case in cases if case.group == "nose")
    without = next(case for case in cases if case.group == "no face")
    missing = next(case for case in cases if case.group == "face missing")

    def seeing(points):
        return lambda rgb, mask: (Landmarks(points), frame_of_landmarks(points))

    def blind(rgb, mask):
        raise StatueError("no-face", where="in the picture", more="")

    unit = error_of(np.add(with_face.points, (1.0, 0.0)), with_face.points)
    for shift, right in ((0.09, True), (0.11, False)):
        search, _ = search_one(seeing(np.add(with_face.points, (shift / unit, 0))), with_face)
        assert search.error == pytest.approx(shift) and (search.right, search.wrong) == (right, not right)
    assert not search_one(blind, with_face)[0].right and not search_one(blind, with_face)[0].wrong
    assert search_one(blind, without)[0].right and search_one(seeing(with_face.points), without)[0].wrong
    assert search_one(blind, missing)[0].right and search_one(seeing(missing.points), missing)[0].right
    lines = list(table([search_one(blind, case)[0] for case in (with_face, without, missing)]))
    assert [line.split()[0] for line in lines[1:]] == ["nose", "no", "face", "all", "all"]
    assert lines[1].split()[3] == "0%" and lines[2].split()[4] == "100%"


def test_a_lost_nose_is_shown_damaged_restored_and_as_it_was(cases, restorer):
    case = next(case for case in cases if case.group == "yaw 80" and not case.hole.any())
    lost = restore_noses([case], restorer, "telea")
    damaged, restored, told, truth = np.split(lost.sheet, 4)
    middle = slice(CELL // 2 - 10, CELL // 2 + 10)
    assert lost.sheet.shape == (4 * CELL, CELL, 3) and (damaged[middle, middle] == 128).all()
    assert (restored[middle, middle] != 128).any() and (restored[:40] == truth[:40]).all()
    assert (told[:40] == truth[:40]).all() and lost.alone[0] > 10 and lost.told[0] > 10
    tip = case.points[30].astype(int)
    assert lost_nose(case.hole.shape, case.points)[tip[1], tip[0]] == 255
