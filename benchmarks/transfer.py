"""How fast files go up and down, against curl on the same loopback connection.

    python -m benchmarks.transfer [--megabytes 500] [--repeats 5]

A bare server in its own process takes uploads and throws them away, and sends a file from memory's cache as fast
as the kernel can. NemoWatch's client and curl take turns; what counts is the ratio of their times in one run.
Beside it: the client's peak memory above its idle memory, and the longest time its event loop stood still.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psutil

from nemowatch.clock import SystemClock
from nemowatch.logs import configure_logs
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoClient
from nemowatch.nemo.token import TokenSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MEGABYTE = 1_000_000
UPLOAD_TARGET, DOWNLOAD_TARGET = 1.5, 1.3
MEMORY_TARGET_MB, GAP_TARGET_MS = 60.0, 50.0

_TICK_SECONDS = 0.002
_UPLOAD_PATH = "/api/upload-video/nemo_agent/me/bench"
_TAKEN = b'{"code":0,"data":{"files":[]}}'


class SinkAndSource(asyncio.BufferedProtocol):
    """Takes a POST's body and forgets it; answers a GET with the file that it was given."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._buffer = bytearray(4 * 1024 * 1024)
        self._head = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, _size: int) -> memoryview:
        return memoryview(self._buffer)

    def buffer_updated(self, count: int) -> None:
        if self._left:
            self._take(count)
            return
        self._head += bytes(self._buffer[:count])
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self._head = b""
            self._begin(head, len(rest))

    def _begin(self, head: bytes, already: int) -> None:
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if head.startswith(b"GET"):
            self._sending = asyncio.get_running_loop().create_task(self._send())
            return
        if b"expect" in fields:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._left = int(fields[b"content-length"])
        self._take(already)

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left == 0:
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(_TAKEN)}\r\n\r\n"
            )
            self._transport.write(head.encode() + _TAKEN)

    async def _send(self) -> None:
        with self._file.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            await asyncio.get_running_loop().sendfile(self._transport, file)


async def serve(file: Path) -> None:
    """Say the address on the first line, then serve until killed."""
    server = await asyncio.get_running_loop().create_server(lambda: SinkAndSource(file), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@dataclass
class Watch:
    """The longest standstill of the event loop and the greatest memory while it ran."""

    longest_gap: float = 0.0
    peak_bytes: int = 0

    async def run(self) -> None:
        process = psutil.Process()
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK_SECONDS)
            self.longest_gap = max(self.longest_gap, time.perf_counter() - before - _TICK_SECONDS)
            self.peak_bytes = max(self.peak_bytes, process.memory_info().rss)


@dataclass(frozen=True)
class Measured:
    """One direction: times in seconds, in the order of the repeats."""

    name: str
    ours: tuple[float, ...]
    curls: tuple[float, ...]
    watch: Watch
    idle_bytes: int
    target: float

    @property
    def ratio(self) -> float:
        """Median of ours by median of curl's."""
        return statistics.median(self.ours) / statistics.median(self.curls)

    def line(self) -> str:
        """One row of the table."""
        memory = (self.watch.peak_bytes - self.idle_bytes) / MEGABYTE
        gap = self.watch.longest_gap * 1000
        verdict = self.ratio <= self.target and memory <= MEMORY_TARGET_MB and gap <= GAP_TARGET_MS
        return (
            f"{self.name:<10}{statistics.median(self.ours):>9.3f}{statistics.median(self.curls):>9.3f}"
            f"{self.ratio:>8.2f}{self.target:>8.1f}{memory:>12.1f}{gap:>10.1f}   {'ok' if verdict else 'OVER'}"
        )


@dataclass(frozen=True)
class Race:
    """One direction: what we do, what curl does, and the files that each of them makes."""

    name: str
    ours: Callable[[], Awaitable[object]]
    curl: list[str]
    makes: tuple[Path, ...]
    target: float


async def measure(race: Race, repeats: int) -> Measured:
    """Let both take turns; one round before that counts for nothing."""
    own_times: list[float] = []
    curl_times: list[float] = []
    await race.ours()
    idle = psutil.Process().memory_info().rss
    watch = Watch(peak_bytes=idle)
    for _ in range(repeats):
        # Freeing the last round's file would cost the one who replaces it.
        remove(race.makes)
        watching = asyncio.create_task(watch.run())
        started = time.perf_counter()
        await race.ours()
        own_times.append(time.perf_counter() - started)
        watching.cancel()
        remove(race.makes)
        curl_times.append(await asyncio.to_thread(run_curl, race.curl))
    return Measured(race.name, tuple(own_times), tuple(curl_times), watch, idle, race.target)


def remove(files: tuple[Path, ...]) -> None:
    """Remove what is there of these."""
    for file in files:
        file.unlink(missing_ok=True)


def run_curl(arguments: list[str]) -> float:
    """The transfer's time as curl itself tells it, without the start of its process."""
    command = ["curl", "--silent", "--fail", "--noproxy", "*", "--write-out", "%{time_total}", *arguments]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


async def run_both(url: str, folder: Path, file: Path, repeats: int) -> list[Measured]:
    """Upload, then download."""
    tokens = TokenSource(
        api_url=url,
        client_id_file=folder / "id",
        token_file=folder / "token",
        environ={"NEMO_TOKEN": "benchmark"},
    )
    async with NemoClient(api_url=url, web_url=url, tokens=tokens, clock=SystemClock()) as client:
        api = client.as_skill(Attribution("nemowatch", "0", "unknown"))
        fetched, curled = folder / "ours.mp4", folder / "curls.mp4"
        races = (
            Race(
                name="upload",
                ours=lambda: api.upload("bench", [file], ignore),
                curl=["--output", os.devnull, "-F", f"files=@{file}", url + _UPLOAD_PATH],
                makes=(),
                target=UPLOAD_TARGET,
            ),
            Race(
                name="download",
                ours=lambda: api.download(f"{url}/file", fetched, ignore),
                curl=["--output", str(curled), f"{url}/file"],
                makes=(fetched, curled),
                target=DOWNLOAD_TARGET,
            ),
        )
        return [await measure(race, repeats) for race in races]


def ignore(_done: int, _total: int) -> None:
    """Progress that nobody looks at."""


def make_file(path: Path, megabytes: int) -> None:
    """A file of random bytes, read once so that the disk plays no part."""
    block = os.urandom(MEGABYTE)
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)


def main() -> int:
    """Run the comparison and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
    configure_logs("WARNING")
    with tempfile.TemporaryDirectory(prefix="nemowatch-bench-") as name:
        folder = Path(name)
        file = folder / "file.mp4"
        make_file(file, options.megabytes)
        command = [sys.executable, "-m", "benchmarks.transfer", "--serve", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                url = server.stdout.readline().strip() if server.stdout else ""
                results = asyncio.run(run_both(url, folder, file, options.repeats))
            finally:
                server.terminate()
    print(f"{options.megabytes} MB over loopback, median of {options.repeats}")
    print(f"{'':<10}{'ours s':>9}{'curl s':>9}{'ratio':>8}{'target':>8}{'memory MB':>12}{'gap ms':>10}")
    for result in results:
        print(result.line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
