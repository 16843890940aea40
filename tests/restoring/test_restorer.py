"""The pipeline on the bundled example: what a user hands in, and what comes back.

Most tests give the landmarks, so that no search is needed; those that search need FaceMesh's two files
(``python3 -m installer``, or the extra ``landmarks``) and fail without them.
"""

import json
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from bundled_example import SCALE, example

import statue_models
from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.face.face_frame import frame_of_landmarks
from statue_models.face.landmarks68 import INNER, Landmarks, interocular_distance
from statue_models.landmarks import registry as predictors
from statue_models.landmarks.registry import predictor
from statue_models.methods import registry
from statue_models.methods.descriptor import MethodDescriptor
from statue_models.request import Hypothesis, RestorationRequest
from statue_models.restoring import restorer as restorer_module
from statue_models.restoring.cropping import crop_of
from statue_models.restoring.restorer import Restorer


def code_of(call, *arguments, **named):
    with pytest.raises(StatueError) as caught:
        call(*arguments, **named)
    return caught.value.code


def mean_error(picture, intact, mask):
    return np.abs(picture.astype(float) - intact)[mask > 0].mean()


# What comes back


def test_outside_the_mask_every_sample_is_the_photographs_own(request_, result):
    for index in range(2):
        out = result.applied_to(request_.image, index)
        outside = request_.mask == 0
        assert out.dtype == np.uint8
        assert out[outside].tobytes() == request_.image[outside].tobytes()
        assert (out != request_.image)[~outside].mean() > 0.8


def test_the_face_comes_back_closer_than_by_telea(restorer, request_, result, intact):
    telea = restorer.restore(replace(request_, model="telea")).applied_to(request_.image)
    restored = result.applied_to(request_.image)
    assert mean_error(restored, intact, request_.mask) < 0.8 * mean_error(telea, intact, request_.mask)


def test_a_method_learns_whether_a_user_placed_the_landmarks(request_):
    """What it was given it must meet; what was found it need not."""
    frame = frame_of_landmarks(request_.landmarks.points)
    found = replace(request_.landmarks, placed=None)
    assert crop_of(request_.image, request_.mask, frame, 128, request_.landmarks).face.placed.all()
    assert crop_of(request_.image, request_.mask, frame, 128, found).face.placed is None
    assert crop_of(request_.image, request_.mask, frame, 128, None).landmarks is None


def test_the_rectangle_is_the_masks_box_and_the_spread_lies_in_the_mask(request_, result):
    x, y, width, height = result.rectangle
    rows, columns = np.nonzero(request_.mask)
    assert (x, y, x + width, y + height) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert result.variants[0].pixels.shape == (height, width, 3)
    inside = request_.mask[y : y + height, x : x + width] > 0
    assert result.uncertainty.shape == (height, width) and result.uncertainty.dtype == np.uint8
    assert not result.uncertainty[~inside].any()
    assert result.uncertainty[inside].mean() > 1


def test_the_photograph_and_the_mask_are_not_changed(restorer, request_):
    image, mask = request_.image.copy(), request_.mask.copy()
    image.flags.writeable = mask.flags.writeable = False
    restorer.restore(replace(request_, image=image, mask=mask))
    np.testing.assert_array_equal(image, request_.image)


# The same again


def test_the_same_request_gives_the_same_bytes(request_, result):
    again = Restorer().restore(replace(request_, variants=2))
    for first, second in zip(result.variants, again.variants, strict=True):
        assert first.pixels.tobytes() == second.pixels.tobytes()
    np.testing.assert_array_equal(result.uncertainty, again.uncertainty)


def test_variant_2_of_4_is_variant_2_of_2(restorer, request_, result):
    four = restorer.restore(replace(request_, variants=4))
    for index in range(2):
        assert four.variants[index].pixels.tobytes() == result.variants[index].pixels.tobytes()
    assert [variant.hypothesis for variant in four.variants] == [Hypothesis.of(0, index) for index in range(4)]
    assert len({variant.pixels.tobytes() for variant in four.variants}) == 4


def test_a_variant_alone_is_the_one_among_several(restorer, request_, result):
    """The number that comes out can be given back."""
    second = result.variants[1]
    alone = restorer.restore(replace(request_, variant=second.hypothesis.number))
    assert [variant.hypothesis for variant in alone.variants] == [second.hypothesis]
    np.testing.assert_array_equal(alone.variants[0].pixels, second.pixels)
    assert alone.uncertainty is None and result.uncertainty is not None, "it is that of the likeliest"
    first = restorer.restore(replace(request_, variant=1))
    np.testing.assert_array_equal(first.variants[0].pixels, result.variants[0].pixels)
    np.testing.assert_array_equal(first.uncertainty, result.uncertainty)


