"""The watch folders: their watches, their scans, and what is said when one goes offline and comes back.

Used by intake alone. A folder that can't be reached, or in whose place an empty one stands, is offline: that is told
once, nothing is concluded about its files, and it is looked for again. Where events can't be trusted, the folder is
scanned often instead.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING, Literal

from loguru import logger

from nemowatch.clock import SystemClock
from nemowatch.intake.asking import Asking
from nemowatch.intake.canary import remove_canaries
from nemowatch.intake.filesystems import mount_points_below
from nemowatch.intake.hearing import Hearing
from nemowatch.intake.inotify import explain_refusal
from nemowatch.intake.look import is_behind_link
from nemowatch.intake.presence import ForgetfulMemory, Known, look_at_folder
from nemowatch.intake.records import FolderState, FolderStatus
from nemowatch.intake.rounds import Rounds
from nemowatch.intake.scan import FolderOffline, FolderScan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.intake.presence import FolderMemory, Stand
    from nemowatch.intake.records import FileVersion
    from nemowatch.intake.takers import Takers
    from nemowatch.intake.watch import FolderWatcher

Polling = Literal["auto", "always", "never"]

SCANNED_SECONDS = 30.0
"""Pause between two scans of the folders that `polled_folders` names."""

_CONCLUDE_SECONDS = 120.0
"""What is decided after a scan tests the watch, twice at the worst: seconds."""

_BATCH = 500
"""Files handed to the event loop at once: a few milliseconds of its time."""


class WatchFolders:
    """All watch folders of the rules, each looked after once however many rules name it.

    Args:
        takers: the rules.
        watcher: tells what happens in the folders.
        polling: `auto` scans folders often from which not all events come, `always` all, `never` none.
        memory: which folders stood there before.
        clock: for the quick looks, and for the time that an event is given.
        on_change: called in the event loop when a folder goes offline or comes back.
        asking: asks the folders.
    """

    def __init__(
        self,
        takers: Takers,
        watcher: FolderWatcher,
        *,
        polling: Polling = "auto",
        memory: FolderMemory | None = None,
        clock: Clock | None = None,
        on_change: Callable[[Path, FolderStatus], None] | None = None,
        asking: Asking | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._takers = takers
        self._watcher = watcher
        self._polling = polling
        self._memory = memory or ForgetfulMemory()
        self._on_change = on_change
        self._hearing = Hearing(watcher, clock)
        self._asking = asking or Asking()
        self._rounds = Rounds(watcher, clock, self._asking)
        self._statuses = {folder: FolderStatus(folder, FolderState.NOT_SCANNED) for folder in takers.folders}
        self._left: set[Path] = set()  # no rule watches them any more; their watches end at the next scan
        self._without_inodes: set[Path] = set()
        self._told: dict[Path, frozenset[Path]] = {}
        self._meant: dict[Path, str] = {}  # why folders are scanned often although nothing is wrong with them
        watcher.on_lost = self._events_were_lost

    def follow(self, takers: Takers, polling: Polling | None = None) -> None:
        """The folders of these rules count from now on; the next scan sees that the new ones are watched."""
        for folder in self._statuses.keys() - set(takers.folders):
            self._left.add(folder)
            self._rounds.forget(folder)
            self._told.pop(folder, None)
        self._takers = takers
        self._polling = polling or self._polling
        not_scanned = FolderState.NOT_SCANNED
        self._statuses = {
            folder: self._statuses.get(folder, FolderStatus(folder, not_scanned)) for folder in takers.folders
        }

    def is_offline(self, folder: Path) -> bool:
        """Whether the last look at a watch folder found it offline."""
        status = self._statuses.get(folder)
        return status is not None and status.state is FolderState.OFFLINE

    def keeps_inodes(self, folder: Path) -> bool:
        """Whether files keep their inode numbers there; versions of files on other file systems leave them out."""
        return folder not in self._without_inodes

    def statuses(self) -> tuple[FolderStatus, ...]:
        """How each folder is looked after."""
        return tuple(self._statuses.values())

    def polled_folders(self) -> tuple[Path, ...]:
        """The folders that are to be scanned every `SCANNED_SECONDS`, since events don't tell what happens there."""
        if self._polling == "never":
            return ()
        often = (FolderState.SCANNED_ONLY, FolderState.OFFLINE)
        return tuple(status.folder for status in self._statuses.values() if status.state in often)

    @property
    def has_wanted(self) -> bool:
        """Whether folders wait to be scanned at once, or are being."""
        return self._rounds.has_wanted

    async def run(self, scan: Callable[[Collection[Path]], Awaitable[None]]) -> None:
        """Look at each folder every few seconds, and have scanned what needs it, until cancelled.

        Folders are scanned at once that went away, came back, are others under the same name, or whose events were
        lost. One such scan runs at a time; what is wanted meanwhile is one more.

        Args:
            scan: called with folders; looks through them with `scan`.
        """
        await self._rounds.run(scan)

    async def look_at_roots(self) -> None:
        """One quick look at each folder, as `run` makes every few seconds; it notes what must be scanned."""
        await self._rounds.look()

    async def scan(self, folder: Path) -> AsyncIterator[list[FileVersion]]:
        """Look through a whole watch folder; an offline one yields nothing."""
        try:
            # The watch comes first: what is saved during the scan is then seen by one of the two.
            self._asking.check(folder)
            stand, status = await self._asking.ask(lambda: self._prepare(folder), lambda: folder)
            scan = FolderScan(
                folder,
                self._takers.matchers_of(folder),
                left_out=stand.mount_points,
                keeps_inodes=stand.file_system.keeps_inodes,
            )
            async for batch in self._batches(folder, scan):
                yield batch
            async with _in_time(folder):
                status = await self._conclude(folder, scan, stand, status)
        except FolderOffline as error:
            self._rounds.is_missing(folder)
            status = FolderStatus(folder, FolderState.OFFLINE, error.reason)
        self._tell(status)

    async def scan_below(self, folder: Path, start: Path) -> AsyncIterator[list[FileVersion]]:
        """Look through a folder that appeared below a watch folder, unless a link or another disk lies there."""
        try:
            self._asking.check(folder)
            mounted = await self._asking.ask(lambda: _mounts_beside(folder, start), lambda: folder)
            if mounted is None:
                return
            if self._watcher.is_in_pieces(folder):
                self._rounds.want([folder])
            # What can't be read here is told by the next scan of the whole folder.
            scan = FolderScan(
                folder,
                self._takers.matchers_of(folder),
                start=start,
                left_out=mounted,
                keeps_inodes=self.keeps_inodes(folder),
            )
            async for batch in self._batches(folder, scan):
                yield batch
        except FolderOffline:
            self._rounds.want([folder])

    async def _batches(self, folder: Path, scan: FolderScan) -> AsyncIterator[list[FileVersion]]:
        found: Iterable[FileVersion] = iter(scan)
        while batch := await self._asking.ask(
            lambda: list(islice(found, _BATCH)), lambda: folder, lambda: (scan.count, len(scan.folders))
        ):
            yield batch

    def _prepare(self, folder: Path) -> tuple[Stand, FolderStatus]:
        """See what stands there and have it watched, if it is to be. Blocks."""
        while self._left:
            self._watcher.detach(self._left.pop())
        stand = look_at_folder(folder)
        if stand.file_system.keeps_inodes:
            self._without_inodes.discard(folder)
        else:
            self._without_inodes.add(folder)
        reason = self._meant[folder] = self._reason_to_poll(stand)
        if reason:
            self._watcher.detach(folder)
            return stand, FolderStatus(folder, FolderState.SCANNED_ONLY, reason)
        try:
            self._attach(folder, stand)
        except OSError as error:
            return stand, self._scanned_only(folder, explain_refusal(error))
        return stand, FolderStatus(folder, FolderState.WATCHED)

    def _attach(self, folder: Path, stand: Stand, *, anew: bool = False) -> None:
        recursive = self._takers.is_recursive(folder)
        self._watcher.attach(folder, recursive=recursive, left_out=stand.mount_points, anew=anew)

    def _reason_to_poll(self, stand: Stand) -> str:
        if self._polling == "always":
            return "It is scanned often, as `polling: always` says."
        if self._polling == "auto" and stand.file_system.is_network:
            kind = stand.file_system.kind
            return f"It lies on a network file system ({kind}), where not every change is told: it is scanned often."
        return ""

    async def _conclude(
        self, folder: Path, scan: FolderScan, stand: Stand, status: FolderStatus
    ) -> FolderStatus:
        """Decide from a complete scan how the folder stands; remember it."""
        await asyncio.to_thread(remove_canaries, scan.canaries)
        if not await asyncio.to_thread(self._is_in_its_place, folder, scan, stand):
            self._rounds.saw(folder, stand.root, awaits_files=True)
            reason = "Another, empty folder stands in its place: is its disk mounted?"
            return FolderStatus(folder, FolderState.OFFLINE, reason)
        self._tell_once(folder, scan)
        if status.state is FolderState.WATCHED:
            status = await self._trust(folder, scan, stand)
        self._rounds.saw(folder, stand.root, is_watched=status.state is FolderState.WATCHED)
        return status

    def _is_in_its_place(self, folder: Path, scan: FolderScan, stand: Stand) -> bool:
        """Whether the folder is the one that is known; if so, it is known as it is now. Blocks."""
        known = self._memory.read(folder)
        if scan.count == 0 and stand.replaces(known):
            return False
        now = Known(stand.identity, had_files=scan.count > 0)
        if now != known:
            self._memory.write(folder, now)
        return True

    async def _trust(self, folder: Path, scan: FolderScan, stand: Stand) -> FolderStatus:
        try:
            fault = await self._hearing.find_fault(
                folder, scan.folders, lambda: self._attach(folder, stand, anew=True)
            )
        except OSError as error:
            fault = explain_refusal(error)
        return self._scanned_only(folder, fault) if fault else FolderStatus(folder, FolderState.WATCHED)

    def _scanned_only(self, folder: Path, fault: str) -> FolderStatus:
        meanwhile = (
            "Scans find what changes there." if self._polling == "never" else "It is scanned often meanwhile."
        )
        return FolderStatus(folder, FolderState.SCANNED_ONLY, f"{fault} {meanwhile}")

    def _events_were_lost(self) -> None:
        logger.warning(
            "More happened at once than the system could tell of; all watched folders are scanned for it."
        )
        watched = FolderState.WATCHED
        self._rounds.want(status.folder for status in self._statuses.values() if status.state is watched)

    def _tell(self, status: FolderStatus) -> None:
        before = self._statuses.get(status.folder)
        if before is None or status == before:
            return  # nothing new, or a folder that no rule watches any more
        self._statuses[status.folder] = status
        was_offline, is_offline = before.state is FolderState.OFFLINE, status.state is FolderState.OFFLINE
        if was_offline and not is_offline:
            logger.info(f"The folder {status.folder} is back.")
        if status.reason:
            is_meant = status.reason == self._meant.get(status.folder)
            words = "The folder is offline. " if is_offline else ""
            logger.log("INFO" if is_meant else "WARNING", f"{status.folder}: {words}{status.reason}")
        if was_offline != is_offline and self._on_change is not None:
            self._on_change(status.folder, status)

    def _tell_once(self, folder: Path, scan: FolderScan) -> None:
        told = self._told.get(folder, frozenset())
        for path, error in scan.unreadable.items():
            if path not in told:
                logger.warning(
                    f"{path} can't be read, so nothing is taken from it: {error.strerror or error}"
                )
        for path in scan.mount_points:
            if path not in told and path not in self._statuses:
                logger.warning(
                    f"{folder}: another file system is mounted at {path}, so nothing is taken from there; "
                    "name it as a watch folder of its own."
                )
        self._told[folder] = frozenset((*scan.unreadable, *scan.mount_points))


def _mounts_beside(folder: Path, start: Path) -> Collection[Path] | None:
    """What is mounted below a watch folder; None where a folder in it lies behind a link or a mount. Blocks."""
    mounted = mount_points_below(folder)
    is_elsewhere = not mounted.isdisjoint((start, *start.parents)) or is_behind_link(folder, start)
    return None if is_elsewhere else mounted


@asynccontextmanager
async def _in_time(folder: Path) -> AsyncIterator[None]:
    """What goes on with a folder ends in time, or the folder is offline."""
    try:
        async with asyncio.timeout(_CONCLUDE_SECONDS):
            yield
    except TimeoutError as error:
        raise FolderOffline(folder, error) from error
