"""Where the rules and the state are, and the lock of a state folder."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers import wait_until

from nemowatch.places import (
    InstanceLock,
    StateError,
    StateFolder,
    StateTaken,
    client_id_path,
    default_rules_path,
    read_lock_holder,
)


def test_rules_file_is_where_the_environment_says_else_in_the_users_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert default_rules_path() == Path.home() / ".config/nemowatch/rules.yaml"

    monkeypatch.setenv("NEMOWATCH_RULES", "~/mine.yaml")
    assert default_rules_path() == Path.home() / "mine.yaml"


def test_client_id_is_shared_with_the_vendors_other_tools() -> None:
    assert client_id_path() == Path.home() / ".config/nemovideo/client_id"


def test_state_folder_named_by_the_environment_is_whole_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEMOWATCH_STATE", "state")

    assert StateFolder.locate().root == tmp_path / "state"


def test_state_folder_is_in_the_home_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEMOWATCH_STATE")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    assert StateFolder.locate().root.is_relative_to(Path.home())


def test_state_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    root = tmp_path / "a" / "state"

    state = StateFolder(root).create()

    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE(state.job_logs.stat().st_mode) == 0o700


def test_state_folder_that_others_can_read_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    with pytest.raises(StateError, match="chmod 700"):
        StateFolder(tmp_path).create()

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_state_folder_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StateError, match="file/state") as caught:
        StateFolder(tmp_path / "file" / "state").create()

    assert "NEMOWATCH_STATE" in caught.value.hint


_HOLDER = """
import sys
from pathlib import Path
from nemowatch.places import InstanceLock, StateFolder

with InstanceLock(StateFolder(Path(sys.argv[1])).create()):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _other_process_holding(state: StateFolder) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(state.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(20)


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state").create()


def test_second_taker_of_the_lock_is_told_who_holds_it(state: StateFolder) -> None:
    with _other_process_holding(state) as holder:
        with (
            pytest.raises(StateTaken, match=rf"process {holder.pid} on \S+, since 20") as caught,
            InstanceLock(state),
        ):
            pass
        told = read_lock_holder(state)

    assert told is not None
    assert told["pid"] == holder.pid
    assert caught.value.exit_code == 7
    assert "NEMOWATCH_STATE" in caught.value.hint


def test_lock_is_free_again_when_its_holder_ends(state: StateFolder) -> None:
    with _other_process_holding(state):
        pass

    assert read_lock_holder(state) is None
    with InstanceLock(state):
        pass


def test_lock_is_free_again_when_its_holder_is_killed(state: StateFolder) -> None:
    with _other_process_holding(state) as holder:
        holder.send_signal(signal.SIGKILL)
        wait_until(lambda: holder.poll() is not None)

        assert read_lock_holder(state) is None
        with InstanceLock(state):
            told = read_lock_holder(state)

    assert told is not None
    assert told["pid"] == os.getpid()


def test_nobody_holds_the_lock_of_a_folder_that_was_never_used(tmp_path: Path) -> None:
    assert read_lock_holder(StateFolder(tmp_path / "never")) is None


def test_lock_of_an_unreadable_holder_is_still_taken(state: StateFolder) -> None:
    with _other_process_holding(state):
        state.lock.write_bytes(b"not json")

        with pytest.raises(StateTaken, match="process unknown"), InstanceLock(state):
            pass
        assert read_lock_holder(state) == {"pid": None}
