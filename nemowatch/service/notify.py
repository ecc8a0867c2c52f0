"""What systemd is told of the daemon: ready, what it does, that it lives, reloads or stops (sd_notify(3)).

Called by the daemon, on its event loop and in the thread that hears signals. Elsewhere than under systemd nobody
listens, and nothing happens. It must never hold up the daemon, nor stop it: a message that can't be sent is told once
in the log.
"""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.logs import redact, show_controls

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_SEND_SECONDS = 1.0
_MOST_STATUS_BYTES = 1000
"""systemd ignores messages of more than 4096 bytes (NOTIFY_BUFFER_MAX in its source)."""


class Notifier:
    """Speaks to systemd.

    Args:
        address: the socket that listens: a path, or `@` and an abstract name; empty where nobody does.
        watchdog_seconds: systemd restarts a daemon that has not been heard of for so long; None when it does not.
    """

    def __init__(self, address: str = "", *, watchdog_seconds: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._status = ""
        self._is_stopping = False
        self._has_failed = False
        self.watchdog_seconds = watchdog_seconds if address else None

    @classmethod
    def take_from(cls, environment: MutableMapping[str, str]) -> Notifier:
        """Make one of what systemd has put into the environment, and take it out.

        Programs that the daemon starts must not speak in its name: podman, for one, tells READY wherever it finds
        such a socket.
        """
        address = environment.pop("NOTIFY_SOCKET", "")
        seconds = _read_watchdog(
            environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", str(os.getpid()))
        )
        if address and address[0] not in "/@":
            logger.warning(f"NOTIFY_SOCKET is {show_controls(address)}, which is no Unix socket.")
            address = ""
        return cls(address, watchdog_seconds=seconds)

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens."""
        return bool(self._address)

    def tell_ready(self, status: str) -> None:
        """Say that it works: at the end of the start, and after each reload."""
        self._status = _as_status(status)
        self._say("READY=1", f"STATUS={self._status}")

    def tell_status(self, status: str) -> None:
        """Say in one line what it does, if it was not the last thing said."""
        text = _as_status(status)
        if text != self._status:
            self._status = text
            self._say(f"STATUS={text}")

    def ping(self) -> None:
        """Say that it lives."""
        self._say("WATCHDOG=1")

    def ask_for_time(self, seconds: float) -> None:
        """Ask not to be given up before so many seconds from now have passed, while it starts."""
        self._say(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

    def tell_reloading(self) -> None:
        """Say that it reads its rules again; `tell_ready` must follow, whatever comes of it."""
        # systemd takes no other clock for the moment from which the reload counts.
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._say("RELOADING=1", f"MONOTONIC_USEC={now}")

    def tell_stopping(self) -> None:
        """Say that it ends, once; nothing is said after that."""
        if not self._is_stopping:
            self._is_stopping = True
            self._send("STOPPING=1", "STATUS=stopping; what is running goes on at the next start")

    def _say(self, *lines: str) -> None:
        if not self._is_stopping:
            self._send(*lines)

    def _send(self, *lines: str) -> None:
        if not self.is_heard:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(_SEND_SECONDS)
                sender.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if not self._has_failed:
                logger.warning(f"systemd can't be told how NemoWatch stands: {error}.")
            self._has_failed = True


def _read_watchdog(microseconds: str, process: str) -> float | None:
    """Seconds; None where systemd watches no process, or another one (sd_watchdog_enabled(3))."""
    is_number = microseconds.isascii() and microseconds.isdecimal()
    if process != str(os.getpid()) or not is_number or int(microseconds) == 0:
        return None
    return int(microseconds) / 1_000_000


def _as_status(text: str) -> str:
    """One line of UTF-8 without secrets, short enough to be taken."""
    cleaned = show_controls(redact(text)).encode("utf-8", "replace")
    if len(cleaned) > _MOST_STATUS_BYTES:
        cleaned = cleaned[: _MOST_STATUS_BYTES - 3] + "…".encode()
    return cleaned.decode("utf-8", "ignore")
