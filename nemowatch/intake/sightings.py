"""What the watches hint at and what the scans find, on its way into the waiting room.

Used by intake alone. Events are hints: they say where to look. Scans are the truth: they find what no event told of.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.errors import NemoWatchError
from nemowatch.intake.records import Candidate
from nemowatch.intake.takers import outermost
from nemowatch.rules.prompt_file import recording_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator

    from nemowatch.clock import Clock
    from nemowatch.intake.first_looks import FirstLooks
    from nemowatch.intake.folders import WatchFolders
    from nemowatch.intake.memory import KnownFiles
    from nemowatch.intake.records import FileVersion
    from nemowatch.intake.takers import Takers
    from nemowatch.intake.waiting_room import WaitingRoom
    from nemowatch.intake.watch import Hint
    from nemowatch.rules.rule import Rule

_PIECE = 200
"""Hints handled before other tasks of the event loop get their turn."""

_SECOND_LOOK_SECONDS = 2.0
"""A folder that appeared is looked through again after this: what is written into it at once causes no events."""


class Sightings:
    """Gathers hints and scans.

    Args:
        room: where sighted files wait.
        looks: decides about files that were there before a rule.
        known: files that need no second look.
        folders: scans.
        clock: for quiet times and pauses.
        wake: called when there is something to do.
    """

    def __init__(
        self,
        room: WaitingRoom,
        looks: FirstLooks,
        known: KnownFiles,
        folders: WatchFolders,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._room = room
        self._looks = looks
        self._known = known
        self._folders = folders
        self._clock = clock
        self._wake = wake
        self._takers: Takers | None = None
        self._backlog = 0
        self._hints: deque[Hint] = deque()
        self._new_folders: set[str] = set()
        self._folders_appeared = asyncio.Event()
        self._later: set[asyncio.Task[None]] = set()
        self._scans_going_on = 0
        self._scan_turn = asyncio.Lock()

    @property
    def has_hints(self) -> bool:
        """Whether hints wait to be handled."""
        return bool(self._hints)

    @property
    def is_busy(self) -> bool:
        """Whether anything is being looked through, or waits for that."""
        return bool(self._hints or self._new_folders or self._scans_going_on)

    def follow(self, takers: Takers, backlog: int) -> None:
        """These rules count from now on."""
        self._takers = takers
        self._backlog = backlog

    def stop(self) -> None:
        """Drop what was to be looked at later."""
        for task in self._later:
            task.cancel()

    def on_hints(self, hints: Collection[Hint]) -> None:
        """The watches saw something."""
        self._hints.extend(hints)
        self._wake()

    def take_hints(self) -> None:
        """Handle some of the hints."""
        takers = self._takers
        now = self._clock.monotonic()
        for _ in range(min(_PIECE, len(self._hints))):
            hint = self._hints.popleft()
            if takers is None:
                continue
            if hint.is_folder:
                self._look_through_soon(hint.path)
                continue
            path = Path(hint.path)
            # Prompts that are saved right after their recording are waited for as well.
            path = recording_of(path) or path
            for rule, _folder in takers.takers_of(path):
                self._room.settler.hint(Candidate(rule.name, path), rule.settle_seconds, now)

    async def scan(self, folders: Iterable[Path]) -> None:
        """Look through watch folders once and see that each is watched. One such scan runs at a time."""
        async with self._scan_turn:
            takers = self._takers
            if takers is None:
                return
            self._scans_going_on += 1
            try:
                for folder in folders:
                    with _told(f"Looking through {folder}"):
                        await self._scan_one(folder, takers)
                with _told("Deciding about files that were there before a rule"):
                    await self._let_on(takers)
            finally:
                self._scans_going_on -= 1
                self._wake()

    async def _let_on(self, takers: Takers) -> None:
        """Let on what was found on first looks, but for what is skipped."""
        let_on = await self._looks.decide(takers.rules, self._backlog)
        now = self._clock.monotonic()
        for rule, version in let_on:
            candidate = Candidate(rule.name, version.path)
            self._room.settler.sight(candidate, version, rule.settle_seconds, now)

    async def scan_new_folders(self) -> None:
        """Look through folders that appear, again and again, until cancelled."""
        while True:
            await self._folders_appeared.wait()
            self._folders_appeared.clear()
            appeared = outermost(self._new_folders)
            # Counted before the set is emptied, so that nobody finds intake idle in between.
            self._scans_going_on += 1
            self._new_folders.clear()
            takers = self._takers
            for start in map(Path, appeared):
                for folder in takers.folders_above(start) if takers is not None else ():
                    with _told(f"Looking through {start}"):
                        await self._sight_all(self._folders.scan_below(folder, start), frozenset(), folder)
            self._scans_going_on -= 1
            self._wake()

    async def _scan_one(self, folder: Path, takers: Takers) -> None:
        first = self._looks.begin(takers.rules, folder)
        is_whole = False
        try:
            await self._sight_all(self._folders.scan(folder), first, folder)
            is_whole = not self._folders.is_offline(folder)
        finally:
            if not is_whole:
                self._looks.abandon(folder)

    async def _sight_all(
        self, batches: AsyncIterator[list[FileVersion]], first: frozenset[str], folder: Path
    ) -> None:
        async for batch in batches:
            self._sight(batch, first, folder)

    def _sight(self, versions: list[FileVersion], first: frozenset[str], folder: Path) -> None:
        """Let files on that are not known; those of a first look are only counted."""
        takers = self._takers
        if takers is None:
            return
        now = self._clock.monotonic()
        for version in versions:
            for rule, where in takers.takers_of(version.path):
                if self._known.is_known(rule.name, version):
                    continue
                if rule.name in first and where == folder and _asks_first(rule):
                    self._looks.add(rule.name, folder, version)
                else:
                    candidate = Candidate(rule.name, version.path)
                    self._room.settler.sight(candidate, version, rule.settle_seconds, now)
        self._wake()

    def _look_through_soon(self, folder: str) -> None:
        self._new_folders.add(folder)
        self._folders_appeared.set()
        task = asyncio.create_task(self._look_through_later(folder))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _look_through_later(self, folder: str) -> None:
        await self._clock.sleep(_SECOND_LOOK_SECONDS)
        self._new_folders.add(folder)
        self._folders_appeared.set()


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Whatever breaks a scan, such as a state folder on a full disk, is told; the next scan finds the same files."""
    try:
        yield
    except NemoWatchError as error:
        logger.warning(f"{what} broke off; it is done again at the next scan. {error}")
    except Exception as error:  # noqa: BLE001 -- without scans nothing would be found any more
        logger.opt(exception=error).error(f"{what} broke off; it is done again at the next scan.")


def _asks_first(rule: Rule) -> bool:
    return rule.existing != "process"
