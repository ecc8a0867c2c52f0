"""The terminal of a live view: keys as they are pressed, and what else ends a wait: a new size, news from a thread.

Used by `nemowatch status --watch`. Whatever ends the view, the terminal is as it was before.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_NOTHING = b"\0"


class Keyboard:
    """Waits for keys. To be used in the main thread, which alone receives signals."""

    def __init__(self) -> None:
        self._keys = sys.stdin.fileno() if sys.stdin.isatty() else None
        self._ours, self._theirs = os.pipe()
        os.set_blocking(self._ours, False)
        os.set_blocking(self._theirs, False)
        self._manner: list[Any] = []
        self._handlers: dict[int, Any] = {}
        self._waker = -1

    def __enter__(self) -> Self:
        if self._keys is not None:
            self._manner = termios.tcgetattr(self._keys)
            tty.setcbreak(self._keys)
            # Ctrl-Z would leave the shell with half a screen.
            manner = termios.tcgetattr(self._keys)
            manner[6][termios.VSUSP] = _NOTHING
            termios.tcsetattr(self._keys, termios.TCSADRAIN, manner)
        self._waker = signal.set_wakeup_fd(self._theirs, warn_on_full_buffer=False)
        self._handlers = {number: signal.signal(number, _end) for number in _ENDING}
        self._handlers[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, lambda _number, _frame: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._waker)
        if self._keys is not None:
            with suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(self._keys, termios.TCSADRAIN, self._manner)
        os.close(self._ours)
        # A thread may still have news; the number may soon be that of another file.
        theirs, self._theirs = self._theirs, -1
        os.close(theirs)

    def wake(self) -> None:
        """End a wait; may be called from any thread."""
        with suppress(BlockingIOError, OSError):  # enough is waiting already; or nobody waits any longer
            os.write(self._theirs, _NOTHING)

    def wait(self, seconds: float) -> str:
        """The keys that were pressed; empty after so many seconds, or when something else has happened."""
        watched = [self._ours] if self._keys is None else [self._ours, self._keys]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self._ours in ready:
            os.read(self._ours, 4096)
        if self._keys is None or self._keys not in ready:
            return ""
        typed = os.read(self._keys, 1024)
        if not typed:
            self._keys = None  # nobody types here any longer
        return typed.decode("utf-8", "replace")


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