def test_another_seed_gives_other_hypotheses(restorer, request_, result):
    other = restorer.restore(replace(request_, variants=2, seed=1))
    assert other.variants[1].pixels.tobytes() != result.variants[1].pixels.tobytes()


def test_two_threads_may_share_a_restorer(restorer, request_, result):
    outcome = {}
    threads = [
        threading.Thread(target=lambda k=k: outcome.update({k: restorer.restore(request_).variants[0].pixels}))
        for k in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcome[0].tobytes() == outcome[1].tobytes() == result.variants[0].pixels.tobytes()


# Where the face is


def test_the_face_is_found_where_the_user_says_nothing(restorer, request_, landmarks, intact):
    asked = replace(request_, landmarks=None)
    found = restorer.restore(asked)
    np.testing.assert_array_equal(found.landmarks.points, landmarks.points)
    assert found.landmarks.source == predictors.descriptor("default").name and found.landmarks.hidden[30]
    assert mean_error(found.applied_to(asked.image), intact, asked.mask) < 25


def test_the_request_says_what_finds_the_landmarks(request_, monkeypatch):
    """Each is loaded once, from the folder that the restorer was given."""
    loaded = []

    def load(name, models):
        loaded.append((name, models))
        return predictor(name)

    monkeypatch.setattr(restorer_module, "load_predictor", load)
    here = Restorer(landmark_models=Path("somewhere"))
    asked = replace(request_, landmarks=None, model="mirror")
    for name in ("facemesh", "default", "facemesh"):
        found = here.restore(replace(asked, predictor=name))
        assert found.landmarks.source == predictors.descriptor(name).name
        assert found.record["request"]["predictor"] == name
        assert found.record["landmarks"]["source"] == found.landmarks.source
    assert loaded == [(name, Path("somewhere")) for name in ("facemesh", "default")]


def test_given_landmarks_need_no_landmark_files(request_, result, tmp_path):
    bare = Restorer(landmark_models=tmp_path)
    pixels = bare.restore(request_).variants[0].pixels
    assert pixels.tobytes() == result.variants[0].pixels.tobytes()
    if predictors.descriptor("default").name == "facemesh":
        assert code_of(bare.restore, replace(request_, landmarks=None)) == "weights-missing"
        assert code_of(bare.find_landmarks, request_.image) == "weights-missing"
    else:
        # Our own network can do without FaceMesh, less well, and says so.
        assert bare.find_landmarks(request_.image)[0].source == "landmarknet without facemesh"
        (note,) = bare.restore(replace(request_, landmarks=None, model="mirror")).notes
        assert (note.code, note.facts) == ("predictor-without", {"predictor": "landmarknet", "what": "facemesh"})


def test_a_given_face_box_is_enough(restorer, request_, landmarks):
    low, high = landmarks.points.min(0), landmarks.points.max(0)
    box = (*low.tolist(), *(high - low).tolist())
    found = restorer.restore(replace(request_, landmarks=None, face=box))
    off = np.linalg.norm(found.landmarks.points - landmarks.points, axis=1).mean()
    assert off < 0.05 * interocular_distance(landmarks.points)
    assert found.record["request"]["face"] == list(box)


def test_landmarks_can_be_asked_for_alone(restorer, request_, landmarks):
    found, frame = restorer.find_landmarks(request_.image, request_.mask)
    np.testing.assert_array_equal(found.points, landmarks.points)
    assert frame.side > np.ptp(found.points, axis=0).max()
    grey = cv2.cvtColor(request_.image, cv2.COLOR_RGB2GRAY)[..., None].astype(np.uint16) * 257
    without_colour, _ = restorer.find_landmarks(grey)
    off = np.linalg.norm(without_colour.points - landmarks.points, axis=1).mean()
    assert off < 0.1 * interocular_distance(landmarks.points)
    assert not without_colour.hidden[INNER].any()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"image": np.zeros((20, 64, 3), np.uint8)}, "image-too-small"),
        ({"image": np.zeros(64, np.uint8)}, "bad-request"),
        ({"image": np.full((64, 64, 3), np.nan, np.float32)}, "bad-pixels"),
        ({"mask": np.zeros((64, 65), np.uint8)}, "mask-size"),
        ({"mask": np.zeros((64, 64))}, "bad-request"),
    ],
)
def test_landmarks_of_what_is_no_picture_are_refused_like_its_restoration(restorer, change, code):
    asked = {"image": np.zeros((64, 64, 3), np.uint8), "mask": np.zeros((64, 64), np.uint8)} | change
    assert code_of(restorer.find_landmarks, **asked) == code


