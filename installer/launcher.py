"""The command ``statue`` on the user's path: a link to the runtime's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from installer.files import remove
from installer.layout import Layout


def put_launcher(layout: Layout, platform: str = sys.platform) -> str | None:
    """Link ``statue`` into the user's folder of programs; returns what is in the way, or None."""
    if platform == "win32":
        return f"add {layout.runtime / 'Scripts'} to PATH to have the command statue"
    target = layout.runtime / "bin/statue"
    if not is_ours(layout) and (layout.launcher.exists() or layout.launcher.is_symlink()):
        return f"{layout.launcher} is another program and stays; this one is {target}"
    layout.launcher.parent.mkdir(parents=True, exist_ok=True)
    part = layout.launcher.with_name(f".statue.{os.getpid()}.part")
    remove(part)
    part.symlink_to(target)
    part.replace(layout.launcher)
    return None


def is_ours(layout: Layout) -> bool:
    """Whether the link is there and leads into this runtime."""
    return layout.launcher.is_symlink() and layout.launcher.readlink() == layout.runtime / "bin/statue"


def is_on_path(layout: Layout, variables: Mapping[str, str] = os.environ) -> bool:
    """Whether a shell finds the link."""
    return str(layout.launcher.parent) in variables.get("PATH", "").split(os.pathsep)


def remove_launcher(layout: Layout) -> bool:
    """Take the link away; returns whether it was there and ours."""
    if not is_ours(layout):
        return False
    layout.launcher.unlink()
    return True
