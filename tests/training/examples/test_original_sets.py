"""The originals' data sets, in tiny folders of the same layouts, and what is said of others."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.examples.face_maps import open_face_maps
from training.examples.original_sets import open_celeba, open_celeba_hq, open_cifar10, open_wikiart, split

CPU = torch.device("cpu")


def save(path, level: int, size: tuple[int, int] = (24, 24)) -> None:
    """A grey picture (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(path, **({"quality": 95} if path.suffix == ".jpg" else {}))


def levels(views) -> list[int]:
    """The pictures' grey levels, sorted."""
    return sorted(((views.picture[:, 0, 4, 4] + 1) * 127.5).round().int().tolist())


def drawn(source, count: int = 60) -> set[int]:
    return set(levels(source.draw(count, Draws(0, CPU))))


def refusal(open_folder, folder) -> StatueError:
    with pytest.raises(StatueError) as raised:
        open_folder(folder, 16)
    return raised.value


# --- CelebA ----------------------------------------------------------------------------------------------------------


def celeba(folder, numbers, size=(178, 218)):
    for number, level in numbers.items():
        save(folder / f"{number:06}.jpg", level, size)


@pytest.mark.parametrize("inner", [".", "img_align_celeba"])
def test_celeba_is_split_by_number_and_its_test_pictures_are_never_seen(tmp_path, inner):
    celeba(tmp_path / inner, {1: 10, 162_770: 50, 162_771: 90, 182_637: 130, 182_638: 170, 202_599: 210})
    source = open_celeba(tmp_path, 16)
    assert drawn(source) == {10, 50}
    assert levels(source.held(9, CPU)) == [90, 130]
    assert source.draw(2, Draws(0, CPU)).picture.shape == (2, 3, 16, 16)


def test_celebas_crop_is_the_178_pixels_in_the_middle(tmp_path):
    rows = np.zeros((218, 178, 3), np.uint8)
    rows[:20] = rows[198:] = 255
    for number in (1, 162_771):
        path = tmp_path / f"{number:06}.png"
        Image.fromarray(rows).save(path)
    assert (open_celeba(tmp_path, 178).draw(1, Draws(0, CPU)).picture == -1).all()


def test_another_layout_of_celeba_is_refused_with_the_layout_that_is_wanted(tmp_path):
    assert refusal(open_celeba, tmp_path / "nowhere").code == "missing-file"
    save(tmp_path / "face.jpg", 9)
    error = refusal(open_celeba, tmp_path)
    assert error.code == "bad-training-data" and "img_align_celeba/000001.jpg" in str(error)
    celeba(tmp_path, {1: 10, 162_771: 90}, size=(409, 687))  # in the wild
    assert "178 x 218" in str(refusal(open_celeba, tmp_path))
    celeba(tmp_path / "part", {1: 10, 2: 20})
    assert "162771 to 182637" in str(refusal(open_celeba, tmp_path / "part"))


# --- CelebA-HQ -------------------------------------------------------------------------------------------------------


def test_a_flat_folder_of_celeba_hq_holds_its_last_fifteenth_back(tmp_path):
    for number in range(30):
        save(tmp_path / f"{number}.jpg", 8 * number)
    source = open_celeba_hq(tmp_path, 16)
    assert levels(source.held(99, CPU)) == pytest.approx([224, 232], abs=1)
    assert not {224, 232} & drawn(source, 400) and len(drawn(source, 400)) == 28


def test_the_two_folders_of_celeba_hq_are_split_alike(tmp_path):
    for folder, start in (("male", 0), ("female", 120)):
        for number in range(15):
            save(tmp_path / folder / f"{number:05}.png", start + 8 * number)
    assert levels(open_celeba_hq(tmp_path, 16).held(99, CPU)) == [112, 232]


def test_the_split_that_folders_make_holds(tmp_path):
    for part, level in (("train/male", 10), ("train/female", 50), ("val/male", 90), ("val/female", 130)):
        save(tmp_path / part / "1.png", level)
    source = open_celeba_hq(tmp_path, 16)
    assert (drawn(source), levels(source.held(9, CPU))) == ({10, 50}, [90, 130])


def test_another_layout_of_celeba_hq_is_refused(tmp_path):
    save(tmp_path / "people" / "1.png", 1)
    assert "FOLDER/male" in str(refusal(open_celeba_hq, tmp_path))


# --- WikiArt ---------------------------------------------------------------------------------------------------------


def test_an_artists_paintings_are_cut_square_and_every_eleventh_is_held_out(tmp_path):
    for number in range(22):
        save(tmp_path / f"painting-{number:02}.jpg", 10 * number, (60, 30) if number % 2 else (30, 60))
    source = open_wikiart(tmp_path, 16)
    assert levels(source.held(99, CPU)) == [100, 210]
    assert len(drawn(source, 300)) == 20
    assert source.held(1, CPU).picture.shape == (1, 3, 16, 16)


def test_a_folder_of_artists_is_refused(tmp_path):
    save(tmp_path / "renoir" / "1.jpg", 1)
    assert "one artist's folder" in str(refusal(open_wikiart, tmp_path))


def test_a_split_never_shares_a_picture_and_never_lacks_a_side():
    for count in range(2, 40):
        train, held = split(list(range(count)))
        assert sorted(train + held) == list(range(count)) and train and held
    assert split([1]) == ([1], [])


# --- CIFAR-10 --------------------------------------------------------------------------------------------------------


def cifar(folder, train=((3, 40), (5, 80), (0, 255)), held=((5, 120), (9, 255))):
    """Records of (label, red level); green is 1 more, blue 2 more, and the last row of each is 0."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {f"data_batch_{number}.bin": train for number in range(1, 6)} | {"test_batch.bin": held}
    for name, rows in names.items():
        planes = [np.repeat(np.arange(level, level + 3), 1024).reshape(3, 32, 32).copy() for _, level in rows]
        for plane in planes:
            plane[:, -1] = 0
        raw = [
            bytes([label]) + plane.astype(np.uint8).tobytes() for (label, _), plane in zip(rows, planes, strict=True)
        ]
        (folder / name).write_bytes(b"".join(raw))


@pytest.mark.parametrize("inner", [".", "cifar-10-batches-bin"])
def test_cats_and_dogs_of_cifar10_are_read_plane_by_plane(tmp_path, inner):
    cifar(tmp_path / inner)
    source = open_cifar10(tmp_path, 32)
    assert drawn(source) == {40, 80}
    (held,) = ((source.held(9, CPU).picture + 1) * 127.5).round()
    assert held[:, 3, 3].tolist() == [120, 121, 122]
    assert not held[:, -1].any() and held[:, -2].all()


def test_cifar10_comes_at_other_sizes_too(tmp_path):
    cifar(tmp_path)
    assert open_cifar10(tmp_path, 64).draw(2, Draws(0, CPU)).picture.shape == (2, 3, 64, 64)


class _Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


@pytest.mark.parametrize("inner", [".", "cifar-10-batches-py"])
def test_the_pickles_of_cifar10_are_refused_and_not_run(tmp_path, inner):
    (tmp_path / inner).mkdir(exist_ok=True)
    (tmp_path / inner / "data_batch_1").write_bytes(pickle.dumps(_Trap()))
    assert "binary version" in str(refusal(open_cifar10, tmp_path))


def test_damaged_files_of_cifar10_are_named(tmp_path):
    assert "data_batch_1.bin" in str(refusal(open_cifar10, tmp_path))
    cifar(tmp_path)
    with (tmp_path / "data_batch_3.bin").open("ab") as file:
        file.write(b"x")
    assert "3073" in str(refusal(open_cifar10, tmp_path))
    (tmp_path / "data_batch_3.bin").unlink()
    assert refusal(open_cifar10, tmp_path).code == "missing-file"


# --- faces with maps -------------------------------------------------------------------------------------------------


def face_maps(folder, names=("a", "b", "c"), side=32):
    """The n-th name has level 40 n everywhere; its mask is the left half, its landmark map a disc of three pixels."""
    for number, name in enumerate(names, 1):
        save(folder / "images" / f"{name}.jpg", 40 * number, (side, side))
        mask, points, part = (np.zeros((side, side, *more), np.uint8) for more in ((), (), (3,)))
        mask[:, : side // 2] = 255
        points[8 * number : 8 * number + 3, 8:11] = 255
        part[:, : side // 2] = 40 * number
        for kind, array in (("landmarks", points), ("masks", mask), ("parts", part)):
            (folder / kind).mkdir(exist_ok=True)
            Image.fromarray(array).save(folder / kind / f"{name}.png")


def test_maps_belong_to_the_picture_of_their_name(tmp_path):
    face_maps(tmp_path)
    (tmp_path / "masks" / "0.png").write_bytes(b"")  # first by order, and nobody's
    views = open_face_maps(tmp_path, 32).draw(40, Draws(0, CPU))
    seen = set()
    for picture, maps in zip(views.picture, views.maps, strict=True):
        number = round(float((picture[0, 0, 0] + 1) * 127.5) / 40)
        seen.add(number)
        face = maps[1] > 0
        assert int(face.sum()) == 512
        assert torch.allclose(maps[2:, face], picture[:, face], atol=0.02, rtol=0)
        assert not maps[2:, ~face].any()
        assert torch.nonzero(maps[0].sum(1))[:, 0].tolist() == [8 * number + row for row in range(3)]
        assert maps[:2].unique().tolist() == [0, 1]
    assert len(seen) == 2
    assert len(open_face_maps(tmp_path, 32).held(9, CPU).maps) == 1


def test_landmarks_are_still_there_at_half_the_size(tmp_path):
    face_maps(tmp_path)
    maps = open_face_maps(tmp_path, 16).draw(8, Draws(0, CPU)).maps
    assert (maps[:, 0].sum((1, 2)) >= 4).all() and ((maps[:, 0] == 0) | (maps[:, 0] == 1)).all()


def test_a_missing_map_a_lossy_one_and_one_of_another_size_are_named(tmp_path):
    face_maps(tmp_path)
    (tmp_path / "masks" / "b.png").unlink()
    error = refusal(open_face_maps, tmp_path)
    assert error.code == "bad-training-data" and "b.png" in str(error)
    save(tmp_path / "masks" / "b.jpg", 255, (32, 32))
    assert "b.png" in str(refusal(open_face_maps, tmp_path))
    save(tmp_path / "masks" / "b.png", 255, (16, 16))
    with pytest.raises(StatueError, match="16 x 16"):
        open_face_maps(tmp_path, 32).draw(30, Draws(0, CPU))


def test_another_layout_of_faces_with_maps_is_refused(tmp_path):
    save(tmp_path / "images" / "a.jpg", 1)
    assert "landmarks/NAME.png" in str(refusal(open_face_maps, tmp_path))
