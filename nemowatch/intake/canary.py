"""Whether a watch still hears: a hidden file is made in a folder and removed, and its event must come back.

Used by the watch folders after a full scan, where they may write. Its file is never taken: hidden names are ignored.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nemowatch.clock import Clock

CANARY_PREFIX = ".nemowatch-canary-"

_PATIENCE_SECONDS = 5.0
"""A busy machine tells of a file within milliseconds; what comes later than this is not to be waited for."""


class Canaries:
    """Makes canaries and listens for them.

    Args:
        clock: for the time they are given.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._awaited: dict[str, asyncio.Event] = {}

    def heard(self, path: str) -> None:
        """An event of a canary came. Called in the event loop, with the path under the watch folder's name."""
        event = self._awaited.get(path)
        if event is not None:
            event.set()

    async def is_heard(self, folder: Path) -> bool | None:
        """Whether events come from this folder; None when nothing can be written there to find out."""
        path = folder / f"{CANARY_PREFIX}{secrets.token_hex(8)}"
        heard = self._awaited[os.fspath(path)] = asyncio.Event()
        try:
            if not await asyncio.to_thread(_make, path):
                return None
            return await self._comes(heard)
        finally:
            del self._awaited[os.fspath(path)]

    async def _comes(self, heard: asyncio.Event) -> bool:
        waits = {asyncio.ensure_future(heard.wait()), asyncio.ensure_future(self._give_up())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return heard.is_set()

    async def _give_up(self) -> None:
        await self._clock.sleep(_PATIENCE_SECONDS)


def remove_canaries(paths: Iterable[str]) -> None:
    """Remove what a daemon that was stopped in between left; what can't be removed is tried again at later scans."""
    for path in paths:
        with contextlib.suppress(OSError):
            Path(path).unlink()


def _make(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except OSError:
        return False
    remove_canaries([os.fspath(path)])
    return True
