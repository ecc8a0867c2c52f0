"""One HTTP exchange with the API: time-outs, size limits, and every failure as a typed error.

Used by `client.py` for all calls and by `token.py` for the one that needs no token. It follows no redirect,
so that no header of ours goes to another host, and it repeats nothing: that is for those who know what it
costs.
"""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import asynccontextmanager, contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING

import httpx
from loguru import logger

from nemowatch.nemo.calls import Answer, clip, parse_json
from nemowatch.nemo.errors import (
    ApiError,
    ExportBlocked,
    RateLimited,
    ScopeMissing,
    ServiceDown,
    TokenRejected,
    raise_for_answer,
    raise_unexpected,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from nemowatch.clock import Clock
    from nemowatch.nemo.calls import Account, Call
    from nemowatch.nemo.timeouts import Timeouts

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024
_LONGEST_WAIT_SECONDS = 24 * 3600.0

# Nothing can have been sent: there was no connection to send it on.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@cache
def shared_tls() -> ssl.SSLContext:
    """The certificates by which every client of this process knows a server; reading them takes 20 ms."""
    return httpx.create_ssl_context()


class Transport:
    """Sends requests to the API and reads whole answers.

    Args:
        http: the pool; its base URL is the API's.
        timeouts: how long is waited for what.
        clock: only to read dates in `Retry-After`.
    """

    def __init__(self, http: httpx.AsyncClient, timeouts: Timeouts, clock: Clock) -> None:
        self._http = http
        self._timeouts = timeouts
        self._clock = clock

    async def exchange(
        self,
        call: Call,
        account: Account,
        *,
        path: str,
        headers: Mapping[str, str],
        content: Callable[[], AsyncIterator[bytes]] | bytes | None = None,
        limit: float | None = None,
        read: float | None = None,
    ) -> Answer:
        """Make a call and read its whole answer, which is a success when this returns.

        Args:
            call: what is asked; names it in messages.
            account: decides the hints of errors.
            path: the call's path with its places filled.
            headers: all headers beside those that httpx adds.
            content: the body, or what makes its pieces.
            limit: seconds for all of it; the usual time of a call where it is None.
            read: seconds to the next bytes of the answer; the usual where it is None.

        Raises:
            ApiError: anything else than a success.
        """
        seconds = self._timeouts.call if limit is None else limit
        try:
            async with asyncio.timeout(seconds):
                with errors_of(call):
                    async with self.open(
                        call, path=path, headers=headers, content=content, read=read
                    ) as response:
                        answer = await self.read_answer(call, response)
        except TimeoutError as error:
            raise ServiceDown(
                f"NemoVideo took longer than {seconds:g} s while {call.doing}.",
                hint="It usually passes; try again later.",
            ) from error
        raise_for_answer(answer, account)
        return answer

    @asynccontextmanager
    async def open(
        self,
        call: Call,
        *,
        path: str,
        headers: Mapping[str, str],
        content: Callable[[], AsyncIterator[bytes]] | bytes | None = None,
        read: float | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """Send a request and give the answer whose body is still to come.

        Raises:
            httpx.HTTPError: as httpx gives it; `errors_of` translates.
        """
        request = self._http.build_request(
            call.method,
            path,
            headers=dict(headers),
            content=content() if callable(content) else content,
            timeout=self._timeouts.for_http(read=read),
        )
        response = await self._http.send(request, stream=True)
        logger.debug("{} {}: HTTP {}", call.method, path, response.status_code)
        try:
            yield response
        finally:
            await response.aclose()

    async def read_answer(self, call: Call, response: httpx.Response) -> Answer:
        """Read a body whole, within limits.

        Raises:
            UnexpectedAnswer: it is larger than any answer can be.
            httpx.HTTPError: the connection failed.
        """
        is_error = not response.is_success
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if is_error and len(body) > _MAX_ERROR_BYTES:
                break
            if len(body) > MAX_ANSWER_BYTES:
                raise_unexpected(
                    call, "it is larger than any answer should be", "", status=response.status_code
                )
        return self.make_answer(call, response, bytes(body))

    def make_answer(self, call: Call, response: httpx.Response, body: bytes) -> Answer:
        """An answer from its parts; a body that is no JSON has `parsed` None."""
        text = body.decode("utf-8-sig", errors="replace")
        try:
            parsed = parse_json(text)
        except ValueError:
            parsed = None
        wait = read_retry_after(response.headers.get("retry-after"), self._clock)
        return Answer(call, response.status_code, text, parsed, wait)

    def raise_for_account(self, call: Call, account: Account, response: httpx.Response, body: bytes) -> None:
        """Raise what an answer says about the account; any other refusal is left to the caller.

        Raises:
            TokenRejected, ExportBlocked, ScopeMissing, RateLimited: it says so, and is the API's own.
        """
        if response.history:
            return  # a redirect was followed: another host speaks, which knows no accounts
        try:
            raise_for_answer(self.make_answer(call, response, body), account)
        except (TokenRejected, ExportBlocked, ScopeMissing, RateLimited):
            raise
        except ApiError:
            return


@contextmanager
def errors_of(call: Call) -> Iterator[None]:
    """Turn httpx's errors into ours, for a call whose repetition costs nothing."""
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        raise unreachable(call, error) from error


def unreachable(call: Call, error: Exception) -> ApiError:
    """The typed error for a failure of the connection."""
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        down = ServiceDown(
            f"NemoVideo's address is not usable while {call.doing}: {clip(str(error))}",
            hint="NEMO_API_URL must start with https:// and name a host.",
        )
        down.never_left = True
        return down
    if isinstance(error, httpx.TimeoutException):
        what = "does not answer in time"
    elif isinstance(error, NEVER_SENT):
        what = "can't be reached"
    else:
        what = "dropped the connection"
    reason = clip(str(error.__cause__ or error)) or type(error).__name__
    down = ServiceDown(
        f"NemoVideo {what} while {call.doing}: {reason}.", hint="Check the network and NEMO_API_URL."
    )
    down.never_left = isinstance(error, NEVER_SENT)
    return down


def to_json(body: object) -> bytes:
    """A JSON body. ASCII, so that a lone surrogate that came in a draft goes back as it came."""
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def read_retry_after(value: str | None, clock: Clock) -> float | None:
    """Seconds to wait, from a `Retry-After` header of either form, at most a day; None for nonsense."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - clock.now()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), _LONGEST_WAIT_SECONDS) if math.isfinite(seconds) else None
