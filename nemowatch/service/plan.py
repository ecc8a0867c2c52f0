"""What a service is told, gathered once: who runs it, with which program and rules, and what it may write.

Made by `make_plan` for the units, the launchd agent and the checks. Looks at the disk only to tell a mount point;
writes nothing. No token ever enters a plan: what it holds is printed, and installed readable by everybody.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs

from nemowatch.service.folders import list_read, list_written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemowatch.rules.rule import RuleBook

Kind = Literal["user", "system", "agent"]
"""A systemd user unit, a systemd system unit, or a launchd agent."""

OWN_USER = "nemowatch"
"""The user that a system unit runs as unless another one is named; made when it is installed."""

OWN_HOME = Path("/var/lib/nemowatch")
"""That user's home."""

# Taken over from the shell that installs, since the service has another environment. Never a secret.
_TAKEN_OVER = ("NEMO_API_URL", "NEMO_WEB_URL")


@dataclass(frozen=True)
class Account:
    """A user of this machine.

    Attributes:
        name: as in the list of users.
        uid: its number; None while there is no such user.
        gid: the number of its first group; None while there is no such user.
        home: its home folder.
    """

    name: str
    uid: int | None
    gid: int | None
    home: Path


@dataclass(frozen=True)
class Plan:
    """A service as it would be installed.

    Attributes:
        kind: what manages it.
        account: who runs it.
        python: the interpreter, as it is to be called: an absolute path.
        package: the folder of NemoWatch's code.
        rules: the rules file.
        state: the state folder.
        secrets: the file from which the token is read; only its path is ever written.
        environment: names and values that are written into the unit, none of them a secret.
        reads: folders that it must see.
        writes: folders that it must be able to write.
    """

    kind: Kind
    account: Account
    python: Path
    package: Path
    rules: Path
    state: Path
    secrets: Path
    environment: tuple[tuple[str, str], ...]
    reads: tuple[Path, ...]
    writes: tuple[Path, ...]

    @property
    def command(self) -> tuple[str, ...]:
        """The program and its arguments. `-P`: no module of the folder it starts in may take another one's place."""
        return (str(self.python), "-P", "-m", "nemowatch", "run", "--rules", str(self.rules))


def make_plan(
    kind: Kind,
    account: Account,
    book: RuleBook,
    *,
    environ: Mapping[str, str],
    program: tuple[Path, Path] | None = None,
) -> Plan:
    """Plan a service for these rules.

    Args:
        kind: what is to manage it.
        account: who is to run it.
        book: the rules, read as that user reads them.
        environ: of the shell that asks; addresses and the state folder in it are taken over.
        program: the interpreter, and the folder of NemoWatch's code; this process's own where it is None.
    """
    state = find_state(kind, account, environ)
    taken_over = [(name, environ[name]) for name in _TAKEN_OVER if environ.get(name)]
    if state != usual_state(kind, account.home):
        taken_over.append(("NEMOWATCH_STATE", str(state)))
    python, package = program or (Path(sys.executable), Path(__file__).parents[1])
    needed = (python, Path(os.path.realpath(python)), package, book.path, state)
    return Plan(
        kind=kind,
        account=account,
        python=python,
        package=package,
        rules=book.path,
        state=state,
        secrets=find_secrets(kind, account.home),
        environment=tuple(taken_over),
        reads=tuple(dict.fromkeys((*needed, *list_read(book)))),
        writes=list_written(book, state=state, home=account.home, uid=account.uid),
    )


def find_state(kind: Kind, account: Account, environ: Mapping[str, str]) -> Path:
    """The state folder of a service: `NEMOWATCH_STATE` of the shell, else where NemoWatch looks as that user."""
    named = environ.get("NEMOWATCH_STATE")
    if named:
        return Path(named).expanduser().absolute()
    return platformdirs.user_state_path("nemowatch") if kind == "agent" else usual_state(kind, account.home)


def usual_state(kind: Kind, home: Path) -> Path:
    """Where NemoWatch keeps its state as a service that is told nothing else."""
    return platformdirs.user_state_path("nemowatch") if kind == "agent" else home / ".local/state/nemowatch"


def find_secrets(kind: Kind, home: Path) -> Path:
    """The file that holds `NEMO_TOKEN=…` for the service."""
    return Path("/etc/nemowatch/environment") if kind == "system" else home / ".config/nemowatch/environment"
