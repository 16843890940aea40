"""The program's ``models.json`` with a row changed, as publishing weights does."""

import json
from pathlib import Path
from typing import Any


def with_row(models: Path, table: str, name: str, **changes: Any) -> bytes:
    """What the file is to hold.

    Args:
        models: the file as it is.
        table, name: list and name of the row, which is added where it is not there yet.
        changes: its new values.
    """
    data = json.loads(models.read_text(encoding="utf-8"))
    row = next((row for row in data[table] if row["name"] == name), None)
    if row is None:
        row = {"name": name}
        data[table].append(row)
    row.update(changes)
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()
