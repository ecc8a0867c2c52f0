"""From folders to complete files: gathers hints and scans, lets files settle, checks them, hands them over.

    event ─┐
    scan  ─┴→ which rules take it? → known already? → settle → gate → take

Made, started and stopped by the daemon, which also calls `scan_all` at start and on a timer. It runs in the
event loop, and what touches the disk in threads; at rest it sleeps until a hint comes or a file is due. It
never loses a file: what can't be taken now is looked at again, for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from loguru import logger

from nemowatch.errors import NemoWatchError
from nemowatch.intake.folders import WatchFolders
from nemowatch.intake.gate import Changed, NotYet, Refused, check_file
from nemowatch.intake.look import read_version
from nemowatch.intake.records import Candidate, FileVersion, PendingFile, PendingState, Ready
from nemowatch.intake.settle import Settler
from nemowatch.intake.takers import Takers, outermost
from nemowatch.intake.watch import FolderWatcher, Hint
from nemowatch.rules.prompt_file import recording_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence

    from nemowatch.clock import Clock
    from nemowatch.intake.gate import GateAnswer
    from nemowatch.intake.records import FolderStatus
    from nemowatch.intake.settle import Standing
    from nemowatch.rules.rule import Rule

_CHECKS_AT_ONCE = 4
_PIECE = 200
"""Hints or looks handled before other tasks of the event loop get their turn."""


class KnownFiles(Protocol):
    """The memory of what was taken or refused. Asked in the event loop, so its answers must come quickly."""

    def is_known(self, rule_name: str, version: FileVersion) -> bool:
        """Whether this very version was taken or refused for this rule."""
        ...

    def remember_refused(self, rule_name: str, version: FileVersion, reason: str) -> None:
        """Keep that this version is not to be taken, and why."""
        ...


class _Note(NamedTuple):
    """Why a file is still waited for; told in the log once for each version and reason."""

    version: FileVersion | None
    state: PendingState
    reason: str


class Intake:
    """Watches the folders of all rules and hands each complete file to `take`, once for each of its rules.

    Args:
        rules: at least one.
        known: asked before anything is done with a file, and told of refusals.
        take: makes a job of a file and makes its version known; when it raises, it is called again later.
        clock: for quiet times and pauses.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        known: KnownFiles,
        take: Callable[[Ready], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._takers = Takers(rules)
        self._known = known
        self._take = take
        self._clock = clock
        self._watcher = FolderWatcher(self._on_hints)
        self._folders = WatchFolders(self._takers, self._watcher)
        self._settler = Settler()
        self._notes: dict[Candidate, _Note] = {}
        self._hints: deque[Hint] = deque()
        self._new_folders: set[str] = set()
        self._settled: asyncio.Queue[tuple[Candidate, FileVersion]] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._folders_appeared = asyncio.Event()
        self._rest = asyncio.Event()
        self._scan_turn = asyncio.Lock()
        self._scans_going_on = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to listen and to work. The folders are watched from the first `scan_all` on."""
        self._watcher.start(asyncio.get_running_loop())
        works: list[Coroutine[None, None, None]] = [self._settle_files(), self._scan_new_folders()]
        works += [self._check_files() for _ in range(_CHECKS_AT_ONCE)]
        self._tasks = [asyncio.create_task(work) for work in works]
        for task in self._tasks:
            task.add_done_callback(_tell_defect)

    async def stop(self) -> None:
        """End; a file that is being taken may or may not become known, and is met again at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
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
        async with self._scan_turn:
            for folder in self._takers.folders:
                await self._sight_all(self._folders.scan(folder))

    def pending(self) -> tuple[PendingFile, ...]:
        """Every file that is on its way to becoming a job."""
        now = self._clock.monotonic()
        return tuple(self._describe(standing, now) for standing in self._settler.standings())

    def folders(self) -> tuple[FolderStatus, ...]:
        """How each watch folder is looked after."""
        return self._folders.statuses()

    def idle(self) -> bool:
        """Whether nothing is being looked through, settling or checked for the first time.

        Files that were found incomplete, or could not be taken, are looked at again later and don't count.
        """
        return not (self._hints or self._new_folders or self._scans_going_on or self._settler.is_busy())

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

    # Sightings: what the watches hint at and what the scans find.

    def _on_hints(self, hints: Collection[Hint]) -> None:
        self._hints.extend(hints)
        self._wake.set()

    def _take_hints(self) -> None:
        now = self._clock.monotonic()
        for _ in range(min(_PIECE, len(self._hints))):
            hint = self._hints.popleft()
            if hint.is_folder:
                self._new_folders.add(hint.path)
                self._folders_appeared.set()
                continue
            path = Path(hint.path)
            # Prompts that are saved right after their recording are waited for as well.
            path = recording_of(path) or path
            for rule, _folder in self._takers.takers_of(path):
                self._settler.hint(Candidate(rule.name, path), rule.settle_seconds, now)

    async def _scan_new_folders(self) -> None:
        while True:
            await self._folders_appeared.wait()
            self._folders_appeared.clear()
            appeared = outermost(self._new_folders)
            # Counted before the set is emptied, so that nobody finds intake idle in between.
            self._scans_going_on += 1
            self._new_folders.clear()
            for start in map(Path, appeared):
                for folder in self._takers.folders_above(start):
                    await self._sight_all(self._folders.scan_below(folder, start))
            self._scans_going_on -= 1
            self._wake.set()

    async def _sight_all(self, batches: AsyncIterator[list[FileVersion]]) -> None:
        self._scans_going_on += 1
        try:
            async for batch in batches:
                self._sight(batch)
        finally:
            self._scans_going_on -= 1
            self._wake.set()

    def _sight(self, versions: list[FileVersion]) -> None:
        now = self._clock.monotonic()
        for version in versions:
            for rule, _folder in self._takers.takers_of(version.path):
                if not self._known.is_known(rule.name, version):
                    self._settler.sight(Candidate(rule.name, version.path), version, rule.settle_seconds, now)
        self._wake.set()

    # Settling: one task that looks at what is due, and otherwise sleeps.

    async def _settle_files(self) -> None:
        while True:
            self._wake.clear()
            self._take_hints()
            due = self._settler.due(self._clock.monotonic())
            for start in range(0, len(due), _PIECE):
                await self._look_at(due[start : start + _PIECE])
            if self._hints:
                await asyncio.sleep(0)
            elif not due:
                if self.idle():
                    self._rest.set()
                await self._sleep()

    async def _sleep(self) -> None:
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._wake.wait())]
        next_due = self._settler.next_due()
        if next_due is not None:
            pause = max(0.0, next_due - self._clock.monotonic())
            waits.append(asyncio.create_task(self._sleep_for(pause)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _sleep_for(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def _look_at(self, candidates: list[Candidate]) -> None:
        for candidate, seen, seen_at in await asyncio.to_thread(self._read_versions, candidates):
            if isinstance(seen, OSError):
                reason = f"it can't be looked at: {seen.strerror or seen}"
                self._postpone(candidate, _Note(None, PendingState.INCOMPLETE, reason))
            elif seen is not None and self._known.is_known(candidate.rule, seen):
                self._settler.finish(candidate, seen_at)
            elif self._settler.observe(candidate, seen, seen_at) and seen is not None:
                self._settled.put_nowait((candidate, seen))
            self._tidy(candidate)

    def _read_versions(
        self, candidates: list[Candidate]
    ) -> list[tuple[Candidate, FileVersion | OSError | None, float]]:
        answers: list[tuple[Candidate, FileVersion | OSError | None, float]] = []
        for candidate in candidates:
            seen_at = self._clock.monotonic()
            try:
                answers.append((candidate, read_version(candidate.path), seen_at))
            except OSError as error:
                answers.append((candidate, error, seen_at))
        return answers

    # The gate, a few files at a time.

    async def _check_files(self) -> None:
        while True:
            candidate, version = await self._settled.get()
            try:
                await self._pass_gate(candidate, version)
            except (NemoWatchError, OSError) as error:
                self._postpone(candidate, _Note(version, PendingState.RETRYING, str(error)))
            except Exception as error:  # noqa: BLE001  whatever went wrong, this file and the others are not lost
                logger.opt(exception=error).error(f"{version.path}: can't be taken now: {error}")
                reason = f"{type(error).__name__}: {error}"
                self._postpone(candidate, _Note(version, PendingState.RETRYING, reason))
            self._tidy(candidate)
            self._wake.set()

    async def _pass_gate(self, candidate: Candidate, version: FileVersion) -> None:
        rule, folder = self._takers.taker(candidate)
        answer = await check_file(version, rule, folder)
        if self._settler.is_stirred(candidate):
            self._settler.finish(candidate, self._clock.monotonic())
        else:
            await self._follow(answer, candidate, version)

    async def _follow(self, answer: GateAnswer, candidate: Candidate, version: FileVersion) -> None:
        """Do what the gate's answer asks for."""
        if isinstance(answer, NotYet):
            self._postpone(candidate, _Note(version, PendingState.INCOMPLETE, answer.reason))
            return
        if isinstance(answer, Changed) and answer.version is not None:
            self._settler.restart(candidate, answer.version, self._clock.monotonic())
            return
        if isinstance(answer, Refused):
            logger.warning(f"{version.path}: not taken by the rule '{candidate.rule}': {answer.reason}")
            self._known.remember_refused(candidate.rule, version, answer.reason)
        elif isinstance(answer, Ready):
            await self._take(answer)
        self._settler.finish(candidate, self._clock.monotonic())

    def _postpone(self, candidate: Candidate, note: _Note) -> None:
        self._settler.postpone(candidate, self._clock.monotonic())
        if self._notes.get(candidate) != note:
            self._notes[candidate] = note
            logger.info(f"{candidate.path}: not taken yet by the rule '{candidate.rule}': {note.reason}")

    def _tidy(self, candidate: Candidate) -> None:
        if candidate not in self._settler:
            self._notes.pop(candidate, None)

    def _describe(self, standing: Standing, now: float) -> PendingFile:
        rule, path = standing.candidate
        note = self._notes.get(standing.candidate)
        state, reason = PendingState.SETTLING, ""
        if standing.tries and standing.version is not None and standing.version.size == 0:
            state, reason = PendingState.INCOMPLETE, "it is empty so far"
        elif standing.tries and note is not None:
            state, reason = note.state, note.reason
        if standing.is_out:
            state = PendingState.CHECKING
        seconds_left = None if standing.next_look is None else max(0.0, standing.next_look - now)
        return PendingFile(path, rule, state, seconds_left, reason)


def _tell_defect(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (defect := task.exception()) is not None:
        logger.opt(exception=defect).critical(f"Intake is broken: {defect}")
