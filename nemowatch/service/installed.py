"""The service that is installed: is it what would be installed now, and does it allow what the rules need?

Asked by `service status`, `check`, the doctor, and the daemon when its rules change. Reads and compares; changes
nothing.
"""

from __future__ import annotations

import platform
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from nemowatch.errors import NemoWatchError
from nemowatch.rules.problems import RulesInvalid
from nemowatch.rules.template import keep_out_roots
from nemowatch.service.folders import find_trashes, list_read
from nemowatch.service.plan import Kind, make_plan
from nemowatch.service.reading import read_unit
from nemowatch.service.request import Request, find_account, install_command, own_account
from nemowatch.service.text import service_path, write_service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemowatch.rules.rule import RuleBook
    from nemowatch.service.plan import Account
    from nemowatch.service.reading import Unit


@dataclass(frozen=True)
class InstalledService:
    """A service that is installed.

    Attributes:
        unit: what it says.
        is_current: whether it is what would be installed now; None when that can't be told.
        reason: why it is not current, or why it can't be told; empty when it is.
        forbidden: folders that its rules need and it does not allow.
    """

    unit: Unit
    is_current: bool | None
    reason: str
    forbidden: tuple[Path, ...]

    @property
    def mending_command(self) -> str:
        """What writes it anew and starts it again; where its rules can't be used, what shows why."""
        if self.is_current is None:
            return f"nemowatch check --rules {shlex.quote(str(self.unit.rules))}"
        return reinstall_command(self.unit)


def list_installed() -> tuple[InstalledService, ...]:
    """Every service of NemoWatch that is installed for this user or this machine."""
    return tuple(judge(unit) for unit in find_units())


def find_units() -> tuple[Unit, ...]:
    """Read every service of NemoWatch that is installed for this user or this machine.

    Raises:
        OSError: one can't be read.
    """
    kinds = ("agent",) if platform.system() == "Darwin" else ("user", "system")
    found = (find_unit(kind) for kind in get_args(Kind) if kind in kinds)
    return tuple(unit for unit in found if unit is not None)


def describe_installed(kind: Kind) -> InstalledService | None:
    """Describe the installed service of a kind; None where there is none.

    The rules file, the user and the environment are those that it names itself, whatever the shell that asks has.
    What it would be now is made by this process's interpreter: installed by another one, it is not current.

    Raises:
        OSError: it can't be read.
    """
    unit = find_unit(kind)
    return None if unit is None else judge(unit)


def find_unit(kind: Kind) -> Unit | None:
    """Read the installed service of a kind; None where there is none.

    Raises:
        OSError: it can't be read.
    """
    home = Path.home()
    unit = read_unit(kind, service_path(kind, home), home)
    if unit is None or kind != "system":
        return unit
    return read_unit(kind, unit.path, _home_of(unit.user))


def judge(unit: Unit) -> InstalledService:
    """Hold an installed service against its rules, as they are now."""
    if unit.rules is None:
        return InstalledService(
            unit, is_current=False, reason="It was not made by this NemoWatch.", forbidden=()
        )
    try:
        account = _account_of(unit)
    except NemoWatchError as error:
        return InstalledService(unit, is_current=False, reason=error.message, forbidden=())
    try:
        book = Request(unit.kind, account, unit.rules).load()
    except NemoWatchError as error:
        return InstalledService(unit, is_current=None, reason=error.message.splitlines()[0], forbidden=())
    plan = make_plan(unit.kind, account, book, environ=unit.environment)
    forbidden = find_forbidden(book, unit)
    if write_service(plan) == unit.text:
        return InstalledService(unit, is_current=True, reason="", forbidden=forbidden)
    reason = f"It forbids {forbidden[0]}." if forbidden else "It is of other rules, or of another NemoWatch."
    return InstalledService(unit, is_current=False, reason=reason, forbidden=forbidden)


def check_restartable(kind: Kind) -> None:
    """See that the rules of an installed service can be used: one that works must not be stopped for such as can't.

    Raises:
        RulesInvalid: it would not.
        OSError: it can't be read.
    """
    unit = find_unit(kind)
    if unit is None or unit.rules is None:
        return
    try:
        Request(kind, _account_of(unit), unit.rules).load()
    except RulesInvalid as error:
        raise RulesInvalid(error.problems, hint="Nothing was stopped or started.") from error


def find_forbidden(book: RuleBook, unit: Unit) -> tuple[Path, ...]:
    """The folders that the rules need and an installed service can't see or write, drop-ins counted.

    Looks at the folders; one on a share that hangs is taken as written.
    """
    taken_from = [folder for rule in book.rules if rule.after.does != "keep" for folder in rule.watch]
    trashes = find_trashes(book, home=unit.home, uid=_uid_of(unit), only_here=True)
    written = (*keep_out_roots(book.rules), *taken_from, *trashes)
    return unit.find_refused(read=list_read(book), written=written)


def describe_forbidden(book: RuleBook, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What the daemon tells of new rules: each folder that the unit it runs under forbids, with the mending command.

    Args:
        book: the rules.
        environ: the daemon's; units name their kind in it.
    """
    kind = environ.get("NEMOWATCH_SERVICE")
    if kind not in {"user", "system"}:
        return ()
    try:
        unit = find_unit("system" if kind == "system" else "user")
    except OSError:
        return ()  # written elsewhere, or hidden from it: a folder that can't be written is told by its jobs
    if unit is None:
        return ()
    return tuple(
        f"{folder} is not among the folders that the service may use. `{reinstall_command(unit)}` allows it."
        for folder in find_forbidden(book, unit)
    )


def reinstall_command(unit: Unit) -> str:
    """The command that installs a service again, for the same user and rules."""
    return install_command(unit.kind, unit.user, unit.rules)


def _account_of(unit: Unit) -> Account:
    return find_account(unit.user) if unit.kind == "system" else own_account()


def _home_of(user: str) -> Path:
    try:
        return find_account(user).home
    except NemoWatchError:
        return Path("/")


def _uid_of(unit: Unit) -> int | None:
    try:
        return _account_of(unit).uid
    except NemoWatchError:
        return None