def test_where_all_variants_would_be_the_same_there_is_one(restorer, request_):
    """Of a method without chance, and of a crack, whatever the method."""
    crack = np.zeros_like(request_.mask)
    crack[20:60, 30] = 255
    for changes in ({"model": "telea"}, {"mask": crack}):
        out = restorer.restore(replace(request_, variants=3, **changes))
        assert len(out.variants) == 1 and out.variants[0].hypothesis.number == 1
        assert [(note.code, note.facts) for note in out.notes] == [("one-answer", {"variants": 3})]
        assert out.record["request"]["variants"] == 3


def test_damage_away_from_the_face_is_filled_from_its_surroundings_and_said(restorer, request_, result):
    """A hole in the wall, three faces away from the nose, too wide to be a crack."""
    height, width = request_.mask.shape
    image = np.full((height, 4 * width, 3), 90, np.uint8)
    image[:, :width] = request_.image
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[:, :width] = request_.mask
    mask[60:76, 620:636] = 255
    image[60:76, 620:636] = 255
    out = restorer.restore(replace(request_, image=image, mask=mask))
    (note,) = out.notes
    assert (note.code, note.facts["holes"]) == ("hole-off-face", [[620, 60, 16, 16]])
    assert "620, 60 (16 x 16 pixels)" in note.sentence
    assert [(group.method, group.landmarks is None) for group in out.groups] == [
        (result.groups[0].method, False),
        ("surroundings", True),
    ]
    restored = out.applied_to(image)
    np.testing.assert_allclose(restored[60:76, 620:636], 90, atol=2)
    assert (restored[mask == 0] == image[mask == 0]).all()
    assert result.notes == () and result.record["notes"] == []


class Watched(Restorer):
    """A restorer with one more method, "watched": Telea's, which notes the crops that it is shown."""

    def __init__(self, needs):
        super().__init__()
        self.crops = []
        telea = registry.descriptor("telea").open()

        def restore(crop, *rest):
            self.crops.append(crop)
            return telea.restore(crop, *rest)

        load = lambda *_: SimpleNamespace(restore=restore)  # noqa: E731
        self._watched = MethodDescriptor("watched", "", "classical", needs, "", "", "", load)

    def _describe(self, name):
        return self._watched if name == "watched" else super()._describe(name)


def test_a_method_for_faces_is_framed_on_one_where_there_is_one_and_on_the_selection_elsewhere(request_):
    restorer, one = Watched("face"), replace(request_, model="watched", landmarks=None)
    found = restorer.restore(one)
    assert found.landmarks is not None and restorer.crops[-1].landmarks is not None
    assert not found.notes
    noise = np.random.default_rng(0).integers(0, 255, (*request_.mask.shape, 3), np.uint8)
    lost = restorer.restore(replace(one, image=noise))
    assert lost.landmarks is None and restorer.crops[-1].landmarks is None
    assert [note.code for note in lost.notes] == ["framed-on-selection"]
    assert code_of(Watched("landmarks").restore, replace(one, image=noise, require_face=True)) == "no-face"


def test_telea_needs_no_face():
    generator = np.random.default_rng(0)
    wall = cv2.GaussianBlur(generator.uniform(0, 255, (90, 120, 3)), (0, 0), 4).astype(np.uint8)
    mask = np.zeros((90, 120), np.uint8)
    mask[40:50, 0:30] = 255  # reaches the picture's edge
    out = Restorer(landmark_models=Path("nowhere")).restore(RestorationRequest(wall, mask, model="telea"))
    assert out.landmarks is None and out.uncertainty is None and out.record["landmarks"] is None
    assert np.abs(out.applied_to(wall)[mask > 0].astype(int) - wall[mask > 0]).mean() < 12


# Large photographs


def test_a_large_face_gets_grain_finer_than_the_crop(restorer, landmarks):
    """The example at its full size, as it is and in rough stone: the face frame is 1000 pixels wide, the crop 512."""
    intact, damaged, mask = (example(name, 1) for name in ("intact.jpg", "damaged.jpg", "mask.png"))
    noise = np.random.default_rng(0).normal(0, 8, (*mask.shape, 1))
    inner = cv2.erode(mask, np.ones((9, 9))) > 0

    def roughness(picture):
        grey = picture.astype(np.float32).mean(2)
        return (grey - cv2.GaussianBlur(grey, (0, 0), 2))[inner].std()

    found = []
    for grain in (0, noise):
        whole, image = (np.clip(picture + grain, 0, 255).astype(np.uint8) for picture in (intact, damaged))
        given = Landmarks.given(landmarks.points * SCALE)
        result = restorer.restore(RestorationRequest(image, mask, landmarks=given, model="statuefit"))
        assert result.record["frame"]["side"] > 1.9 * result.record["frame"]["size"]
        found.append(roughness(result.applied_to(image)))
        assert 0.5 < found[-1] / roughness(whole) < 1.7
    assert found[1] > 1.4 * found[0]


