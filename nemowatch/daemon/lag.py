"""How late the event loop is: what everything that runs in it has to wait.

Run by the control companion, told by the control API. It takes its turns at the same moments as all the others that
look once a second (`clock.pause_until_next`), so that it wakes nobody up.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from nemowatch.clock import pause_until_next

if TYPE_CHECKING:
    from nemowatch.clock import Clock

_TURN_SECONDS = 1.0
_REMEMBERED = 60


class LagMeter:
    """Measures by how much its own turns come too late.

    Args:
        clock: the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lags: deque[float] = deque(maxlen=_REMEMBERED)
        self._due: float | None = None

    @property
    def longest_seconds(self) -> float:
        """The longest lag of the last minute, that of a turn which should have come by now included."""
        overdue = 0.0 if self._due is None else self._clock.monotonic() - self._due
        return max(0.0, overdue, *self._lags)

    async def run(self) -> None:
        """Measure once a second, until cancelled."""
        while True:
            pause = pause_until_next(self._clock, _TURN_SECONDS)
            self._due = self._clock.monotonic() + pause
            await self._clock.sleep(pause)
            self._lags.append(self._clock.monotonic() - self._due)
