"""Stands in for the worker processes where a test is not about them: the same work, in a thread, from the start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class MediaThreads:
    """What `Workers` does, without its processes; `calls` keeps the names of what was done, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], object]] = {}  # what happens just before a piece of work, once

    async def run(
        self,
        work: Callable[..., Any],
        *args: Any,
        report: Callable[[float], None] | None = None,
        is_encode: bool = False,
        on_wait: Callable[[], Awaitable[None]] | None = None,
        **named: Any,
    ) -> Any:
        self.calls.append(work.__name__)
        loop = asyncio.get_running_loop()
        if report is not None:
            tell = report
            named["report"] = lambda share: loop.call_soon_threadsafe(tell, share)
        self.before.pop(work.__name__, lambda: None)()
        return await asyncio.to_thread(work, *args, **named)

    def follow(self, encodes: int) -> None:
        pass

    def warm(self) -> None:
        pass

    async def close(self) -> None:
        pass
