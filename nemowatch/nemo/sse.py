"""The agent's stream as it comes over the wire: bytes to events, and the two time-outs that watch over it.

Called by `client.py` with an open answer. httpx-sse splits lines and joins data; what is added here is a
limit on the size of one event, an end that may lack its blank line, and the difference between an end and a
cut.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, NoReturn

import httpx
from httpx_sse import EventSource

from nemowatch.nemo.calls import clip
from nemowatch.nemo.errors import ApiError, PromptTimedOut, StreamCut, UnexpectedAnswer, raise_unexpected
from nemowatch.nemo.events import AgentEvent, Heartbeat
from nemowatch.nemo.transport import NEVER_SENT, unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from httpx_sse import ServerSentEvent

    from nemowatch.nemo.calls import Call
    from nemowatch.nemo.stream import EventReader
    from nemowatch.nemo.timeouts import Timeouts

MAX_EVENT_BYTES = 32 * 1024 * 1024

_LOOK_HINT = "It may have been applied: look at the timeline before it is sent again."


async def read_stream(
    call: Call, response: httpx.Response, reader: EventReader, timeouts: Timeouts, deadline: float
) -> AsyncGenerator[AgentEvent, None]:
    """Give the events of a run until the service closes the stream, which is its normal end.

    Args:
        call: names the call in messages.
        response: a success whose body has not been read.
        reader: makes sense of the events.
        timeouts: `idle_stream` is used.
        deadline: moment of the event loop's clock at which the prompt's time is up.

    Raises:
        PromptTimedOut: only heartbeats for too long, or the whole run takes too long.
        StreamCut: the connection dropped, or the last event is not whole.
        UnexpectedAnswer: an event is no JSON object, or endless.
        PromptFailed: the run failed.
    """
    loop = asyncio.get_running_loop()
    body = _EventBytes(call, response)
    idle_deadline = loop.time() + timeouts.idle_stream
    async with aclosing(_events_of(body)) as events:
        while True:
            with stream_errors(call):
                event = await _next_event(call, events, timeouts, idle_deadline, deadline)
            if event is None:
                break
            batch = _feed(call, reader, event, body)
            if batch != [Heartbeat()]:
                idle_deadline = loop.time() + timeouts.idle_stream
            for item in batch:
                yield item
    for item in reader.finish():
        yield item


async def _next_event(
    call: Call,
    events: AsyncGenerator[ServerSentEvent, None],
    timeouts: Timeouts,
    idle_deadline: float,
    deadline: float,
) -> ServerSentEvent | None:
    try:
        async with asyncio.timeout_at(min(idle_deadline, deadline)):
            return await anext(events, None)
    except TimeoutError as error:
        if deadline <= idle_deadline:
            raise_timed_out(f"has taken longer than {timeouts.prompt:g} s", call, error)
        raise_timed_out(f"has shown no sign of work for {timeouts.idle_stream:g} s", call, error)


def _feed(call: Call, reader: EventReader, event: ServerSentEvent, body: _EventBytes) -> list[AgentEvent]:
    body.size_since_event = 0
    try:
        return reader.feed(event.data, is_error=event.event == "error")
    except UnexpectedAnswer as error:
        if (
            body.is_at_end
        ):  # half an event at the end: a proxy or an old server ended the body when it was cut
            raise _stream_cut(call, "the last event is not whole") from error
        raise


def raise_timed_out(what: str, call: Call, error: BaseException) -> NoReturn:
    """Raise the time-out of a prompt.

    Raises:
        PromptTimedOut: always.
    """
    raise PromptTimedOut(f"NemoVideo {what} while {call.doing}.", hint=_LOOK_HINT) from error


@contextmanager
def stream_errors(call: Call) -> Iterator[None]:
    """Turn httpx's errors into ours, for a call that must not simply be made again.

    `ServiceDown` stands for a prompt that never left; `StreamCut` and `PromptTimedOut` for one that may be
    applied.
    """
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        raise _prompt_error(call, error) from error


def _prompt_error(call: Call, error: Exception) -> ApiError:
    if isinstance(error, (*NEVER_SENT, httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return unreachable(call, error)
    if isinstance(error, httpx.TimeoutException):
        return PromptTimedOut(f"NemoVideo has said nothing for too long while {call.doing}.", hint=_LOOK_HINT)
    return _stream_cut(call, clip(str(error)) or type(error).__name__)


def _stream_cut(call: Call, reason: str) -> StreamCut:
    return StreamCut(f"The connection dropped while {call.doing}: {reason}.", hint=_LOOK_HINT)


class _EventBytes(httpx.AsyncByteStream):
    """An answer's body, ended with the blank line that the last event may lack.

    Attributes:
        size_since_event: bytes that came since the last event was complete.
        is_at_end: the service has closed the stream.
    """

    def __init__(self, call: Call, response: httpx.Response) -> None:
        self._call = call
        self._response = response
        self.size_since_event = 0
        self.is_at_end = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.aiter_bytes():
            self.size_since_event += len(piece)
            if self.size_since_event > MAX_EVENT_BYTES:
                raise_unexpected(self._call, "an event is larger than any should be", "")
            yield piece
        self.is_at_end = True
        yield b"\n\n"


def _events_of(body: _EventBytes) -> AsyncGenerator[ServerSentEvent, None]:
    # httpx-sse reads an httpx answer; this one carries the watched body. The charset is the one that the
    # event stream format prescribes, whatever the service's header says; "-sig" drops a byte order mark.
    headers = {"Content-Type": "text/event-stream; charset=utf-8-sig"}
    return EventSource(httpx.Response(200, headers=headers, stream=body)).aiter_sse()
