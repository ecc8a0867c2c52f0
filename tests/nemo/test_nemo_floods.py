"""Answers without measure: long texts, large events, packed streams. Time and memory stay in proportion."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from stream_parts import cut_at, read_events, read_wire

from nemowatch.nemo.errors import ApiError, UnexpectedAnswer

pytestmark = pytest.mark.slow

MB = 1024 * 1024


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_stream_that_is_not_packed_as_it_says_is_a_typed_error(encoding: str) -> None:
    with pytest.raises(ApiError):
        asyncio.run(read_wire([b"data: {}\n\n"], {"content-encoding": encoding}))


def test_packed_stream_that_is_endless_once_unpacked_is_refused() -> None:
    bomb = gzip.compress(b"data: " + bytes(64 * MB))
    with pytest.raises(UnexpectedAnswer, match="larger than any should be"):
        asyncio.run(read_wire(cut_at(bomb, set(range(0, len(bomb), 1000))), {"content-encoding": "gzip"}))


def measure(work: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds, and the most memory at once in MB."""
    begin = time.process_time()
    tracemalloc.start()
    try:
        work()
        return time.process_time() - begin, tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def read_or_refuse(pieces: list[bytes]) -> None:
    with suppress(ApiError):
        asyncio.run(read_wire(pieces))


TROUBLE = "I encountered a temporary issue"


@pytest.mark.parametrize(
    "text",
    [
        f"{TROUBLE}{' ' * 200_000}\nx",
        f"{TROUBLE}. " * 10_000 + "\nx",
        f"{TROUBLE} " * 10_000,
        "a" * 500_000 + "\n" * 200_000,
        "." * 500_000,
    ],
    ids=["spaces", "sentences", "one long sentence", "line breaks", "full stops"],
)
def test_long_text_takes_time_in_proportion(text: str) -> None:
    seconds, _ = measure(lambda: read_events(json.dumps({"type": "text", "content": text})))
    assert seconds < 3


BIG = 10 * MB
BIG_EVENTS = {
    "one text": b'data: {"type":"text","content":"' + b"x" * BIG + b'"}\n\n',
    "one tool result": b'data: {"type":"tool_result","name":"f","result":['
    + (b'"' + b"x" * 97 + b'",') * (BIG // 100)
    + b"0]}\n\n",
    "many data lines": (b"data: " + b"x" * 93 + b"\n") * (BIG // 100) + b"\n",
    "no JSON": b"data: " + b"{" * BIG + b"\n\n",
    "no end": b"data: " + b"x" * BIG,
    "an unknown field": b"field: " + b"x" * BIG + b"\n\n",
}


@pytest.mark.parametrize("name", BIG_EVENTS)
def test_event_of_ten_megabytes_takes_a_few_times_its_size(name: str) -> None:
    body = BIG_EVENTS[name]
    pieces = cut_at(body, set(range(0, len(body), 65_536)))
    seconds, megabytes = measure(lambda: read_or_refuse(pieces))
    assert seconds < 8
    assert megabytes < 200
