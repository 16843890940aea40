"""Pictures out of folders: decoded when asked for, kept within bounds, the middle square, mirrored with their maps."""

import numpy as np
import pytest
import torch
from PIL import Image

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.examples.galleries import Galleries, LazyGallery, StoredGallery, read_square

CPU = torch.device("cpu")


class Counted:
    """Decodes numbers to grey pictures, and counts how often."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, number: int) -> np.ndarray:
        self.asked.append(number)
        return np.full((4, 4, 3), number, np.uint8)


def test_nothing_is_decoded_before_it_is_asked_for_and_nothing_twice_that_there_is_room_for():
    decode = Counted()
    gallery = LazyGallery(200_000, decode, room=2 * 48)
    assert len(gallery) == 200_000 and not decode.asked
    taken = gallery.take([5, 9, 5, 7])
    assert taken[:, 0, 0, 0].tolist() == [5, 9, 5, 7]
    assert sorted(decode.asked) == [5, 7, 9]
    gallery.take([5, 7])
    assert sorted(decode.asked) == [5, 7, 9]
    gallery.take([9])
    gallery.take([9])
    assert sorted(decode.asked) == [5, 7, 9, 9, 9]  # there was no room for a third


def test_half_of_the_pictures_are_mirrored_and_their_maps_with_them():
    stored = np.zeros((1, 4, 4, 8), np.uint8)
    stored[..., 0, :] = 255  # the left column of all channels
    views = Galleries(StoredGallery(stored), StoredGallery(stored)).draw(64, Draws(0, CPU))
    left, right = (views.picture[:, 0, 0, side] > 0 for side in (0, 3))
    assert torch.equal(left, ~right) and 16 < int(left.sum()) < 48
    assert torch.equal(views.maps[:, 0, 0, 0] > 0, left)
    assert torch.equal(views.maps[:, 4, 0, 3] > 0, right)
    assert views.landmarks is None and (views.inside == 1).all()


def test_what_is_judged_is_the_same_every_time_spread_over_all_and_not_mirrored():
    stored = np.zeros((10, 4, 4, 3), np.uint8)
    stored += np.arange(10, dtype=np.uint8)[:, None, None, None]
    source = Galleries(StoredGallery(stored), StoredGallery(stored))
    first, second = source.held(4, CPU).picture, source.held(4, CPU).picture
    assert torch.equal(first, second)
    assert ((first[:, 0, 0, 0] + 1) * 127.5).round().tolist() == [0, 3, 6, 9]
    assert len(source.held(99, CPU).picture) == 10


@pytest.mark.parametrize("shape", [(40, 60), (60, 40)])
def test_the_square_in_the_middle_is_seen(tmp_path, shape):
    picture = np.full((*shape, 3), 255, np.uint8)
    rows, columns = ((slice((length - 40) // 2, (length - 40) // 2 + 40)) for length in shape)
    picture[rows, columns] = 0
    Image.fromarray(picture).save(tmp_path / "one.png")
    seen = read_square(tmp_path / "one.png", 8)
    assert seen.shape == (8, 8, 3) and not seen.any()


def test_a_picture_is_turned_upright_and_greys_get_three_channels(tmp_path):
    picture = np.zeros((16, 16), np.uint8)
    picture[:8] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by half a turn
    Image.fromarray(picture).save(tmp_path / "one.jpg", exif=exif, quality=95)
    seen = read_square(tmp_path / "one.jpg", 16)
    assert seen[:7].max() < 30 and seen[9:].min() > 225 and seen.shape == (16, 16, 3)


def test_a_large_jpeg_is_seen_as_well_as_if_all_of_it_were_read(tmp_path, picture):
    large = Image.fromarray(picture(3)).resize((1024, 1024), Image.Resampling.BICUBIC)
    large.save(tmp_path / "one.jpg", quality=95)
    seen = read_square(tmp_path / "one.jpg", 32).astype(float)
    right = np.asarray(large.resize((32, 32), Image.Resampling.BOX)).astype(float)
    assert np.abs(seen - right).mean() < 2


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut off"])
def test_a_file_that_is_no_picture_is_named(tmp_path, content):
    (tmp_path / "one.jpg").write_bytes(content)
    with pytest.raises(StatueError, match=r"one\.jpg.*decoded") as raised:
        read_square(tmp_path / "one.jpg", 8)
    assert raised.value.code == "bad-training-data"
