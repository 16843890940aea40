"""68 landmarks and the nine strokes of their path."""

import pytest


def test_the_strokes_are_those_of_the_package(plugin):
    from statue_models.face import landmarks68, strokes

    assert plugin.landmark_path.STROKES == strokes.STROKES
    assert plugin.landmark_path.COUNT == landmarks68.COUNT


def test_there_and_back_again(plugin):
    landmarks = [[i * 1.5, 300 - i] for i in range(68)]
    strokes = plugin.landmark_path.strokes_of(landmarks, (-10, 25))
    assert len(strokes) == 9 and strokes[0][0][0] == (-10.0, 325)
    assert plugin.landmark_path.landmarks_of(strokes, (-10, 25)) == landmarks


def test_eyes_and_lips_are_closed(plugin):
    strokes = plugin.landmark_path.strokes_of([[0.0, 0.0]] * 68, (0, 0))
    assert [closed for _, closed in strokes] == [False] * 5 + [True] * 4


@pytest.mark.parametrize("count", [0, 67, 69])
def test_other_numbers_of_landmarks_are_refused(plugin, count):
    with pytest.raises(ValueError, match="68"):
        plugin.landmark_path.strokes_of([[0.0, 0.0]] * count, (0, 0))


def test_a_broken_path_is_described(plugin):
    strokes = plugin.landmark_path.strokes_of([[0.0, 0.0]] * 68, (0, 0))
    with pytest.raises(ValueError, match="8 strokes"):
        plugin.landmark_path.landmarks_of(strokes[:-1], (0, 0))
    strokes[5][0].append((1.0, 1.0))
    with pytest.raises(ValueError, match="right eye has 7 anchors"):
        plugin.landmark_path.landmarks_of(strokes, (0, 0))
    strokes[5][0][-2:] = [(float("nan"), 0.0)]
    with pytest.raises(ValueError, match="not finite"):
        plugin.landmark_path.landmarks_of(strokes, (0, 0))
