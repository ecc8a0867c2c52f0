"""The TCP connection under a request: a server that misbehaves has to reset it, or close it too early.

`Connection` is uvicorn's own HTTP protocol, which lends each request its transport; given to uvicorn by
`server.py`, used by `breaking.py` and `broken_streams.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Any, NoReturn

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

_TRANSPORT = "nemowatch.transport"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds
_LOOK_SECONDS = 0.001


class Connection(H11Protocol):
    """An HTTP/1.1 connection whose requests know the transport that they came over."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn's
        """Lend the transport to every request on it."""
        super().connection_made(transport)
        serve = self.app

        async def serve_with_transport(scope: Any, receive: Any, send: Any) -> None:
            await serve({**scope, _TRANSPORT: transport}, receive, send)

        self.app = serve_with_transport


async def flush(scope: Scope) -> None:
    """Wait until the system has taken what was written: a reset throws away the rest."""
    transport = _transport(scope)
    while transport.get_write_buffer_size() and not transport.is_closing():  # noqa: ASYNC110 -- it tells no event
        await asyncio.sleep(_LOOK_SECONDS)


def reset(scope: Scope) -> None:
    """End the connection with a TCP reset."""
    transport = _transport(scope)
    peer: socket.socket | None = transport.get_extra_info("socket")
    if peer is not None:
        # It may have gone by itself.
        with contextlib.suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


def hang_up(scope: Scope) -> None:
    """Close the connection as if all had been said; what was written still arrives."""
    _transport(scope).close()


async def wait_until_gone(receive: Receive) -> None:
    """Wait until the connection has ended, throwing away what still comes in."""
    while (await receive())["type"] != "http.disconnect":
        continue


async def wait_for_ever() -> NoReturn:
    """Wait until this task is cancelled, as a stream's is when its connection ends."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody sets this future")


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope[_TRANSPORT]
    assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- set by Connection, above
    return transport
