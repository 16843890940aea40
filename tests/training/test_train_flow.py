"""Training statueflow in small: made-up heads, a narrow network, some seconds of one thread."""

import hashlib
import json
import math
import signal

import cv2
import numpy as np
import pytest
import torch

from statue_models import registry
from statue_models.errors import StatueError
from statue_models.flow_method import template_of
from statue_models.networks.statueflow import StatueFlow
from statue_models.weights_file import load_weights
from training import train_flow
from training.damage.draws import Draws
from training.damage.mixture import LEAST, MOST, training_masks
from training.flow import checkpoint, loop, pictures
from training.flow.batches import draw_batch, framed
from training.flow.held_out import HeldOutScore

SIZE = 64
NARROW = (16, 32, 32)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made_up_render(rng, points):
    """A shaded ball with dark features as WebP bytes, RGBA, 96 pixels."""
    y, x = np.mgrid[:96, :96] / 48.0 - 1
    radius = np.hypot(x, y * 0.8)
    shade = np.clip(0.6 + 0.3 * x * rng.choice([-1, 1]) - 0.3 * radius, 0, 1)
    image = np.dstack([shade * 255] * 3 + [(radius < 0.8) * 255]).astype(np.uint8)
    for px, py in points[27:]:
        cv2.circle(image, (int(px * 96), int(py * 96)), 2, (30, 30, 30, 255), -1)
    return cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 95])[1]


def write_renders(path, face, count=20):
    rng = np.random.default_rng(0)
    landmarks = (face / 128 + rng.normal(0, 0.01, (count, 1, 2))).astype(np.float32)
    files = [made_up_render(rng, points) for points in landmarks]
    offsets = np.cumsum([0, *map(len, files)])
    np.savez(path, blob=np.concatenate(files), offsets=offsets, landmarks=landmarks)


@pytest.fixture
def assets(tmp_path, face):
    folder = tmp_path / "assets"
    folder.mkdir()
    write_renders(folder / "renders256.npz", face)
    return folder


def small_run(assets, output, **changes):
    settings = dict(minutes=10, batch=4, most_images=40, channels=NARROW, blocks=1, say=lambda line: None)
    return loop.train(pictures.read_pictures(assets, SIZE), output, **(settings | changes))


