"""The client that lies beside the plug-in: it finds, starts, follows, and says plainly what went wrong."""

import ast
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fake_restorer import wait_until

from statue_models.errors import CATALOGUE, catalogue
from statue_models.runner import client as client_module
from statue_models.runner import wire
from statue_models.runner.client import RunnerClient, RunnerError
from statue_models.runner.remote import RemoteRestorer
from statue_models.runner.state import RunnerState, write_state

SOURCE = Path(client_module.__file__)
#: A whole runner in a process of its own, around the tests' restorer, which takes ten seconds when the seed is 1.
SCRIPT = """
import sys, time
sys.path[:0] = [{repository!r}, {tests!r}]
from pathlib import Path
from fake_restorer import FakeRestorer
from statue_models.runner.server import serve
class Slow(FakeRestorer):
    def restore(self, request, progress):
        for step in range(1000 if request.seed == 1 else 0):
            progress("slowly", step / 1000)
            time.sleep(0.01)
        return super().restore(request, progress)
serve(Path({directory!r}), idle_minutes=1, restorer=Slow)
"""


def submit(client, request):
    header = wire.JobHeader.of(request).to_json()
    return client.submit(header, wire.samples_of(request.image), wire.samples_of(request.mask))


@pytest.fixture
def directory(tmp_path):
    place = tmp_path / "state"
    yield place
    pid = _pid(place)
    (place / "runner.json").unlink(missing_ok=True)
    if pid not in (None, os.getpid()):
        wait_until(lambda: not _alive(pid))


@pytest.fixture
def command(directory):
    here = Path(__file__).parent
    names = {"repository": str(here.parents[1]), "tests": str(here), "directory": str(directory)}
    return [sys.executable, "-c", SCRIPT.format(**names)]


def _pid(directory):
    state = client_module.read_state(directory) if (directory / "runner.json").exists() else None
    return state and state["pid"]


def _alive(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_imports_the_standard_library_only_and_fits_old_pythons():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 9))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


def test_it_works_beside_the_plug_in(tmp_path):
    shutil.copy(SOURCE, tmp_path / "runner_client.py")
    shutil.copy(CATALOGUE, tmp_path / "errors.json")
    code = (
        "import runner_client as c\n"
        "try: c.RunnerClient('state', ['./no-such-program']).connect(5)\n"
        "except c.RunnerError as e: print(e.code, '|', e.sentence, '|', e.remedy)"
    )
    command = [sys.executable, "-P", "-c", "import sys; sys.path.insert(0, '.')\n" + code]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    entry = catalogue()["runner-start"]
    assert (
        answer.strip() == f"runner-start | {entry.sentence.format(reason='No such file or directory')} | {entry.remedy}"
    )


def test_several_clients_start_one_runner_which_outlives_them(directory, command, make_request):
    counted = directory.parent / "starts"
    counting = ["sh", "-c", f'echo x >> "{counted}"; exec "$@"', "sh", *command]
    clients = [RunnerClient(directory, counting) for _ in range(6)]
    errors = []

    def connect(client):
        try:
            client.connect()
        except RunnerError as error:
            errors.append(error)

    threads = [threading.Thread(target=connect, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert counted.read_text().split() == ["x"]
    pid = _pid(directory)
    assert {client.health()["pid"] for client in clients} == {pid}
    assert os.getsid(pid) != os.getsid(0)

    job = submit(clients[0], make_request(seed=1))

    def kill(phase, fraction):
        os.kill(pid, signal.SIGKILL)

    with pytest.raises(RunnerError) as caught:
        clients[0].follow(job, kill)
    assert caught.value.code == "runner-unreachable"
    assert (directory / "runner.json").exists()  # stale: it names a dead process
    again = RemoteRestorer(directory, command).restore(make_request())
    assert len(again.variants) == 1
    assert _pid(directory) != pid


def test_a_runner_that_cannot_start_says_why(directory):
    with pytest.raises(RunnerError, match="no module of that name") as caught:
        RunnerClient(directory, ["sh", "-c", "echo first; echo 'no module of that name.' >&2; exit 3"]).connect(5)
    assert caught.value.code == "runner-start"
    with pytest.raises(RunnerError, match=r"after 0\.3 seconds"):
        RunnerClient(directory, ["sleep", "2"]).connect(0.3)


def test_the_token_is_neither_in_the_log_nor_in_the_command_line(directory, command):
    RunnerClient(directory, command).connect()
    token = client_module.read_state(directory)["token"]
    assert len(token) == 64
    assert token not in (directory / "runner.log").read_text()
    assert token.encode() not in Path(f"/proc/{_pid(directory)}/cmdline").read_bytes()


def test_a_terminated_runner_takes_its_state_away(directory, command):
    RunnerClient(directory, command).connect()
    pid = _pid(directory)
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not _alive(pid))
    assert not (directory / "runner.json").exists()


def test_the_hosts_own_python_settings_are_not_passed_on(monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/gimp/python")
    monkeypatch.setenv("PYTHONPATH", "/gimp/plug-ins")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/local/cuda/lib64")
    environment = client_module._environment()
    assert not {"PYTHONHOME", "PYTHONPATH"} & set(environment)
    assert environment["LD_LIBRARY_PATH"] == "/usr/local/cuda/lib64"
    monkeypatch.setenv("APPDIR", "/tmp/.mount_GIMP")
    assert "LD_LIBRARY_PATH" not in client_module._environment()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, ValueError])
