"""The running daemon as the commands see it: its rules file, and a signal that reaches it and nobody else."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.places import default_rules_path, read_lock_holder
from nemowatch.standing import digest_rules, read_standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.places import StateFolder

_PROCESSES = Path("/proc")


class NotRunning(NemoWatchError):
    """No daemon runs with this state folder."""


class OutOfReach(NemoWatchError):
    """A daemon runs, and no signal from here can reach it."""


def find_rules_file(named: Path | None, state: StateFolder) -> Path:
    """The rules file that is named; else that of the running daemon, else the usual one."""
    if named is not None:
        return named.expanduser().absolute()
    standing = None if read_lock_holder(state) is None else read_standing(state.standing)
    return default_rules_path() if standing is None else Path(standing.rules_file)


def read_digest(path: Path) -> str:
    """`digest_rules` of a rules file as it stands; empty where it can't be read."""
    try:
        return digest_rules(path.read_bytes())
    except OSError:
        return ""


def send_hangup(state: StateFolder) -> None:
    """Send SIGHUP to the daemon that holds the state folder's lock.

    The number in the lock may be that of another process by now, of another machine, or of another container that
    shares the folder; so the process must be seen to have the lock file open.

    Raises:
        NotRunning: nobody holds the lock.
        OutOfReach: who holds it is not to be found here, or belongs to another user.
    """
    holder = read_lock_holder(state)
    if holder is None:
        raise NotRunning(
            "NemoWatch is not running.", hint="`nemowatch run` starts it, with the rules as they are."
        )
    process, host = holder.get("pid"), holder.get("host")
    if not isinstance(process, int) or host not in {None, socket.gethostname()}:
        raise OutOfReach(f"NemoWatch runs elsewhere: process {process} on {host}.", hint="Reload it there.")
    try:
        if not _has_open(process, state.lock):
            raise OutOfReach(
                f"The process {process} is not the NemoWatch that holds {state.lock}.",
                hint="It may run in a container, or have just ended; an edit of its rules file is seen by it anyway.",
            )
        os.kill(process, signal.SIGHUP)
    except ProcessLookupError as error:
        raise NotRunning("NemoWatch has just ended.") from error
    except PermissionError as error:
        raise OutOfReach(
            f"The process {process} belongs to another user.", hint="Reload it as that user."
        ) from error


def _has_open(process: int, path: Path) -> bool:
    """Whether a process has a file open; taken for granted where the system does not tell (macOS)."""
    if not _PROCESSES.joinpath("self", "fd").is_dir():
        return True
    wanted = path.stat()
    return any((each.st_dev, each.st_ino) == (wanted.st_dev, wanted.st_ino) for each in _open_files(process))


def _open_files(process: int) -> Iterator[os.stat_result]:
    try:
        descriptors = list(_PROCESSES.joinpath(str(process), "fd").iterdir())
    except FileNotFoundError as error:
        raise ProcessLookupError(f"There is no process {process}.") from error
    for descriptor in descriptors:
        with suppress(OSError):  # closed meanwhile, or of a file that nobody can look at
            yield descriptor.stat()
