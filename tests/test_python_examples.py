"""The examples of docs/python.md, as they stand there."""

import re
import shutil
from pathlib import Path

import pytest
from bundled_example import EXAMPLE

import statue_models

PAGE = Path(__file__).parents[1] / "docs" / "python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_examples_run_in_the_order_of_the_page(tmp_path, monkeypatch, capsys):
    for name in ("damaged.jpg", "mask.png"):
        shutil.copy(EXAMPLE / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    shared: dict[str, object] = {}
    assert len(BLOCKS) >= 6
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"docs/python.md, example {number + 1}", "exec"), shared)
    assert {"restored.png", "record.json", "from-pillow.png"} <= {path.name for path in tmp_path.iterdir()}
    said = capsys.readouterr().out
    assert "(68, 2)" in said and "no-such-model" in said


@pytest.mark.parametrize("name", [name for name in statue_models.__all__ if name != "__version__"])
def test_the_names_of_the_package_are_where_they_are_said_to_be(name):
    assert getattr(statue_models, name).__name__ == name
