"""``statue restore`` for many photographs, and what lies in the folders afterwards."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from statue_models import cli

REPOSITORY = Path(__file__).parents[2]


def statue_command(*words):
    """``statue`` in this process; its exit status."""
    return cli.main([str(word) for word in words])


def started(*words):
    """``statue`` in a process of its own, and of a group of its own, as a terminal starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "statue_models", *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job hands its children an ignored SIGINT; what is tested is a terminal's.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def pictures(folder):
    """Name -> bytes of all that is seen in a folder."""
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def everything(folder):
    """The same of all that is in it, but for the journal, which holds times."""
    found = {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    return {str(path.relative_to(folder)): text for path, text in found.items() if ".statue/" not in str(path)}
