"""A prompt's stream that goes wrong: cut, silent, wordless, malformed, or ending in an error.

Called by `runs.py` in place of the ordinary stream. Whether the edit behind it is made, and when, is the fault's
moment: `before` begins no run at all.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from nemowatch.sandbox.answers import Refusal
from nemowatch.sandbox.connections import flush, hang_up, wait_for_ever
from nemowatch.sandbox.events import RunBroke, Said, StillWorking, ToolAnswered
from nemowatch.sandbox.manners import TEMPORARY_ISSUE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import Scope

    from nemowatch.sandbox.agent import Run
    from nemowatch.sandbox.events import AgentEvent, EventWriter
    from nemowatch.sandbox.fault_book import Strike

HUGE_MEGABYTES = 4.0

_OVERLOADED = "The model is overloaded. Please try again later."
_HALF_AN_EVENT = 'data: {"type": "text", "content": "I have moved the cl\n\n'
# These come with the whole answer, so the run begins whatever the fault's moment says.
_WITH_THE_ANSWER = {"malformed-event", "huge", "trailing-issue"}


class BrokenStream:
    """The stream of one struck prompt.

    Args:
        strike: the fault.
        begin: begins the run; may raise Refusal.
        writer: the form of the events.
        scope: the request's, to end its connection.
        heartbeat_seconds: the pause between signs of life.
        closing: set when the service stops.

    Raises:
        Refusal: the run was refused, and nothing has been sent yet.
    """

    def __init__(
        self,
        strike: Strike,
        begin: Callable[[], Run],
        writer: EventWriter,
        *,
        scope: Scope,
        heartbeat_seconds: float,
        closing: asyncio.Event,
    ) -> None:
        self._strike = strike
        self._fault = strike.fault
        self._begin = begin
        self._writer = writer
        self._scope = scope
        self._heartbeat_seconds = heartbeat_seconds
        self._closing = closing
        begins = self._fault.moment != "before" or self._fault.kind in _WITH_THE_ANSWER
        self._run = begin() if begins else None

    def play(self) -> AsyncIterator[str]:
        """The text of the stream; some never end by themselves."""
        match self._fault.kind:
            case "cut":
                return self._cut(int(self._number(1)))
            case "silence":
                return self._fall_silent(int(self._number(0)))
            case "heartbeats":
                return self._only_beat()
            case "closes":
                return self._end_with(None)
            case "run-error":
                return self._end_with(RunBroke(str(self._fault.value or _OVERLOADED)))
            case "trailing-issue":
                return self._end_with(Said(TEMPORARY_ISSUE), without_words=False)
            case _:
                return self._begin_badly()

    async def _cut(self, count: int) -> AsyncIterator[str]:
        async for text in self._first(count):
            yield text
        await flush(self._scope)
        hang_up(self._scope)
        await wait_for_ever()

    async def _fall_silent(self, count: int) -> AsyncIterator[str]:
        async for text in self._first(count):
            yield text
        await self._closing.wait()

    async def _only_beat(self) -> AsyncIterator[str]:
        """Hold the answer back; with the moment `before` the work itself begins only afterwards."""
        most = self._number(float("inf"))
        sent = 0
        while sent < most and not self._strike.is_withdrawn:
            yield self._write(StillWorking())
            sent += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._heartbeat_seconds)
                return
        try:
            self._run = self._run or self._begin()
        except Refusal as refusal:
            yield self._write(RunBroke(refusal.message))
            return
        async for text in self._follow():
            yield text

    async def _begin_badly(self) -> AsyncIterator[str]:
        """An event that is too large or no JSON, and then all as it should be."""
        if self._fault.kind == "huge":
            size = int(self._number(HUGE_MEGABYTES) * 1_000_000)
            yield self._write(ToolAnswered("adk-huge", "read_media", {"data": "x" * size}))
        else:
            yield _HALF_AN_EVENT
        async for text in self._follow():
            yield text

    async def _end_with(self, last: AgentEvent | None, *, without_words: bool = True) -> AsyncIterator[str]:
        """The run's events and one more; a stream without words does not wait for an edit that comes later."""
        if self._fault.moment != "later" or not without_words:
            async for text in self._follow(without_words=without_words):
                yield text
        if last is not None:
            yield self._write(last)

    async def _first(self, count: int) -> AsyncIterator[str]:
        """So many events; returns when the run is over. Signs of life where no run can be waited for."""
        if self._run is None or self._fault.moment == "later":
            for _ in range(count):
                yield self._write(StillWorking())
            return
        sent = 0
        async for event in self._run.follow(self._heartbeat_seconds):
            sent += 1
            if sent <= count:
                yield self._write(event)

    async def _follow(self, *, without_words: bool = False) -> AsyncIterator[str]:
        """The run's events, all or without its texts; nothing where there is no run."""
        if self._run is None:
            return
        async for event in self._run.follow(self._heartbeat_seconds):
            if not (without_words and isinstance(event, Said)):
                yield self._write(event)

    def _write(self, event: AgentEvent) -> str:
        return self._writer.write(event)

    def _number(self, default: float) -> float:
        value = self._fault.value
        return value if isinstance(value, int | float) else default
