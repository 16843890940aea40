"""Many photographs by the command line: what is written, told and returned, and that nothing stands in others' way."""

import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
from many_pictures import pictures, statue_command
from PIL import Image

from statue_models.cli import restore_many
from statue_models.errors import StatueError
from statue_models.face.landmark_file import format_pts
from statue_models.face.landmarks68 import Landmarks
from statue_models.pictures.photograph import Photograph

PLAIN = ("--model", "telea", "--workers", "2")
MANY = ("--masks", "masks", "-o", "out", *PLAIN)


def test_many_are_restored_as_each_is_alone(statues, capsys):
    assert statue_command("restore", *statues, *MANY, "--json") == 0
    said = capsys.readouterr()
    for name in statues:
        stem = Path(name).stem
        assert statue_command("restore", name, "--mask", f"masks/{stem}.png", "-o", "one.png", "--model", "telea") == 0
        assert Path(f"out/{stem}.png").read_bytes() == Path("one.png").read_bytes()
        Path("one.png").unlink()
    answer = json.loads(said.out)
    assert answer["schema"] == 1 and answer["error"] is None
    assert answer["counts"] == {"done": 4, "kept": 0, "failed": 0, "left": 0}
    assert [one["photo"] for one in answer["pictures"]] == statues
    assert answer["pictures"][1]["files"] == ["out/s01.png"] and answer["pictures"][1]["mask"] == "masks/s01.png"
    assert "pixels missing" in answer["pictures"][0]["notes"][0] and answer["pictures"][0]["seconds"] > 0
    rows = [line.split() for line in said.err.splitlines() if line.startswith("photos/")]
    assert [row[:2] for row in rows] == [[name, "done"] for name in statues]
    assert f"statue: {statues[2]}: wrote out/s02.png\n" in said.err and "(mask-understood)" in said.err


def test_each_failure_is_that_pictures_alone(statues, capsys, in_this_process):
    Path("photos/text.png").write_text("no picture")
    for name, mask in (("text.png", "s00.png"), ("twice.png", "s00.png"), ("small.png", "s00.png")):
        shutil.copy(f"masks/{mask}", f"masks/{name}")
    shutil.copy("masks/s00.png", "masks/twice.tif.png")
    shutil.copy("masks/s00.png", "masks/twice.jpg")
    cv2.imwrite("masks/small.png", np.full((9, 9), 255, np.uint8))
    for name in ("twice.png", "small.png", "alone.png"):
        shutil.copy(statues[0], f"photos/{name}")
    os.mkfifo("photos/s09.png")
    shutil.copy("masks/s00.png", "masks/s09.png")
    Path("out").mkdir()
    Path("out/s03.png").write_text("mine")
    assert statue_command("restore", *sorted(map(str, Path("photos").iterdir())), "none.png", *MANY, "--json") == 9
    said = capsys.readouterr()
    answer = json.loads(said.out)
    codes = {Path(one["photo"]).stem: one["error"] and one["error"]["code"] for one in answer["pictures"]}
    assert codes == {
        "s00": None,
        "s01": None,
        "s02": None,
        "s03": "output-exists",
        "s09": "unreadable-file",
        "alone": "no-mask",
        "none": "no-mask",
        "small": "mask-size",
        "text": "not-an-image",
        "twice": "several-masks",
    }
    assert answer["error"]["code"] == "some-failed" and answer["counts"]["failed"] == 7
    assert "twice.jpg and twice.png" in said.err and "no-mask: Name it alone.png" in said.err
    assert said.err.endswith("--resume does those alone.\n") and "7 of 10" in said.err
    assert Path("out/s03.png").read_text() == "mine" and set(pictures("out")) == {f"s0{k}.png" for k in range(4)}


def test_what_is_wrong_with_the_whole_is_said_before_any_work(statues, capsys):
    for words, told in (
        (["--masks", "masks"], "-o/--output"),
        (["-o", "out", "--resume"], "--masks or --mask alpha"),
        (["-o", "out", "--mask", "masks/s00.png"], "A mask is of one photograph"),
        (["-o", "out", "--masks", "masks", "--mask", "alpha"], "not both"),
        (["-o", "out", "--masks", "masks", "--list", "list.csv"], "not both"),
        (["-o", "out", "--masks", "masks", "--runner"], "one photograph at a time"),
        (["-o", "out", "--masks", "masks", "--landmarks", "points.pts"], "Landmarks are of one"),
        (["-o", "out", "--masks", "masks", "--workers", "0"], "not between"),
        ([statues[0], "-o", "out", "--masks", "masks"], "Two outputs would go into the file out/s00.png"),
    ):
        assert statue_command("restore", *statues, *words) == 2, words
        assert told in capsys.readouterr().err
    for words in (["-"], []):
        assert statue_command("restore", *words, "--masks", "masks", "-o", "out") == 2
    for words in (["-o", "photos"], ["-o", "masks"], ["-o", "out", "--uncertainty", "out", "-o", "photos"]):
        assert statue_command("restore", *statues, "--masks", "masks", *words, "--force") == 8
        assert "statue" in capsys.readouterr().err
    assert statue_command("restore", *statues, "--masks", "nowhere", "-o", "out") == 3
    assert not Path("out").exists() or not pictures("out")


def test_erased_parts_are_masks_as_well(statues, in_this_process):
    for name in statues:
        picture = cv2.imread(name)
        hole = cv2.imread(f"masks/{Path(name).name}", 0)
        cv2.imwrite(name, np.dstack([picture, 255 - hole]))
    assert statue_command("restore", *statues, "--mask", "alpha", "-o", "out", *PLAIN) == 0
    made = Photograph.read(Path("out/s01.png")).samples
    assert made.shape[2] == 4 and set(pictures("out")) == {Path(name).name for name in statues}


