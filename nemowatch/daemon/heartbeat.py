"""Tells the service manager that the daemon starts, is ready, what it does, and that it is alive.

`Heartbeat` is the last companion of the daemon's root: the engine runs by then, and READY is told as soon as the
folders are watched, too. `starting` goes before it. The pings come from the event loop itself: a loop that hangs
sends none, and systemd starts the daemon anew. Where no service manager listens, nothing is done.
"""

from __future__ import annotations

import asyncio
import faulthandler
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Self

from nemowatch.clock import pause_until_next
from nemowatch.intake.records import FolderState
from nemowatch.jobs.records import JobState
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from types import TracebackType

    from nemowatch.clock import Clock
    from nemowatch.daemon.house import House
    from nemowatch.intake.records import FolderStatus
    from nemowatch.rules.rule import RuleBook
    from nemowatch.service.notify import Notifier

_STATUS_SECONDS = 2.0
_WATCHED_LOOK_SECONDS = 0.1
_WATCHED_PATIENCE_SECONDS = 60.0
"""A folder that does not answer does not hold up for longer what waits for READY."""

_START_PAUSE_SECONDS = 10.0
_START_PATIENCE_SECONDS = 45.0
_MOST_NAMES = 3


class Heartbeat:
    """Tells the service manager that the daemon is ready, what it does, and that it is alive."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._notifier = house.around.notifier
        self._counts: Mapping[JobState, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Say READY when the folders are watched, and go on telling."""
        if self._notifier.is_heard:
            self._tasks.append(asyncio.create_task(self._tell()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say STOPPING, if a signal has not made it said."""
        self._notifier.tell_stopping()
        for task in self._tasks:
            task.cancel()

    def follow(self, book: RuleBook) -> None:
        """New rules are in force: nothing to do, the folders are asked for each time."""

    @contextmanager
    def _reloading(self) -> Iterator[None]:
        self._notifier.tell_reloading()
        try:
            yield
        finally:
            self._notifier.tell_ready(self._describe())

    async def _ping(self, pause_seconds: float) -> None:
        while True:
            self._notifier.ping()
            await self._house.around.clock.sleep(pause_seconds)

    async def _tell(self) -> None:
        clock = self._house.around.clock
        await self._until_watched(clock)
        await self._count()
        self._notifier.tell_ready(self._describe())
        self._house.around.rules.around_reload = self._reloading
        if self._notifier.watchdog_seconds is not None:
            # When its time is over, systemd sends SIGABRT: the journal then shows where each thread hung.
            if not faulthandler.is_enabled():
                faulthandler.enable()
            self._tasks.append(asyncio.create_task(self._ping(self._notifier.watchdog_seconds / 2)))
        while True:
            await clock.sleep(pause_until_next(clock, _STATUS_SECONDS))
            await self._count()
            self._notifier.tell_status(self._describe())

    async def _until_watched(self, clock: Clock) -> None:
        """Wait until each folder is watched, or known to be offline."""
        end = clock.monotonic() + _WATCHED_PATIENCE_SECONDS
        async with starting(self._notifier, clock):
            while _count_unseen(self._house.intake.folders()) and clock.monotonic() < end:
                await clock.sleep(_WATCHED_LOOK_SECONDS)

    async def _count(self) -> None:
        try:
            self._counts = await asyncio.to_thread(self._house.store.count_by_state, unended=True)
        except Exception:  # noqa: BLE001 -- who works with the database tells of it; here the last counts will do
            return

    def _describe(self) -> str:
        return describe_activity(
            self._counts,
            self._house.intake.folders(),
            is_paused=self._house.dispatcher.is_paused,
            rules_are_wrong=bool(self._house.around.rules.standing.error),
        )


def describe_activity(
    counts: Mapping[JobState, int],
    folders: Sequence[FolderStatus],
    *,
    is_paused: bool = False,
    rules_are_wrong: bool = False,
) -> str:
    """What the daemon does, in one line: `3 jobs running, 12 queued, webinars offline`.

    Args:
        counts: how many jobs stand where.
        folders: how each watch folder is looked after.
        is_paused: no job starts.
        rules_are_wrong: an edit of the rules is not in force.
    """
    running = sum(count for state, count in counts.items() if _is_running(state))
    parts = ["paused"] if is_paused else []
    parts.append(f"{format_count(running, 'job')} running" if running else "no job running")
    for state, words in _AT_REST.items():
        if counts.get(state):
            parts.append(f"{counts[state]} {words}")
    offline = [status.folder for status in folders if status.state is FolderState.OFFLINE]
    unseen = _count_unseen(folders)
    if not offline:
        parts.append(f"{format_count(len(folders) - unseen, 'folder')} watched")
    elif len(offline) > _MOST_NAMES:
        parts.append(f"{len(offline)} of {len(folders)} folders offline")
    else:
        parts += [f"{folder.name or folder} offline" for folder in offline]
    if unseen:
        parts.append(f"{unseen} not looked through yet")
    if rules_are_wrong:
        parts.append("the rules were changed and are wrong")
    return ", ".join(parts)


_AT_REST = {
    JobState.QUEUED: "queued",
    JobState.WAITING: "waiting",
    JobState.HELD: "held",
    JobState.ATTENTION: "in need of attention",
}


def _count_unseen(folders: Sequence[FolderStatus]) -> int:
    """How many folders nobody has come to yet: neither watched nor found offline."""
    return sum(status.state is FolderState.NOT_SCANNED for status in folders)


def _is_running(state: JobState) -> bool:
    return not state.is_final and state not in _AT_REST


@asynccontextmanager
async def starting(notifier: Notifier, clock: Clock) -> AsyncIterator[None]:
    """Ask for time as long as the start goes on: to bring the database of many years up to date may take minutes.

    A start that hangs the event loop asks for none, and systemd ends it.
    """
    asking = asyncio.create_task(_ask_for_time(notifier, clock))
    try:
        yield
    finally:
        asking.cancel()


async def _ask_for_time(notifier: Notifier, clock: Clock) -> None:
    while True:
        notifier.ask_for_time(_START_PATIENCE_SECONDS)
        await clock.sleep(_START_PAUSE_SECONDS)
