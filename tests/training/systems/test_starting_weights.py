"""Beginning with the weights of files: one's own, or the mean of several."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from statue_models.errors import StatueError
from training.engine import checkpoints
from training.systems.starting_weights import begin_with, files_field
from training.toml_tables import fill


@dataclass(frozen=True)
class Options:
    weights: tuple[Path, ...] = files_field()


@pytest.fixture
def files(tmp_path):
    torch.manual_seed(0)
    found = [tmp_path / f"{number}.safetensors" for number in range(3)]
    for file in found:
        checkpoints.write_network(file, nn.Linear(3, 2).state_dict())
    return found


def weights_of(files):
    network = nn.Linear(3, 2)
    begin_with(network, files)
    return network.weight.detach()


def test_a_network_begins_with_the_mean_of_several_files(files):
    single = [weights_of([file]) for file in files]
    assert not torch.equal(single[0], single[1])
    torch.testing.assert_close(weights_of(files), torch.stack(single).mean(0))


def test_without_files_a_network_stays_as_it_was_made():
    network = nn.Linear(3, 2)
    before = network.weight.detach().clone()
    begin_with(network, ())
    assert torch.equal(network.weight, before)


def test_a_recipe_names_a_file_or_a_list_of_them():
    assert fill(Options, "system", {}).weights == ()
    assert fill(Options, "system", {"weights": "one"}).weights == (Path("one"),)
    assert fill(Options, "system", {"weights": ["one", "two"]}).weights == (Path("one"), Path("two"))


@pytest.mark.parametrize("value", [1, "", [1], ["one", ""]])
def test_what_names_no_file_is_refused(value):
    with pytest.raises(StatueError) as caught:
        fill(Options, "system", {"weights": value})
    assert caught.value.code == "bad-recipe" and "weights" in str(caught.value)
