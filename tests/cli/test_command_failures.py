"""Every failure: its exit status, sentence and remedy."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from statue_command import REPOSITORY, files, statue

from statue_models.errors import catalogue


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["restore", "photo.png", "-o", "o.png"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--variants", "17"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--steps", "4", "--preview"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--quality", "best"], 2, "usage"),
        (
            ["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--variants", "2", "--variant", "2"],
            2,
            "usage",
        ),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--face", "1,2,3"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--seed", "-1"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--report", "./o.png"], 2, "usage"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--device", "tpu"], 2, "usage"),
        (["restore", "none.png", "--mask", "mask.png", "-o", "o.png"], 3, "missing-file"),
        (["restore", "photo.png", "--mask", "text.png", "-o", "o.png"], 3, "not-an-image"),
        (["restore", "photo.png", "--mask", "small.png", "-o", "o.png"], 3, "mask-size"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--face", "900,2,30,30"], 3, "bad-face-box"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--landmarks", "text.png"], 3, "bad-landmarks"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.png", "--model", "none"], 5, "unknown-model"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "o.jpg"], 8, "output-format"),
        (["restore", "photo.png", "--mask", "mask.png", "-o", "no/o.png"], 8, "output-unwritable"),
        (["landmarks", "photo.png", "-o", "points.txt"], 2, "usage"),
        (["landmarks", "photo.png", "--mask", "small.png"], 3, "mask-size"),
        (["serve", "--port", "70000"], 2, "usage"),
        (["serve", "--idle", "soon"], 2, "usage"),
        ([], 2, "usage"),
    ],
)
def test_each_failure_has_its_status_sentence_and_remedy(scene, fake, capsys, words, status, code):
    Path("text.png").write_text("no picture")
    cv2.imwrite("small.png", np.full((10, 10), 255, np.uint8))
    assert statue(*words) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("statue: ")
    if words and words[0] != "serve":
        assert statue(*words, "--json") == status
        said = capsys.readouterr()
        answer = json.loads(said.out)
        assert answer["schema"] == 1 and answer["error"]["code"] == code
        assert said.err == f"statue: {answer['error']['sentence']}\n{answer['error']['remedy']}\n"
    assert "o.png" not in files() and not fake.seen


def test_every_exit_status_is_documented():
    page = (REPOSITORY / "docs/cli.md").read_text(encoding="utf-8")
    for status in {entry.exit_status for entry in catalogue().values()} | {0}:
        assert f"| {status} |" in page
