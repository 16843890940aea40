"""Feature networks: the published one, its stand-ins, and files that are not what they should be."""

import sys
import types

import pytest
import torch
from safetensors.torch import save_file

from statue_models.errors import StatueError
from training.features.feature_network import CONTENT, STYLE, open_features
from training.features.vgg19 import DEVIATION, FILE, MEAN, Vgg19

CPU = torch.device("cpu")
NARROW = (4, 4, 8, 8, 8)


def pictures(side: int = 64) -> torch.Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))


# --- VGG-19 ----------------------------------------------------------------------------------------------------------


def test_vgg19_is_the_published_one():
    with torch.device("meta"):
        network = Vgg19()
    assert [network.indices[name] for name in CONTENT] == [1, 6, 11, 20, 29]
    assert [network.indices[name] for name in STYLE] == [8, 17, 26, 31]
    assert [network.indices[f"conv{block}_1"] for block in range(1, 6)] == [0, 5, 10, 19, 28]
    assert len(network.indices) == 32
    assert sum(p.numel() for p in network.features[:29].parameters()) == 12_944_960  # to conv5_1


def test_a_layer_is_asked_for_by_its_name_before_or_behind_its_relu():
    network = Vgg19.random()
    maps = network(pictures(), ("relu3_2", "conv3_2", "conv1_1"))
    assert maps.keys() == {"relu3_2", "conv3_2", "conv1_1"}
    assert float(maps["conv3_2"].min()) < 0 and torch.equal(maps["conv3_2"].relu(), maps["relu3_2"])
    assert maps["conv1_1"].shape == (2, 16, 64, 64) and maps["conv3_2"].shape == (2, 64, 16, 16)
    by_hand = network.features[:13](pictures())
    assert torch.equal(maps["conv3_2"], by_hand)


def test_normalising_brings_pictures_to_the_mean_and_deviation_of_imagenet():
    plain, normalised = Vgg19.random(), Vgg19.random(normalised=True)
    mean, deviation = (torch.tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
    assert torch.equal(
        normalised(pictures(), CONTENT)["relu2_1"], plain((pictures() - mean) / deviation, CONTENT)["relu2_1"]
    )


def test_vgg19_comes_from_either_kind_of_file_and_leaves_the_classifier_there(tmp_path):
    torch.manual_seed(0)
    made = Vgg19(widths=NARROW)
    state = made.state_dict()
    # As torchvision's file has it, pickled, with more behind the features.
    torch.save(state | {"classifier.0.weight": torch.zeros(2, 2)}, tmp_path / "vgg19.pth")
    save_file(state, tmp_path / "vgg19.safetensors")
    taps = (*CONTENT, *STYLE)
    right = made(pictures(), taps)
    for name in ("vgg19.pth", "vgg19.safetensors"):
        found = Vgg19.from_file(tmp_path / name, widths=NARROW)
        maps = found(pictures(), taps)
        assert all(torch.equal(maps[key], right[key]) for key in taps)
        assert not any(p.requires_grad for p in found.parameters())


class _Planted:
    """What a file must not be able to do."""

    def __reduce__(self):
        return (print, ("code ran",))


@pytest.mark.parametrize("harm", ["missing", "cut", "other", "code", "cut.safetensors"])
def test_a_file_that_is_not_vgg19_is_refused_and_never_run(tmp_path, capsys, harm):
    path = tmp_path / ("vgg19.safetensors" if harm.endswith("safetensors") else "vgg19.pth")
    state = Vgg19(widths=NARROW).state_dict()
    if harm == "other":
        torch.save({"features.0.weight": torch.zeros(4, 3, 3, 3)}, path)
    elif harm == "code":
        torch.save(state | {"features.0.bias": _Planted()}, path)
    elif harm.startswith("cut"):
        (save_file if harm.endswith("safetensors") else torch.save)(state, path)
        path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(StatueError) as caught:
        open_features(str(path), tmp_path, CPU)
    assert caught.value.code == ("missing-file" if harm == "missing" else "weights-corrupt")
    assert "code ran" not in capsys.readouterr().out


# --- torchvision's weights -------------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """PyTorch's folder of what it fetched, empty."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def offline(fetch):
    """torchvision, whose weights are fetched so."""
    weights = types.SimpleNamespace(IMAGENET1K_V1=types.SimpleNamespace(get_state_dict=lambda progress: fetch()))
    models = types.ModuleType("torchvision.models")
    models.VGG19_Weights = weights
    return models


def refuse():
    raise OSError("no network")


@pytest.mark.parametrize("there", [False, True])
def test_vgg19_that_is_not_there_and_cannot_be_fetched_says_what_to_do(hub, tmp_path, monkeypatch, there):
    monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision") if there else None)
    monkeypatch.setitem(sys.modules, "torchvision.models", offline(refuse) if there else None)
    with pytest.raises(StatueError) as caught:
        open_features("vgg19", tmp_path, CPU)
    assert caught.value.code == "weights-missing" and FILE in str(caught.value)
    assert "torchvision" in caught.value.remedy and "random-vgg19" in caught.value.remedy


def test_vgg19_is_what_pytorch_has_or_torchvision_fetches(hub, tmp_path, monkeypatch):
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in Vgg19().state_dict().items()}
    state = {name: torch.zeros(1).expand(shape) for name, shape in shapes.items()}
    monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", offline(lambda: torch.save(state, hub / FILE)))
    assert open_features("vgg19", tmp_path, CPU).name == "vgg19"
    monkeypatch.setitem(sys.modules, "torchvision.models", offline(refuse))
    assert open_features("vgg19", tmp_path, CPU, normalised=True).normalised


# --- stand-ins -------------------------------------------------------------------------------------------------------


def test_the_random_network_is_the_same_every_time_whatever_else_is_drawn(tmp_path):
    torch.manual_seed(1)
    one = open_features("random-vgg19", tmp_path, CPU)
    torch.manual_seed(2)
    other = open_features("random-vgg19", tmp_path, CPU)
    assert one.name == "random-vgg19"
    assert float(one.features[0].weight[0, 0, 0, 0]) == pytest.approx(FIRST, abs=1e-6)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    # Its maps neither die out nor explode on the way down.
    sizes = [float(m.square().mean()) ** 0.5 for m in one(pictures(), CONTENT).values()]
    assert max(sizes) < 5 * min(sizes)


#: The first weight of the random network: figures name it, so it must not change.
FIRST = 0.422058


def test_mobilenet_answers_to_the_layers_of_vgg19_by_their_resolution(tmp_path, random_network):
    random_network(tmp_path)
    network = open_features("mobilenet", tmp_path, CPU)
    maps = network(pictures(), (*CONTENT, "conv4_1"))
    assert [m.shape[-1] for m in maps.values()] == [32, 16, 8, 4, 4, 4]
    assert network.name == "mobilenet" and torch.equal(maps["conv4_1"], maps["relu4_1"])
    for other in (network, Vgg19.random()):
        with pytest.raises(KeyError):
            other(pictures(), ("pool1",))


@pytest.mark.parametrize(("name", "code"), [("vgg16", "bad-recipe"), ("vgg19.pth", "missing-file")])
def test_names_that_are_none_are_refused(tmp_path, monkeypatch, name, code):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StatueError) as caught:
        open_features(name, tmp_path, CPU)
    assert caught.value.code == code


def test_without_any_feature_network_it_says_which_file_is_missing(tmp_path):
    with pytest.raises(StatueError) as caught:
        open_features("mobilenet", tmp_path, CPU)
    assert caught.value.code == "missing-file"
