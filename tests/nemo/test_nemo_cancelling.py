"""A prompt or an upload that is cancelled is gone at once: no connection, thread or open file is left of it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Self

import pytest
from helpers import async_wait_until, open_files
from progress import Progress

from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient

MakeClient = Callable[..., NemoClient]
SKILL = Attribution("opusclip", "1.0.0", "cursor")
LONGEST_SECONDS = 0.5

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HEARTBEAT = b"8\r\n: here\n\n\r\n"


class Hanging:
    """A service that takes the head of one request, says something, and then nothing any more.

    Attributes:
        url: its address.
        has_spoken: it has the head, and has said what it says.
        is_closed: the client has closed the connection.
    """

    def __init__(self, says: bytes) -> None:
        self._says = says
        self.has_spoken = asyncio.Event()
        self.may_read_on = asyncio.Event()
        self.is_closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._says)
            await writer.drain()
            self.has_spoken.set()
            await self.may_read_on.wait()
            while await reader.read(1_000_000):
                pass
        self.is_closed.set()
        writer.close()


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("nemo-")]


async def cancel_and_look(work: Coroutine[Any, Any, object], service: Hanging, folder: Path) -> None:
    """Cancel when the service has gone silent; the call is over at once and nothing is left of it."""
    task = asyncio.create_task(work)
    await asyncio.wait_for(service.has_spoken.wait(), 10)
    task.cancel()
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert loop.time() - started < LONGEST_SECONDS
    service.may_read_on.set()
    await asyncio.wait_for(service.is_closed.wait(), 2)
    await async_wait_until(lambda: not our_threads())
    assert open_files(folder) == []


@pytest.fixture
async def hanging(request: pytest.FixtureRequest) -> AsyncIterator[Hanging]:
    async with Hanging(request.param) as service:
        yield service


@contextlib.asynccontextmanager
async def api_of(make_client: MakeClient, url: str) -> AsyncIterator[NemoApi]:
    async with make_client(url) as client:
        yield client.as_skill(SKILL)


@pytest.mark.parametrize(
    "hanging",
    [
        pytest.param(b"", id="before any answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="within the head"),
        pytest.param(STREAM, id="before the first event"),
        pytest.param(STREAM + HEARTBEAT, id="between events"),
        pytest.param(b"HTTP/1.1 500 Oops\r\nContent-Length: 90\r\n\r\n<html>", id="within an error page"),
    ],
    indirect=True,
)
async def test_cancelled_prompt_is_gone_at_once(
    hanging: Hanging, make_client: MakeClient, tmp_path: Path
) -> None:
    async with api_of(make_client, hanging.url) as api:

        async def listen() -> None:
            async for _ in api.send_prompt("s1", "cut"):
                pass

        await cancel_and_look(listen(), hanging, tmp_path)


@pytest.mark.parametrize(
    "hanging",
    [
        pytest.param(b"", id="before any answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", id="within the answer"),
    ],
    indirect=True,
)
@pytest.mark.parametrize("size", [100, 30_000_000])
async def test_cancelled_upload_is_gone_at_once(
    hanging: Hanging, make_client: MakeClient, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "talk.mp4"
    with path.open("wb") as file:
        file.truncate(size)
    async with api_of(make_client, hanging.url) as api:
        await cancel_and_look(api.upload("s1", [path], Progress()), hanging, tmp_path)
