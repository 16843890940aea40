"""Runs on the disk: resumable, the same bytes again, clear words when something cannot be."""

import io
import json
import signal
import tarfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from statue_models.errors import StatueError
from training.__main__ import main
from training.commands import exit_status
from training.examples.drawn_shards import read_shards
from training.examples.pictures import read_pictures
from training.examples.statue_renders import render_profiles, render_statues
from training.statues.drawing.draw import draw_statues
from training.statues.drawing.scenes import walk_round
from training.statues.output import samples, shards
from training.statues.output.checks import RULES, broken_rules
from training.statues.output.samples import Tally, Wish
from training.statues.output.sheet import contact_sheet
from training.statues.output.stream import stream
from training.statues.output.timing import growth, measure, report
from training.statues.rendering.factory import Factory
from training.suites.held_back import FRAME_SEEDS, HELD_BACK_SEEDS

SIDE = 64


@pytest.fixture(scope="module")
def small(head, studios) -> Factory:
    return Factory(head, studios, SIDE)


@pytest.fixture()
def order(tmp_path, small, monkeypatch) -> shards.Order:
    monkeypatch.setattr(shards, "_factory", lambda _: small)
    monkeypatch.setattr(shards, "SHARD", 3)
    monkeypatch.setattr(shards, "STRIDE", 40)
    return shards.Order(tmp_path / "run", tmp_path, 5, SIDE, 10, Wish(pairs=True, maps=True), False, "cpu")


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_shards_hold_complete_statues(order):
    seen: list[int] = []
    tally = shards.make(order, 1, seen.append)
    assert sum(seen) == 5 == tally.kept
    rows = [json.loads(line) for line in (order.out / "manifest.jsonl").read_text().splitlines()]
    assert len({row["seed"] for row in rows}) == 5
    members: dict[str, bytes] = {}
    for path in sorted(order.out.glob("*.tar")):
        with tarfile.open(path) as archive:
            members |= {m.name: archive.extractfile(m).read() for m in archive.getmembers()}
    for row in rows:
        key = f"{row['seed']:010d}"
        endings = {name.split(".", 1)[1] for name in members if name.startswith(key)}
        assert endings == {
            "png",
            "alpha.png",
            "parts.png",
            "depth.png",
            "normals.png",
            "damaged.png",
            "mask.png",
            "json",
        }
        picture = cv2.imdecode(np.frombuffer(members[f"{key}.png"], np.uint8), cv2.IMREAD_UNCHANGED)
        assert picture.shape == (SIDE, SIDE, 3)
        depth = cv2.imdecode(np.frombuffer(members[f"{key}.depth.png"], np.uint8), cv2.IMREAD_UNCHANGED)
        parts = cv2.imdecode(np.frombuffer(members[f"{key}.parts.png"], np.uint8), cv2.IMREAD_UNCHANGED)
        assert depth.dtype == np.uint16 and (depth[parts > 0] > 0).mean() > 0.9
        mask = cv2.imdecode(np.frombuffer(members[f"{key}.mask.png"], np.uint8), cv2.IMREAD_UNCHANGED)
        assert 0 < (mask > 0).mean() == pytest.approx(row["damage"], abs=1e-3)
        assert json.loads(members[f"{key}.json"])["seed"] == row["seed"]
        assert np.array(row["landmarks"]).shape == (68, 2)


def test_a_stopped_run_goes_on_to_the_same_bytes(order):
    shards.make(order, 1, lambda _: None)
    whole = everything(order.out)
    for name in ("shard-000001.tar", "shard-000001.jsonl", "manifest.jsonl"):
        (order.out / name).unlink()
    made: list[int] = []
    shards.make(order, 1, made.append)
    assert everything(order.out) == whole
    assert made == [3, 1, 1]


def test_plain_files_are_the_same_pictures(order, tmp_path):
    shards.make(order, 1, lambda _: None)
    plain = replace(order, out=tmp_path / "plain", plain=True)
    shards.make(plain, 1, lambda _: None)
    with tarfile.open(order.out / "shard-000000.tar") as archive:
        for member in archive.getmembers():
            assert archive.extractfile(member).read() == (plain.out / member.name).read_bytes()
    assert (plain.out / "manifest.jsonl").read_bytes() == (order.out / "manifest.jsonl").read_bytes()


def test_another_run_is_not_mixed_in(order):
    shards.make(order, 1, lambda _: None)
    with pytest.raises(StatueError) as error:
        shards.make(replace(order, seed=11), 1, lambda _: None)
    assert error.value.code == "output-exists"


def test_a_shard_that_fails_leaves_nothing_behind(order, monkeypatch):
    def broken(*_: object) -> object:
        raise RuntimeError("stop")
        yield

    monkeypatch.setattr(shards, "samples", broken)
    with pytest.raises(RuntimeError):
        shards.make(order, 1, lambda _: None)
    assert sorted(path.name for path in order.out.iterdir()) == ["run.json"]


