"""A hold on the connection that a thread waits on, so that another thread can cut it.

Used by `download.py`. Closing a socket does not wake a thread that waits on it; shutting it down does. What is held
is a duplicate of the socket, because TLS takes the original away from everyone who had it. Never reads or writes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Lifeline:
    """The connection of one thread's request: followed by that thread, cut by another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cut = threading.Event()
        self._held: socket.socket | None = None

    @property
    def is_cut(self) -> bool:
        """Whatever fails from now on fails because it was given up."""
        return self._cut.is_set()

    def follow(self, event: str, info: Mapping[str, Any]) -> None:
        """Take hold of each connection as soon as it stands; to be given as httpcore's `trace` extension."""
        if not event.endswith("connect_tcp.complete"):
            return
        connection = info["return_value"].get_extra_info("socket")
        # Without a descriptor to spare the download still works; it can only not be cut short.
        with self._lock, contextlib.suppress(OSError):
            self._drop()
            self._held = connection.dup()
            if self._cut.is_set():
                self._held.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """End the connection and every wait; the thread notices at once, unless it is still connecting."""
        with self._lock:
            self._cut.set()
            if self._held is not None:
                with contextlib.suppress(OSError):
                    self._held.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> None:
        """Return after the time, or at once when it is cut."""
        self._cut.wait(seconds)

    def let_go(self) -> None:
        """Hold nothing any more; the connection is closed when its user closes it too."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None