def test_what_progress_raises_cancels_the_job_and_goes_on(runner, make_request, fake, error):
    client = runner()
    fake.gate.clear()
    job = submit(client, make_request())
    fake.started.wait(10)

    def stop(phase, fraction):
        raise error("stop")

    with pytest.raises(error):
        client.follow(job, stop)
    wait_until(lambda: fake.stopped == 1)


def test_a_job_that_somebody_else_cancels_was_interrupted(runner, make_request, fake):
    client = runner()
    fake.gate.clear()
    job = submit(client, make_request())
    with pytest.raises(RunnerError) as caught:
        client.follow(job, lambda *_: RunnerClient.cancel(client, job))
    assert caught.value.code == "interrupted"
    client.cancel("no such job")


def test_progress_is_told_though_nothing_moves(runner, make_request, fake):
    client = runner()
    moving = fake.restore
    blocked = threading.Event()

    def restore(request, progress):
        progress("thinking", 0.5)
        blocked.wait(10)
        return moving(request, progress)

    fake.restore = restore
    calls = []

    def on_progress(phase, fraction):
        calls.append(phase)
        if calls.count("thinking") == 3:
            blocked.set()

    job = submit(client, make_request())
    assert client.follow(job, on_progress)["variants"] == 1
    assert client.follow(job, on_progress)["variants"] == 1  # a job that is done can be followed again


def test_another_protocol_and_another_program_on_the_port(tmp_path):
    answers = {"name": "restore-statue-face", "schema": 2}

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answers).encode())

        def log_message(self, *_):
            pass

    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    directory = tmp_path / "state"
    client_module.prepare_directory(directory)
    write_state(directory, RunnerState(port=other.server_port, pid=1, started=0, token="0" * 64))
    with pytest.raises(RunnerError) as caught:
        RunnerClient(directory, ["false"]).connect(5)
    assert caught.value.code == "runner-version"
    answers["name"] = "something else"  # the port of a runner that died, taken by another program
    with pytest.raises(RunnerError) as caught:
        RunnerClient(directory, ["false"]).connect(5)
    assert caught.value.code == "runner-start"
    other.shutdown()
    other.server_close()


def test_the_remote_restorer_gives_what_the_restorer_gives(runner, make_request, fake):
    client = runner()
    request = make_request("float32", 2, variants=3)
    expected = fake.restore(request, lambda *_: None)
    steps = []
    got = RemoteRestorer(client.directory, ["false"]).restore(request, lambda *step: steps.append(step))
    for index in range(3):
        assert (got.applied_to(request.image, index) == expected.applied_to(request.image, index)).all()
        assert got.variants[index].hypothesis.seed == expected.variants[index].hypothesis.seed
    assert got.record_text() == expected.record_text()
    assert got.landmarks.to_json() == expected.landmarks.to_json()
    assert (got.uncertainty == expected.uncertainty).all()
    assert steps
