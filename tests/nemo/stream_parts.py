"""A stream of events as it comes over the wire, for tests of what is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import httpx

from nemowatch.nemo.calls import PROMPT, Account
from nemowatch.nemo.events import AgentEvent
from nemowatch.nemo.sse import read_stream
from nemowatch.nemo.stream import EventReader
from nemowatch.nemo.timeouts import Timeouts

ACCOUNT = Account("https://web.test", "anon_1", is_anonymous=True)


class Pieces(httpx.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


async def read_wire(pieces: list[bytes], headers: dict[str, str] | None = None) -> list[AgentEvent]:
    """What a run's events are, given the pieces of its body."""
    deadline = asyncio.get_running_loop().time() + 60
    response = httpx.Response(200, headers=headers, stream=Pieces(pieces))
    reader = EventReader(PROMPT, ACCOUNT)
    return [event async for event in read_stream(PROMPT, response, reader, Timeouts(), deadline)]


def read_events(*data: str) -> list[AgentEvent]:
    """What a run's events are, given the data of each."""
    reader = EventReader(PROMPT, ACCOUNT)
    return [event for item in data for event in reader.feed(item)] + reader.finish()


def cut_at(body: bytes, places: set[int]) -> list[bytes]:
    """The body in pieces, cut at those of the places that lie within it."""
    edges = [0, *sorted(place for place in places if 0 < place < len(body)), len(body)]
    return [body[start:end] for start, end in pairwise(edges) if start < end]