# Progress, refusals, the record


def test_progress_never_falls_and_ends_with_done(restorer, request_):
    heard = []
    restorer.restore(replace(request_, landmarks=None, variants=2), lambda phase, share: heard.append((phase, share)))
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert shares[0] == 0 and heard[-1] == ("done", 1.0)
    assert len({phase for phase, _ in heard}) > 4


@pytest.mark.parametrize("when", [0.0, 0.2, 0.5, 0.9])
def test_it_can_be_stopped_at_any_time_and_works_again(restorer, request_, result, when):
    def stop(phase, share):
        if share >= when:
            raise StatueError("interrupted")

    assert code_of(restorer.restore, replace(request_, variants=2), stop) == "interrupted"
    if when == 0.9:
        assert restorer.restore(request_).variants[0].pixels.tobytes() == result.variants[0].pixels.tobytes()


@pytest.mark.parametrize("torch", [None, SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False))])
def test_cuda_where_there_is_none_is_refused(restorer, request_, monkeypatch, torch):
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert code_of(restorer.restore, replace(request_, device="cuda")) == "no-cuda"
    assert code_of(Restorer(device="cuda").restore, request_) == "no-cuda"


def test_wrong_requests_never_reach_the_method(restorer, request_):
    assert code_of(replace, request_, mask=request_.mask * 0) == "empty-mask"
    assert code_of(restorer.restore, replace(request_, model="nobody")) == "unknown-model"
    assert code_of(restorer.restore, replace(request_, predictor="nobody")) == "unknown-predictor"
    beside = Landmarks.given(request_.landmarks.points + 1000)
    assert code_of(restorer.restore, replace(request_, landmarks=beside)) == "bad-landmarks"


def test_running_out_of_memory_is_said(request_, monkeypatch):
    class Greedy:
        def restore(self, crop, hypotheses, options, progress):
            raise MemoryError

    monkeypatch.setattr(registry.LoadedMethods, "get", lambda *chosen: Greedy())
    assert code_of(Restorer().restore, request_) == "out-of-memory"


@pytest.mark.parametrize("asked", [{}, {"quality": "preview"}, {"steps": 1}, {"steps": 4}])
def test_quality_and_steps_reach_the_method(request_, monkeypatch, asked):
    seen = []

    class Heedful:
        def restore(self, crop, hypotheses, options, progress):
            seen.append(options)
            raise StatueError("interrupted")

    monkeypatch.setattr(registry.LoadedMethods, "get", lambda *chosen: Heedful())
    assert code_of(Restorer().restore, replace(request_, model="statueflow", **asked)) == "interrupted"
    wanted = {"quality": "full", "steps": None, **asked}
    assert (seen[0].quality, seen[0].steps) == (wanted["quality"], wanted["steps"])


def test_the_record_is_json_and_says_how_it_was_made(request_, result):
    record = json.loads(result.record_text())
    assert record == json.loads(json.dumps(result.record))
    parts = {"schema", "program", "request", "method", "landmarks", "frame", "groups", "engine", "seconds", "notes"}
    assert set(record) == parts
    (group,) = record["groups"]
    assert group["rectangle"] == list(result.rectangle) and group["pixels"] == np.count_nonzero(request_.mask)
    assert (group["landmarks"], group["frame"]) == (record["landmarks"], record["frame"])
    assert (group["method"], group["facts"]) == (record["method"]["name"], record["method"]["notes"])
    assert record["program"] == {"name": "restore-statue-face", "version": statue_models.__version__}
    assert record["request"] == json.loads(json.dumps(replace(request_, variants=2).to_json()))
    default = registry.descriptor("default")
    assert record["method"]["name"] == default.name != "default", "the name that stands behind 'default'"
    assert record["method"]["weights_sha256"] == default.facts.sha256
    assert record["method"]["parts_sha256"] == {name: part.sha256 for name, part in models_file.parts().items()}
    assert {"residual", "yaw_degrees"} <= set(record["method"]["notes"])
    assert set(record["frame"]) == {"centre", "side", "angle", "size"} and record["frame"] == result.frame.to_json(
        result.size
    )
    assert len(record["landmarks"]["points"]) == 68
    assert {"numpy", "opencv", "scipy", "python", "machine", "threads", "cores"} <= set(record["engine"])
    assert all(record["engine"][key] for key in record["engine"])
    assert set(record["seconds"]) == {"face", "restoration"}
