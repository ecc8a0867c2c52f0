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
from contextlib import contextmanager, suppress
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
        given_up_because: why the work can't go on; empty where that is not what says stop.
    """

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._is_said = False
        self.number: signal.Signals | None = None
        self.given_up_because = ""

    @property
    def is_set(self) -> bool:
        """Whether the daemon is to end."""
        return self._stopping.is_set()

    @contextmanager
    def caught(self, on_reload: Callable[[], None], on_stop: Callable[[], None]) -> Iterator[None]:
        """Listen to the signals meanwhile, and, once one has said stop, until the process has ended.

        To be entered in the main thread, with the event loop running.

        Args:
            on_reload: is called on the loop at each SIGHUP.
            on_stop: is called once, in a thread, as soon as a signal says stop; must not wait for the event loop.
        """
        loop = asyncio.get_running_loop()

        def hear(number: int) -> None:
            if number in _EXIT_CODES:
                said = signal.Signals(number)
                self._end_in_time(said)
                on_stop()
                loop.call_soon_threadsafe(self._stop, said)
            elif number == signal.SIGHUP:
                with suppress(RuntimeError):  # the loop has ended before the process
                    loop.call_soon_threadsafe(on_reload)

        line = _Line(hear)
        try:
            yield
        finally:
            # What runs in threads may hold up the process for some time yet.
            if not self._is_said:
                line.close()

    def give_up(self, exit_code: int, why: str) -> None:
        """Stop as at a signal, since the work can't go on; whoever asks for it ends with an error.

        Args:
            exit_code: that of the error, for an end that takes too long: service managers go by it.
            why: what people are told.
        """
        _exit_in_time(exit_code)
        self.given_up_because = why
        self._stopping.set()

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
        _exit_in_time(_EXIT_CODES[number])

    def _stop(self, number: signal.Signals) -> None:
        logger.info(
            f"{number.name}: stopping; what is running goes on at the next start. Once more: stop at once."
        )
        self.number = number
        self._stopping.set()


def _exit_in_time(code: int) -> None:
    last_resort = threading.Timer(STOP_WITHIN_SECONDS, os._exit, (code,))
    last_resort.daemon = True
    last_resort.start()


class _Line:
    """Calls `hear` with the number of each signal, in a thread.

    The interpreter writes a number to the descriptor as soon as the signal arrives (signal.set_wakeup_fd), while
    handlers wait until the main thread is back in Python.
    """

    def __init__(self, hear: Callable[[int], None]) -> None:
        self._hear = hear
        self._ear, self._bell = socket.socketpair()
        self._bell.settimeout(0)
        self._bell_before = signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        # The bell is rung for signals with a handler only.
        self._before = {number: signal.signal(number, _do_nothing) for number in _HEARD}
        self._thread = threading.Thread(target=self._listen, name="signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the signals to whom they belonged before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._bell_before)
        self._bell.close()
        self._thread.join()
        self._ear.close()

    def _listen(self) -> None:
        while numbers := self._ear.recv(64):
            for number in numbers:
                self._hear(number)


def _do_nothing(*_: object) -> None:
    pass
