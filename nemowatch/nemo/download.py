"""A download to disk: in a thread, straight from the socket to the file, whole or not there at all.

Called by `client.py`. A thread, because on the event loop the same takes half as long again. Bytes go to
`<target>.part`, which gets its name when their number is right; on any failure and on cancellation it is
removed. No token is sent, unless the request given carries one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpcore
import httpx

from nemowatch.nemo.calls import clip
from nemowatch.nemo.errors import DownloadFailed

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from nemowatch.nemo.timeouts import Timeouts

_PIECE_BYTES = 512 * 1024
_PROGRESS_EVERY_SECONDS = 0.2
_STOP_PATIENCE_SECONDS = 2.0
_KEPT_OF_ERROR = 2000

# httpcore is what httpx stands on; its errors come where the connection is read directly.
_CONNECTION_ERRORS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.TimeoutException,
)


class _Stopped(Exception):
    """The download was given up by its caller."""


class Download:
    """One file to be fetched.

    Args:
        http: the client to fetch it with; may be shared between threads.
        url: where it lies.
        target: where it goes; its folder must exist. Replaced if it is there.
        headers: of this request beside the client's own.
        timeouts: `connect`, `read` and `download` are used.
    """

    def __init__(
        self, http: httpx.Client, url: str, target: Path, *, headers: Mapping[str, str], timeouts: Timeouts
    ) -> None:
        self._http = http
        self._url = url
        self._target = target
        self._part = target.with_name(f"{target.name}.part")
        # As it is, and on a connection for this file alone: see `_pieces`.
        self._headers = {"Accept-Encoding": "identity", "Connection": "close", **headers}
        self._timeouts = timeouts
        self._deadline = float("inf")
        self._stop = threading.Event()
        self._socket: socket.socket | None = None
        self._report: Callable[[int, int], None] = _report_nothing

    async def run(self, progress: Callable[[int, int], None]) -> int:
        """Fetch it; the number of bytes.

        Args:
            progress: called on the event loop with (bytes done, bytes total); the total is 0 while unknown.

        Raises:
            DownloadFailed: the address refuses, fails, or does not give the whole file.
            OSError: the file can't be written (disk full, folder gone).
        """
        loop = asyncio.get_running_loop()
        self._report = lambda done, total: _call_soon(loop, progress, done, total)
        thread = ThreadPoolExecutor(1, thread_name_prefix="nemo-download")
        work = loop.run_in_executor(thread, self._fetch)
        thread.shutdown(wait=False)
        try:
            size = await asyncio.shield(work)
        except asyncio.CancelledError:
            self._give_up()
            # The thread removes what it wrote. It is waited for, but not for long: it may be connecting
            # still.
            await asyncio.wait([work], timeout=_STOP_PATIENCE_SECONDS)
            work.add_done_callback(_take_result)
            raise
        progress(size, size)
        return size

    def _give_up(self) -> None:
        self._stop.set()
        if self._socket is not None:
            # Closing would not wake a thread that waits for bytes; this does. The plain socket's method: that
            # of a TLS socket would pull the session from under the thread that reads it.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _fetch(self) -> int:
        self._deadline = time.monotonic() + self._timeouts.download
        try:
            return self._fetch_whole()
        except _Stopped:
            raise
        except _CONNECTION_ERRORS as error:
            if self._stop.is_set():
                raise _Stopped from error
            raise self._failed(_words_of(error), retryable=_is_passing(error)) from error

    def _fetch_whole(self) -> int:
        opened = self._http.stream(
            "GET",
            self._url,
            headers=self._headers,
            timeout=self._timeouts.for_http(),
            follow_redirects=True,
        )
        with opened as response:
            stream = response.extensions.get("network_stream")
            self._socket = stream.get_extra_info("socket") if stream is not None else None
            self._check(response)
            total = _length_of(response)
            try:
                size = self._write(response, total)
                self._part.replace(self._target)
            except BaseException:
                self._part.unlink(missing_ok=True)
                raise
        return size

    def _write(self, response: httpx.Response, total: int | None) -> int:
        done, next_report = 0, 0.0
        with self._part.open("wb", buffering=0) as file:
            for piece in self._pieces(response, total):
                if self._stop.is_set():
                    raise _Stopped
                _write_all(file, piece)
                done += len(piece)
                now = time.monotonic()
                if now >= next_report:
                    self._report(done, total or 0)
                    next_report = now + _PROGRESS_EVERY_SECONDS
                if now > self._deadline:
                    raise self._failed(f"it takes longer than {self._timeouts.download:g} s", retryable=True)
        if total is not None and done != total:
            raise self._failed(f"{done} of {total} bytes came", retryable=True)
        return done

    def _pieces(self, response: httpx.Response, total: int | None) -> Iterator[bytes]:
        """The body; read past httpx where its length is known, in pieces larger than httpx's 64 KiB.

        The first piece is all that httpx had read together with the head; the rest is still on the connection,
        which is not used again. That takes half the time. Were a byte missed, the length would tell.
        """
        if response.headers.get("content-encoding"):
            yield from response.iter_bytes()  # compressed although we asked for it as it is
            return
        connection = response.extensions.get("network_stream")
        if total is None or connection is None:
            yield from response.iter_raw()
            return
        read_already = response.iter_raw()  # kept: httpx drops the connection when it is given up
        first = next(read_already, b"")
        yield first
        left = total - len(first)
        while left > 0:
            piece = connection.read(min(left, _PIECE_BYTES), self._timeouts.read)
            if not piece:
                return
            left -= len(piece)
            yield piece

    def _check(self, response: httpx.Response) -> None:
        """Refuse what is no file: an error, or a web page in its place."""
        if self._stop.is_set():
            raise _Stopped
        if not response.is_success:
            body = _start_of(response)
            raise self._failed(
                f"HTTP {response.status_code}{': ' + body if body else ''}",
                status=response.status_code,
                retryable=response.status_code >= 500 or response.status_code in (408, 425, 429),
            )
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/json") and self._target.suffix.lower() not in (
            ".html",
            ".json",
        ):
            raise self._failed(
                f"the answer is {kind}, not a file: {_start_of(response)}", status=response.status_code
            )

    def _failed(self, what: str, *, status: int | None = None, retryable: bool = False) -> DownloadFailed:
        error = DownloadFailed(
            f"{self._target.name} can't be downloaded from {show_address(self._url)}: {what}.",
            hint="It usually passes; try again later." if retryable else "Its address may have expired.",
            status=status,
        )
        error.retryable = retryable
        return error


def show_address(url: str) -> str:
    """An address fit for a message: without its query, which may hold a signature, and without user names."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "an address that is none"
    return clip(
        f"{parsed.scheme}://{parsed.netloc.decode('ascii')}{parsed.path}" if parsed.host else "no address"
    )


