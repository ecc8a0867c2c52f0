"""Where things are: the rules file, the state folder, and the lock that lets one daemon run in it.

Called by the commands and the daemon. Creates the state folder (mode 0700) on first use, nothing else.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import platformdirs

from nemowatch.errors import NemoWatchError

if TYPE_CHECKING:
    from types import TracebackType


class StateError(NemoWatchError):
    """The state folder can't be used."""


class StateTaken(StateError):
    """Another NemoWatch runs with this state folder."""

    exit_code = 7


def default_rules_path() -> Path:
    """`NEMOWATCH_RULES`, else `~/.config/nemowatch/rules.yaml` (on macOS too, where people look for it)."""
    named = os.environ.get("NEMOWATCH_RULES")
    return Path(named).expanduser() if named else Path("~/.config/nemowatch/rules.yaml").expanduser()


def client_id_path() -> Path:
    """The client id shared with the vendor's other tools (`~/.config/nemovideo/client_id`)."""
    return Path("~/.config/nemovideo/client_id").expanduser()


@dataclass(frozen=True)
class StateFolder:
    """The folder that holds everything NemoWatch must remember; each name below is a file or folder in it."""

    root: Path

    @classmethod
    def locate(cls) -> StateFolder:
        """`NEMOWATCH_STATE`, else the platform's place (`~/.local/state/nemowatch` on Linux)."""
        named = os.environ.get("NEMOWATCH_STATE")
        return cls(
            Path(named).expanduser().absolute() if named else platformdirs.user_state_path("nemowatch")
        )

    @property
    def database(self) -> Path:
        """Jobs, their history and their checkpoints (SQLite)."""
        return self.root / "nemowatch.db"

    @property
    def token(self) -> Path:
        """The anonymous token and when it ends, mode 0600."""
        return self.root / "token.json"

    @property
    def job_logs(self) -> Path:
        """One growing `<job id>.log` per job."""
        return self.root / "jobs"

    @property
    def log(self) -> Path:
        """The daemon's log where no journal keeps it; older parts lie beside it as `.1`, `.2` and so on."""
        return self.root / "logs" / "nemowatch.log"

    @property
    def standing(self) -> Path:
        """What the running daemon waits for and watches, for `status`."""
        return self.root / "standing.json"

    @property
    def control(self) -> Path:
        """The socket on which the running daemon takes requests, mode 0600."""
        return self.root / "control.sock"

    @property
    def lock(self) -> Path:
        """Held by the running daemon; says who holds it."""
        return self.root / "lock"

    def create(self) -> Self:
        """Make the folder if it is missing, readable by its owner alone.

        Raises:
            StateError: it can't be made or written, or others can read it.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.job_logs.mkdir(mode=0o700, exist_ok=True)
            mode = self.root.stat().st_mode & 0o777
        except OSError as error:
            raise StateError(
                f"The state folder {self.root} can't be used: {error.strerror}.",
                hint="Set NEMOWATCH_STATE to a folder that this user can write.",
            ) from error
        if mode & 0o077:
            raise StateError(
                f"The state folder {self.root} can be read by others (mode {mode:o}), and it holds the token.",
                hint=f"If it is meant for NemoWatch alone: chmod 700 '{self.root}'.",
            )
        return self


class InstanceLock:
    """Lets one daemon run per state folder. The kernel frees it when the process ends, however it ends."""

    def __init__(self, state: StateFolder) -> None:
        self._path = state.lock
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            StateTaken: another process holds it; the message says which.
            StateError: it can't be written, as on a full disk.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        try:
            _lock_patiently(descriptor)
        except BlockingIOError as error:
            holder = _describe_holder(os.read(descriptor, 4096))
            os.close(descriptor)
            raise StateTaken(
                f"Another NemoWatch already runs with the state folder {self._path.parent}: {holder}.",
                hint="Stop it first, or give this one its own folder with NEMOWATCH_STATE.",
            ) from error
        holder_facts = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(holder_facts).encode())
        except OSError as error:
            os.close(descriptor)
            raise _unwritable(self._path, error) from error
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the lock go; the file stays, so that no two processes ever lock different files of one name."""
        os.close(self._descriptor)


def _unwritable(lock: Path, error: OSError) -> StateError:
    return StateError(
        f"The state folder {lock.parent} can't be written: {error.strerror}.",
        hint="Make room there, or set NEMOWATCH_STATE to a folder that this user can write.",
    )


def _lock_patiently(descriptor: int) -> None:
    """Take the lock; a command that only looks who holds it has it for a moment, so try for 0.2 s."""
    for _ in range(19):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def read_lock_holder(state: StateFolder) -> dict[str, object] | None:
    """Who runs with this state folder now (`pid`, `host`, `since`), or None when nobody does."""
    try:
        descriptor = os.open(state.lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _parse_holder(os.read(descriptor, 4096)) or {"pid": None}
    finally:
        os.close(descriptor)
    return None


def _parse_holder(text: bytes) -> dict[str, object] | None:
    try:
        facts = json.loads(text)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None


def _describe_holder(text: bytes) -> str:
    facts = _parse_holder(text)
    if facts is None:
        return "process unknown"
    return f"process {facts.get('pid')} on {facts.get('host')}, since {facts.get('since')}"
