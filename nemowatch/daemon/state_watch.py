"""Notices that the state folder is gone, and that the machine's clock was set.

Entered by `building.py`, before all that writes. What is written into a state folder that was deleted, moved or
unmounted is lost, and another daemon may begin with a new one of its name: so the daemon ends with an error that says
why. A clock that was set back would put off everything that waits for a time of day by as much: the timers take their
turn at once then, and jobs that wait for some minutes do so by the clock as it is now. Writes nothing but that.
"""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from loguru import logger

from nemowatch.clock import pause_until_next
from nemowatch.errors import STATE_UNFIT_CODE, NemoWatchError
from nemowatch.jobs.clock_jumps import move_waits
from nemowatch.places import StateError
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from nemowatch.daemon.house import Surroundings
    from nemowatch.jobs.database import Database

LOOK_SECONDS = 5.0
LEAST_JUMP_SECONDS = 2.0
"""A clock that is corrected by less disturbs nobody."""

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})


class StateVanished(StateError):
    """The state folder that the daemon began with is gone; a start by itself would pay for everything again."""

    exit_code = STATE_UNFIT_CODE


def _exit_code() -> int:
    """With what the daemon ends, so that no service manager starts it again by itself.

    systemd is told which codes those are; launchd leaves nothing alone but what ends well (`service/plist.py`).
    """
    return 0 if os.environ.get("NEMOWATCH_SERVICE") == "launchd" else StateVanished.exit_code


class _Identity(NamedTuple):
    device: int
    inode: int


class StateWatch:
    """Ends the daemon when its state folder is gone; sets its timers right when the clock was set."""

    def __init__(self, around: Surroundings, database: Database, timers: AsyncIOScheduler) -> None:
        self._around = around
        self._database = database
        self._timers = timers
        state = around.state
        self._paths = (state.root, state.lock, state.database)
        self._lost: Path | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._known = await asyncio.to_thread(self._identify)
        self._offset = self._clock_offset()
        self._set_back_seconds = 0.0  # for which the waits have still to be set right
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End.

        Raises:
            StateVanished: that is why the daemon ends, whatever else went wrong for it.
        """
        self._task.cancel()
        if self._lost is not None:
            vanished = StateVanished(
                f"NemoWatch has stopped: {self._lost} is gone, or another stands in its place, and what is written "
                "now would be lost.",
                hint="Put it back and start NemoWatch again. A start without it makes a new one, which knows nothing "
                "of the jobs so far.",
            )
            vanished.exit_code = _exit_code()
            raise vanished from error

    async def _run(self) -> None:
        clock = self._around.clock
        while self._lost is None:
            await clock.sleep(pause_until_next(clock, LOOK_SECONDS))
            await self.follow_clock()
            self._lost = await asyncio.to_thread(self._find_lost)
        why = f"{self._lost} is gone, or another stands in its place: NemoWatch stops."
        logger.error(why)
        self._around.stop.give_up(_exit_code(), why)

    def _identify(self) -> tuple[_Identity, ...]:
        return tuple(_identify(path) for path in self._paths)

    def _find_lost(self) -> Path | None:
        """The first of what the daemon began with that is not there any more."""
        for path, known in zip(self._paths, self._known, strict=True):
            try:
                if _identify(path) != known:
                    return path
            except OSError as error:
                # Whatever else a disk says, it may say it for a moment only.
                if error.errno in _GONE:
                    return path
        return None

    def _clock_offset(self) -> float:
        """Changes only when somebody sets the clock."""
        return self._around.clock.now() - self._around.clock.monotonic()

    async def follow_clock(self) -> None:
        """Set right what a clock that was set since the last look would put off."""
        offset = self._clock_offset()
        jump, self._offset = offset - self._offset, offset
        if abs(jump) >= LEAST_JUMP_SECONDS:
            self._follow_jump(jump)
        if self._set_back_seconds:
            # A database that can't be written is told of by those who work with it, and asked again.
            with suppress(NemoWatchError):
                await asyncio.to_thread(self._move_waits, self._set_back_seconds)
                self._set_back_seconds = 0.0

    def _follow_jump(self, jump: float) -> None:
        length = format_duration(abs(jump))
        # For which of the two it was there is no sign that every system gives.
        what = f"forward by {length}, or it slept" if jump > 0 else f"back by {length}"
        logger.info(f"The machine's clock was set {what}.")
        # What was due at a time that has become a far one: it is asked for once too often, which does no harm.
        for timer in self._timers.get_jobs():
            timer.modify(next_run_time=datetime.now(self._timers.timezone))
        self._set_back_seconds += max(0.0, -jump)

    def _move_waits(self, seconds: float) -> None:
        with self._database.told():
            move_waits(self._database.engine, seconds)


def _identify(path: Path) -> _Identity:
    found = path.stat()
    return _Identity(found.st_dev, found.st_ino)
