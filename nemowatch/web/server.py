"""The control socket: bound, served, and taken away again.

Used by the daemon alone, which holds the lock of its state folder: whatever lies at the socket's path was left behind
by one that was killed. Nobody but the owner may connect. At rest it costs nothing: no timer runs.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from nemowatch.web.address import short_address
from nemowatch.web.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.applications import Starlette

_BACKLOG = 64


class ControlServer:
    """Serves an application on a Unix socket.

    Args:
        app: the application.
        path: where the socket lies.
    """

    def __init__(self, app: Starlette, path: Path) -> None:
        self._path = path
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                # What goes wrong is told by the application; what a stop cuts off is no error.
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._serving: asyncio.Task[None] | None = None
        self._inode = 0

    async def start(self) -> None:
        """Listen; what was left at the path makes room.

        Raises:
            OSError: the socket can't be made there.
        """
        listener = bind_socket(self._path)
        self._inode = self._path.lstat().st_ino
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        started = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({self._serving, started}, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if self._serving.done():
            failed, self._serving = self._serving, None
            listener.close()
            failed.result()

    async def stop(self) -> None:
        """Let go of the socket; requests that are not answered within a second are broken off."""
        if self._serving is None:
            return
        # First, so that a command that comes now finds nobody rather than one who does not answer.
        with suppress(OSError):
            # Where the state folder was exchanged, the socket of this name is that of another daemon.
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()
        self._server.leave()
        await self._serving
        self._serving = None


def bind_socket(path: Path) -> socket.socket:
    """A listening socket at a path of any length, for its owner alone.

    Raises:
        OSError: it can't be made there.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        with short_address(path) as address:
            listener.bind(address)
        # Before it listens nobody can connect, whatever the mode was at first.
        path.chmod(0o600)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class _Protocol(H11Protocol):
    """Refuses what is no HTTP, and so reaches no application, in the same form as that does."""

    def send_400_response(self, msg: str) -> None:
        """Answer, and hang up."""
        body = json.dumps(Refused(msg, status=400, code="no_http").to_json()).encode("ascii")
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()


class _Server(uvicorn.Server):
    """Waits without ticking, and leaves the signals to the daemon."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._left = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        """Wait for the end. uvicorn's own loop wakes up ten times a second, to renew a header that is not sent."""
        await self.on_tick(0)
        await self._left.wait()

    def leave(self) -> None:
        """Stop serving."""
        self.should_exit = True
        self._left.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The daemon has caught them already."""
        yield
