"""The page that shows what was found: text between marks is written by commands, the rest by people."""

from collections.abc import Sequence
from pathlib import Path

from statue_models.errors import StatueError
from statue_models.whole_file import whole_file

#: The page of the published systems, beside the code.
PAGE = Path(__file__).parents[2] / "docs" / "published-systems.md"
END = "<!-- end -->"
#: The mark of the table of all systems.
SYSTEMS = "<!-- systems -->"


def mark(experiment: str) -> str:
    """The mark that an experiment's tables follow."""
    return f"<!-- experiment {experiment} -->"


def with_lines(text: str, start: str, lines: Sequence[str]) -> str:
    """The text, with these lines between a mark and the end that follows it.

    Raises:
        StatueError: ``usage`` where the mark or its end is missing.
    """
    before, found, after = text.partition(start)
    _, ended, rest = after.partition(END)
    if not found or not ended:
        raise StatueError("usage", reason=f"the page has no {start} with an {END} after it")
    content = "\n".join(lines).strip("\n")
    return f"{before}{start}\n{content}\n{END}{rest}"


def write_between(page: Path, start: str, lines: Sequence[str]) -> None:
    """Write lines into a page.

    Raises:
        StatueError: ``missing-file``; ``usage``; ``output-unwritable`` or ``disk-full``.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StatueError("missing-file", path=page) from None
    content = with_lines(text, start, lines).encode()
    with whole_file(page, force=True) as stream:
        stream.write(content)
