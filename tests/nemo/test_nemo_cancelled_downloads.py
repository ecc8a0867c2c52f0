"""Downloads given up in a handshake, in a pause, before their start; the rest is in `test_nemo_cancelling.py`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from cutting_server import CuttingServer, running
from helpers import async_wait_until
from progress import Progress

from nemowatch.nemo.download import Download
from nemowatch.nemo.errors import DownloadFailed
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.transport import shared_tls

AT_ONCE_SECONDS = 0.5


def count_threads() -> int:
    return sum(thread.name.startswith("nemo-download") for thread in threading.enumerate())


def is_open(path: Path) -> bool:
    return str(path) in {file.path for file in psutil.Process().open_files()}


def count_connections(url: str) -> int:
    """This process's connections to a server."""
    port = int(url.rpartition(":")[2])
    connections = psutil.Process().net_connections("tcp")
    return sum(bool(each.raddr) and each.raddr.port == port for each in connections)


async def cancel_when(
    ready: Callable[[], object],
    url: str,
    target: Path,
    timeouts: Timeouts | None = None,
) -> None:
    """Cancel a download once the time has come, and see that it ends at once."""
    with httpx.Client(verify=shared_tls()) as http:
        download = Download(http, url, target, headers={}, timeouts=timeouts or Timeouts())
        task = asyncio.create_task(download.run(Progress()))
        await async_wait_until(ready)
        started = asyncio.get_running_loop().time()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() - started < AT_ONCE_SECONDS
        await async_wait_until(lambda: count_threads() == 0, AT_ONCE_SECONDS)


async def test_download_that_waits_to_go_on_is_cancelled(tmp_path: Path) -> None:
    patient = Timeouts(resume_pause=3600)
    async with running(CuttingServer(bytes(1000), cuts=[500, 0, 0])) as server:
        await cancel_when(lambda: server.ended == 2, server.url, tmp_path / "v.mp4", patient)
    assert not is_open(tmp_path / "v.mp4.part")


async def test_download_in_a_tls_handshake_is_cancelled(tmp_path: Path) -> None:
    greeted = threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        greeted.set()
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v.mp4"
    await cancel_when(greeted.is_set, url, tmp_path / "v.mp4")
    listener.close()


async def test_download_that_is_cancelled_before_it_began_does_nothing(tmp_path: Path) -> None:
    async with running(CuttingServer(b"x")) as server:
        with httpx.Client(verify=shared_tls()) as http:
            download = Download(http, server.url, tmp_path / "v.mp4", headers={}, timeouts=Timeouts())
            task = asyncio.create_task(download.run(Progress()))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert server.asked == []


async def test_download_leaves_no_connection_open_when_it_fails(tmp_path: Path) -> None:
    async with running(CuttingServer(bytes(1000), headers={}, cuts=[500])) as server:
        with httpx.Client(verify=shared_tls()) as http:
            download = Download(http, server.url, tmp_path / "v.mp4", headers={}, timeouts=Timeouts())
            with pytest.raises(DownloadFailed):
                await download.run(Progress())
            assert count_connections(server.url) == 0
