"""docs/files.md says what happens to each kind of file, and nothing is lost without a word."""

import json
from pathlib import Path

import file_kinds
import files_page
import pytest

from statue_models.errors import CATALOGUE as ERRORS
from statue_models.notes import CATALOGUE as NOTES

PAGE = Path(__file__).parents[2] / "docs/files.md"


@pytest.fixture(scope="module")
def page() -> str:
    return files_page.page()


def test_the_page_of_files_is_up_to_date(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "run: python tests/pictures/files_page.py > docs/files.md"


def test_no_cell_is_lost_and_each_code_is_of_a_catalogue(page: str) -> None:
    cells = [cell.strip() for row in page.splitlines() if row.startswith("| ") for cell in row.split("|")[3:-1]]
    assert len(cells) > 5 * len(file_kinds.SAMPLES) and not [cell for cell in cells if "LOST" in cell]
    codes = {part.strip("`") for cell in cells for part in cell.split() if part.startswith("`")}
    codes = {code.rstrip("`,") for code in codes}
    assert codes <= {*NOTES, *json.loads(ERRORS.read_text(encoding="utf-8"))} and "kept" in cells


def test_what_is_kept_is_seen_to_be_missing_where_it_is_not(tmp_path: Path) -> None:
    """The page's own readers tell a file with a kind of metadata from one without."""
    for kind in file_kinds.METADATA:
        if kind.name == "orientation":
            continue
        for ending in ("png", "tif"):
            plain = tmp_path / f"plain.{ending}"
            file_kinds.by_pillow()(plain)
            assert not kind.kept(file_kinds.told(plain), plain), kind.name
