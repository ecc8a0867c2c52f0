"""What signals ask of the daemon: SIGTERM and SIGINT to stop, SIGHUP to read the rules again."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

_STOP_WITHIN_SECONDS = 9.0
_EXIT_CODES = {signal.SIGTERM: 0, signal.SIGINT: 130}


class StopSignal:
    """Whether a signal has said stop; a second one ends the process at once, which loses nothing."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self.number: signal.Signals | None = None

    @property
    def is_set(self) -> bool:
        """Whether the daemon is to end."""
        return self._stopping.is_set()

    @contextmanager
    def caught(self, on_reload: Callable[[], None]) -> Iterator[None]:
        """Listen to the signals meanwhile."""
        loop = asyncio.get_running_loop()
        for number in _EXIT_CODES:
            loop.add_signal_handler(number, self._stop, number)
        loop.add_signal_handler(signal.SIGHUP, on_reload)
        try:
            yield
        finally:
            for number in (*_EXIT_CODES, signal.SIGHUP):
                loop.remove_signal_handler(number)

    async def or_stop(self, waiting: Coroutine[None, None, None]) -> None:
        """Wait for something, but not longer than until a signal says stop."""
        task, stop = asyncio.create_task(waiting), asyncio.create_task(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            task.result()
        else:
            task.cancel()

    def _stop(self, number: signal.Signals) -> None:
        if self._stopping.is_set():
            os._exit(_EXIT_CODES[number])
        logger.info(
            f"{number.name}: stopping; what is running goes on at the next start. Once more: stop at once."
        )
        self.number = number
        self._stopping.set()
        # A thread that reads a huge file, or a disk that hangs, must not hold up the end; a kill loses nothing.
        last_resort = threading.Timer(_STOP_WITHIN_SECONDS, os._exit, (_EXIT_CODES[number],))
        last_resort.daemon = True
        last_resort.start()
