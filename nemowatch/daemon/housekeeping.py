"""Keeps the state folder in order while the daemon runs: a look soon after the start, then one every few hours.

A companion of the daemon's root. What is done, `jobs/housekeeping.py` says; that it went wrong is told, and holds
nothing up.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from loguru import logger

from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.jobs.housekeeping import Housekeeper

if TYPE_CHECKING:
    from types import TracebackType

    from nemowatch.daemon.house import House
    from nemowatch.rules.rule import RuleBook

FIRST_LOOK = timedelta(minutes=10)
"""After the start: what the start itself has to do goes first; a clock that was wrong at boot is right by then."""

EVERY = timedelta(hours=6)

AFTER_A_JUMP = timedelta(hours=1)
"""So long nothing is removed when the clock was set forward: to one that is years ahead, all records are old."""

_LEAST_JUMP_SECONDS = 3600.0
_TIMER = "housekeeping"


class Housekeeping:
    """Has the state folder looked after."""

    def __init__(self, house: House) -> None:
        around = house.around
        self._clock = around.clock
        self._clock_offset = self._find_clock_offset()
        self._timers = house.timers
        self._history = around.book().history
        self._keeper = Housekeeper(house.database, house.engine, around.state.job_logs, around.clock)
        self._at_work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        self._timers.add_job(
            self._begin_look,
            "interval",
            id=_TIMER,
            seconds=EVERY.total_seconds(),
            next_run_time=datetime.now(UTC) + FIRST_LOOK,
            coalesce=True,
            misfire_grace_time=None,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; what is at work ends with its present piece."""
        self._timers.remove_job(_TIMER)
        self._keeper.stop()
        if self._at_work is not None:
            self._at_work.cancel()

    def follow(self, book: RuleBook) -> None:
        """New rules are in force."""
        self._history = book.history

    async def look(self) -> None:
        """Do what is due now."""
        try:
            swept = await self._keeper.sweep(self._history)
        except DatabaseUnusable as error:
            # A full disk or a locked database passes, and nothing is lost by waiting for the next look.
            logger.warning(f"Housekeeping did not come to its end; it is tried again later. {error}")
            return
        except Exception:  # noqa: BLE001 -- old records are no reason to end the daemon
            logger.exception("Housekeeping broke; it is tried again later.")
            return
        if told := swept.describe():
            logger.info(f"Housekeeping: {told}.")

    def _find_clock_offset(self) -> float:
        """Grows only when the clock is set forward, or the machine has slept."""
        return self._clock.now() - self._clock.monotonic()

    async def _begin_look(self) -> None:
        before, self._clock_offset = self._clock_offset, self._find_clock_offset()
        if self._clock_offset - before > _LEAST_JUMP_SECONDS:
            self._timers.modify_job(_TIMER, next_run_time=datetime.now(UTC) + AFTER_A_JUMP)
            return
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self.look())
