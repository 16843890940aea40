"""Where a completion system's pictures come from: names, folders, and what is refused in one sentence."""

import pytest
import torch
from made_up_assets import assets_with_renders
from PIL import Image

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.systems.completion_data import FOLDERS, SOURCES, WITH_LANDMARKS, CompletionOptions
from training.systems.system import Setting

CPU = torch.device("cpu")


def setting(assets) -> Setting:
    return Setting(assets, CPU, 0)


def test_tiles_are_parts_of_faces_and_nothing_lies_beyond_them(tmp_path, face):
    options = CompletionOptions(data="tiles", size=32)
    data = options.open_data(setting(assets_with_renders(tmp_path, face)))
    batch = data.draw(Draws(0, CPU), 6)
    assert batch["picture"].shape == (6, 3, 32, 32) and (batch["inside"] == 1).all() and "landmarks" not in batch
    assert torch.isfinite(batch["picture"]).all() and batch["picture"].abs().max() <= 1
    assert len({float(one.mean()) for one in batch["picture"]}) == 6
    source = options.open_source(setting(tmp_path / "assets"))
    assert torch.equal(source.held(3, CPU).picture, source.held(3, CPU).picture)


def test_a_folder_stands_behind_the_name_of_its_layout(tmp_path):
    for number in range(3):
        Image.new("RGB", (20, 30), (90 * number,) * 3).save(tmp_path / f"{number}.png")
    data = CompletionOptions(data=f"wikiart:{tmp_path}", size=16).open_data(setting(tmp_path))
    assert data.draw(Draws(0, CPU), 2)["picture"].shape == (2, 3, 16, 16)
    assert len(data.held()["own"]["picture"]) == 1


@pytest.mark.parametrize("name", FOLDERS)
def test_data_of_a_folder_need_one_that_is_there(tmp_path, name):
    with pytest.raises(StatueError, match=f"{name}:FOLDER"):
        CompletionOptions(data=name).open_source(setting(tmp_path))
    with pytest.raises(StatueError) as raised:
        CompletionOptions(data=f"{name}:{tmp_path / 'nowhere'}").open_source(setting(tmp_path))
    assert raised.value.code == "missing-file"


def test_names_that_are_none_and_places_that_nothing_has_are_refused(tmp_path):
    for data, said in (("imagenet", "wikiart"), ("tiles:here", "without a colon"), ("faces:here", "without a colon")):
        with pytest.raises(StatueError, match=said) as raised:
            CompletionOptions(data=data).open_data(setting(tmp_path))
        assert raised.value.code == "bad-recipe"


@pytest.mark.parametrize("name", sorted(SOURCES.keys() - set(WITH_LANDMARKS)))
def test_damage_of_faces_is_refused_where_there_are_no_landmarks(tmp_path, name):
    options = CompletionOptions(data=f"{name}:{tmp_path}", damage=({"kind": "none"},), judged={"h": [{"kind": "hull"}]})
    with pytest.raises(StatueError, match="needs landmarks") as raised:
        options.open_data(setting(tmp_path))
    assert raised.value.code == "bad-recipe"
