"""Prompts on the wire: what is sent, what stream comes back, and how each way of losing it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
from fake_service import FakeService
from helpers import async_wait_until
from raw_server import raw_server
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.errors import (
    CallRefused,
    PromptTimedOut,
    ServiceDown,
    SessionNotFound,
    StreamCut,
    UnexpectedAnswer,
)
from nemowatch.nemo.events import TextEvent
from nemowatch.nemo.timeouts import Timeouts

MakeClient = Callable[..., NemoClient]
SKILL = Attribution("opusclip", "1.0.0", "cursor")


def stream_of(*pieces: bytes) -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return StreamingResponse(body(), media_type="text/event-stream")


async def test_prompt_is_sent_in_snake_case_and_its_texts_come_back(
    service: FakeService, api: NemoApi
) -> None:
    service.answers["POST /run_sse"] = lambda *_: stream_of(b'data: {"type":"text","content":"Done"}\n\n')
    assert [event async for event in api.send_prompt("s1", "cut – 剪")] == [TextEvent("Done")]
    assert service.seen[0].headers["accept"] == "text/event-stream"
    assert json.loads(service.seen[0].body) == {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": "s1",
        "new_message": {"parts": [{"text": "cut – 剪"}]},
    }


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (JSONResponse({"detail": "Session not found: s1"}, 404), SessionNotFound),
        (JSONResponse({"code": 1002}), SessionNotFound),
        (JSONResponse({"code": 0}), UnexpectedAnswer),
        (HTMLResponse("<html>"), UnexpectedAnswer),
        (HTMLResponse("<html>", 502), ServiceDown),
        (JSONResponse({"detail": "no"}, 422), CallRefused),
    ],
)
async def test_prompt_that_gets_no_stream_is_told(
    service: FakeService, api: NemoApi, answer: Response, kind: type[Exception]
) -> None:
    service.answers["POST /run_sse"] = answer
    with pytest.raises(kind):
        await anext(api.send_prompt("s1", "cut"))


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_prompt_whose_connection_drops_is_cut(make_client: MakeClient) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        event = b'data: {"type":"text","content":"A"}\n\n'
        writer.write(CHUNKED + b"%x\r\n%s\r\n" % (len(event), event))
        await writer.drain()

    async with raw_server(speak) as url, make_client(url) as client:
        events = client.as_skill(SKILL).send_prompt("s1", "cut")
        assert await anext(events) == TextEvent("A")
        with pytest.raises(StreamCut):
            await anext(events)


async def test_prompt_whose_connection_drops_before_any_answer_is_cut_since_it_may_be_applied(
    make_client: MakeClient,
) -> None:
    async def speak(_writer: asyncio.StreamWriter) -> None:
        pass

    async with raw_server(speak) as url, make_client(url) as client:
        with pytest.raises(StreamCut):
            await anext(client.as_skill(SKILL).send_prompt("s1", "cut"))


async def test_prompt_that_never_left_is_told_apart(make_client: MakeClient) -> None:
    async with make_client("http://127.0.0.1:1") as client:
        with pytest.raises(ServiceDown) as caught:
            await anext(client.as_skill(SKILL).send_prompt("s1", "cut"))
    assert caught.value.status is None


async def test_prompt_that_gets_no_answer_times_out(make_client: MakeClient) -> None:
    async def speak(_writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with raw_server(speak) as url:
        for timeouts in (Timeouts(prompt=0.1), Timeouts(idle_stream=0.1)):
            async with make_client(url, timeouts) as client:
                with pytest.raises(PromptTimedOut):
                    await anext(client.as_skill(SKILL).send_prompt("s1", "cut"))


async def test_leaving_a_prompt_early_drops_the_connection(service: FakeService, api: NemoApi) -> None:
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def body() -> AsyncIterator[bytes]:
        try:
            yield b'data: {"type":"text","content":"A"}\n\n'
            await asyncio.Event().wait()
        finally:
            loop.call_soon_threadsafe(gone.set)

    service.answers["POST /run_sse"] = lambda *_: StreamingResponse(body(), media_type="text/event-stream")
    async with aclosing(api.send_prompt("s1", "cut")) as events:
        assert await anext(events) == TextEvent("A")
    await asyncio.wait_for(gone.wait(), 5)


async def test_cancelled_prompt_stops_at_once(service: FakeService, api: NemoApi) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b": here\n\n"
        await asyncio.Event().wait()

    async def listen() -> None:
        async for _ in api.send_prompt("s1", "cut"):
            pass

    service.answers["POST /run_sse"] = lambda *_: StreamingResponse(body(), media_type="text/event-stream")
    task = asyncio.create_task(listen())
    await async_wait_until(lambda: service.seen)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 2)