def test_rejects_are_counted_by_rule(small):
    table = draw_statues(np.arange(2), small.head, small.environments.suns)
    good = small.render(table)
    assert broken_rules(good).shape == (2, len(RULES))
    black = replace(good, image=good.image * 0)
    assert broken_rules(black)[:, RULES.index("dark")].all()
    burnt = replace(good, image=good.image * 0 + 255)
    assert broken_rules(burnt)[:, RULES.index("burnt")].all()
    away = replace(good, landmarks=good.landmarks + SIDE)
    assert broken_rules(away)[:, RULES.index("outside")].all()
    hidden = replace(good, hidden=good.hidden | True)
    assert broken_rules(hidden)[:, RULES.index("hidden")].all()


def test_rejected_statues_are_left_out_and_reported(small, monkeypatch):
    verdicts = iter([True, False, True, False])

    def alternating(renders):
        result = broken_rules(renders) & False
        result[:, RULES.index("dark")] = next(verdicts)
        return result

    monkeypatch.setattr(samples, "broken_rules", alternating)
    tally = Tally()
    made = list(samples.samples(small, 0, 2, Wish(), tally))
    assert [sample.seed for sample in made] == [1, 3]
    assert tally.kept == 2 and tally.rejected == {"dark": 2}


def test_heads_are_turned_as_far_as_is_asked_for_and_to_both_sides(order):
    turned = replace(order, count=6, wish=Wish(yaw=(60.0, 80.0)))
    shards.make(turned, 1, lambda _: None)
    rows = [json.loads(line) for line in (turned.out / "manifest.jsonl").read_text().splitlines()]
    yaws = [row["yaw"] for row in rows]
    assert all(60 <= abs(yaw) <= 80 for yaw in yaws) and min(yaws) < 0 < max(yaws)
    with pytest.raises(StatueError):  # another run
        shards.make(replace(turned, wish=Wish(yaw=(60.0, 81.0))), 1, lambda _: None)


@pytest.mark.parametrize("angles", [("80", "60"), ("-5", "30"), ("0", "200"), ("nan", "30")])
def test_impossible_turns_are_refused(tmp_path, angles, capsys):
    words = ["statues", "make", "--count", "1", "--out", str(tmp_path / "run"), "--assets", str(tmp_path)]
    assert main([*words, "--yaw", *angles]) == 2
    assert "--yaw takes two angles" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["picture", "landmarks", "parts", "pairs"])
def test_sheets(small, way):
    sheet, tally = contact_sheet(small, 0, 3, 2, 32, way, lambda _: None)
    cells = 3 * (3 if way == "pairs" else 1)
    assert sheet.shape == (-(-cells // 2) * 32, 64, 3)
    assert tally.kept == 3 and sheet.std() > 10


def test_profile_accounts_for_the_time(small):
    timing = measure(small, 2)
    assert timing.total > 0 and {"shade", "resolve", "scan_view", "scan_lamps"} <= set(timing.kernels)
    growing = growth(small, 1)
    assert [what for what, _ in growing][:3] == [
        "32 px, lamps as drawn",
        "64 px, lamps as drawn",
        "128 px, lamps as drawn",
    ]
    text = report(small, timing, growing)
    assert "images/s" in text and "| shade |" in text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["make", "--count", "0", "--out", "x"], "--count"),
        (["make", "--count", "1", "--seed", "-1", "--out", "x"], "--seed"),
        (["sheet", "--count", "1", "--out", "no/such/folder/sheet.png"], "folder"),
        (["sheet", "--columns", "0", "--out", "sheet.png"], "--columns"),
        (["make", "--count", "1", "--out", "x", "--size", "100"], "morphable_head"),
    ],
)
def test_bad_commands(tmp_path, monkeypatch, capsys, words, text):
    monkeypatch.chdir(tmp_path)
    assert main(["statues", *words, "--assets", str(tmp_path)]) != 0
    said = capsys.readouterr().err
    assert text in said and len(said.strip().splitlines()) == 1
    assert not (tmp_path / "sheet.png").exists()


def test_tar_members_have_no_times_or_owners(order):
    shards.make(order, 1, lambda _: None)
    with tarfile.open(fileobj=io.BytesIO((order.out / "shard-000000.tar").read_bytes())) as archive:
        assert all((m.mtime, m.uid, m.gid) == (0, 0, 0) for m in archive.getmembers())


def test_streamed_statues_are_the_good_ones_in_order(small, monkeypatch):
    stream_of = stream(small, 5, 2)
    batches = [next(stream_of) for _ in range(3)]
    assert all(len(batch.image) == 2 for batch in batches)
    table = draw_statues(np.arange(5, 25), small.head, small.environments.suns)
    alone = [small.render(table[i : i + 1]) for i in range(20)]
    good = [r.image[0] for r in alone if not broken_rules(r).any()]
    for index, picture in enumerate(torch.cat([batch.image for batch in batches])):
        assert torch.equal(picture, good[index])


