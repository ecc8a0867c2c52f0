"""The running daemon as the commands see it: its rules file, and that it is to read that again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.places import default_rules_path, read_lock_holder
from nemowatch.standing import digest_rules, read_standing

if TYPE_CHECKING:
    from nemowatch.places import StateFolder
    from nemowatch.service.plan import Kind
    from nemowatch.web.bodies import RulesChange


class NotRunning(NemoWatchError):
    """No daemon runs with this state folder."""


class NotReady(NemoWatchError):
    """A daemon runs, and takes no requests."""


def find_rules_file(named: Path | None, state: StateFolder) -> Path:
    """The rules file that is named; else that of the running daemon, else the usual one."""
    if named is not None:
        return named.expanduser().absolute()
    standing = None if read_lock_holder(state) is None else read_standing(state.standing)
    return default_rules_path() if standing is None else Path(standing.rules_file)


def find_start_command() -> str:
    """What starts NemoWatch here: the installed service, else the daemon in the foreground."""
    from nemowatch.service.text import service_path

    def is_installed(kind: Kind) -> bool:
        path = service_path(kind, Path.home())
        return os.path.exists(path)  # noqa: PTH110 -- Path.exists raises where a home may not be looked into

    if is_installed("user") or is_installed("agent"):
        return "nemowatch service start"
    return "nemowatch service start --system" if is_installed("system") else "nemowatch run"


def read_digest(path: Path) -> str:
    """`digest_rules` of a rules file as it stands; empty where it can't be read."""
    try:
        return digest_rules(path.read_bytes())
    except OSError:
        return ""


def reload_rules(state: StateFolder) -> RulesChange:
    """Have the daemon of a state folder read its rules file again; returns when they are in force.

    Raises:
        NotRunning: there is no daemon.
        NotReady: it takes no requests.
        DaemonSilent: it has not answered in time.
        ControlRefused: the rules are wrong, and those from before stay in force.
    """
    from nemowatch.web.client import ControlClient, DaemonAbsent

    if read_lock_holder(state) is None:
        raise NotRunning(
            "NemoWatch is not running.",
            hint=f"`{find_start_command()}` starts it, with the rules as they are.",
        )
    try:
        with ControlClient(state) as client:
            return client.reload()
    except DaemonAbsent as error:
        raise NotReady(
            "NemoWatch runs, and takes no requests yet, or is of an earlier version.",
            hint="Try again soon; if that lasts, stop it and start it again.",
        ) from error
