"""Published networks as restoration methods: from a weights file that names its shape to fills, face or no face."""

import hashlib
import json
import struct

import numpy as np
import pytest
import torch
from hypotheses import hypotheses

from statue_models.errors import StatueError
from statue_models.methods import registry
from statue_models.methods.completion import LARGEST, CompletionMethod, _focus, _put_back
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Crop
from statue_models.networks.completion import SHAPE, CompletionNetwork, Shape
from statue_models.networks.loading import read_network
from statue_models.networks.published.context_encoder import ContextEncoder, ContextEncoderShape
from statue_models.request import no_progress
from training.engine.checkpoints import write_network

SMALL = ContextEncoderShape(32, 4, 16)


class Painter(CompletionNetwork):
    """Paints what it is shown brighter by its noise, and keeps what it was shown."""

    def __init__(self, latent=0, any_scale=False, window=1.0, side=32):
        super().__init__(Shape(side))
        self.latent, self.any_scale, self.window, self.multiple = latent, any_scale, window, 8
        self.seen = []

    def forward(self, picture, mask, landmarks=None, noise=None):
        self.seen.append((picture.clone(), mask.clone(), noise))
        level = 0.0 if noise is None else float(noise.mean())
        return torch.where(mask > 0, level, picture)


def a_crop(side=48, hole=(slice(16, 24), slice(20, 30))):
    rng = np.random.default_rng(0)
    missing = np.zeros((side, side), bool)
    missing[hole] = True
    return Crop(rng.uniform(0, 1, (side, side, 3)).astype(np.float32), missing, ~missing, None, 1.0)


def restored(network, crop, *seeds):
    return CompletionMethod(network, "cpu").restore(crop, hypotheses(*(seeds or (0,))), MethodOptions(), no_progress)


def a_file(folder, network):
    path = folder / "network.safetensors"
    write_network(path, network.state_dict(), network.shape)
    return path


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_network_comes_back_in_the_shape_that_its_file_names(tmp_path):
    torch.manual_seed(0)
    network = ContextEncoder(SMALL).eval()
    again = read_network(ContextEncoder, a_file(tmp_path, network), None).eval()
    assert again.shape == SMALL
    picture, mask = torch.zeros(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    assert torch.equal(network.bfloat16().float()(picture, mask), again(picture, mask))


def with_shape(path, text):
    """The file with another text as its shape; None = without any."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = {} if text is None else {SHAPE: text}
    encoded = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + content[8 + length :])


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        '{"side": 32, "width": 4, "bottleneck": 16, "colour": 1}',
        '{"side": 32, "width": 4.5, "bottleneck": 16}',
        '{"side": 32, "width": true, "bottleneck": 16}',
        '{"side": 33, "width": 4, "bottleneck": 16}',
        '{"side": 32, "width": 8, "bottleneck": 16}',  # not what the file holds
        '{"side": 32, "width": -4, "bottleneck": 16}',
        '{"side": 16384, "width": 16384, "bottleneck": 16384}',  # would take more memory than there is
        '{"side": 99999999, "width": 4, "bottleneck": 16}',
    ],
)
def test_a_shape_that_cannot_be_is_refused_before_memory_is_taken(tmp_path, text):
    path = a_file(tmp_path, ContextEncoder(SMALL))
    with_shape(path, text)
    with pytest.raises(StatueError) as caught:
        read_network(ContextEncoder, path, None)
    assert caught.value.code == "weights-corrupt"


def test_a_published_method_is_opened_with_weights_or_says_how_to_train_it(tmp_path):
    path = a_file(tmp_path, ContextEncoder(SMALL))
    chosen = registry.descriptor("perlin-gan")
    method = chosen.open("cpu", weights=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    fill = method.restore(a_crop(), hypotheses(1), chosen.options(), no_progress).fills[0]
    assert fill.rgb.shape == (48, 48, 3) and np.isfinite(fill.rgb).all()
    assert "python -m training train perlin-gan" in chosen.untrained


# --- crops -----------------------------------------------------------------------------------------------------------


def test_only_the_hole_changes_and_nothing_in_it_is_looked_at():
    crop = a_crop()
    spoilt = Crop(np.where(crop.hole[..., None], np.nan, crop.rgb), crop.hole, crop.known, None, 1.0)
    network = Painter()
    first, second = restored(network, crop).fills[0].rgb, restored(network, spoilt).fills[0].rgb
    assert np.array_equal(first[~crop.hole], crop.rgb[~crop.hole])
    np.testing.assert_array_equal(first[crop.hole], second[crop.hole])
    assert all(torch.isfinite(picture).all() for picture, _, _ in network.seen)


def test_seeds_give_other_fills_only_where_the_network_takes_noise():
    crop = a_crop()
    fills = [fill.rgb for fill in restored(Painter(latent=4), crop, 1, 2, 3).fills]
    assert len({fill.tobytes() for fill in fills}) == 3
    assert np.array_equal(restored(Painter(latent=4), crop, 9, 2).fills[1].rgb, fills[1]), "the same in other company"
    network = Painter()
    alike = restored(network, crop, 1, 2, 3).fills
    assert len(alike) == 3 and alike[0] is alike[2] and len(network.seen) == 1


@pytest.mark.parametrize("side", [40, 100, 700])
def test_networks_of_textures_run_at_the_pictures_scale_and_those_of_forms_at_their_own(side):
    crop = a_crop(side)
    textures, forms = Painter(any_scale=True), Painter()
    for network in (textures, forms):
        assert restored(network, crop).fills[0].rgb.shape == crop.rgb.shape
    assert textures.seen[0][0].shape[-1] == min(LARGEST, 8 * round(side / 8))
    assert forms.seen[0][0].shape[-2:] == (32, 32)


@pytest.mark.parametrize("corner", [(0, 0), (20, 30), (40, 42), (0, 42)])
@pytest.mark.parametrize("size", [(4, 6), (6, 3)])
def test_a_network_that_fills_its_middle_gets_the_hole_there(corner, size):
    (y, x), (height, width) = corner, size
    crop = a_crop(48, (slice(y, y + height), slice(x, x + width)))
    window, seen = _focus(crop, 0.5)
    where = np.argwhere(seen.hole)
    assert seen.hole.sum() == crop.hole.sum()
    assert where.min() >= seen.size / 4 - 1 and where.max() <= 3 * seen.size / 4
    assert seen.known.sum() == seen.size**2 - seen.hole.sum(), "what lies beyond the crop is made up"
    visible = {tuple(sample) for sample in crop.rgb[crop.known].tolist()}
    assert {tuple(sample) for sample in seen.rgb[~seen.hole].tolist()} <= visible, "of visible pixels alone"
    rows, columns = np.mgrid[window.y : window.bottom, window.x : window.right] / np.float32(48)
    places = np.dstack([rows, columns, rows]).astype(np.float32)
    back = _put_back(crop, window, places)[crop.hole]
    np.testing.assert_allclose(back[:, :2] * 48, np.argwhere(crop.hole), atol=1e-4, err_msg="it fits back")