def logged(output, event):
    lines = [json.loads(line) for line in output.with_suffix(".jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


# --- damage and pictures ---------------------------------------------------------------------------------------------


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
    seen, moved, inside = framed(picture, points, Draws(3, CPU), jitter=True)
    mirrored = 0
    for image, landmarks, shown in zip(seen, moved, inside, strict=True):
        assert shown.mean() > 0.5
        row, column = divmod(int(image[0].argmax()), SIZE)
        spot = (torch.tensor([column, row]) + 0.5) / SIZE
        distances = [(landmarks[k] - spot).norm() * SIZE for k in (36, 45)]
        assert min(distances) < 2.0
        mirrored += distances[1] < distances[0]
    assert 2 <= mirrored <= 14


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
    kept, held = pictures.photograph_names(assets)
    assert held == ["train/0001.jpg", "train/0014.jpg"]
    assert set(names) - set(kept) == {*held, *(f"train/{n:04d}.jpg" for n in (3, 5, 6, 7, 250))}
    found = pictures.read_pictures(assets, SIZE)
    assert [len(p) for p in found.train] == [19, 18] and [len(p) for p in found.held] == [1, 2]
    batch = draw_batch(found.train, 10, Draws(0, CPU))
    assert batch.picture.shape == (10, 3, SIZE, SIZE) and batch.picture.abs().max() <= 1
    assert (batch.counted <= batch.mask).all() and (batch.counted.sum((1, 2, 3)) > 0).any()


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


# --- the loop --------------------------------------------------------------------------------------------------------


def test_loss_falls_and_the_checkpoint_is_what_the_product_loads(assets, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "LOG_SECONDS", 0.0)
    monkeypatch.setattr(loop, "WARM_UP_STEPS", 5)
    output = tmp_path / "flow.safetensors"
    outcome = small_run(assets, output, batch=8, most_images=640, learning_rate=2e-3)
    losses = [line["loss"] for line in logged(output, "progress")]
    assert outcome.images == 640 and outcome.steps == 80 and not outcome.stopped
    assert np.mean(losses[-15:]) < 0.6 * np.mean(losses[:8])
    assert math.isfinite(outcome.score.restored) and math.isfinite(outcome.score.telea)
    network = StatueFlow(channels=NARROW, blocks=1)
    assert load_weights(output, None, template_of(network)).keys() == network.state_dict().keys()
    sheet = cv2.imread(str(output.with_suffix(".png")))
    assert sheet.shape == (3 * SIZE, SIZE, 3)
    assert not list(tmp_path.glob("*.tmp"))


def test_training_goes_on_where_a_checkpoint_ended(assets, tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    small_run(assets, first, seed=1)
    # No step: what was read is written again, whatever the seed is.
    outcome = small_run(assets, second, seed=2, minutes=0, resume=first)
    assert outcome.steps == 0 and first.read_bytes() == second.read_bytes()
    small_run(assets, second, seed=2, resume=second)
    assert first.read_bytes() != second.read_bytes()
    assert len(logged(second, "end")) == 2


def test_a_damaged_or_foreign_checkpoint_is_refused(assets, tmp_path):
    output = tmp_path / "flow.safetensors"
    small_run(assets, output, most_images=4)
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(output.read_bytes()[:-100])
    for path, channels in ((damaged, NARROW), (output, (32, 32, 32))):
        with pytest.raises(StatueError) as caught:
            small_run(assets, tmp_path / "new.safetensors", resume=path, channels=channels)
        assert caught.value.code == "weights-corrupt"


def test_a_stop_keeps_what_was_learnt(assets, tmp_path):
    asked = iter([False, False, False])
    output = tmp_path / "flow.safetensors"
    outcome = small_run(assets, output, most_images=None, asked_to_stop=lambda: next(asked, True))
    assert outcome.stopped and outcome.steps == 3
    load_weights(output, None, template_of(StatueFlow(channels=NARROW, blocks=1)))


def test_steps_without_a_finite_gradient_are_skipped_and_endless_ones_end_the_run(assets, tmp_path, monkeypatch):
    output, calls, real = tmp_path / "flow.safetensors", [], loop.flow_loss

    def now_and_then(*arguments):
        calls.append(1)
        return real(*arguments) * (math.nan if len(calls) % 3 == 0 else 1)

    monkeypatch.setattr(loop, "flow_loss", now_and_then)
    small_run(assets, output)
    assert logged(output, "progress")[-1]["skipped"] == 3
    network = template_of(StatueFlow(channels=NARROW, blocks=1))
    load_weights(output, None, network)
    monkeypatch.setattr(loop, "flow_loss", lambda *arguments: real(*arguments) * math.nan)
    with pytest.raises(StatueError) as caught:
        small_run(assets, output, most_images=None)
    assert caught.value.code == "training-diverged"
    load_weights(output, None, network)


# --- command and registry --------------------------------------------------------------------------------------------


def test_ctrl_c_ends_the_command_with_its_files_written(assets, tmp_path, capsys, monkeypatch):
    output, real = tmp_path / "flow.safetensors", loop.flow_loss

    def interrupting(*arguments):
        signal.raise_signal(signal.SIGINT)
        return real(*arguments)

    monkeypatch.setattr(loop, "flow_loss", interrupting)
    words = ["--assets", str(assets), "-o", str(output), "--size", "64", "--batch", "1", "--device", "cpu"]
    assert train_flow.main(words) == 130
    assert f"--resume {output}" in capsys.readouterr().err
    assert logged(output, "end")[0]["images"] == 1
    load_weights(output, None, template_of(StatueFlow()))


@pytest.fixture
def own_registry(tmp_path, monkeypatch):
    """The real models.json in a folder of the test's own."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "models.json").write_bytes(registry.MODELS.read_bytes())
    monkeypatch.setattr(registry, "MODELS", folder / "models.json")
    monkeypatch.setattr(registry, "WEIGHTS", folder)
    registry._file.cache_clear()
    yield folder
    registry._file.cache_clear()


def test_registering_makes_the_model_usable_and_changes_nothing_else(own_registry, tmp_path):
    network = StatueFlow()
    path = tmp_path / "flow.safetensors"
    checkpoint.save_checkpoint(path, network, checkpoint.Average(network))
    before = json.loads((own_registry / "models.json").read_text(encoding="utf-8"))
    assert checkpoint.models_text(before) == (own_registry / "models.json").read_text(encoding="utf-8")
    target = checkpoint.register(path)
    registry._file.cache_clear()
    row = registry.entry("statueflow")
    assert row.trained and row.weights_path == target and "train_flow" not in row.how
    assert row.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert callable(registry.method("statueflow", device="cpu").restore)
    after = json.loads((own_registry / "models.json").read_text(encoding="utf-8"))
    assert [r for r in after["models"] if r["name"] != "statueflow"] == [
        r for r in before["models"] if r["name"] != "statueflow"
    ]


def test_the_command_trains_and_tells_what_came_of_it(assets, tmp_path, capsys):
    output = tmp_path / "flow.safetensors"
    words = ["--assets", str(assets), "-o", str(output), "--size", "64", "--images", "2", "--batch", "1"]
    assert train_flow.main([*words, "--device", "cpu"]) == 0
    told = capsys.readouterr().out
    assert "19 renders and 0 photographs to train on" in told and "2 images" in told
    load_weights(output, None, template_of(StatueFlow()))
    assert train_flow.main([*words, "--device", "cpu"]) == 8  # it is there already


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--size", "100"], 2),
        (["--size", "128", "--register"], 2),
        (["--batch", "0"], 2),
        (["--minutes", "-1"], 2),
        (["-o", "flow.pt"], 2),
        (["-o", "no/such/folder/flow.safetensors"], 8),
        (["--assets", "no/such/folder"], 3),
    ],
)
def test_what_cannot_be_done_is_said_before_training(assets, tmp_path, capsys, words, status):
    given = ["--assets", str(assets), "-o", str(tmp_path / "flow.safetensors"), "--device", "cpu", *words]
    assert train_flow.main(given) == status
    assert capsys.readouterr().err.strip()


@pytest.mark.parametrize("better", [True, False])
def test_only_a_network_that_beats_fast_marching_is_registered(assets, tmp_path, own_registry, monkeypatch, better):
    def trained(found, output, **settings):
        network = StatueFlow()
        checkpoint.save_checkpoint(output, network, checkpoint.Average(network))
        return loop.Outcome(9, 9, 1.0, 0.1, HeldOutScore(20.0 if better else 10.0, 15.0, 1), False)

    monkeypatch.setattr(loop, "train", trained)
    words = ["--assets", str(assets), "-o", str(tmp_path / "flow.safetensors"), "--device", "cpu", "--register"]
    assert train_flow.main(words) == (0 if better else 5)
    registry._file.cache_clear()
    assert registry.entry("statueflow").trained is better
