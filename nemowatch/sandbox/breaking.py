"""Carrying out faults at the edge: refusals, and connections that break before, instead of or during an answer.

`app.py` wraps every endpoint in a `FaultLayer`. What a prompt's stream or the service itself has to do wrong is
done there (`broken_streams.py`, `renders.py`, `agent.py`); they find the fault with `strike_of`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from nemowatch.sandbox.answers import (
    FILE_TOO_LARGE,
    OUT_OF_CREDITS,
    SESSION_NOT_FOUND,
    TOKEN_REJECTED,
    UNSUPPORTED_TYPE,
    NotFoundInAdk,
    Refusal,
)
from nemowatch.sandbox.connections import flush, hang_up, reset, wait_for_ever, wait_until_gone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

    from nemowatch.sandbox.fault_book import FaultBook, Strike
    from nemowatch.sandbox.faults import Fault
    from nemowatch.sandbox.ledger import Ledger

    Endpoint = Callable[[Request], Awaitable[Response]]

SLOW_SECONDS = 1.0
SLOW_PIECES = 20
CUT_STREAM_BYTES = 20

_STRIKE = "nemowatch.strike"
_FILES = ("download", "cdn")
_HALF_AN_OBJECT = b'{"code": 0, "data": {"session_id": "5529'
_WEB_PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
_WORDS = {
    TOKEN_REJECTED: "token invalid or expired",
    SESSION_NOT_FOUND: "Session not found",
    OUT_OF_CREDITS: "insufficient credits",
    UNSUPPORTED_TYPE: "unsupported file type",
    FILE_TOO_LARGE: "file too large",
    400: "X-Client-Id header is required",
    402: "export is not available on the free plan",
    404: "not found",
    429: "too many requests",
    500: "internal server error",
    502: "bad gateway",
    503: "service unavailable",
    504: "gateway timeout",
}


def strike_of(request: Request) -> Strike | None:
    """The fault that strikes a request, if one does."""
    strike: Strike | None = request.scope.get(_STRIKE)
    return strike


class FaultLayer:
    """Stands before every endpoint and lets the faults on order strike.

    Args:
        book: decides which call is struck.
        ledger: counts the strikes.
        closing: set when the service stops; what hangs until then ends.
        reject: told of a request whose token is said to be no longer good, so that it can be renewed.
    """

    def __init__(
        self, book: FaultBook, ledger: Ledger, closing: asyncio.Event, reject: Callable[[Request], None]
    ) -> None:
        self._book = book
        self._ledger = ledger
        self._closing = closing
        self._reject = reject

    def around(self, call: str, endpoint: Endpoint) -> Endpoint:
        """The endpoint of a call, with faults."""

        async def faulty(request: Request) -> Response:
            strike = self._book.draw(call)
            if strike is None:
                return await endpoint(request)
            self._ledger.record_strike(call, strike.fault.text)
            request.scope[_STRIKE] = strike
            return await self._carry_out(strike, request, endpoint)

        return faulty

    async def _carry_out(self, strike: Strike, request: Request, endpoint: Endpoint) -> Response:
        fault = strike.fault
        if fault.traits.place in {"stream", "service"}:
            return await endpoint(request)
        if fault.traits.place == "answer":
            return _spoil(fault, await endpoint(request))
        if fault.kind == "reset" and fault.moment == "after" and strike.call in _FILES:
            return CutShort(await endpoint(request), None, by_reset=True)
        if fault.kind != "lost-answer" and fault.moment == "before":
            await _take_in(request, strike)
        else:
            # A refusal is an answer that can get lost, too.
            with suppress(Refusal, NotFoundInAdk):
                answer = await endpoint(request)
                if fault.moment != "later":
                    await answer(request.scope, wait_for_ever, _throw_away)
        return self._answer(strike, request)

    def _answer(self, strike: Strike, request: Request) -> Response:
        """What goes out instead of the answer."""
        match strike.fault.kind:
            case "reset" | "lost-answer":
                return HangUp()
            case "hang":
                return Hang(self._closing)
            case "wrong":
                return Response(_WEB_PAGE, media_type="video/mp4" if strike.call in _FILES else "text/html")
            case "malformed":
                return Response(_HALF_AN_OBJECT, media_type="application/json")
            case "empty":
                return Response(b"", media_type="application/json")
        if strike.fault.kind == str(TOKEN_REJECTED):
            self._reject(request)
        return _refuse(strike)


class HangUp(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Reset it."""
        reset(scope)
        await wait_until_gone(receive)


