"""The sandbox as a server: uvicorn in a thread with its own event loop, on loopback, stopped in a moment.

Called by `nemowatch sandbox`, the demo and the tests:

    with Sandbox(folder) as sandbox:
        ...  # NEMO_API_URL=sandbox.url
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self, Unpack

import uvicorn

from nemowatch.clock import Clock, SystemClock
from nemowatch.errors import NemoWatchError
from nemowatch.sandbox.app import Service, build_app
from nemowatch.sandbox.connections import Connection
from nemowatch.sandbox.options import SandboxOptions, Switches

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from nemowatch.sandbox.answers import JsonObject
    from nemowatch.sandbox.faults import Fault

START_SECONDS = 15.0
TICK_SECONDS = 0.1  # uvicorn counts on ten ticks a second
TICKS_A_DAY = 864_000

_BACKLOG = 256


class SandboxError(NemoWatchError):
    """The sandbox can't run."""


class _Server(uvicorn.Server):
    """Says when it listens, and which loop it runs in."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._leave = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.settled.set()

    async def main_loop(self) -> None:
        """Tick as uvicorn does, but without sleeping through the order to stop."""
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % TICKS_A_DAY
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leave.wait(), TICK_SECONDS)

    async def leave(self) -> None:
        """Stop serving; to be called in its own loop."""
        self.should_exit = True
        self._leave.set()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop; `settled` is set in the end however it ended."""
        try:
            super().run(sockets)
        finally:
            self.settled.set()


class Sandbox:
    """An embedded NemoVideo service: a real HTTP server on loopback.

    Args:
        folder: where uploads, stills and renders are kept; made if it is missing, never emptied.
        host: the address to listen on.
        port: 0 takes a free one.
        clock: decides when tokens end.
        switches: see `SandboxOptions`.

    Attributes:
        url: the base address, known while it runs.
        folder: as given; each session has a folder of its own in it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        **switches: Unpack[Switches],
    ) -> None:
        self.url = ""
        self.folder = folder
        self._host = host
        self._port = port
        self._options = SandboxOptions(**switches)
        self._clock = clock or SystemClock()

    def __enter__(self) -> Self:
        """Start, and return when requests are answered.

        Raises:
            SandboxError: the port is taken, or the folder can't be written.
        """
        listener = self._prepare()
        self.url = f"http://{self._host}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            build_app(self._service),
            http=Connection,
            ws="none",
            log_config=None,
            log_level="error",
            access_log=False,
            # Longer than clients keep idle connections: the client closes first and never finds one gone.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.settled.wait(START_SECONDS) or self._server.loop is None:
            raise SandboxError("The sandbox did not start.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop: open streams end, a render in hand is given up. Once stopped, it stays so."""
        if not self._thread.is_alive():
            return
        # What the stop cuts off is no error, but uvicorn would print a traceback for it.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        if self._server.loop is not None:
            asyncio.run_coroutine_threadsafe(self._service.close(), self._server.loop).result()
            asyncio.run_coroutine_threadsafe(self._server.leave(), self._server.loop).result()
        self._thread.join()
        self._service.workshop.close()

    def ledger(self) -> JsonObject:
        """What the service did so far; may be asked after it stopped, too."""
        return self._service.ledger.snapshot()

    def count_calls(self) -> int:
        """How many API calls have been answered, refused or broken off so far."""
        return self._service.ledger.count_calls()

    def order(self, *faults: Fault | str, replace: bool = False, seed: int | None = None) -> None:
        """Order faults from now on, beside those on order or in their place.

        Raises:
            BadFault: one of the texts can't be read.
        """
        self._service.faults.order(faults, replace=replace, seed=seed)

    def clear_faults(self) -> None:
        """Take all faults back; what one of them still holds up goes on."""
        self._service.faults.clear()

    def faults(self) -> JsonObject:
        """What is on order and how often it struck, as `GET /_sandbox/faults` shows it."""
        return self._service.faults.describe()

    def forget_sessions(self, session_id: str | None = None) -> int:
        """Forget one session or all, as if they had ended; how many that was."""
        return self._service.sessions.forget(session_id)

    def expire_tokens(self, token: str | None = None) -> int:
        """End one token or all; how many that was. An anonymous one can be renewed."""
        return self._service.accounts.expire(token)

    def set_credits(self, credits_: int, user_id: str | None = None) -> int:
        """Set the balance of one account or of all that there are; how many that was."""
        return self._service.accounts.set_credits(credits_, user_id)

    def _prepare(self) -> socket.socket:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._service = Service(self.folder, self._options, self._clock)
            return _listen(self._host, self._port)
        except OSError as error:
            raise SandboxError(
                f"The sandbox can't listen on {self._host}:{self._port} with the folder {self.folder}: "
                f"{error.strerror or error}.",
                hint="Choose another port (0 takes a free one) or folder.",
            ) from error


def _listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, naming TCP outright.

    asyncio switches Nagle's algorithm off only for sockets that say they are TCP, and those of
    `socket.create_server` don't: each answer would wait 40 ms for the caller's acknowledgement.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
