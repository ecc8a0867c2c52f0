"""What both systemd and launchd are asked for, and how a program of theirs is run. `install.py` relies on it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nemowatch.errors import NemoWatchError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PATIENCE_SECONDS = 150.0
"""A start waits until the folders are watched; the unit gives that two minutes."""


class ServiceFailed(NemoWatchError):
    """The system's service manager did not do what it was asked for."""


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
        ServiceFailed: it does not end.
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
        raise ServiceFailed(f"`{' '.join(command)}` does not end.") from error


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
