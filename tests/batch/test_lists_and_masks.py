"""What a list may say, and which mask is a photograph's."""

import json
from pathlib import Path

import pytest

from statue_models.batch.list_file import columns, read_list
from statue_models.batch.masks import MaskFolder
from statue_models.cli.arguments import parse, parse_more
from statue_models.errors import StatueError
from statue_models.fields import FIELDS, SWITCH


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lists").mkdir()
    return Path("lists")


def test_every_option_of_one_photograph_is_a_column():
    assert {field.name for field in FIELDS.values() if field.on_command_line} <= set(columns())
    assert {"photo", "mask", "output", "invert", "grow", "feather", "report", "uncertainty", "preview"} <= set(
        columns()
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_are_read_as_spreadsheets_write_them(here, separator):
    head = ["Photo", "MASK", "output", "seed", "invert", "Face"]
    cells = ['"a, b; c.jpg"', "alpha", "../out/x.png", "7", "No", '"1,2,30,40"']
    text = "\r\n".join(separator.join(line) for line in (head, cells, ["d.jpg", "", "", "", "", ""]))
    (here / "a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    first, second = read_list("lists/a.csv")
    assert (first.photo, first.mask, first.output) == ("lists/a, b; c.jpg", "alpha", "lists/../out/x.png")
    assert first.words == ["--seed=7", "--no-invert", "--face=1,2,30,40"]
    assert (second.photo, second.mask, second.output, second.words) == ("lists/d.jpg", "", "", [])


def test_json_says_the_same(here):
    rows = [{"photo": "a.jpg", "seed": 7, "invert": False, "face": [1, 2, 30, 40], "preview": True, "mask": None}]
    for data in (rows, {"pictures": rows}):
        (here / "a.json").write_text(json.dumps(data))
        (row,) = read_list("lists/a.json")
        assert row.photo == "lists/a.jpg" and row.mask == ""
        assert row.words == ["--seed=7", "--no-invert", "--face=1,2,30,40", "--preview"]


def test_what_is_said_or_not_is_a_column_as_well(here):
    switches = [field.name for field in FIELDS.values() if field.kind == SWITCH and field.on_command_line]
    assert switches
    for name, dest in [("preview", "quality"), *((name, name) for name in switches)]:
        (here / "a.csv").write_text(f"photo,{name}\na.jpg,yes\nb.jpg,no\nc.jpg,\n")
        yes, no, empty = read_list("lists/a.csv")
        assert yes.words == [f"--{name.replace('_', '-')}"] and no.unset == [dest]
        assert no.words == empty.words == [] and empty.unset == yes.unset == []


def test_addresses_and_whole_names_stay_what_they_are(here):
    (here / "a.csv").write_text("photo,mask\ns3://bucket/a.jpg,/masks/a.png\nfile:///x%20y.jpg,\n")
    first, second = read_list("lists/a.csv")
    assert (first.photo, first.mask, second.photo) == ("s3://bucket/a.jpg", "/masks/a.png", "/x y.jpg")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no photograph"),
        ("photo,mask\n", "names no photograph"),
        ("photo,sead\na.jpg,3\n", "no column sead; there are photo, mask"),
        ("mask\na.png\n", "row 2 names no photograph"),
        ("photo\na.jpg,b.png\n", "line 2 has more cells"),
        ('photo\n"a.jpg\n', "unexpected end of data"),
        ("photo,invert\na.jpg,perhaps\n", "invert is yes or no, not perhaps"),
        ('{"photo": "a.jpg"}', "wanted is a list of objects"),
        ("[1]", "wanted is a list of objects"),
        ("[{", "no JSON"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(here, text, told):
    (here / "a.csv").write_text(text)
    with pytest.raises(StatueError) as caught:
        read_list("lists/a.csv")
    assert caught.value.code == "bad-list" and told in caught.value.sentence and "lists/a.csv" in caught.value.sentence


def test_a_row_adds_to_the_command_line():
    command = parse(["restore", "a.jpg", "b.jpg", "--masks", "m", "-o", "out", "--seed", "3", "--grow", "2"])
    row = parse_more(["--seed=9", "--variants=2"], command)
    assert (row.seed, row.variants, row.grow, row.output) == (9, 2, 2, "out")
    assert (command.seed, command.variants, row.photos) == (3, 1, ["a.jpg", "b.jpg"])
    with pytest.raises(StatueError, match="17"):
        parse_more(["--variants=17"], command)


def test_a_mask_has_the_stem_of_its_photograph(here):
    for name in ("a.png", "b.TIF", "c.png", "c.webp", "d.json", "d.png", "a.jpg", ".e.png", "A.png"):
        (here / name).write_text("x")
    masks = MaskFolder.read("lists")
    assert masks.mask_of("elsewhere/b.jpg") == "lists/b.TIF"
    assert masks.mask_of("elsewhere/d.jpg") == "lists/d.png"  # what is no picture is no candidate
    assert masks.mask_of("lists/a.jpg") == "lists/a.png"  # nor is the photograph itself
    assert masks.mask_of("https://somewhere/A.jpg") == "lists/A.png"
    for photo, code in (("c.jpg", "several-masks"), ("e.jpg", "no-mask"), ("B.jpg", "no-mask"), ("a.1.jpg", "no-mask")):
        with pytest.raises(StatueError) as caught:
            masks.mask_of(photo)
        assert caught.value.code == code and photo in caught.value.sentence
    with pytest.raises(StatueError, match="nowhere"):
        MaskFolder.read("nowhere")
