"""The bundled example, restored with what was just installed: the proof that it works, and something to look at."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from installer.files import sha256
from installer.layout import Layout, statue_command
from installer.processes import CommandFailed, InstallError, Run

INPUTS = ("damaged.jpg", "mask.png")
PICTURE, RECORD = "restored.png", "restored.json"


def restore_example(layout: Layout, folder: Path, run: Run) -> dict[str, str]:
    """Restore it into ``folder``; returns what lies there now, name -> SHA-256.

    Args:
        layout: whose runtime does it.
        folder: made when missing; the four files in it are replaced, others stay.

    Raises:
        InstallError: the restoration failed, or the folder cannot be written.
    """
    source = layout.checkout / "statue_models/example"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            work = Path(place)
            for name in INPUTS:
                shutil.copy(source / name, work / name)
            run(
                [*statue_command(layout), "restore", INPUTS[0], "--mask", INPUTS[1], "-o", PICTURE, "--report", RECORD],
                directory=work,
            )
            for name in (*INPUTS, PICTURE, RECORD):
                (work / name).replace(folder / name)
    except CommandFailed as error:
        raise InstallError(
            f"The example could not be restored:\n{error.last_lines(3)}",
            "Run 'python3 -m installer doctor' to see what is wrong.",
        ) from error
    except OSError as error:
        raise InstallError(
            f"The example could not be written to {folder}: {error.strerror or error}",
            "Give another folder with --example.",
        ) from error
    return {name: sha256(folder / name) for name in (*INPUTS, PICTURE, RECORD)}


def is_restored(folder: Path, hashes: dict[str, str]) -> bool:
    """Whether all files that were put there are there, unchanged."""
    return bool(hashes) and all((folder / name).is_file() and sha256(folder / name) == hashes[name] for name in hashes)


def remove_example(folder: Path, hashes: dict[str, str]) -> list[str]:
    """Remove what ``restore_example`` wrote and nobody changed since, and the folder if that empties it.

    Returns:
        The names that stay because somebody changed them.
    """
    changed = []
    for name, expected in hashes.items():
        path = folder / name
        if path.is_file():
            if sha256(path) == expected:
                path.unlink()
            else:
                changed.append(name)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return changed
