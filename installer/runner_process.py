"""Stopping the running runner, so that the next one is of the version just installed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from installer.layout import NAME


def stop_runner(state: Path, patience: float = 5.0) -> bool:
    """Ask the runner that ``runner.json`` names to end; returns whether one was running.

    Only a process that proves with its token to be the runner is signalled: the file may be old, and its number
    another program's by now.
    """
    try:
        row = json.loads((state / "runner.json").read_text(encoding="utf-8"))
        port, pid, token = int(row["port"]), int(row["pid"]), str(row["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if _health(port, token).get("name") != NAME:
        return False
    with suppress(OSError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + patience
    while time.monotonic() < end and _health(port, token):
        time.sleep(0.1)
    return True


def _health(port: int, token: str) -> dict[str, Any]:
    """What answers there; empty when nothing does, or nothing that knows the token."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/v1/health", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        found = json.loads(response.read(1 << 16)) if response.status == 200 else {}
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return found if isinstance(found, dict) else {}