class Hang(Response):
    """No answer, and no end either, until the caller or the service goes."""

    def __init__(self, closing: asyncio.Event) -> None:
        super().__init__()
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait."""
        waiting = [
            asyncio.ensure_future(wait_until_gone(receive)),
            asyncio.ensure_future(self._closing.wait()),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        hang_up(scope)
        await wait_until_gone(receive)


class CutShort(Response):
    """The first bytes of an answer, whose headers promise more, and then the end of the connection.

    Without a number it is half of the body, or a few bytes of a stream.
    """

    def __init__(self, inner: Response, limit: int | None, *, by_reset: bool = False) -> None:
        super().__init__(status_code=inner.status_code)
        self._inner = inner
        self._limit = limit
        self._by_reset = by_reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send as much as is allowed."""
        left: int | None = None

        async def send_some(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.start":
                left = _choose_limit(message, self._limit)
                await send(message)
                return
            if left is None:
                return
            piece = message.get("body", b"")[:left]
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if left == 0 or not message.get("more_body", False):
                left = None
                await flush(scope)
                (reset if self._by_reset else hang_up)(scope)
                await wait_until_gone(receive)

        await self._inner(scope, receive, send_some)


class Slow(Response):
    """The true answer, dripping: a body of known length takes so many seconds in equal pieces."""

    def __init__(self, inner: Response, seconds: float) -> None:
        super().__init__(status_code=inner.status_code)
        self._inner = inner
        self._pause = seconds / SLOW_PIECES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it piece by piece."""
        size: int | None = None

        async def send_slowly(message: Message) -> None:
            nonlocal size
            if message["type"] == "http.response.start":
                length = _content_length(message)
                size = None if length is None else max(length // SLOW_PIECES, 1)
                await send(message)
            else:
                await _send_in_pieces(message, send, size or len(message.get("body", b"")), self._pause)

        await self._inner(scope, receive, send_slowly)


class ByteByByte(Response):
    """The true answer, one byte at a time."""

    def __init__(self, inner: Response, pause: float) -> None:
        super().__init__(status_code=inner.status_code)
        self._inner = inner
        self._pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def send_bytes(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            else:
                await _send_in_pieces(message, send, 1, self._pause)

        await self._inner(scope, receive, send_bytes)


def _spoil(fault: Fault, answer: Response) -> Response:
    """The true answer, delivered badly."""
    value = fault.value if isinstance(fault.value, int | float) else None
    match fault.kind:
        case "slow":
            return Slow(answer, SLOW_SECONDS if value is None else value)
        case "drip":
            return ByteByByte(answer, value or 0.0)
        case _:
            return CutShort(answer, None if value is None else int(value))


def _refuse(strike: Strike) -> Response:
    """Say no. From the download address as a plain status, from the API as it says no to anything.

    Raises:
        Refusal: what to say.
        NotFoundInAdk: the agent server's own way to say 1002.
    """
    code, value = int(strike.fault.kind), strike.fault.value
    retry_after = str(int(value)) if code == 429 and isinstance(value, int | float) else None
    if strike.call == "cdn":
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return Response(str(code), code, media_type="text/plain", headers=headers)
    if code == SESSION_NOT_FOUND and strike.call == "prompt":
        raise NotFoundInAdk(_WORDS[code], code=code)
    status = 401 if code == TOKEN_REJECTED else None
    words = f"token lacks the scope '{value or 'write'}'" if code == 403 else _WORDS[code]
    raise Refusal(code, words, status=status, retry_after=retry_after)


async def _take_in(request: Request, strike: Strike) -> None:
    """Read the request, so that its sender gets as far as the answer; a reset upload breaks in the middle."""
    if strike.call != "upload":
        await request.body()
        return
    async for _ in request.stream():
        if strike.fault.kind == "reset":
            return


async def _throw_away(_message: Message) -> None:
    """Stand for the connection while an answer that nobody will get is played to its end."""


async def _send_in_pieces(message: Message, send: Send, size: int, pause: float) -> None:
    body = message.get("body", b"")
    for start in range(0, len(body), max(size, 1)):
        await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
        await asyncio.sleep(pause)
    if not message.get("more_body", False):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _choose_limit(start: Message, wanted: int | None) -> int:
    length = _content_length(start)
    if length is None:
        return CUT_STREAM_BYTES if wanted is None else wanted
    return min(length // 2 if wanted is None else wanted, max(length - 1, 0))


def _content_length(start: Message) -> int | None:
    length = MutableHeaders(raw=list(start["headers"])).get("content-length")
    return None if length is None else int(length)