def test_a_list_gives_each_picture_its_own(statues, statue, in_this_process):
    points = Landmarks.given(statue.landmarks)
    Path("face.pts").write_text(format_pts(points))
    cv2.imwrite("masks/s02.png", 255 - cv2.imread("masks/s02.png", 0))
    Path("list.csv").write_text(
        "photo;mask;output;Model;seed;variants;landmarks;invert;grow;report\n"
        "photos/s00.png;masks/s00.png;made/first.png;statuefit;5;2;face.pts;;;made/first.json\n"
        "photos/s01.png;;;;;;;;3;\n"
        "photos/s02.png;;;;;;;yes;;\n",
        encoding="utf-8-sig",
    )
    Path("made").mkdir()
    assert statue_command("restore", "--list", "list.csv", *MANY) == 0
    assert set(pictures("made")) == {"first.png", "first.2.png", "first.json"}
    assert set(pictures("out")) == {"s01.png", "s02.png"}
    words = ["photos/s00.png", "--mask", "masks/s00.png", "--model", "statuefit", "--landmarks", "face.pts"]
    assert statue_command("restore", *words, "--seed", 5, "--variants", 2, "-o", "one.png") == 0
    for made, alone in (("first.png", "one.png"), ("first.2.png", "one.2.png")):
        assert Path("made", made).read_bytes() == Path(alone).read_bytes()
    assert json.loads(Path("made/first.json").read_text())["request"]["seed"] == 5
    for name, more in (("s01", ["--grow", 3]), ("s02", ["--invert"])):
        words = [f"photos/{name}.png", "--mask", f"masks/{name}.png", "--model", "telea", "-o", f"{name}.png"]
        assert statue_command("restore", *words, *more) == 0
        assert Path(f"out/{name}.png").read_bytes() == Path(f"{name}.png").read_bytes()


def test_records_and_uncertainty_go_into_folders(statues, in_this_process):
    assert statue_command("restore", *statues[:2], *MANY, "--report", "how", "--uncertainty", "how") == 0
    assert set(pictures("how")) == {"s00.png.json", "s01.png.json"}  # this model says nothing of uncertainty
    assert json.loads(Path("how/s00.png.json").read_text())["method"]["name"] == "telea"


def test_without_the_packages_of_a_cluster_the_extra_is_named(statues, capsys, monkeypatch):
    for package, words in (("ray", ["--ray", "auto"]), ("fsspec", ["s3://bucket/a.jpg"])):
        with monkeypatch.context() as patch:
            for name in (package, f"{package}.core"):
                patch.setitem(sys.modules, name, None)
            more = ["--masks", "s3://bucket/masks"] if package == "fsspec" else ["--masks", "masks"]
            assert statue_command("restore", *statues, *words, *more, "-o", "out") == 5
        said = capsys.readouterr().err
        assert f"{package}" in said and "restore-statue-face[cluster]" in said


def test_what_is_quiet_is_told_of_failures_alone(statues, capsys, in_this_process):
    assert statue_command("restore", *statues, *MANY, "--quiet") == 0
    assert capsys.readouterr().err == ""
    assert statue_command("restore", *statues[:1], "photos/none.png", *MANY, "--quiet", "--force") == 9
    assert capsys.readouterr().err.startswith("statue: photos/none.png: There is no mask")


def test_what_was_done_is_told_though_no_worker_can_be_had_any_more(statues, capsys, monkeypatch, in_this_process):
    def lost(self, number, task, resume):
        if number == 2:
            raise StatueError("cluster-unreachable", address="there", reason="it is gone")
        return submit(self, number, task, resume)

    submit = restore_many.LocalPool.submit
    monkeypatch.setattr(restore_many.LocalPool, "submit", lost)
    assert statue_command("restore", *statues, *MANY[:-2], "--workers", "1", "--json") == 7
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert [one["state"] for one in answer["pictures"]] == ["done", "done", "left", "left"]
    assert answer["error"]["code"] == "cluster-unreachable"
    assert "it is gone" in said.err and "photos/s01.png  done" in said.err


def test_formats_that_are_only_read_and_pages_become_files_that_can_be_written(statues, capsys, in_this_process):
    picture = Image.open("photos/s00.png")
    picture.save("photos/s00.bmp")
    pages = [picture, Image.open("photos/s01.png")]
    pages[0].save("photos/s01.tif", save_all=True, append_images=pages[1:])
    words = ["photos/s00.bmp", "photos/s01.tif[2]", *MANY, "--resume", "--json"]
    assert statue_command("restore", *words) == 0, capsys.readouterr().err
    assert set(pictures("out")) == {"s00.tif", "s01.tif"}
    statue_command("restore", *statues[:2], "--masks", "masks", "-o", "plain", *PLAIN)
    for name in ("s00", "s01"):
        made = [Photograph.read(Path(folder)).samples for folder in (f"out/{name}.tif", f"plain/{name}.png")]
        assert (made[0] == made[1]).all()
    capsys.readouterr()
    assert statue_command("restore", *words) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["kept"] == 2
    words[1] = "photos/s01.tif[1]"
    assert statue_command("restore", *words) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"done": 1, "kept": 1, "failed": 0, "left": 0}
    assert statue_command("restore", "photos/s01.tif[2]", "photos/s02.png", *MANY[:2], "-o", "photos", "--force") == 8
