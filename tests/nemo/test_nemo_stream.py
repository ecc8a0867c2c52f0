"""The agent's stream: both forms, split anywhere, cut, broken and endless."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo import sse
from nemowatch.nemo.calls import PROMPT, Account
from nemowatch.nemo.errors import (
    ApiError,
    OutOfCredits,
    PromptFailed,
    PromptTimedOut,
    StreamCut,
    UnexpectedAnswer,
)
from nemowatch.nemo.events import AgentEvent, Heartbeat, TextEvent, ToolCall, ToolResult
from nemowatch.nemo.sse import read_stream
from nemowatch.nemo.stream import EventReader
from nemowatch.nemo.timeouts import Timeouts

ACCOUNT = Account("https://web.test", "anon_1", is_anonymous=True)


class Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: list[bytes], then: BaseException | None = None, *, hang: bool = False) -> None:
        self.chunks, self.then, self.hang = chunks, then, hang

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if self.hang:
            await asyncio.Event().wait()
        if self.then is not None:
            raise self.then


async def collect(stream: Chunks, timeouts: Timeouts | None = None) -> list[AgentEvent]:
    timeouts = timeouts or Timeouts()
    deadline = asyncio.get_running_loop().time() + timeouts.prompt
    events = read_stream(
        PROMPT, httpx.Response(200, stream=stream), EventReader(PROMPT, ACCOUNT), timeouts, deadline
    )
    return [event async for event in events]


def read(*events: object) -> list[AgentEvent]:
    reader = EventReader(PROMPT, ACCOUNT)
    found = [
        item
        for event in events
        for item in reader.feed(event if isinstance(event, str) else json.dumps(event))
    ]
    return found + reader.finish()


def adk(*texts: str, partial: bool = False, author: str = "nemo_agent", **extra: object) -> dict[str, object]:
    parts = [{"text": text} for text in texts]
    return {"content": {"parts": parts, "role": "model"}, "partial": partial, "author": author, **extra}


def test_flat_events_become_agent_events() -> None:
    assert read(
        {"type": "text", "content": "Hello"},
        {"type": "tool_call", "name": "cut", "args": {"at": 3}},
        {"type": "tool_result", "name": "cut", "result": {"ok": True}},
        {"type": "heartbeat"},
        {"type": "something_new", "content": "?"},
    ) == [TextEvent("Hello"), ToolCall("cut", {"at": 3}), ToolResult("cut", {"ok": True}), Heartbeat()]


def test_adk_pieces_count_once_when_they_are_repeated_whole() -> None:
    assert read(
        adk("Hel", partial=True), adk("lo ", partial=True), adk("you", partial=True), adk("Hello you")
    ) == [TextEvent("Hello you")]


def test_adk_pieces_that_are_never_repeated_are_joined_at_the_end() -> None:
    assert read(adk("Hel", partial=True), adk("lo", partial=True)) == [TextEvent("Hello")]


def test_adk_pieces_of_another_text_go_before_the_next_whole_text() -> None:
    assert read(adk("First", partial=True), adk("Second")) == [TextEvent("First"), TextEvent("Second")]


def test_adk_pieces_of_two_authors_do_not_mix() -> None:
    events = read(
        adk("a", partial=True, author="x"), adk("b", partial=True, author="y"), adk("b", author="y")
    )
    assert events == [TextEvent("b"), TextEvent("a")]


def test_adk_function_calls_in_either_spelling_are_internal_events() -> None:
    parts = [
        {"functionCall": {"name": "f", "args": {"x": 1}}},
        {"function_response": {"name": "f", "response": 7}},
    ]
    assert read({"content": {"parts": parts}}) == [ToolCall("f", {"x": 1}), ToolResult("f", 7)]


def test_adk_thoughts_are_not_shown() -> None:
    assert read({"content": {"parts": [{"text": "hmm", "thought": True}, {"text": "Done."}]}}) == [
        TextEvent("Done.")
    ]


def test_both_forms_may_be_mixed_in_one_stream() -> None:
    assert read(adk("A", partial=True), {"type": "text", "content": "B"}, adk("A")) == [
        TextEvent("B"),
        TextEvent("A"),
    ]


@pytest.mark.parametrize(
    "event",
    [
        {"error": "quota exceeded", "error_details": {"x": 1}},
        {"error": {"message": "quota exceeded"}},
        {"errorCode": "429", "errorMessage": "quota exceeded"},
        {"type": "error", "message": "quota exceeded"},
    ],
)
def test_failure_inside_the_run_is_prompt_failed_with_its_words(event: object) -> None:
    with pytest.raises(PromptFailed, match="quota exceeded"):
        read({"type": "text", "content": "Working"}, event)


def test_event_named_error_is_prompt_failed() -> None:
    with pytest.raises(PromptFailed, match="boom"):
        EventReader(PROMPT, ACCOUNT).feed('{"reason": "boom"}', is_error=True)


@pytest.mark.parametrize("data", ["boom", '"boom"', '{"error": "boom"}', '{"type": "x", "detail": "boom"}'])
def test_event_named_error_needs_no_form_to_be_a_failure(data: str) -> None:
    with pytest.raises(PromptFailed, match="boom"):
        EventReader(PROMPT, ACCOUNT).feed(data, is_error=True)


def test_event_named_error_that_is_empty_is_a_failure_without_a_reason() -> None:
    with pytest.raises(PromptFailed, match="no reason"):
        EventReader(PROMPT, ACCOUNT).feed("", is_error=True)


def test_envelope_in_the_stream_is_read_like_any_envelope() -> None:
    with pytest.raises(OutOfCredits, match="2001"):
        read({"code": 2001, "message": "no credits"})


TROUBLE = "Sorry, I encountered a temporary issue. Please try again."


def test_trailing_temporary_issue_after_an_answer_is_ignored() -> None:
    assert read({"type": "text", "content": "Title added."}, {"type": "text", "content": TROUBLE}) == [
        TextEvent("Title added.")
    ]


def test_trailing_temporary_issue_inside_the_last_text_is_cut_off() -> None:
    assert read(adk(f"Title added. {TROUBLE}")) == [TextEvent("Title added.")]


def test_temporary_issue_after_a_tool_result_is_ignored() -> None:
    assert read({"type": "tool_result", "name": "f", "result": 1}, adk(TROUBLE)) == [ToolResult("f", 1)]


def test_temporary_issue_alone_is_told() -> None:
    assert read(adk(TROUBLE)) == [TextEvent(TROUBLE)]


def test_temporary_issue_that_is_not_the_last_word_is_told() -> None:
    assert read(adk("A."), adk(TROUBLE), adk("B.")) == [TextEvent("A."), TextEvent(TROUBLE), TextEvent("B.")]


@pytest.mark.parametrize(
    "data", ['{"type": "te', "[DONE]", "[1]", "7", "null", '"x"', "[" * 100_000, "9" * 5000]
)
def test_event_that_is_no_json_object_is_an_unexpected_answer(data: str) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        read(data)
    assert len(str(caught.value)) < 600


def test_secret_in_a_broken_event_is_not_shown() -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        read('{"token": "nmv_usr_abcdef0123456789"')
    assert "abcdef" not in str(caught.value)


KNOWN_KEYS = st.sampled_from(
    [
        "type",
        "content",
        "parts",
        "text",
        "partial",
        "author",
        "error",
        "code",
        "name",
        "args",
        "result",
        "functionCall",
        "errorCode",
        "message",
    ]
)
TYPES = st.sampled_from(["text", "tool_call", "tool_result", "heartbeat", "error", "other"])
plain_values = (
    st.none() | st.booleans() | st.integers(-5, 5000) | st.just(float("nan")) | st.text(max_size=5) | TYPES
)
nested_values = st.recursive(
    plain_values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KNOWN_KEYS, inner, max_size=3),
    max_leaves=6,
)
strange_events = st.dictionaries(KNOWN_KEYS, nested_values, max_size=4)


@given(st.lists(strange_events, max_size=4))
def test_any_json_object_gives_events_or_a_typed_error(events: list[object]) -> None:
    try:
        found = read(*events)
    except ApiError:
        return
    assert all(isinstance(event, TextEvent | ToolCall | ToolResult | Heartbeat) for event in found)


texts = st.text(alphabet=st.sampled_from('aé漢😀\u2028\u0085\n\r"\\ '), min_size=1).filter(str.strip)
messages = st.one_of(
    texts.map(lambda text: ([{"type": "text", "content": text}], [text])),
    texts.map(lambda text: ([adk(text)], [text])),
    texts.map(lambda text: ([*(adk(letter, partial=True) for letter in text), adk(text)], [text])),
    st.just(([{"type": "heartbeat"}], [])),
    st.just(([{"type": "tool_call", "name": "f", "args": {}}], [])),
)


@given(
    st.lists(messages, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_stream_split_at_any_byte_reads_the_same(
    run: list[tuple[list[object], list[str]]],
    newline: str,
    ascii_only: bool,
    blank_at_end: bool,
    data: st.DataObject,
) -> None:
    lines = [": comment", ""]
    for events, _ in run:
        for event in events:
            lines += [f"data: {json.dumps(event, ensure_ascii=ascii_only)}", "data:", ""]
    if not blank_at_end and run:
        lines = lines[:-2]
    body = ("\ufeff" + newline.join(lines) + newline).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=20)))
    chunks = [
        body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True) if start < end
    ]
    events = asyncio.run(collect(Chunks(chunks)))
    said = [event.text for event in events if isinstance(event, TextEvent)]
    assert said == [text for _, told in run for text in told]


async def test_stream_of_single_bytes_reads_the_same() -> None:
    body = 'data: {"type":"text","content":"é漢"}\r\n\r\ndata:\n\n'.encode()
    assert await collect(Chunks([bytes([byte]) for byte in body])) == [TextEvent("é漢"), Heartbeat()]


async def test_stream_that_closes_without_text_is_no_error() -> None:
    assert await collect(Chunks([])) == []


async def test_large_event_in_small_chunks_is_read_whole() -> None:
    text = "x" * 3_000_000
    body = f"data: {json.dumps(adk(text))}\n\n".encode()
    chunks = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]
    assert await collect(Chunks(chunks)) == [TextEvent(text)]


async def test_endless_event_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100_000)
    with pytest.raises(UnexpectedAnswer, match="larger than any should be"):
        await collect(Chunks([b"data: "] + [b"x" * 10_000] * 20, hang=True))


async def test_many_events_are_not_taken_for_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    event = b'data: {"type":"text","content":"hello"}\n\n'
    assert len(await collect(Chunks([event] * 500))) == 500


async def test_connection_that_drops_in_mid_stream_is_stream_cut() -> None:
    with pytest.raises(StreamCut, match="peer closed"):
        await collect(Chunks([b'data: {"type":"heartbeat"}\n\n'], httpx.RemoteProtocolError("peer closed")))


async def test_half_an_event_at_a_clean_end_is_stream_cut() -> None:
    with pytest.raises(StreamCut, match="not whole"):
        await collect(Chunks([b'data: {"type":"text","content":"Hal']))


async def test_broken_event_in_mid_stream_is_no_cut() -> None:
    with pytest.raises(UnexpectedAnswer):
        await collect(Chunks([b'data: {"type":\n\ndata: {"type":"heartbeat"}\n\n']))


async def test_heartbeats_alone_time_out() -> None:
    class Beating(Chunks):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b'data: {"type":"heartbeat"}\n\n: ping\n\n'
                await asyncio.to_thread(lambda: None)

    with pytest.raises(PromptTimedOut, match="no sign of work"):
        await collect(Beating([]), Timeouts(idle_stream=0.2))


async def test_silence_times_out() -> None:
    with pytest.raises(PromptTimedOut, match="no sign of work"):
        await collect(Chunks([], hang=True), Timeouts(idle_stream=0.1))


async def test_run_that_works_but_never_ends_times_out() -> None:
    class Talking(Chunks):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b'data: {"type":"tool_call","name":"f","args":{}}\n\n'
                await asyncio.to_thread(lambda: None)

    with pytest.raises(PromptTimedOut, match="longer than"):
        await collect(Talking([]), Timeouts(idle_stream=5, prompt=0.2))
