"""Installs and removes the service: checks first, writes then, and says what was done. Used by the commands.

Writes the unit or agent, makes the folders that the unit allows, and with `--system` the service's own user. Never
touches the rules, the state, the secrets or an output; all of those stay when the service is removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.atomic import write_atomically
from nemowatch.errors import NemoWatchError
from nemowatch.service.checks import check_ground, check_rules, note_token, run_as
from nemowatch.service.folders import list_made
from nemowatch.service.launchd import Launchd
from nemowatch.service.manager import ServiceFailed, TakesTooLong, expect, run_program
from nemowatch.service.plan import OWN_HOME, make_plan
from nemowatch.service.request import find_account
from nemowatch.service.systemd import Systemd
from nemowatch.service.text import service_path, write_service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nemowatch.service.checks import Finding
    from nemowatch.service.manager import Manager
    from nemowatch.service.plan import Account, Kind, Plan
    from nemowatch.service.request import Request


class NotInstallable(NemoWatchError):
    """Something speaks against the service; nothing was installed."""


class NotInstalled(NemoWatchError):
    """There is no such service."""


@dataclass(frozen=True)
class Installed:
    """What was done.

    Attributes:
        path: of the unit or agent.
        plan: what was installed.
        notes: what the person should know.
        made_user: whether the service's own user was made.
    """

    path: Path
    plan: Plan
    notes: tuple[Finding, ...]
    made_user: bool


def find_manager(kind: Kind, home: Path) -> Manager:
    """What manages services of a kind."""
    return Launchd(service_path("agent", home)) if kind == "agent" else Systemd(system=kind == "system")


def install_service(
    request: Request, environ: Mapping[str, str], manager: Manager | None = None
) -> Installed:
    """Check, write, and start a service; an installed one is replaced and started again.

    Args:
        request: what is asked for.
        environ: of the shell that asks.
        manager: the service manager; this machine's where it is None.

    Raises:
        RulesInvalid: the rules can't be used.
        NotInstallable: something else speaks against it; the message lists everything.
        ManagerAbsent, ServiceFailed: the system's service manager can't or won't.
        OSError: the unit can't be written.
    """
    check_rights(request.kind)
    book = request.load()
    manager = manager or find_manager(request.kind, request.account.home)
    manager.check()
    account, path = request.account, service_path(request.kind, request.account.home)
    plan = make_plan(request.kind, account, book, environ=environ)
    _refuse(
        check_ground(plan, manager.describe() if path.exists() else None, environ), "Nothing was installed"
    )
    made_user = account.uid is None
    if made_user:
        account = _make_user(account.name)
        plan = make_plan(request.kind, account, book, environ=environ)
    obstacles, notes = check_rules(plan)
    _refuse(
        obstacles, f"Nothing but the user {account.name} was made" if made_user else "Nothing was installed"
    )
    text = write_service(plan)
    refused = manager.verify(text)
    if refused:
        raise NotInstallable(f"The system refuses the unit; nothing was installed. {refused}")
    made = list_made(book, state=plan.state, home=account.home, uid=account.uid)
    _make_folders(plan, made)
    _put_in_place(path, text.encode("utf-8", "surrogateescape"), manager)
    return Installed(path, plan, (*notes, *note_token(plan)), made_user)


def _put_in_place(path: Path, text: bytes, manager: Manager) -> None:
    """Write and start it. Where that fails, the one from before is put back, since it worked.

    Raises:
        ServiceFailed: it does not start.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    former = path.read_bytes() if path.exists() else None
    _write(path, text)
    try:
        manager.install(path)
    except TakesTooLong:
        raise  # it may start yet
    except ServiceFailed as error:
        if former is None or former == text:
            raise
        _write(path, former)
        try:
            manager.install(path)
        except ServiceFailed:
            again = "The one from before was put back, and does not start either."
        else:
            again = "The one from before was put back, and runs."
        raise ServiceFailed(f"{error.message} {again}", hint=error.hint) from error


def _write(path: Path, text: bytes) -> None:
    write_atomically(path, text)
    # Whatever the umask: the daemon of a system service reads its own unit, as another user.
    path.chmod(0o644)


def _refuse(obstacles: tuple[Finding, ...], done: str) -> None:
    if obstacles:
        listed = "\n".join(f"  {obstacle}" for obstacle in obstacles)
        raise NotInstallable(f"{done}:\n{listed}")


def uninstall_service(kind: Kind, home: Path) -> Path:
    """Stop a service and take it away; gives where it was.

    Raises:
        NotInstalled: there is none.
        NotInstallable, ManagerAbsent, ServiceFailed: it can't be taken away.
    """
    check_rights(kind)
    path = find_installed_path(kind, home)
    find_manager(kind, home).uninstall(path)
    return path


def find_installed_path(kind: Kind, home: Path) -> Path:
    """Where the service is installed.

    Raises:
        NotInstalled: it is not.
    """
    path = service_path(kind, home)
    if not path.exists():
        scope = " --system" if kind == "system" else ""
        if kind == "user" and service_path("system", home).exists():
            raise NotInstalled(
                "You have no service of your own.", hint="The machine's is meant with --system."
            )
        raise NotInstalled(
            f"The service is not installed: there is no {path}.",
            hint=f"`nemowatch service install{scope}` installs it.",
        )
    return path


def check_rights(kind: Kind) -> None:
    """See that who asks may change services of a kind.

    Raises:
        NotInstallable: root alone may.
    """
    if kind == "system" and os.getuid() != 0:
        raise NotInstallable(
            "A service of the whole machine is root's to change.", hint="Do it again with sudo."
        )


def _make_user(name: str) -> Account:
    """Make the service's own user: no password, no shell, its home for its state alone."""
    words = ["--system", "--user-group", "--no-create-home", "--home-dir", str(OWN_HOME)]
    expect(run_program(["useradd", *words, "--shell", "/usr/sbin/nologin", name]))
    OWN_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.chown(OWN_HOME, name, name)
    return find_account(name)


def _make_folders(plan: Plan, folders: tuple[Path, ...]) -> None:
    """Make, as the service's user, what it writes: a folder that is not there can't be allowed in a unit.

    Raises:
        NotInstallable: one can't be made.
    """
    private = [plan.state, *([plan.state / "logs"] if plan.kind == "agent" else [])]
    for folder in dict.fromkeys((*private, *folders)):
        mode = "700" if folder in private else "755"
        try:
            answer = run_as(plan.account, ["mkdir", "-p", "-m", mode, "--", str(folder)], {})
        except subprocess.TimeoutExpired as error:
            raise NotInstallable(f"{folder} does not answer; nothing was installed.") from error
        if answer.returncode:
            raise NotInstallable(f"{folder} can't be made; nothing was installed. {answer.stderr.strip()}")
