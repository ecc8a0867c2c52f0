"""From folders to complete files: gathers hints and scans, lets files settle, checks them, hands them over.

    event ─┐
    scan  ─┴→ sightings → settle → gatekeeper → take

Made, started and stopped by the daemon, which also calls `scan_all` and `scan_often` on timers, and `follow` when the
rules have changed. It runs in the event loop, and what touches the disk in threads; at rest it sleeps until a hint
comes or a file is due. It never loses a file: what can't be taken now is looked at again, for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loguru import logger

from nemowatch.intake.asking import NO_ANSWER, Asking, Turn
from nemowatch.intake.first_looks import FirstLooks
from nemowatch.intake.folders import WatchFolders
from nemowatch.intake.gate import Gate
from nemowatch.intake.gatekeeper import Gatekeeper
from nemowatch.intake.look import read_version
from nemowatch.intake.memory import ForgetfulBook
from nemowatch.intake.presence import ForgetfulMemory
from nemowatch.intake.records import Candidate, FileVersion, PendingFile, PendingState, Ready
from nemowatch.intake.scan import FolderOffline
from nemowatch.intake.sightings import Sightings
from nemowatch.intake.takers import Takers
from nemowatch.intake.waiting_room import Note, WaitingRoom
from nemowatch.intake.watch import FolderWatcher

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.intake.folders import Polling
    from nemowatch.intake.gate import Prober
    from nemowatch.intake.memory import FirstLookBook, KnownFiles
    from nemowatch.intake.presence import FolderMemory
    from nemowatch.intake.records import FolderStatus
    from nemowatch.intake.watch import Hint
    from nemowatch.rules.rule import Rule

_CHECKS_AT_ONCE = 4
_PIECE = 200
"""Looks handled before other tasks of the event loop get their turn."""

_DEFAULT_BACKLOG = 10


@dataclass(frozen=True)
class Memories:
    """What is kept over restarts; nothing by default.

    Attributes:
        first_looks: which rules have looked into which folders.
        folders: which folders stood under the names of the watch folders.
    """

    first_looks: FirstLookBook = field(default_factory=ForgetfulBook)
    folders: FolderMemory = field(default_factory=ForgetfulMemory)


class Intake:
    """Watches the folders of all rules and hands each complete file to `take`, once for each of its rules.

    Args:
        rules: at least one.
        known: asked before anything is done with a file, and told of refusals.
        take: makes a job of a file and makes its version known; when it raises, it is called again later.
        prober: looks into files.
        clock: for quiet times and pauses.
        memories: keep over restarts which rules have looked into which folders, and which folders those were.
        backlog: a rule that finds more files than this on its first look holds them.
        polling: whether folders are scanned often instead of trusting the system's events.
        asking: asks the folders.

    Attributes:
        on_folder_change: called in the event loop when a watch folder goes offline or comes back.
    """

    def __init__(  # noqa: PLR0913 -- all but the rules by name: whom it works with, and how
        self,
        rules: Sequence[Rule],
        *,
        known: KnownFiles,
        take: Callable[[Ready], Awaitable[None]],
        prober: Prober,
        clock: Clock,
        memories: Memories | None = None,
        backlog: int = _DEFAULT_BACKLOG,
        polling: Polling = "auto",
        asking: Asking | None = None,
    ) -> None:
        memories = memories or Memories()
        self.on_folder_change: Callable[[Path, FolderStatus], None] = _do_nothing
        self._known = known
        self._prober = prober
        self._clock = clock
        self._takers = Takers(rules)
        self._wake = asyncio.Event()
        self._rest = asyncio.Event()
        self._looks = FirstLooks(memories.first_looks, known)
        self._room = WaitingRoom(clock, self._looks.left)
        self._watcher = FolderWatcher(self._on_hints)
        self._asking = asking or Asking()
        self._folders = WatchFolders(
            self._takers,
            self._watcher,
            polling=polling,
            memory=memories.folders,
            clock=clock,
            on_change=self._tell_folder_change,
            asking=self._asking,
        )
        self._sightings = Sightings(self._room, self._looks, known, self._folders, clock, self._wake.set)
        self._gatekeeper = Gatekeeper(
            self._room, self._looks, known, take, Gate(prober, self._asking), clock, self._wake.set
        )
        self._sightings.follow(self._takers, backlog)
        self._gatekeeper.follow(self._takers)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to listen and to work. The folders are watched from the first `scan_all` on."""
        await self._looks.start()
        self._watcher.start(asyncio.get_running_loop())
        works: list[Coroutine[None, None, None]] = [
            self._settle_files(),
            self._sightings.scan_new_folders(),
            self._folders.run(self._sightings.scan),
        ]
        works += [self._gatekeeper.run() for _ in range(_CHECKS_AT_ONCE)]
        self._tasks = [asyncio.create_task(work) for work in works]
        for task in self._tasks:
            task.add_done_callback(_tell_defect)

    async def stop(self) -> None:
        """End; a file that is being taken may or may not become known, and is met again at the next start."""
        self._sightings.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._looks.stop()
        await asyncio.to_thread(self._watcher.stop)

    async def join(self) -> None:
        """Wait until intake was stopped.

        Raises:
            Exception: what broke it, which only a defect does.
        """
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with contextlib.suppress(asyncio.CancelledError):
                task.result()

    async def scan_all(self) -> None:
        """Look through every watch folder once and see that each is watched. One such scan runs at a time."""
        await self._sightings.scan(self._takers.folders)

    async def scan_often(self) -> None:
        """Look through the folders from which events don't come; to be called every `SCANNED_SECONDS`."""
        polled = self._folders.polled_folders()
        if polled:
            await self._sightings.scan(polled)

    async def follow(self, rules: Sequence[Rule], backlog: int, polling: Polling = "auto") -> None:
        """These rules count from now on; a scan finds what is new to them.

        Files that wait already keep their quiet time; those that no rule takes any more are forgotten.
        """
        await self._looks.start()
        self._takers = Takers(rules)
        self._folders.follow(self._takers, polling)
        self._sightings.follow(self._takers, backlog)
        self._gatekeeper.follow(self._takers)

    def pending(self) -> tuple[PendingFile, ...]:
        """Every file that is on its way to becoming a job."""
        return self._room.pending()

    def rules_that_take(self, path: Path) -> list[str]:
        """The names of the rules that take the file at a path."""
        return [taker.rule.name for taker in self._takers.takers_of(path)]

    def folders(self) -> tuple[FolderStatus, ...]:
        """How each watch folder is looked after."""
        return self._folders.statuses()

    def idle(self) -> bool:
        """Whether nothing is being looked through, settling or checked for the first time.

        Files that were found incomplete, or could not be taken, are looked at again later and don't count.
        """
        return not (self._sightings.is_busy or self._folders.has_wanted or self._room.settler.is_busy())

    async def wait_idle(self) -> None:
        """Wait until `idle`.

        Raises:
            Exception: what broke intake, which only a defect does.
        """
        while not self.idle():
            self._rest.clear()
            resting = asyncio.create_task(self._rest.wait())
            try:
                await asyncio.wait({resting, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                resting.cancel()
            if any(task.done() for task in self._tasks):
                await self.join()
                return

    def _tell_folder_change(self, folder: Path, status: FolderStatus) -> None:
        self.on_folder_change(folder, status)

    def _on_hints(self, hints: Collection[Hint]) -> None:
        self._sightings.on_hints(hints)

    # Settling: one task that looks at what is due, and otherwise sleeps.

    async def _settle_files(self) -> None:
        while True:
            self._wake.clear()
            self._sightings.take_hints()
            due = self._room.settler.due(self._clock.monotonic())
            for start in range(0, len(due), _PIECE):
                await self._look_at(due[start : start + _PIECE])
            if self._sightings.has_hints:
                await asyncio.sleep(0)
            elif not due:
                if self.idle():
                    self._rest.set()
                await self._sleep()

    async def _sleep(self) -> None:
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._wake.wait())]
        next_due = self._room.settler.next_due()
        if next_due is not None:
            waits.append(asyncio.create_task(self._sleep_until(next_due)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _sleep_until(self, moment: float) -> None:
        await self._clock.sleep(max(0.0, moment - self._clock.monotonic()))

    async def _look_at(self, candidates: list[Candidate]) -> None:
        turn = Turn()
        askable = [candidate for candidate in candidates if self._can_be_asked(candidate)]
        try:
            answers = await self._asking.ask(lambda: self._read_versions(askable, turn), lambda: turn.folder)
        except FolderOffline:
            return  # they are due still; the next look leaves out those in the folder that hangs
        for candidate, seen, seen_at in answers:
            if isinstance(seen, OSError):
                self._postpone(candidate, seen.strerror or str(seen))
            else:
                self._observe(candidate, seen, seen_at)
            self._room.tidy(candidate)

    def _can_be_asked(self, candidate: Candidate) -> bool:
        """Whether nothing is known to hang where a file lies; otherwise it is looked at again later."""
        taker = self._takers.taker(candidate)
        if taker is None or not self._asking.hangs(taker.folder):
            return True
        self._postpone(candidate, NO_ANSWER)
        self._room.tidy(candidate)
        return False

    def _postpone(self, candidate: Candidate, reason: str) -> None:
        self._room.postpone(
            candidate, Note(None, PendingState.INCOMPLETE, f"it can't be looked at: {reason}")
        )

    def _observe(self, candidate: Candidate, seen: FileVersion | None, seen_at: float) -> None:
        if seen is not None and self._known.is_known(candidate.rule, seen):
            self._room.finish(candidate)
        elif self._room.settler.observe(candidate, seen, seen_at) and seen is not None:
            self._gatekeeper.admit(candidate, seen)
        elif seen is not None and seen.size == 0:
            self._looks.left(candidate)
        elif seen is not None:
            self._prober.warm()  # it settles, and who looks into it can be there by then

    def _read_versions(
        self, candidates: list[Candidate], turn: Turn
    ) -> list[tuple[Candidate, FileVersion | OSError | None, float]]:
        answers: list[tuple[Candidate, FileVersion | OSError | None, float]] = []
        for candidate in candidates:
            seen_at = self._clock.monotonic()
            taker = self._takers.taker(candidate)
            turn.folder = candidate.path.parent if taker is None else taker.folder
            keeps_inodes = taker is None or self._folders.keeps_inodes(taker.folder)
            try:
                seen = read_version(candidate.path, keeps_inodes=keeps_inodes)
                answers.append((candidate, seen, seen_at))
            except OSError as error:
                answers.append((candidate, error, seen_at))
        return answers


def _do_nothing(*_: object) -> None:
    """Nobody wants to know."""


def _tell_defect(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (defect := task.exception()) is not None:
        logger.opt(exception=defect).critical(f"Intake is broken: {defect}")
