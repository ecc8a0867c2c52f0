"""Whether the watch of a folder can be trusted: all of its subfolders are watched, and events come.

Used by the watch folders after each full scan. A watch that can't be trusted is put on anew once; if that does not
help, the folder has to be scanned instead.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.intake.canary import Canaries
from nemowatch.intake.inotify import explain_watches_limit, watched_inodes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nemowatch.clock import Clock
    from nemowatch.intake.scan import ScannedFolder
    from nemowatch.intake.watch import FolderWatcher

_DEAF = "No events come from it."

_RETRY_SECONDS = 300.0
"""A deaf folder is scanned often; each test of it takes seconds in which nothing else is scanned."""


class Hearing:
    """Tests watches.

    Args:
        watcher: whose watches are tested.
        clock: for the time that an event is given.
    """

    def __init__(self, watcher: FolderWatcher, clock: Clock) -> None:
        self._watcher = watcher
        self._clock = clock
        self._canaries = Canaries(clock)
        self._deaf_since: dict[Path, float] = {}
        watcher.on_canary = self._canaries.heard

    async def find_fault(
        self, folder: Path, below: Sequence[ScannedFolder], put_on_anew: Callable[[], None]
    ) -> str:
        """Why the watch of a folder can't be trusted, in whole sentences; empty when it can, as far as one sees.

        Args:
            folder: a watch folder that is watched.
            below: the folders below it that its scan looked into.
            put_on_anew: puts a new watch on the folder; called in a thread.

        Raises:
            FolderOffline: it went away meanwhile.
            OSError: the system can't watch it any more.
        """
        now = self._clock.monotonic()
        if now < self._deaf_since.get(folder, -_RETRY_SECONDS) + _RETRY_SECONDS:
            return _DEAF
        fault = await self._test(folder, below)
        if fault == _DEAF:
            await asyncio.to_thread(put_on_anew)
            fault = await self._test(folder, below)
        if fault == _DEAF:
            self._deaf_since[folder] = now
        else:
            self._deaf_since.pop(folder, None)
        return fault

    async def _test(self, folder: Path, below: Sequence[ScannedFolder]) -> str:
        unwatched = await asyncio.to_thread(_find_unwatched, below)
        if unwatched is not None:
            if not await asyncio.to_thread(self._watcher.has_room, unwatched):
                return explain_watches_limit()
            # Some file systems give the same folder two inode numbers; only an event that does not come proves it.
            if await self._canaries.is_heard(unwatched) is False:
                return _DEAF
        return _DEAF if await self._canaries.is_heard(folder) is False else ""


def _find_unwatched(below: Sequence[ScannedFolder]) -> Path | None:
    if not below:
        return None
    watched = watched_inodes()
    if watched is None:
        return None
    return next((Path(folder.path) for folder in below if folder.inode not in watched), None)
