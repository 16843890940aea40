"""Which faces a data set keeps, and how it is split."""

from pathlib import Path

import numpy as np
import pytest

from training.datasets.duplicates import fingerprint
from training.datasets.face_crops import FaceCrop
from training.datasets.face_set import Face, Row, choose, read_manifest, write_manifest
from training.datasets.relabel import Label

OPTIONS = {"min_face": 50, "test": 0.25, "seed": 0, "suffix": ".png"}


@pytest.fixture
def make(picture):
    def face(photograph, number=0, side=100.0, looks=None, inside=1.0):
        digest = f"{photograph:064x}"
        seed = 10 * photograph + number if looks is None else looks
        crop = FaceCrop(Path(f"{digest}_{number}.png"), (1.0, 2.0, side, side), 0.9, inside, None)
        return Face(f"{photograph}.jpg", digest[::-1], number, crop, fingerprint(picture(seed)))

    return face


def test_of_one_photograph_taken_twice_the_larger_face_stays(make):
    rows = choose([make(1, looks=5, side=80), make(2, looks=5, side=120), make(3)], **OPTIONS)
    assert [bool(row.file) for row in rows] == [False, True, True]
    assert rows[0].reject_reason == f"duplicate of {Path(rows[1].file).stem}"
    assert rows[0].dup_group == rows[1].dup_group != rows[2].dup_group


def test_a_face_that_is_rejected_anyway_takes_no_other_with_it(make):
    rows = choose([make(1, looks=5, side=200, inside=0.5), make(2, looks=5, side=120)], **OPTIONS)
    assert [row.reject_reason for row in rows] == ["cut off by the edge", ""]
    assert choose([make(1, side=49)], **OPTIONS)[0].reject_reason == "smaller than 50 pixels"


def test_no_photograph_and_no_duplicate_is_in_both_parts(make):
    # Photograph n holds two faces; the second one of each fourth looks like the first one of the next.
    faces = []
    for n in range(40):
        faces += [make(n, 0), make(n, 1, side=90, looks=10 * (n + 1) if n % 4 == 0 else None)]
    rows = choose(faces, **OPTIONS)
    part = {}
    for row in rows:
        if row.file:
            assert part.setdefault(row.source, row.split) == row.split
            assert part.setdefault(row.dup_group, row.split) == row.split
    kept = [row.split for row in rows if row.file]
    assert len(kept) == 70
    assert kept.count("test") / len(kept) == pytest.approx(0.25, abs=0.03)
    assert all(row.file.startswith(row.split + "/") for row in rows if row.file)


def test_the_split_is_the_seeds_and_hardly_changes_with_more_photographs(make):
    faces = [make(n) for n in range(40)]
    few, again, more = choose(faces[:36], **OPTIONS), choose(faces[:36], **OPTIONS), choose(faces, **OPTIONS)
    assert few == again
    assert sum(a.split != b.split for a, b in zip(few, more, strict=False)) <= 3
    assert [row.split for row in few] != [row.split for row in choose(faces[:36], **{**OPTIONS, "seed": 1})]


def test_labels_reach_the_manifest_and_odd_names_survive_it(make, tmp_path):
    face = make(1)
    label = Label(np.zeros((68, 2)), 0.07, 6, 0.9)
    labelled = Face("a\tb\nc.jpg", face.sha256, 0, FaceCrop(Path("x"), (0, 0, 99, 80), 0.5, 1, label), face.fingerprint)
    rows = [*choose([labelled], **OPTIONS), Row(source="d.jpg", reject_reason="no face")]
    assert (rows[0].spread, rows[0].good, rows[0].size) == ("0.070", "0", "99")
    write_manifest(tmp_path / "m.tsv", rows)
    assert read_manifest(tmp_path / "m.tsv") == rows
