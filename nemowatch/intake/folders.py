"""The watch folders: their watches, their scans, and what is said when one goes offline and comes back.

Used by intake alone. A folder that can't be reached is offline, not empty: that is told once, nothing is
concluded about its files, and each scan tries again.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.intake.look import is_behind_link
from nemowatch.intake.records import FolderState, FolderStatus
from nemowatch.intake.scan import FolderOffline, scan_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nemowatch.intake.records import FileVersion
    from nemowatch.intake.takers import Takers
    from nemowatch.intake.watch import FolderWatcher

_BATCH = 500
"""Files handed to the event loop at once: a few milliseconds of its time."""


class WatchFolders:
    """All watch folders of the rules, each looked after once however many rules name it."""

    def __init__(self, takers: Takers, watcher: FolderWatcher) -> None:
        self._takers = takers
        self._watcher = watcher
        self._statuses = {folder: FolderStatus(folder, FolderState.NOT_SCANNED) for folder in takers.folders}
        self._unreadable: dict[Path, frozenset[Path]] = {}

    def statuses(self) -> tuple[FolderStatus, ...]:
        """How each folder is looked after."""
        return tuple(self._statuses.values())

    async def scan(self, folder: Path) -> AsyncIterator[list[FileVersion]]:
        """Look through a whole watch folder; an offline one yields nothing."""
        # The watch comes first: what is saved during the scan is then seen by one of the two.
        try:
            status = await asyncio.to_thread(self._attach, folder)
            unreadable: dict[Path, OSError] = {}
            async for batch in self._scan(folder, None, unreadable):
                yield batch
        except FolderOffline as error:
            self._tell(FolderStatus(folder, FolderState.OFFLINE, str(error)))
            return
        self._tell(status)
        self._tell_unreadable(folder, unreadable)

    async def scan_below(self, folder: Path, start: Path) -> AsyncIterator[list[FileVersion]]:
        """Look through a folder that appeared below a watch folder, unless a link leads there."""
        if await asyncio.to_thread(is_behind_link, folder, start):
            return
        try:
            # What can't be read here is told by the next scan of the whole folder.
            async for batch in self._scan(folder, start, {}):
                yield batch
        except FolderOffline as error:
            self._tell(FolderStatus(folder, FolderState.OFFLINE, str(error)))

    async def _scan(
        self, folder: Path, start: Path | None, unreadable: dict[Path, OSError]
    ) -> AsyncIterator[list[FileVersion]]:
        found = scan_folder(folder, self._takers.matchers_of(folder), unreadable.__setitem__, start)
        while batch := await asyncio.to_thread(lambda: list(islice(found, _BATCH))):
            yield batch

    def _attach(self, folder: Path) -> FolderStatus:
        try:
            self._watcher.attach(folder, recursive=self._takers.is_recursive(folder))
        except OSError as error:
            reason = f"The system can't watch it: {error.strerror or error}. Scans find what changes there."
            return FolderStatus(folder, FolderState.SCANNED_ONLY, reason)
        return FolderStatus(folder, FolderState.WATCHED)

    def _tell(self, status: FolderStatus) -> None:
        before = self._statuses[status.folder]
        self._statuses[status.folder] = status
        if status == before:
            return
        if status.reason:
            logger.warning(f"{status.folder}: {status.reason}")
        elif before.state is FolderState.OFFLINE:
            logger.info(f"The folder {status.folder} is back.")

    def _tell_unreadable(self, folder: Path, unreadable: dict[Path, OSError]) -> None:
        told = self._unreadable.get(folder, frozenset())
        for path, error in unreadable.items():
            if path not in told:
                logger.warning(
                    f"{path} can't be read, so nothing is taken from it: {error.strerror or error}"
                )
        self._unreadable[folder] = frozenset(unreadable)
