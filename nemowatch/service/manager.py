"""What both systemd and launchd are asked for, and how a program of theirs is run. `install.py` relies on it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nemowatch.errors import STATE_UNFIT_CODE, NemoWatchError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WHY_ENDED = {
    2: "NemoWatch refuses its arguments.",
    4: "its rules are invalid; `nemowatch check` shows what is wrong.",
    7: "another NemoWatch runs with the same state folder; stop that one first.",
    STATE_UNFIT_CODE: "its state folder is gone, or of another version of NemoWatch.",
    # Exit codes of systemd's own (systemd.exec(5), "Process exit codes").
    203: "its interpreter can't be run by its user (203/EXEC); `nemowatch service install` says what helps.",
    226: "the sandbox can't be made. Where a user may make no namespaces (sysctl "
    "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns), --system works.",
}

PATIENCE_SECONDS = 150.0
"""A start waits until the folders are watched; the unit gives that two minutes."""


class ServiceFailed(NemoWatchError):
    """The system's service manager did not do what it was asked for."""


class TakesTooLong(ServiceFailed):
    """It was asked, and is still at it."""


class ManagerAbsent(NemoWatchError):
    """There is no service manager here that could be asked."""


@dataclass(frozen=True)
class ServiceState:
    """How an installed service stands.

    Attributes:
        is_running: whether it has started, whole, and not ended.
        word: the manager's word for it, such as `active (running)`.
        pid: of the daemon; None while there is none.
        says: what the daemon says it does; empty where it says nothing.
        is_enabled: whether it starts by itself, at boot or login.
        restarts: how often it was started again after it failed; None where nobody counts.
        result: why it ended, in the manager's word; empty while all is well.
        exit_code: what it ended with last; None where it has not ended, or by a signal.
    """

    is_running: bool
    word: str
    pid: int | None = None
    says: str = ""
    is_enabled: bool = False
    restarts: int | None = None
    result: str = ""
    exit_code: int | None = None

    @property
    def has_failed(self) -> bool:
        """Whether it does not run, and was not told to stop."""
        return not self.is_running and bool(self.result or self.exit_code)

    @property
    def why_ended(self) -> str:
        """Why it does not run, in a sentence that goes on after a colon."""
        if self.exit_code in _WHY_ENDED:
            return _WHY_ENDED[self.exit_code]
        code = "" if self.exit_code is None else f", exit code {self.exit_code}"
        return f"{self.result or self.word}{code}."


class Manager(Protocol):
    """A service manager that has one service of NemoWatch, installed or not."""

    def check(self) -> None:
        """See that it can be asked.

        Raises:
            ManagerAbsent: it can't.
        """

    def verify(self, text: str) -> str:
        """What the manager says against a service's text; empty when nothing."""

    def install(self, path: Path) -> None:
        """Have it start by itself from now on, and start it, or start it again with what is written now."""

    def uninstall(self, path: Path) -> None:
        """Stop it, and have it not start any more. What is not there is no failure."""

    def start(self) -> None:
        """Start it, and wait until it has."""

    def stop(self) -> None:
        """Stop it, and wait until it has."""

    def restart(self) -> None:
        """Stop and start it."""

    def describe(self) -> ServiceState:
        """How it stands."""

    def read_last_words(self) -> str:
        """The last lines that it logged; empty where they can't be had."""


def run_program(
    command: Sequence[str], *, seconds: float = PATIENCE_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a program of the system; its messages come in English.

    Raises:
        ManagerAbsent: there is no such program.
        TakesTooLong: it does not end.
    """
    try:
        return subprocess.run(  # noqa: S603 -- programs of the system with arguments of ours, no shell
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
        )
    except FileNotFoundError as error:
        raise ManagerAbsent(f"There is no {command[0]} on this machine.") from error
    except subprocess.TimeoutExpired as error:
        raise TakesTooLong(f"`{' '.join(command)}` does not end.") from error


def expect(answer: subprocess.CompletedProcess[str]) -> str:
    """The output of a program that succeeded.

    Raises:
        ServiceFailed: it did not; the message is what it said.
    """
    if answer.returncode:
        said = (
            answer.stderr.strip() or answer.stdout.strip() or f"exit code {answer.returncode}"
        ).splitlines()
        raise ServiceFailed(f"`{' '.join(answer.args)}`: {' '.join(said)}")
    return answer.stdout
