"""What a person asks for with `nemowatch service …`, made whole: which kind of service, whose, with which rules.

Used by the commands. Reads the list of users and the rules; writes nothing.
"""

from __future__ import annotations

import contextlib
import os
import platform
import pwd
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.places import default_rules_path
from nemowatch.rules.load import load_rules
from nemowatch.service.plan import OWN_HOME, OWN_USER, Account, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.rules.rule import RuleBook
    from nemowatch.service.plan import Kind, Plan

SYSTEM_RULES = Path("/etc/nemowatch/rules.yaml")
"""The rules of a system service for which no others are named."""


class ServiceMisused(NemoWatchError):
    """A service was asked for that there can't be."""

    exit_code = 2


@dataclass(frozen=True)
class Request:
    """A service that is asked for.

    Attributes:
        kind: what is to manage it.
        account: who is to run it.
        rules: the rules file, absolute.
    """

    kind: Kind
    account: Account
    rules: Path

    @classmethod
    def of(cls, *, system: bool, user_name: str | None, rules: Path | None) -> Request:
        """Fill in what was not said.

        Raises:
            ServiceMisused: what was said can't be.
        """
        kind = choose_kind(system=system)
        if user_name is not None and kind != "system":
            raise ServiceMisused(
                "--user-name goes with --system alone.", hint="A user's own service runs as that user."
            )
        usual = SYSTEM_RULES if kind == "system" else default_rules_path()
        account = find_account(user_name or OWN_USER) if kind == "system" else own_account()
        return cls(kind, account, (rules or usual).expanduser().absolute())

    def load(self) -> RuleBook:
        """The rules as the service's user reads them.

        Raises:
            RulesInvalid: they can't be used.
        """
        with at_home(self.account.home):
            return load_rules(self.rules)

    def plan(self) -> Plan:
        """The service as it would be installed.

        Raises:
            RulesInvalid: the rules can't be used.
        """
        return make_plan(self.kind, self.account, self.load(), environ=os.environ)


def choose_kind(*, system: bool) -> Kind:
    """Which kind of service is meant on this machine.

    Raises:
        ServiceMisused: there is no such thing here.
    """
    if platform.system() != "Darwin":
        return "system" if system else "user"
    if system:
        raise ServiceMisused(
            "On macOS NemoWatch is an agent of the user who logs in; --system is for Linux.",
            hint="A daemon of the system could not see the user's folders, which macOS protects.",
        )
    return "agent"


def own_account() -> Account:
    """Who runs this process; the home is the one that the shell names."""
    entry = pwd.getpwuid(os.getuid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, Path.home())


def find_account(name: str) -> Account:
    """A user by name; the service's own need not be there yet.

    Raises:
        ServiceMisused: there is no such user.
    """
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        if name == OWN_USER:
            return Account(OWN_USER, None, None, OWN_HOME)
        raise ServiceMisused(
            f"There is no user {name}.", hint="Without --user-name, a user of its own is made."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, Path(entry.pw_dir))


def install_command(kind: Kind, user_name: str, rules: Path | None) -> str:
    """The command that installs a service; `sudo` finds no program of one user, so its whole path is given there."""
    words = ["nemowatch", "service", "install"]
    if kind == "system":
        words = ["sudo", str(Path(sys.executable).with_name("nemowatch")), "service", "install", "--system"]
        if user_name not in {"", OWN_USER}:
            words += ["--user-name", user_name]
    if rules not in {None, SYSTEM_RULES if kind == "system" else default_rules_path()}:
        words += ["--rules", str(rules)]
    return shlex.join(words)


@contextlib.contextmanager
def at_home(home: Path) -> Iterator[None]:
    """Have `~` mean another user's home while that user's rules are read. For commands, which have one thread."""
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = before
