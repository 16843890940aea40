"""``python3 -m installer`` as a user types it, with a home of its own and without network."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from installer.layout import CHECKOUT
from installer.runner_process import stop_runner


def installer(*words, home):
    variables = {**os.environ, "RESTORE_STATUE_FACE_HOME": str(home), "HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "installer", *words], cwd=CHECKOUT, env=variables, capture_output=True, text=True
    )


def test_doctor_on_a_new_machine(tmp_path):
    done = installer("doctor", home=tmp_path)
    assert done.returncode == 1
    assert "no finished runtime" in done.stdout
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


def test_uninstall_on_a_new_machine(tmp_path):
    done = installer("uninstall", home=tmp_path)
    assert done.returncode == 0
    assert not list(tmp_path.iterdir())


def test_help_names_all_commands(tmp_path):
    text = installer("--help", home=tmp_path).stdout
    options = ("--torch", "--no-torch", "--gpu", "--yes", "--example")
    assert all(word in text for word in ("doctor", "uninstall", "test", *options))


@pytest.fixture
def runner(tmp_path):
    """Something that answers like a runner, at the place that runner.json names."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Authorization"])
            body = json.dumps({"name": "another program"}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state = {"port": server.server_port, "pid": 2**22 + 1, "token": "secret", "started": 0, "version": "0.1.0"}
    (tmp_path / "runner.json").write_text(json.dumps(state))
    yield asked
    server.shutdown()
    server.server_close()


def test_process_that_is_not_a_runner_is_left_alone(runner, tmp_path, monkeypatch):
    """runner.json may be old, and its number another program's by now."""
    monkeypatch.setattr("os.kill", lambda *words: pytest.fail("a foreign process was signalled"))
    assert not stop_runner(tmp_path)
    assert runner == ["Bearer secret"]


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"port": "x", "pid": 1, "token": "t"}'])
def test_no_runner_or_a_broken_file(tmp_path, text):
    if text is not None:
        (tmp_path / "runner.json").write_text(text)
    assert not stop_runner(tmp_path)