def _length_of(response: httpx.Response) -> int | None:
    """How many bytes should come; None where nobody says."""
    if response.headers.get("content-encoding"):
        return None
    told = response.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else None


def _start_of(response: httpx.Response) -> str:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) >= _KEPT_OF_ERROR:
            break
    return clip(body[:_KEPT_OF_ERROR].decode("utf-8", "replace"))


def _words_of(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException):
        return "it does not answer in time"
    return clip(str(error)) or type(error).__name__


def _is_passing(error: Exception) -> bool:
    return not isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.TooManyRedirects)


def _write_all(file: io.FileIO, piece: bytes) -> None:
    """Write a piece without a buffer, which would only copy it; a full disk may take a part before it refuses."""
    written = file.write(piece)
    while written < len(piece):
        written += file.write(piece[written:])


def _call_soon(
    loop: asyncio.AbstractEventLoop, progress: Callable[[int, int], None], done: int, total: int
) -> None:
    # The loop may have ended while a thread that was given up still comes to its end.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(progress, done, total)


def _report_nothing(_done: int, _total: int) -> None:
    pass


def _take_result(work: asyncio.Future[int]) -> None:
    """Take the error of a download that was given up, so that asyncio does not report it as forgotten."""
    if not work.cancelled():
        work.exception()
