"""The frozen suites: which pictures, which holes, and that what was rendered once stays what it was."""

import hashlib
import json

import cv2
import numpy as np
import pytest

from statue_models.errors import StatueError
from training.suites import rendered_truths as rendered_suite
from training.suites.cases import Case, cases_of, check_cases, final_pictures, photographs, suite_digest
from training.suites.held_back import HELD_BACK_SEEDS, holds_back


@pytest.fixture(scope="module")
def assets(tmp_path_factory, picture, face):
    """Thirteen good pictures of the training split, so two of ``check``, and a good and a bad one of the test split."""
    folder = tmp_path_factory.mktemp("assets")
    labels = {}
    for number in range(16):
        name = f"train/{number:04d}.jpg" if number < 14 else f"test/{number:04d}.jpg"
        (folder / "statues128" / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "statues128" / name), cv2.resize(picture(number), (128, 128)))
        labels[name] = {"points": face.tolist(), "spread": 0.01, "good": number not in (5, 15)}
    (folder / "statues128" / "relabelled_landmarks68.json").write_text(json.dumps(labels))
    return folder


def test_check_takes_every_twelfth_good_training_picture_and_never_a_test_picture(assets):
    cases = list(check_cases(assets))
    assert list(dict.fromkeys(case.name for case in cases)) == ["train/0000.jpg", "train/0013.jpg"]
    assert suite_digest(cases) == suite_digest(list(check_cases(assets)))


def test_photographs_takes_the_good_test_pictures_alone(assets):
    assert [truth.name for truth in photographs(assets, final_pictures(assets))] == ["test/0014.jpg"]


def test_holes_do_not_depend_on_which_kinds_are_asked_for(assets):
    alone = [case.hole for case in check_cases(assets, ["eye"])]
    among = [case.hole for case in check_cases(assets) if case.kind == "eye"]
    assert all((a == b).all() for a, b in zip(alone, among, strict=True))


def test_coverage_is_hole_over_face_box():
    hole = np.zeros((100, 100), bool)
    hole[:20, :50] = True
    points = np.zeros((68, 2))
    points[0] = [100, 50]
    assert Case("x", "nose", np.zeros((100, 100, 3), np.uint8), hole, points).coverage == 0.2


def test_a_run_that_reaches_into_the_held_back_seeds_is_noticed():
    first, last = HELD_BACK_SEEDS[0], HELD_BACK_SEEDS[-1]
    assert holds_back(first) and holds_back(last) and holds_back(first - 10, 11) and holds_back(0, 2**60)
    assert not holds_back(first - 10, 10) and not holds_back(last + 1, 10) and not holds_back(10**9, 10**9)


@pytest.fixture
def rendered(tmp_path, monkeypatch, picture, face):
    """(folder, how often it was rendered): a suite of three statues without the factory, the second one a profile."""
    folder, calls = tmp_path / "cache", []
    monkeypatch.setattr(rendered_suite, "STATUES", 3)

    def render(assets, where, progress):
        calls.append(where)
        where.mkdir()
        rows = []
        for number in range(4):
            content = cv2.imencode(".png", cv2.resize(picture(number), (256, 256)))[1].tobytes()
            name, points = f"{number}.png", (face * 2 + number).tolist()
            (where / name).write_bytes(content)
            seed = HELD_BACK_SEEDS.start + number
            digest = hashlib.sha256(content).hexdigest()
            rows.append(
                json.dumps(
                    {"file": name, "seed": seed, "yaw": -70.0 * (number == 1), "landmarks": points, "sha256": digest}
                )
            )
        (where / "manifest.jsonl").write_text("\n".join(rows))

    monkeypatch.setattr(rendered_suite, "_render", render)
    return folder, calls


def test_statues_are_rendered_once_and_then_read(rendered, tmp_path, face):
    folder, calls = rendered
    first = list(rendered_suite.rendered_truths(tmp_path, folder))
    again = list(rendered_suite.rendered_truths(tmp_path, folder, limit=2))
    assert len(calls) == 1 and [truth.name for truth in again] == ["statue-0000", "statue-0002"]
    assert first[1].picture.shape == (256, 256, 3) and np.allclose(first[1].points, face * 2 + 2)
    assert suite_digest(list(cases_of(first[:2]))) == suite_digest(list(cases_of(again)))


@pytest.mark.parametrize("damage", ["picture", "gone", "manifest", "seeds", "fewer"])
def test_a_changed_cache_is_refused(rendered, tmp_path, damage):
    folder, _ = rendered
    list(rendered_suite.rendered_truths(tmp_path, folder))
    manifest = folder / "manifest.jsonl"
    if damage == "picture":
        (folder / "3.png").write_bytes((folder / "2.png").read_bytes())
    elif damage == "gone":
        (folder / "3.png").unlink()
    elif damage == "manifest":
        manifest.write_text("nonsense")
    elif damage == "seeds":
        manifest.write_text(manifest.read_text().replace(str(HELD_BACK_SEEDS.start), "7"))
    else:
        manifest.write_text(manifest.read_text().splitlines()[0])
    with pytest.raises(StatueError) as error:
        list(rendered_suite.rendered_truths(tmp_path, folder))
    assert error.value.code == "bad-training-data" and "remove the folder" in error.value.sentence
