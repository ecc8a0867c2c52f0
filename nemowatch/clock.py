"""Time as a dependency: production code asks a clock, tests move one.

Called by everything that waits or compares times. Nothing here reads the wall clock for deadlines:
`monotonic` never jumps, `now` may (the user sets the clock, NTP steps it).
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the rest of the code may know of time."""

    def now(self) -> float:
        """Seconds since the Unix epoch; may jump when the machine's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds without blocking the event loop."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds without blocking the event loop."""
        await asyncio.sleep(seconds)


def pause_until_next(clock: Clock, seconds: float) -> float:
    """How long to sleep for one's next turn, when turns come every so many seconds.

    All who ask take theirs at the same moment: for a process at rest, few wake-ups count for more than what is done
    in each.
    """
    pause = seconds - clock.monotonic() % seconds
    return pause if pause > seconds / 100 else pause + seconds
