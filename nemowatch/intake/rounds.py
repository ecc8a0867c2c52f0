"""Quick looks at the watch folders every few seconds, and the scans that can't wait for the timer.

Used by the watch folders. A watch says nothing when its folder is deleted and made again, renamed away and back, or
unmounted and mounted: a look at the folder itself does.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.clock import pause_until_next
from nemowatch.intake.asking import Turn
from nemowatch.intake.filesystems import MountChanges, mount_points_below
from nemowatch.intake.inotify import watched_inodes
from nemowatch.intake.presence import look_at_root
from nemowatch.intake.scan import FolderOffline

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.intake.asking import Asking
    from nemowatch.intake.presence import Root
    from nemowatch.intake.watch import FolderWatcher

_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class _Seen:
    """How a folder stood when it was scanned, as `Rounds.saw` says; without a root, it was missing."""

    root: Root | None
    is_watched: bool = False
    awaits_files: bool = False


class Rounds:
    """Goes round the watch folders.

    Args:
        watcher: whose watches must live.
        clock: for the pauses.
        asking: knows the folders that hang; they are not looked at until they answer.
    """

    def __init__(self, watcher: FolderWatcher, clock: Clock, asking: Asking) -> None:
        self._watcher = watcher
        self._clock = clock
        self._asking = asking
        self._seen: dict[Path, _Seen] = {}
        self._wanted: dict[Path, None] = {}
        self._is_wanted = asyncio.Event()
        self._is_scanning = False
        self._mounts: MountChanges | None = None

    @property
    def has_wanted(self) -> bool:
        """Whether folders wait to be scanned at once, or are being."""
        return bool(self._wanted) or self._is_scanning

    def saw(self, folder: Path, root: Root, *, is_watched: bool = False, awaits_files: bool = False) -> None:
        """A scan found this folder under the name.

        Args:
            folder: the watch folder.
            root: what it found.
            is_watched: events of it are expected.
            awaits_files: it is an empty folder in the place of another: what appears in it is worth a scan.
        """
        self._seen[folder] = _Seen(root, is_watched, awaits_files)

    def is_missing(self, folder: Path) -> None:
        """A scan found no folder that can be read."""
        self._seen[folder] = _Seen(None)

    def forget(self, folder: Path) -> None:
        """No rule watches it any more."""
        self._seen.pop(folder, None)
        self._wanted.pop(folder, None)

    def want(self, folders: Iterable[Path]) -> None:
        """Have these scanned as soon as may be."""
        self._wanted.update(dict.fromkeys(folders))
        if self._wanted:
            self._is_wanted.set()

    async def run(self, scan: Callable[[Collection[Path]], Awaitable[None]]) -> None:
        """Look every few seconds and have scanned what is wanted, until cancelled."""
        try:
            while True:
                if not await self._wait():
                    await self.look()
                if self._wanted:
                    await self._have_scanned(scan)
        finally:
            if self._mounts is not None:
                self._mounts.close()

    async def _have_scanned(self, scan: Callable[[Collection[Path]], Awaitable[None]]) -> None:
        wanted = tuple(self._wanted)
        self._is_scanning = True
        self._wanted.clear()
        self._is_wanted.clear()
        try:
            await scan(wanted)
        finally:
            self._is_scanning = False

    async def look(self) -> None:
        """One look at each folder that was scanned before."""
        seen = {folder: before for folder, before in self._seen.items() if not self._asking.hangs(folder)}
        turn = Turn()
        try:
            changed = await self._asking.ask(lambda: self._find_changed(seen, turn), lambda: turn.folder)
        except FolderOffline as error:
            # The others are looked at the next time, without it.
            changed = [error.folder] if error.folder in seen else []
        # What a scan saw meanwhile is newer than what this look compared with.
        self.want(folder for folder in changed if self._seen.get(folder) is seen[folder])

    async def _wait(self) -> bool:
        """Wait until folders are wanted, or it is time for a look; tells which."""
        waits = {asyncio.ensure_future(self._is_wanted.wait()), asyncio.ensure_future(self._pause())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return self._is_wanted.is_set()

    async def _pause(self) -> None:
        await self._clock.sleep(pause_until_next(self._clock, _LOOK_SECONDS))

    def _find_changed(self, seen: dict[Path, _Seen], turn: Turn) -> list[Path]:
        if self._mounts is None:
            self._mounts = MountChanges()
        mounts_changed = self._mounts.has_changed()
        watched = watched_inodes() if mounts_changed else None
        changed: list[Path] = []
        for folder, before in seen.items():
            turn.folder = folder
            if self._has_changed(folder, before, watched):
                changed.append(folder)
            elif mounts_changed:
                self._watcher.leave_out(folder, mount_points_below(folder))
        return changed

    def _has_changed(self, folder: Path, before: _Seen, watched: Collection[int] | None) -> bool:
        root = None
        with contextlib.suppress(OSError):
            root = look_at_root(folder)
        if root is None or before.root is None:
            return root is not before.root
        if not root.is_same_as(before.root) or (before.awaits_files and root != before.root):
            return True
        if not before.is_watched:
            return False
        if watched is not None and root.inode not in watched:
            # Unmounted and mounted again, it is the same folder, and its watch lives and hears nothing.
            self._watcher.detach(folder)
        return not self._watcher.is_alive(folder)
