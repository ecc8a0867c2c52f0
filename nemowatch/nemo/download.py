"""A download to disk: in a thread, straight from the socket to the file, whole or not there at all.

Called by `client.py`. A thread, because on the event loop the same takes half as long again. Bytes go to a part file
(`part_file.py`), which gets the target's name when their number is right. Where the server tells the versions of a
file apart (`resuming.py`), what has come is kept: a connection that breaks is followed by another one that goes on
from there, and so does the next call, also after a restart. Otherwise any failure and cancellation removes it. No
token is sent, unless the request given carries one.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpcore
import httpx

from nemowatch.nemo.calls import clip
from nemowatch.nemo.errors import DownloadFailed
from nemowatch.nemo.lifeline import Lifeline
from nemowatch.nemo.part_file import PartFile
from nemowatch.nemo.resuming import length_of, origin_of, total_of

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from nemowatch.nemo.resuming import ResumePoint
    from nemowatch.nemo.timeouts import Timeouts

    Judge = Callable[[httpx.Response, bytes], None]

_PIECE_BYTES = 512 * 1024
_PROGRESS_EVERY_SECONDS = 0.2
_MOST_BREAKS = 5
_STOP_PATIENCE_SECONDS = 0.3
_KEPT_OF_ERROR = 64 * 1024

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


class _Changed(Exception):
    """What the server sends is not the rest of what is there."""


class _Broken(Exception):
    """The connection did not bring the file to its end; the cause says why, in the caller's terms."""

    def __init__(self, failure: DownloadFailed) -> None:
        super().__init__()
        self.failure = failure


class Download:
    """One file to be fetched.

    Args:
        http: the client to fetch it with; may be shared between threads.
        url: where it lies.
        target: where it goes; its folder must exist. Replaced if it is there.
        headers: of this request beside the client's own.
        timeouts: `connect`, `read`, `download` and `resume_pause` are used.
        judge: called, in the thread, with an answer that is no file and the start of its body; raises what the
            answer means where it means more than that.
    """

    def __init__(
        self,
        http: httpx.Client,
        url: str,
        target: Path,
        *,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        judge: Judge | None = None,
    ) -> None:
        self._http = http
        self._url = url
        self._target = target
        self._part = PartFile(target)
        # As it is, and on a connection for this file alone: see `_pieces`.
        self._headers = {"Accept-Encoding": "identity", "Connection": "close", **headers}
        self._timeouts = timeouts
        self._judge = judge
        self._deadline = float("inf")
        self._lifeline = Lifeline()
        self._report: Callable[[int, int], None] = _report_nothing

    async def run(self, progress: Callable[[int, int], None]) -> int:
        """Fetch it, or the rest of it; the number of bytes of the whole file.

        Args:
            progress: called on the event loop with (bytes done, bytes total); the total is 0 while unknown.

        Raises:
            DownloadFailed: the address refuses, fails, or does not give the whole file.
            ApiError: what `judge` makes of an answer.
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
            self._lifeline.cut()
            work.add_done_callback(_take_result)
            # The thread closes its file and its connection at once; only one that is still connecting can't be woken.
            # It holds no file, and ends by itself.
            await asyncio.wait([work], timeout=_STOP_PATIENCE_SECONDS)
            raise
        progress(size, size)
        return size

    def _fetch(self) -> int:
        self._deadline = time.monotonic() + self._timeouts.download
        breaks = 0
        try:
            while True:
                try:
                    return self._fetch_rest()
                except _Broken as broken:
                    breaks += 1
                    if breaks > _MOST_BREAKS or self._part.find(self._url) is None:
                        raise broken.failure from broken.__cause__
                # At once after the first break, which may be the only one.
                self._lifeline.wait(self._timeouts.resume_pause * 2.0 ** (breaks - 2) if breaks > 1 else 0)
        finally:
            self._lifeline.let_go()

    def _fetch_rest(self) -> int:
        """Fetch what is still missing, or all of it where that can't be had."""
        try:
            try:
                return self._fetch_from(self._part.find(self._url))
            except _Changed:
                self._part.discard()
                return self._fetch_from(None)
        except _CONNECTION_ERRORS as error:
            failure = self._failed(_words_of(error), retryable=_is_passing(error))
            if self._lifeline.is_cut:
                raise _Stopped from error
            if not failure.retryable:
                raise failure from error
            raise _Broken(failure) from error

    def _fetch_from(self, kept: ResumePoint | None) -> int:
        self._check_time()
        opened = self._http.stream(
            "GET",
            self._url,
            headers={**self._headers, **(kept.headers if kept else {})},
            timeout=self._timeouts.for_http(),
            follow_redirects=True,
            extensions={"trace": self._lifeline.follow},
        )
        with opened as response:
            self._check_time()
            if kept is not None and (
                response.status_code == 416 or (response.status_code == 206 and not kept.fits(response))
            ):
                raise _Changed
            self._check(response, is_rest=kept is not None)
            start = kept.start if kept is not None and response.status_code == 206 else 0
            origin = kept.origin if kept is not None and start else origin_of(self._url, response)
            try:
                size = self._write(
                    response, self._part.go_on(start) if start else self._part.begin(origin), start
                )
                self._part.finish()
            except BaseException as error:
                # On a full disk it would only be in the way.
                if origin is None or isinstance(error, OSError):
                    self._part.discard()
                raise
        return size

    def _write(self, response: httpx.Response, file: io.FileIO, start: int) -> int:
        done, total, next_report = start, total_of(response), 0.0
        with file:
            for piece in self._pieces(response, length_of(response)):
                if self._lifeline.is_cut:
                    raise _Stopped
                _write_all(file, piece)
                done += len(piece)
                now = time.monotonic()
                if now >= next_report:
                    self._report(done, total or 0)
                    next_report = now + _PROGRESS_EVERY_SECONDS
                if now > self._deadline:
                    self._check_time()
        if self._lifeline.is_cut:
            raise _Stopped
        if total is not None and done != total:
            raise _Broken(self._failed(f"{done} of {total} bytes came", retryable=True))
        return done

    def _check_time(self) -> None:
        if self._lifeline.is_cut:
            raise _Stopped
        if time.monotonic() > self._deadline:
            raise self._failed(f"it takes longer than {self._timeouts.download:g} s", retryable=True)

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

    def _check(self, response: httpx.Response, *, is_rest: bool) -> None:
        """Refuse what is no file: an error, or a web page in its place."""
        status = response.status_code
        if not response.is_success:
            passes = status >= 500 or status in (408, 425, 429)
            raise self._no_file(response, f"HTTP {status}", retryable=passes)
        if status not in (200, 203) and not (is_rest and status == 206):
            raise self._no_file(response, f"HTTP {status} brings no whole file")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        suffix = self._target.suffix.lower()
        if kind in ("text/html", "application/json") and suffix not in (".html", ".json"):
            raise self._no_file(response, f"the answer is {kind}, not a file")

    def _no_file(self, response: httpx.Response, what: str, *, retryable: bool = False) -> DownloadFailed:
        body = self._read_start(response)
        if self._judge is not None:
            self._judge(response, body)
        shown = clip(body.decode("utf-8", "replace"))
        what = f"{what}: {shown}" if shown else what
        return self._failed(what, status=response.status_code, retryable=retryable)

    def _read_start(self, response: httpx.Response) -> bytes:
        body = b""
        for piece in response.iter_bytes():
            self._check_time()
            body += piece
            if len(body) >= _KEPT_OF_ERROR:
                break
        return body[:_KEPT_OF_ERROR]

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
