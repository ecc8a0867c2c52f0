"""What signals ask of the daemon: SIGTERM and SIGINT to stop, SIGHUP to read the rules again.

Called by the daemon's root. Signals are heard in a thread of their own, so that the end comes in time, and a second
signal at once, also while the event loop hangs in a file system that does not answer.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

STOP_WITHIN_SECONDS = 9.0
"""When a daemon that was told to stop ends itself. Nothing is lost: a job goes on after its last checkpoint."""

_EXIT_CODES = {signal.SIGTERM: 0, signal.SIGINT: 130}
_HEARD = (*_EXIT_CODES, signal.SIGHUP)


class StopSignal:
    """Whether a signal has said stop; a second one ends the process at once, which loses nothing.

    Attributes:
        number: the signal that said it.
        on_stop: is called once as soon as it is said, in a thread; must not wait for the event loop.
    """

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._is_said = False
        self.number: signal.Signals | None = None
        self.on_stop: Callable[[], None] = _do_nothing

    @property
    def is_set(self) -> bool:
        """Whether the daemon is to end."""
        return self._stopping.is_set()

    @contextmanager
    def caught(self, on_reload: Callable[[], None]) -> Iterator[None]:
        """Listen to the signals meanwhile; in the main thread, with the event loop running.

        Args:
            on_reload: is called on the loop at each SIGHUP.
        """
        loop = asyncio.get_running_loop()

        def hear(number: signal.Signals) -> None:
            if number == signal.SIGHUP:
                loop.call_soon_threadsafe(on_reload)
            elif number in _EXIT_CODES:
                self._end_in_time(number)
                loop.call_soon_threadsafe(self._stop, number)

        with _heard_in_thread(hear):
            yield

    async def or_stop(self, waiting: Coroutine[None, None, None]) -> None:
        """Wait for something, but not longer than until a signal says stop."""
        task, stop = asyncio.create_task(waiting), asyncio.create_task(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            task.result()
        else:
            task.cancel()

    def _end_in_time(self, number: signal.Signals) -> None:
        """In the thread that hears: what hangs must not hold up the end, and neither must the log."""
        if self._is_said:
            os._exit(_EXIT_CODES[number])
        self._is_said = True
        last_resort = threading.Timer(STOP_WITHIN_SECONDS, os._exit, (_EXIT_CODES[number],))
        last_resort.daemon = True
        last_resort.start()
        self.on_stop()

    def _stop(self, number: signal.Signals) -> None:
        logger.info(
            f"{number.name}: stopping; what is running goes on at the next start. Once more: stop at once."
        )
        self.number = number
        self._stopping.set()


@contextmanager
def _heard_in_thread(hear: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Call `hear` in a thread with each signal.

    The interpreter writes a signal's number to its wake-up descriptor as soon as it arrives (signal.set_wakeup_fd),
    while what handlers do waits until the main thread is back in Python.
    """
    ear, bell = socket.socketpair()
    # Only for signals with a handler is the bell rung; and a handler must not end the process, as the default would.
    before = {number: signal.signal(number, _do_nothing) for number in _HEARD}
    bell.setblocking(False)
    bell_before = signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
    listening = threading.Thread(target=_listen, args=(ear, hear), name="signals", daemon=True)
    listening.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(bell_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        bell.close()
        listening.join()
        ear.close()


def _listen(ear: socket.socket, hear: Callable[[signal.Signals], None]) -> None:
    while numbers := ear.recv(64):
        for number in numbers:
            hear(signal.Signals(number))


def _do_nothing(*_: object) -> None:
    pass