def test_the_trainer_draws_statues(tmp_path, head, studios, monkeypatch):
    monkeypatch.setattr("training.statues.sources.head_model.read_head", lambda _: head)
    monkeypatch.setattr("training.statues.sources.environments.read_environments", lambda _: studios)
    seen: list[int] = []
    drawn = render_statues(tmp_path, 3, SIDE, torch.device("cpu"), 0, seen.append)
    assert drawn.images.shape == (3, SIDE, SIDE, 4) and (drawn.images[..., 3] == 255).all()
    assert drawn.filmed and drawn.rendered and sum(seen) == 3
    assert drawn.landmarks.shape == (3, 68, 2) and drawn.landmarks.median() < 1
    found = read_pictures(tmp_path, SIDE, drawn=[drawn])
    assert [len(p) for p in found.train] == [2] and [len(p) for p in found.held] == [1]


def test_heads_in_profile_are_drawn_at_will(tmp_path, head, studios, monkeypatch):
    """Both sides come up, one eye's corners lie close together, and most points of the far side are hidden."""
    monkeypatch.setattr("training.statues.sources.head_model.read_head", lambda _: head)
    monkeypatch.setattr("training.statues.sources.environments.read_environments", lambda _: studios)
    cpu = torch.device("cpu")
    assert not render_profiles(tmp_path, 0, SIDE, cpu, seed=3)
    (drawn,) = render_profiles(tmp_path, 8, SIDE, cpu, seed=3)
    points = drawn.landmarks
    assert drawn.profile and drawn.rendered and len(drawn) == 8
    assert float(((points[:, 45] - points[:, 36]).norm(dim=1) / (points.amax(1) - points.amin(1))[:, 1]).max()) < 0.45
    nose = points[:, 30, 0] - points[:, :17, 0].mean(1)
    assert (nose > 0).any() and (nose < 0).any()
    assert drawn.hidden is not None
    eyes = torch.stack([drawn.hidden[:, 36:42], drawn.hidden[:, 42:48]]).float().mean(2)
    assert float(eyes.amax(0).mean()) > 0.6


def test_a_statue_in_profile_is_its_seed_however_many_are_drawn_at_once(small):
    singles = stream(small, 9, 1, (70, 90))
    one = torch.cat([next(singles).image for _ in range(3)])
    assert torch.equal(one, next(stream(small, 9, 3, (70, 90))).image)


def test_walking_round_a_head_takes_the_light_along(small):
    table = draw_statues(np.arange(4), small.head, small.environments.suns)
    before = table.copy()
    walk_round(table, before["camera"]["yaw"] + 0.3)
    key, was = table["light"]["key"], before["light"]["key"]
    turned = np.arctan2(key[:, 0], key[:, 2]) - np.arctan2(was[:, 0], was[:, 2])
    assert np.allclose(np.cos(turned - 0.3), 1, atol=1e-6) and np.allclose(key[:, 1], was[:, 1])
    assert np.allclose(*[np.linalg.norm(t["light"]["fill"], axis=1) for t in (before, table)])
    assert np.allclose(table["light"]["turn"] - before["light"]["turn"], 0.3)


def test_training_reads_what_was_made_and_refuses_what_is_set_aside(order):
    shards.make(order, 1, lambda _: None)
    rows = [json.loads(line) for line in (order.out / "manifest.jsonl").read_text().splitlines()]
    found = read_shards(order.out, SIDE)
    assert found.images.shape == (5, SIDE, SIDE, 4) and found.hidden is not None
    assert np.allclose(found.landmarks[2].numpy() * SIDE, rows[2]["landmarks"], atol=1e-3)
    assert found.hidden[2].nonzero()[:, 0].tolist() == rows[2]["hidden"]
    with tarfile.open(order.out / "shard-000000.tar") as archive:
        stored = archive.extractfile(f"{rows[0]['seed']:010d}.png")
        assert stored is not None
        picture = cv2.imdecode(np.frombuffer(stored.read(), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(found.images[0, ..., :3].numpy(), picture[..., ::-1])
    for seeds in (HELD_BACK_SEEDS, FRAME_SEEDS):
        other = replace(order, out=order.out.with_name(f"from-{seeds.start}"), seed=seeds.start, count=2)
        shards.make(other, 1, lambda _: None)
        with pytest.raises(StatueError) as caught:
            read_shards(other.out, SIDE)
        assert caught.value.code == "bad-training-data" and "set aside" in caught.value.sentence


def test_sigterm_ends_a_run_as_ctrl_c_does():
    before = signal.getsignal(signal.SIGTERM)

    def command() -> None:
        signal.raise_signal(signal.SIGTERM)

    assert exit_status(command) == StatueError("interrupted").exit_status
    assert signal.getsignal(signal.SIGTERM) is before
