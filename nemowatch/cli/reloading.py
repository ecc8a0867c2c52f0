"""Checks the rules, asks the running daemon to read them again, and waits until it has. Called by `reload` alone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.cli.running import NotRunning, read_digest, send_hangup
from nemowatch.clock import SystemClock
from nemowatch.errors import NemoWatchError
from nemowatch.places import read_lock_holder
from nemowatch.rules.load import load_rules
from nemowatch.standing import Standing, read_standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.clock import Clock
    from nemowatch.places import StateFolder

PATIENCE_SECONDS = 10.0
"""The daemon reads them at once and tells of it within a second; large folders may hold it up."""

_LOOK_SECONDS = 0.1


class NotReloaded(NemoWatchError):
    """The running daemon did not put the rules in force."""


@dataclass(frozen=True)
class Reloaded:
    """The rules that are in force now, and those that differ from before, by name and in the file's order."""

    rules_file: Path
    loaded_at: float
    rule_count: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    troubles: tuple[str, ...]


def reload_rules(
    state: StateFolder, *, clock: Clock | None = None, pause: Callable[[float], None] = time.sleep
) -> Reloaded:
    """Have the daemon of a state folder read its rules file again.

    Args:
        state: where the daemon is.
        clock: the time.
        pause: waits so many seconds.

    Raises:
        NotRunning, OutOfReach: there is no daemon, or none that a signal from here reaches.
        RulesInvalid: the rules are wrong; nothing was sent.
        NotReloaded: the daemon is of an earlier version, refuses the rules, or does not come to it.
    """
    before = _read_present(state)
    path = Path(before.rules_file)
    load_rules(path)
    if not before.rules_digest:
        raise NotReloaded(
            "The running NemoWatch is of an earlier version, which reads its rules when it starts.",
            hint="Stop it, and start it again.",
        )
    digest = read_digest(path)
    send_hangup(state)
    after = _wait(state, before, digest, clock or SystemClock(), pause)
    return _compare(before, after)


def _read_present(state: StateFolder) -> Standing:
    if read_lock_holder(state) is None:
        raise NotRunning(
            "NemoWatch is not running.", hint="`nemowatch run` starts it, with the rules as they are."
        )
    standing = read_standing(state.standing)
    if standing is None:
        raise NotReloaded(
            "NemoWatch has just started; it has read the rules as they are.", hint="Try again soon."
        )
    return standing


def _wait(
    state: StateFolder, before: Standing, digest: str, clock: Clock, pause: Callable[[float], None]
) -> Standing:
    deadline = clock.monotonic() + PATIENCE_SECONDS
    while True:
        standing = read_standing(state.standing) or before
        if standing.rules_loaded_at > before.rules_loaded_at or _is_refused_anew(before, standing):
            break
        if clock.monotonic() >= deadline:
            break
        pause(_LOOK_SECONDS)
    if standing.rules_error:
        raise NotReloaded(f"The running NemoWatch keeps the rules from before. {standing.rules_error}")
    if standing.rules_digest != digest:
        raise NotReloaded(
            "NemoWatch has not read the rules yet.", hint="`nemowatch status` shows which are in force."
        )
    return standing


def _is_refused_anew(before: Standing, standing: Standing) -> bool:
    return bool(standing.rules_error) and standing.rules_error != before.rules_error


def _compare(before: Standing, after: Standing) -> Reloaded:
    old = {line.name: line.fingerprint for line in before.rules}
    new = {line.name: line.fingerprint for line in after.rules}
    return Reloaded(
        rules_file=Path(after.rules_file),
        loaded_at=after.rules_loaded_at,
        rule_count=len(new),
        added=tuple(name for name in new if name not in old),
        changed=tuple(name for name in new if name in old and old[name] != new[name]),
        removed=tuple(name for name in old if name not in new),
        troubles=after.troubles,
    )
