"""The end at which systemd listens to its services, for tests to listen at."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager


class Ear:
    """Hears what is said to a socket, message by message."""

    def __init__(self, listening: socket.socket) -> None:
        self._socket = listening

    def hear(self) -> dict[str, str]:
        """The next message; fails when none comes."""
        return _read(self._socket.recv(65536))

    async def hear_on_loop(self) -> dict[str, str]:
        """The same, while the event loop goes on."""
        async with asyncio.timeout(5):
            return _read(await asyncio.get_running_loop().sock_recv(self._socket, 65536))

    def hears_nothing(self) -> bool:
        """Whether there is no message."""
        return not select.select([self._socket], [], [], 0)[0]


def _read(message: bytes) -> dict[str, str]:
    return dict(line.split("=", 1) for line in message.decode().split("\n"))


@contextmanager
def listening_at(address: str, *, on_loop: bool = False) -> Iterator[Ear]:
    """Listen at a path, or at an abstract name behind a NUL."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(0 if on_loop else 5)
        yield Ear(listening)
