"""The client that lies beside the plug-in: it finds, starts, follows, and says plainly what went wrong."""

import ast
import dataclasses
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

from installer.plugin import shared_files
from statue_models.errors import StatueError, catalogue
from statue_models.notes import Note
from statue_models.runner import wire
from statue_models.runner.protocol import process
from statue_models.runner.protocol.client import RunnerClient
from statue_models.runner.protocol.state_file import prepare_directory, read_state
from statue_models.runner.remote import RemoteRestorer
from statue_models.runner.state import RunnerState, write_state

REPOSITORY = Path(__file__).parents[2]
#: What the installer lays beside the plug-in, without the package's own door, which only names other modules.
SHARED = {name: path for name, path in shared_files(REPOSITORY).items() if name != "statue_models/__init__.py"}
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
    state = read_state(directory) if (directory / "runner.json").exists() else None
    return state and state["pid"]


def _alive(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("name", [name for name in SHARED if name.endswith(".py")])
def test_what_is_shared_with_the_plug_in_needs_nothing_else_and_fits_old_pythons(name):
    tree = ast.parse(SHARED[name].read_text(encoding="utf-8"), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []  # for the type checker alone: never run
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    package = Path(name).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            there = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            files = ["/".join(filter(None, [*there, *more])) for more in ([], ["__init__"])]
            assert any(f"{file}.py" in SHARED for file in files), node.module
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module)
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


def test_it_works_beside_the_plug_in(tmp_path):
    """Under any name, in a Python that has nothing but its standard library."""
    for name, path in SHARED.items():
        copy = tmp_path / name.replace("statue_models", "beside")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from beside.errors import StatueError\n"
        "from beside.runner.protocol.client import RunnerClient\n"
        "try: RunnerClient('state', ['./no-such-program']).connect(5)\n"
        "except StatueError as e: print(e.code, '|', e.sentence, '|', e.remedy)\n"
        "own = [name for name in sys.modules if name.split('.')[0] not in sys.stdlib_module_names]\n"
        "print(*sorted(own))"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    told, own = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    entry = catalogue()["runner-start"]
    assert told == f"runner-start | {entry.sentence.format(reason='No such file or directory')} | {entry.remedy}"
    laid = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in SHARED}
    assert {name.replace("beside", "statue_models") for name in own.split()} <= laid | {"__main__", "statue_models"}


def test_the_server_knows_no_client():
    code = "import sys, statue_models.runner.server; print(*[name for name in sys.modules if '.protocol.' in name])"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert {name.rpartition(".protocol.")[2] for name in answer.split()} == {"state_file", "lock"}


def test_several_clients_start_one_runner_which_outlives_them(directory, command, make_request):
    counted = directory.parent / "starts"
    counting = ["sh", "-c", f'echo x >> "{counted}"; exec "$@"', "sh", *command]
    clients = [RunnerClient(directory, counting) for _ in range(6)]
    errors = []

    def connect(client):
        try:
            client.connect()
        except StatueError as error:
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

    with pytest.raises(StatueError) as caught:
        clients[0].follow(job, kill)
    assert caught.value.code == "runner-unreachable"
    assert (directory / "runner.json").exists()  # stale: it names a dead process
    again = RemoteRestorer(directory, command).restore(make_request())
    assert len(again.variants) == 1
    assert _pid(directory) != pid


def test_a_runner_that_cannot_start_says_why(directory):
    with pytest.raises(StatueError, match="no module of that name") as caught:
        RunnerClient(directory, ["sh", "-c", "echo first; echo 'no module of that name.' >&2; exit 3"]).connect(5)
    assert caught.value.code == "runner-start"
    with pytest.raises(StatueError, match=r"after 0\.3 seconds"):
        RunnerClient(directory, ["sleep", "2"]).connect(0.3)


def test_the_token_is_neither_in_the_log_nor_in_the_command_line(directory, command):
    RunnerClient(directory, command).connect()
    token = read_state(directory)["token"]
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
    environment = process._environment()
    assert not {"PYTHONHOME", "PYTHONPATH"} & set(environment)
    assert environment["LD_LIBRARY_PATH"] == "/usr/local/cuda/lib64"
    monkeypatch.setenv("APPDIR", "/tmp/.mount_GIMP")
    assert "LD_LIBRARY_PATH" not in process._environment()


@pytest.mark.parametrize("error", [KeyboardInterrupt("stop"), OSError("stop"), StatueError("interrupted")])
def test_what_progress_raises_cancels_the_job_and_goes_on(runner, make_request, fake, error):
    client = runner()
    fake.gate.clear()
    job = submit(client, make_request())
    fake.started.wait(10)

    def stop(phase, fraction):
        raise error

    with pytest.raises(type(error)):
        client.follow(job, stop)
    wait_until(lambda: fake.stopped == 1)


def test_a_job_that_somebody_else_cancels_was_interrupted(runner, make_request, fake):
    client = runner()
    fake.gate.clear()
    job = submit(client, make_request())
    with pytest.raises(StatueError) as caught:
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
    prepare_directory(directory)
    write_state(directory, RunnerState(port=other.server_port, pid=1, started=0, token="0" * 64))
    with pytest.raises(StatueError) as caught:
        RunnerClient(directory, ["false"]).connect(5)
    assert caught.value.code == "runner-version"
    answers["name"] = "something else"  # the port of a runner that died, taken by another program
    with pytest.raises(StatueError) as caught:
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
    noted = dataclasses.replace(request, notes=(Note("turned-upright"),))
    again = RemoteRestorer(client.directory, ["false"]).restore(noted)
    assert [note.code for note in again.notes] == ["turned-upright"]
    assert got.landmarks.to_json() == expected.landmarks.to_json()
    assert (got.uncertainty == expected.uncertainty).all()
    assert steps
