"""How many may do a thing at a time, in the order in which they asked; the number may change meanwhile.

Used by `workers.py`. asyncio's own semaphore can't be given another number.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


class Slots:
    """So many at a time.

    Args:
        number: at least one.
    """

    def __init__(self, number: int) -> None:
        self._number = max(1, number)
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def follow(self, number: int) -> None:
        """Another number counts from now on; who is at it already is not disturbed."""
        self._number = max(1, number)
        self._hand_out()

    @asynccontextmanager
    async def taken(self, on_wait: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[None]:
        """Hold a slot. `on_wait` is called before a wait for one begins."""
        if on_wait is not None and self._is_full:
            await on_wait()
        await self._take()
        try:
            yield
        finally:
            self._taken -= 1
            self._hand_out()

    @property
    def _is_full(self) -> bool:
        return self._taken >= self._number or bool(self._waiting)

    async def _take(self) -> None:
        if not self._is_full:
            self._taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:  # it was handed out in the same moment
                self._taken -= 1
                self._hand_out()
            raise

    def _hand_out(self) -> None:
        for turn in list(self._waiting):
            if self._taken >= self._number:
                return
            if not turn.done():
                self._waiting.remove(turn)
                self._taken += 1
                turn.set_result(None)
