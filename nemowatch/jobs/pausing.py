"""Whether jobs may start: what the user has switched, put in force.

Told by the control API. The clerk has it follow the database, so that a switch that a command wrote past a daemon
that did not answer comes into force too. What is at work is left alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from nemowatch.clock import Clock
    from nemowatch.jobs.dispatcher import Dispatcher
    from nemowatch.jobs.switches import Pause, SwitchBook


class Pausing:
    """The pause in force.

    Args:
        book: where it is kept over restarts.
        dispatcher: lets jobs start.
        clock: the time.

    Attributes:
        present: the pause that holds; None while jobs may start.
    """

    def __init__(self, book: SwitchBook, dispatcher: Dispatcher, clock: Clock) -> None:
        self._book = book
        self._dispatcher = dispatcher
        self._clock = clock
        self._lock = asyncio.Lock()
        self.present: Pause | None = None

    async def follow(self) -> None:
        """Put in force what is written."""
        async with self._lock:
            self._put_in_force(await asyncio.to_thread(self._book.read_pause))

    async def pause(self, why: str) -> Pause:
        """Let no job start from now on, and over restarts; returns the pause that holds.

        Raises:
            OperationalError: it can't be written; nothing is changed.
        """
        async with self._lock:
            pause = await asyncio.to_thread(self._book.pause, why, now=self._clock.now())
            self._put_in_force(pause)
            return pause

    async def resume(self) -> None:
        """Let jobs start again.

        Raises:
            OperationalError: it can't be written; nothing is changed.
        """
        async with self._lock:
            await asyncio.to_thread(self._book.resume)
            self._put_in_force(None)

    def _put_in_force(self, pause: Pause | None) -> None:
        before, self.present = self.present, pause
        if pause is not None:
            self._dispatcher.pause()
            if before is None:
                reason = f": {pause.why}" if pause.why else "."
                logger.info(f"Paused: no job starts until `nemowatch resume`{reason}")
        elif before is not None:
            self._dispatcher.resume()
            logger.info("Jobs start again.")
