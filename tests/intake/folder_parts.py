"""What the tests of watch folders share: watch folders that can be scanned, with time in hand, and faked edges."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from helpers import FakeClock, async_wait_until
from watchdog.observers import inotify_c

from nemowatch.intake import filesystems
from nemowatch.intake.folders import WatchFolders
from nemowatch.intake.records import FolderState, FolderStatus
from nemowatch.intake.takers import Takers
from nemowatch.intake.watch import FolderWatcher, Hint
from nemowatch.rules.rule import Rule


class Keeper:
    """Watch folders with everything around them."""

    def __init__(self, rules: tuple[Rule, ...], **options) -> None:
        self.clock = FakeClock()
        self.hints: set[Hint] = set()
        self.changes: list[tuple[str, FolderState]] = []
        self.scanned: list[Path] = []
        self.watcher = FolderWatcher(self.hints.update)
        self.folders = WatchFolders(
            Takers(rules), self.watcher, clock=self.clock, on_change=self._note_change, **options
        )

    def _note_change(self, folder: Path, status: FolderStatus) -> None:
        self.changes.append((folder.name, status.state))

    async def scan(self, folder: Path, *, passing: float = 0.0) -> list[str]:
        """Look through a folder, and let time go by where an event may not come; gives the names found."""
        task = asyncio.create_task(self._scan(folder))
        # Where an event is still to be heard, time passes slowly: machines are busy.
        await async_wait_until(lambda: (passing and self.clock.move(passing)) or task.done(), timeout=20)
        return task.result()

    async def _scan(self, folder: Path) -> list[str]:
        return [version.path.name async for batch in self.folders.scan(folder) for version in batch]

    async def scan_all(self, folders) -> None:
        for folder in folders:
            await self._scan(folder)
            self.scanned.append(folder)

    @property
    def state(self) -> FolderState:
        return self.folders.statuses()[0].state

    @property
    def reason(self) -> str:
        return self.folders.statuses()[0].reason

    async def hears(self, path: Path) -> None:
        await async_wait_until(lambda: Hint(str(path), False) in self.hints, timeout=10)


@asynccontextmanager
async def looked_after(*rules: Rule, **options) -> AsyncIterator[Keeper]:
    keeper = Keeper(rules, **options)
    keeper.watcher.start(asyncio.get_running_loop())
    try:
        yield keeper
    finally:
        keeper.watcher.stop()


def pretend_mounts(monkeypatch, table: Path, *mounts: tuple[Path, str, str]) -> None:
    """Have the system's table of mounts say that these are mounted: where, which type, which device."""
    lines = ["1 0 254:0 / / rw - ext4 /dev/root rw"]
    lines += [
        f"{i} 1 0:{i} / {point} rw - {kind} {source} rw" for i, (point, kind, source) in enumerate(mounts, 2)
    ]
    table.write_text("\n".join(lines))
    monkeypatch.setattr(filesystems, "_MOUNTINFO", table)


class FullKernel:
    """A kernel that has room for so many watches; the real one does what this one allows."""

    def __init__(self, monkeypatch, room: int) -> None:
        self.room = room
        self._watched: set[int] = set()
        self._add, self._remove = inotify_c.inotify_add_watch, inotify_c.inotify_rm_watch
        monkeypatch.setattr(inotify_c, "inotify_add_watch", self.add)
        monkeypatch.setattr(inotify_c, "inotify_rm_watch", self.remove)

    def add(self, fd: int, path: bytes, mask: int) -> int:
        number = self._add(fd, path, mask)
        if number not in self._watched and len(self._watched) >= self.room:
            self._remove(fd, number)
            ctypes.set_errno(errno.ENOSPC)
            return -1
        self._watched.add(number)
        return number

    def remove(self, fd: int, number: int) -> int:
        self._watched.discard(number)
        return self._remove(fd, number)


def make_deaf(monkeypatch) -> None:
    """Have the kernel accept every watch from now on, and never tell of anything."""
    numbers = itertools.count(1_000_000)
    monkeypatch.setattr(inotify_c, "inotify_add_watch", lambda fd, path, mask: next(numbers))


def cut_watches(watcher: FolderWatcher) -> None:
    """Take the kernel's watches away behind watchdog's back, as an unmount does."""
    watching = watcher._observer._inotify_fd
    for number in list(watching._watch_for_wd):
        inotify_c.inotify_rm_watch(watching._inotify_fd, number)
