"""Whatever the service sends, the client gives a value or a typed error: no crash, no hang, no flood."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import httpx
import pytest
from helpers import FakeClock
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_parts import ACCOUNT, cut_at, read_events, read_wire

from nemowatch.nemo import answers, calls
from nemowatch.nemo.calls import Answer
from nemowatch.nemo.errors import ApiError, UnexpectedAnswer, raise_for_answer
from nemowatch.nemo.events import TextEvent
from nemowatch.nemo.state import read_state
from nemowatch.nemo.timeline import Timeline
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.transport import Transport, read_retry_after, to_json

pytestmark = pytest.mark.slow

VERY_DEEP = 100_000
TRANSPORT = Transport(httpx.AsyncClient(), Timeouts(), FakeClock())
ALL_CALLS = [value for value in vars(calls).values() if isinstance(value, calls.Call)]


def check_texts(value: object) -> None:
    """Every text of a value can be kept, shown and sent."""
    json.dumps(value, ensure_ascii=False).encode()


def use_state(answer: Answer) -> None:
    """All that is done with a state: compare it, show it, send its draft back."""
    state = read_state(answer)
    assert len(state.fingerprint()) == 64
    shown = Timeline.from_draft(state.draft).describe()
    assert shown.startswith("Timeline (")
    check_texts([shown, [(media.url, media.filename) for media in state.generated_media]])
    to_json(state.draft)


def use_session(answer: Answer) -> None:
    session = answers.read_session(answer)
    calls.STATE.path_for(session_id=session.session_id)
    check_texts(asdict(session))


def use_uploads(answer: Answer) -> None:
    for file in answers.read_uploads(answer):
        check_texts(asdict(file))


def use_credits(answer: Answer) -> None:
    balance = asdict(answers.read_credits(answer))
    assert all(abs(amount) < 2**63 for amount in balance.values())


def use_claim(answer: Answer) -> None:
    check_texts(answers.read_claim(answer))


def use_render(answer: Answer) -> None:
    status = answers.read_render(answer, "render_1")
    assert status.progress is None or 0 <= status.progress <= 100
    assert status.size_bytes is None or abs(status.size_bytes) < 2**63
    check_texts(asdict(status))


READERS: dict[str, tuple[calls.Call, Callable[[Answer], object]]] = {
    "session": (calls.CREATE_SESSION, use_session),
    "upload": (calls.UPLOAD, use_uploads),
    "state": (calls.STATE, use_state),
    "credits": (calls.CREDITS, use_credits),
    "token": (calls.ANONYMOUS_TOKEN, answers.read_token),
    "claim": (calls.CLAIM_TOKEN, use_claim),
    "render": (calls.READ_RENDER, use_render),
}


def answer_of(call: calls.Call, body: bytes, status: int = 200) -> Answer:
    return TRANSPORT.make_answer(call, httpx.Response(status), body)


def check_reader(name: str, body: bytes) -> None:
    """A body read as the transport and the client do: a value, or a typed error that fits on a screen."""
    call, read = READERS[name]
    answer = answer_of(call, body)
    try:
        raise_for_answer(answer, ACCOUNT)
        read(answer)
    except ApiError as error:
        check_error(error)


def check_error(error: ApiError) -> None:
    shown = f"{error} {error.hint}"
    assert len(shown) < 2000
    shown.encode()


KEYS = [
    *("code", "data", "success", "message", "msg", "error", "detail", "errorCode", "errorMessage"),
    *("session_id", "task_id", "user_id", "token", "expires_at", "claim_token"),
    *("files", "filename", "file_type", "cdn_url", "url", "duration", "width", "height", "fps"),
    *("available", "frozen", "total", "status", "progress", "output", "outputUrl", "size"),
    *("state", "draft", "generated_media", "video_infos", "canvas_config", "media_type"),
    *("t", "tt", "sg", "d", "m", "st", "end", "title", "name", "volume", "score", "role"),
    *("type", "content", "parts", "text", "thought", "partial", "author", "args", "result", "response"),
    *("functionCall", "function_response"),
]
NUMBERS = [
    *("0", "-0.0", "7", "2001", "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1e15", "1.5", "1e308"),
    *("9" * 400, "9" * 4300, "9" * 4301, "-9223372036854775809"),
]
WORDS = [
    *(
        "",
        " ",
        "completed",
        "failed",
        "text",
        "tool_call",
        "error",
        "heartbeat",
        "video",
        "session not found",
    ),
    *("\ud800", "\udc00x", "\ud83d\ude00", "\x00", "\x1b[31m", "\u202e", "漢字", "9" * 5000, "x" * 5000),
    *("http://[", "https://\ud800/\ud800", "/%00%ff", "//host", "http://h:99999999/a", "2026-13-99T99"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1e400", "१२३"),
]
keys = st.sampled_from(KEYS).map(json.dumps)
SCALARS = ["null", "true", "false", "{}", "[]", *NUMBERS, *map(json.dumps, WORDS)]
scalars = st.sampled_from(SCALARS) | st.text(max_size=6).map(json.dumps)


def write_list(items: list[str]) -> str:
    return f"[{','.join(items)}]"


def write_object(pairs: list[tuple[str, str]]) -> str:
    return f"{{{','.join(f'{key}:{value}' for key, value in pairs)}}}"


# Written as text, so that keys may come twice and numbers be what no Python value is.
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(write_list)
        | st.lists(st.tuples(keys, inner), max_size=4).map(write_object)
    ),
    max_leaves=12,
)
objects = st.lists(st.tuples(keys, values), max_size=5).map(write_object)


def nest(path: str, value: str) -> str:
    """A value under the keys of a path, as JSON text: `data.files[]` is a list under `files` under `data`."""
    for key in reversed(path.split(".")):
        inner = f"[{value}]" if key.endswith("[]") else value
        value = f'{{"code":0,"{key.removesuffix("[]")}":{inner}}}'
    return value


STATE_PLACES = ["", ".draft", ".draft.t[]", ".draft.t[].sg[]", ".draft.t[].sg[].m", ".generated_media[]"]
PLACES = ["data", "data.files[]", "data.output", *(f"data.state{place}" for place in STATE_PLACES)]


@settings(max_examples=60)
@pytest.mark.parametrize("name", READERS)
@given(place=st.sampled_from(PLACES), body=objects)
def test_any_json_is_read_or_refused(name: str, place: str, body: str) -> None:
    check_reader(name, body.encode())
    check_reader(name, nest(place, body).encode())


# What each answer insists on, and one field at a time that is anything.
WHOLE: dict[str, dict[str, Any]] = {
    "session": {"session_id": "s1", "task_id": "t1", "user_id": "u1"},
    "upload": {"files": []},
    "state": {"state": {}},
    "credits": {"available": 1, "frozen": 2, "total": 3},
    "token": {"token": "nmv_usr_1234", "user_id": "u1", "expires_at": "2026-01-01"},
    "claim": {"claim_token": "c1"},
    "render": {
        "status": "completed",
        "progress": 1,
        "outputUrl": "/x",
        "duration": 1,
        "message": "",
        "size": 1,
    },
}


@pytest.mark.parametrize("name", READERS)
def test_one_field_that_is_anything_is_read_or_refused(name: str) -> None:
    for strange in WHOLE[name]:
        others = [
            (json.dumps(key), json.dumps(value)) for key, value in WHOLE[name].items() if key != strange
        ]
        for value in SCALARS:
            check_reader(name, nest("data", write_object([*others, (json.dumps(strange), value)])).encode())


@pytest.mark.parametrize("value", SCALARS, ids=range(len(SCALARS)))
def test_all_fields_that_are_the_same_anything_are_read_or_refused(value: str) -> None:
    same = write_object([(json.dumps(key), value) for key in KEYS if key not in ("code", "success")])
    for name in READERS:
        for place in PLACES:
            check_reader(name, nest(place, same).encode())
    for event in EVENTS:
        check_stream([f"data: {event % value}\n\n".encode()])


@settings(max_examples=60)
@pytest.mark.parametrize("name", READERS)
@given(body=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    check_reader(name, body)


@settings(max_examples=200)
@given(
    call=st.sampled_from(ALL_CALLS),
    status=st.sampled_from([200, 204, 302, 400, 401, 402, 403, 404, 409, 413, 415, 429, 500, 503, 599, 999]),
    body=st.one_of(objects, values, st.binary(max_size=60)),
)
def test_any_refusal_is_a_typed_error(call: calls.Call, status: int, body: str | bytes) -> None:
    answer = answer_of(call, body.encode() if isinstance(body, str) else body, status)
    try:
        raise_for_answer(answer, ACCOUNT)
    except ApiError as error:
        check_error(error)
    else:
        assert answer.is_success


@settings(max_examples=200)
@given(
    st.one_of(
        st.text(max_size=30),
        st.from_regex(r"(Mon, )?[0-9]{1,11} (Jan|Feb)? [0-9]{0,11} [0-9:]{0,9} ?[-+]?[0-9]{0,6}"),
    )
)
def test_any_wait_that_the_service_asks_for_is_at_most_a_day(value: str) -> None:
    wait = read_retry_after(value, FakeClock())
    assert wait is None or 0 <= wait <= 24 * 3600


EVENTS = [
    *('{"type":"text","content":%s}', '{"type":"tool_call","name":%s}', '{"type":"tool_result","result":%s}'),
    *('{"type":%s}', '{"type":"error","message":%s}', '{"error":%s}', '{"errorCode":%s}', '{"code":%s}'),
    *('{"content":%s}', '{"content":{"parts":%s}}', '{"content":{"parts":[%s]}}'),
    *(
        '{"content":{"parts":[{"text":%s}]}}',
        '{"content":{"parts":[{"text":"a"}]},"author":%s,"partial":true}',
    ),
    *('{"content":{"parts":[{"functionCall":%s}]}}', '{"content":{"parts":[{"functionCall":{"args":%s}}]}}'),
]
LINES = [
    *(b"data: ", b"data", b'data: {"type":"text",', b'data: "content":"x"}', b"event: error", b"id: 1\0"),
    *(b"retry: " + b"9" * 5000, b":", b"", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf"),
]


def check_stream(pieces: list[bytes], headers: dict[str, str] | None = None) -> None:
    try:
        events = asyncio.run(read_wire(pieces, headers))
    except ApiError as error:
        check_error(error)
    else:
        for event in events:
            if isinstance(event, TextEvent):
                event.text.encode()


@settings(max_examples=150)
@given(
    events=st.lists(
        st.one_of(objects, values, objects.map(lambda body: nest("content.parts[]", body))), max_size=4
    ),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    places=st.sets(st.integers(0, 400), max_size=12),
)
def test_any_events_cut_anywhere_are_read_or_refused(
    events: list[str], newline: str, places: set[int]
) -> None:
    body = "".join(f"data: {event}{newline}{newline}" for event in events).encode()
    check_stream(cut_at(body, places))


@settings(max_examples=150)
@given(
    lines=st.lists(
        st.sampled_from(LINES),
        max_size=12,
    ),
    noise=st.binary(max_size=20),
    places=st.sets(st.integers(0, 200), max_size=8),
)
def test_any_lines_and_bytes_are_read_or_refused(lines: list[bytes], noise: bytes, places: set[int]) -> None:
    check_stream(cut_at(b"\n".join([*lines, noise]), places))


NESTED_IN = [
    '{"data":%s}',
    '{"error":%s}',
    '{"message":%s,"status":"failed"}',
    '{"type":"error","message":%s}',
]
NESTED_IN += [
    '{"data":{"state":{"draft":{"t":%s}}}}',
    '{"data":{"files":%s}}',
    '{"type":"text","content":%s}',
]
NESTED_IN += ['{"content":{"parts":[{"functionCall":{"args":{"x":%s}}}]}}', '{"code":7,"msg":%s}', "%s"]


@pytest.mark.parametrize("shape", NESTED_IN)
@pytest.mark.parametrize("depth", [100, 150, 199, 210, 500, *range(850, 1000, 10), VERY_DEEP])
def test_json_of_any_depth_is_read_or_refused(shape: str, depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"m":', "}")):
        body = shape % (opening * depth + "1" + closing * depth)
        for name in READERS:
            check_reader(name, body.encode())
        check_stream([f"data: {body}\n\n".encode()])


def test_json_that_opens_and_never_closes_is_refused() -> None:
    for body in ("[" * VERY_DEEP, '{"a":' * VERY_DEEP):
        with pytest.raises(UnexpectedAnswer):
            read_events(body)
        with pytest.raises(UnexpectedAnswer):
            read_state(answer_of(calls.STATE, body.encode()))


def test_key_that_comes_twice_means_its_last_value() -> None:
    assert read_events('{"type":"heartbeat","type":"text","content":"a","content":"b"}') == [TextEvent("b")]


def test_halves_of_a_character_become_whole_again_or_are_marked() -> None:
    halves = [r'{"content":{"parts":[{"text":"\ud83d"}]},"partial":true}']
    halves += [r'{"content":{"parts":[{"text":"\ude00 and \ud800"}]},"partial":true}']
    assert read_events(*halves) == [TextEvent("😀 and \ufffd")]
