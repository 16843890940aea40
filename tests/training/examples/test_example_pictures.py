"""The pictures that are trained on, and what becomes of them on the way to an example."""

import json

import cv2
import numpy as np
import pytest
import torch
from made_up_assets import assets_with_renders

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.damage.mixture import LEAST, MOST, training_masks
from training.damage.registry import damage
from training.examples import pictures
from training.examples.batches import Jitter, crop_places, draw_chosen, draw_frames, frame_faces, warp_to_frames
from training.examples.sources import Faces
from training.suites.held_back import photograph_names
from training.systems.completion_data import damage_views

SIZE = 64
CPU = torch.device("cpu")


@pytest.fixture
def assets(tmp_path, face):
    return assets_with_renders(tmp_path, face)


def test_masks_have_holes_and_stone_and_depend_on_the_seed_alone(face):
    points = torch.from_numpy(face / 128).float().expand(300, -1, -1) + 0.05 * torch.randn(300, 1, 2)
    one, again, other = (training_masks(points, SIZE, Draws(seed, CPU)) for seed in (1, 1, 2))
    assert one.shape == (300, 1, SIZE, SIZE) and set(one.unique().tolist()) == {0.0, 1.0}
    covered = one.mean((1, 2, 3))
    assert covered.min() >= LEAST and covered.max() <= MOST
    assert 0.03 < covered.median() < 0.4 and covered.std() > 0.05
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_masks_of_faces_beyond_the_picture_are_usable_too():
    covered = training_masks(torch.full((40, 68, 2), 1.5), SIZE, Draws(0, CPU)).mean((1, 2, 3))
    assert covered.min() >= LEAST and covered.max() <= MOST


def test_landmarks_stay_on_their_features_through_frame_jitter_and_mirror(face):
    points = torch.from_numpy(face / 128).float().expand(16, -1, -1)
    picture = torch.zeros(16, 3, SIZE, SIZE)
    x, y = (int(v * SIZE) for v in points[0, 36])
    picture[:, :, y, x] = 1
    seen = frame_faces(picture, points, Draws(3, CPU), Jitter())
    mirrored = 0
    for image, landmarks, shown in zip(seen.picture, seen.landmarks, seen.inside, strict=True):
        assert shown.mean() > 0.5
        row, column = divmod(int(image[0].argmax()), SIZE)
        spot = (torch.tensor([column, row]) + 0.5) / SIZE
        distances = [(landmarks[k] - spot).norm() * SIZE for k in (36, 45)]
        assert min(distances) < 2.0
        mirrored += distances[1] < distances[0]
    assert 2 <= mirrored <= 14


def test_a_frame_within_a_frame_shows_what_framing_the_crop_again_would(face):
    points = torch.from_numpy(face / 128).float().expand(16, -1, -1)
    outer = draw_frames(points, Draws(3, CPU), Jitter())
    centre, side, angle = torch.tensor([[0.6, 0.45]]), torch.tensor([0.8]), torch.tensor([0.3])
    inner = outer.within(centre.expand(16, 2), side.expand(16), angle.expand(16))
    assert set(outer.flip.tolist()) == {-1.0, 1.0} and torch.equal(inner.flip, outer.flip)
    crop = warp_to_frames(outer, torch.zeros(16, 3, SIZE, SIZE), points, SIZE).landmarks
    turn = torch.tensor([[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]])
    expected = (crop - centre) @ turn / side + 0.5
    seen = warp_to_frames(inner, torch.zeros(16, 3, SIZE, SIZE), points, SIZE).landmarks
    torch.testing.assert_close(seen, expected, atol=1e-5, rtol=0)


def test_parts_of_places_are_whole_pixels_of_them():
    ramp = torch.arange(32, dtype=torch.uint8) * 8
    places = torch.stack([ramp[None].expand(32, 32), ramp[:, None].expand(32, 32)])[..., None].expand(-1, -1, -1, 3)
    parts = crop_places(places, 40, 16, Draws(0, CPU)).mul(255).round()
    assert parts.shape == (40, 3, 16, 16) and parts.min() >= 0 and parts.max() <= 248
    across = (parts[:, 0, 0, -1] - parts[:, 0, 0, 0]).sign().tolist()
    down = (parts[:, 0, -1, 0] - parts[:, 0, 0, 0]).sign().tolist()
    assert set(across) == {-1.0, 0.0, 1.0} and set(down) == {0.0, 1.0}


def test_photographs_of_the_suites_are_never_trained_on(assets, face):
    folder = assets / "statues128"
    (folder / "train").mkdir(parents=True)
    names = [f"train/{number:04d}.jpg" for number in [*range(1, 25), 250]]
    for number, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((128, 128, 3), 8 * number + 20, np.uint8))
    labels = {name: {"good": name != "train/0003.jpg", "spread": 0.01, "points": face.tolist()} for name in names}
    (folder / "relabelled_landmarks68.json").write_text(json.dumps(labels))
    rows = ["file\tsplit\treject_reason\tdup_group", "test/0001.jpg\ttest\t\t7", "train/0005.jpg\ttrain\t\t7"]
    rows += ["train/0006.jpg\ttrain\tpuppet\t8", "train/0001.jpg\ttrain\t\t9", "train/0007.jpg\ttrain\t\t9"]
    (folder / "MANIFEST.tsv").write_text("\n".join(rows) + "\n")
    kept, held = photograph_names(assets)
    assert held == ["train/0001.jpg", "train/0014.jpg"]
    assert set(names) - set(kept) == {*held, *(f"train/{n:04d}.jpg" for n in (3, 5, 6, 7, 250))}
    found = pictures.read_pictures(assets, SIZE)
    assert [len(p) for p in found.train] == [19, 18] and [len(p) for p in found.held] == [1, 2]
    draws = Draws(0, CPU)
    batch = damage_views(Faces(found, SIZE).draw(10, draws), damage("block"), draws)
    assert batch["picture"].shape == (10, 3, SIZE, SIZE) and batch["picture"].abs().max() <= 1
    assert (batch["counted"] <= batch["mask"]).all() and (batch["counted"].sum((1, 2, 3)) > 0).any()


@pytest.mark.parametrize("harm", ["cut", "offsets", "picture", "missing"])
def test_damaged_training_data_is_refused(assets, harm):
    path = assets / "renders256.npz"
    arrays = dict(np.load(path))
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif harm == "missing":
        path.unlink()
    else:
        if harm == "offsets":
            arrays["offsets"][3] = arrays["offsets"][5]
        else:
            arrays["blob"][arrays["offsets"][4] : arrays["offsets"][5]] = 0
        np.savez(path, **arrays)
    with pytest.raises(StatueError) as caught:
        pictures.read_pictures(assets, SIZE)
    assert caught.value.code == ("missing-file" if harm == "missing" else "bad-training-data")


def test_even_a_small_origin_has_its_turn():
    """Of 1,000 and 20 renders and 50 photographs, in batches of 8."""
    origins = [
        pictures.Pictures(torch.zeros(n, 2, 2, 4, dtype=torch.uint8), torch.zeros(n, 68, 2), rendered)
        for n, rendered in ((1000, True), (50, False), (20, True))
    ]
    draws, drawn = Draws(0, torch.device("cpu")), [0, 0, 0]
    for _ in range(400):
        chosen = draw_chosen(origins, 8, draws, share=0.25)
        assert sum(len(index) for _, index in chosen) == 8
        for p, index in chosen:
            drawn[[len(o) for o in origins].index(len(p))] += len(index)
    assert drawn[1] == 800 and 30 < drawn[2] < 65
