"""Tells the running daemon whether jobs may start; where none answers, writes it down for the next one.

Called by `pause_commands.py`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nemowatch.clock import SystemClock
from nemowatch.jobs.switches import open_switches
from nemowatch.places import StateError, read_lock_holder
from nemowatch.web.bodies import PauseStanding
from nemowatch.web.client import ControlClient, DaemonAbsent, DaemonSilent

if TYPE_CHECKING:
    from nemowatch.clock import Clock
    from nemowatch.places import StateFolder


def switch_pause(
    state: StateFolder, *, is_paused: bool, why: str = "", clock: Clock | None = None
) -> PauseStanding:
    """Let no job start, or let jobs start again; gives how it stands then.

    Args:
        state: the state folder.
        is_paused: what is wanted.
        why: what the user says of it.
        clock: the time.

    Raises:
        ControlRefused: the daemon can't write it down.
        StateError: no daemon of this version has run yet.
        DatabaseTooNew, DatabaseUnusable: it can't be written.
    """
    if read_lock_holder(state) is not None:
        try:
            with ControlClient(state) as client:
                return client.pause(why) if is_paused else client.resume()
        except (DaemonAbsent, DaemonSilent):
            # It looks into the database now and then, and at its start.
            sys.stderr.write("nemowatch: NemoWatch does not answer; this counts as soon as it does again.\n")
    return _write_down(state, is_paused=is_paused, why=why, clock=clock or SystemClock())


def _write_down(state: StateFolder, *, is_paused: bool, why: str, clock: Clock) -> PauseStanding:
    with open_switches(state.database) as switches:
        if switches is None:
            raise StateError(
                "There is no queue yet: no NemoWatch of this version has run here.",
                hint="Start `nemowatch run` once, and try again.",
            )
        if not is_paused:
            switches.resume()
            return PauseStanding(None)
        pause = switches.pause(why, now=clock.now())
        return PauseStanding(pause.since, pause.why)
