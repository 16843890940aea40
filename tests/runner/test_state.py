"""The state directory: private, written in one step, one runner at a time."""

import json
import os
import stat

import pytest

from statue_models.errors import StatueError
from statue_models.runner.protocol.lock import FileLock
from statue_models.runner.protocol.state_file import prepare_directory, read_state
from statue_models.runner.state import RunnerState, remove_state, sole_runner, write_state

STATE = RunnerState(port=1234, pid=1, started=0.0, token="a1" * 32)


@pytest.fixture
def directory(tmp_path):
    place = tmp_path / "deep" / "Zustand ä" / "state"
    prepare_directory(place)
    return place


def test_the_directory_and_the_file_are_the_users_alone(directory):
    write_state(directory, STATE)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "runner.json").stat().st_mode) == 0o600
    assert [path.name for path in directory.iterdir()] == ["runner.json"]
    assert read_state(directory)["token"] == STATE.token


def test_a_state_that_others_could_have_written_is_refused(directory, tmp_path):
    write_state(directory, STATE)
    path = directory / "runner.json"
    path.chmod(0o644)
    with pytest.raises(StatueError, match="lets others in") as caught:
        read_state(directory)
    assert caught.value.code == "state-insecure"
    path.rename(tmp_path / "elsewhere.json")
    (tmp_path / "elsewhere.json").chmod(0o600)
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(StatueError, match="link"):
        read_state(directory)
    write_state(directory, STATE)  # takes the link's place and leaves its target alone
    assert not path.is_symlink()
    assert (tmp_path / "elsewhere.json").is_file()


def test_a_directory_that_others_can_enter_is_refused(directory, tmp_path):
    directory.chmod(0o755)
    with pytest.raises(StatueError, match="lets others in"):
        prepare_directory(directory)
    directory.chmod(0o700)
    (tmp_path / "link").symlink_to(directory)
    with pytest.raises(StatueError, match="link"):
        prepare_directory(tmp_path / "link")
    with pytest.raises(StatueError) as caught, sole_runner(tmp_path / "link"):
        pass
    assert caught.value.code == "state-insecure"
    assert caught.value.exit_status == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_directory_of_another_user_is_refused(directory):
    os.chown(directory, 12345, 12345)
    with pytest.raises(StatueError, match="another user"):
        prepare_directory(directory)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"port": 0, "token": "a"}',
        '{"port": 99999, "token": "a"}',
        '{"port": 1, "token": "a\\nb"}',
    ],
)
def test_a_damaged_state_counts_as_none(directory, text):
    descriptor = os.open(directory / "runner.json", os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(descriptor, text.encode())
    os.close(descriptor)
    assert read_state(directory) is None


def test_only_the_own_state_is_removed(directory):
    write_state(directory, STATE)
    remove_state(directory, "another")
    assert json.loads((directory / "runner.json").read_text())["port"] == 1234
    remove_state(directory, STATE.token)
    assert not (directory / "runner.json").exists()
    remove_state(directory, STATE.token)


def test_there_is_one_runner_at_a_time(directory):
    with sole_runner(directory), pytest.raises(StatueError, match="another runner") as caught, sole_runner(directory):
        pass
    assert caught.value.code == "runner-start"
    with sole_runner(directory):
        pass


def test_a_lock_ends_with_its_holder(directory):
    with FileLock(directory / "a.lock") as first, FileLock(directory / "a.lock") as second:
        assert first.try_acquire()
        assert not second.try_acquire()
        first.release()
        assert second.try_acquire()
