"""The composition root: starts the parts, puts new rules in force, and stops them.

Called by `nemowatch run`. Holds no logic of its own: the intake finds complete files, the desk makes jobs of them,
the engine runs them; the companions tell how it goes. It may be killed at any moment; what must survive is in the
database.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loguru import logger

import nemowatch
from nemowatch.clock import SystemClock
from nemowatch.daemon.bridges import forget_what_rules_take_now
from nemowatch.daemon.building import build_house
from nemowatch.daemon.control import Control
from nemowatch.daemon.heartbeat import Heartbeat, starting
from nemowatch.daemon.house import Surroundings
from nemowatch.daemon.housekeeping import Housekeeping
from nemowatch.daemon.memory import share_one_arena
from nemowatch.daemon.rules_watch import RulesWatch
from nemowatch.daemon.signals import StopSignal
from nemowatch.daemon.telling import Teller, describe_standing
from nemowatch.daemon.telling_people import TellingPeople
from nemowatch.intake.folders import SCANNED_SECONDS
from nemowatch.intake.records import FolderState, PendingState
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobRecord, JobState
from nemowatch.jobs.run import JobSettings
from nemowatch.jobs.workflow import RecordingWorkflow
from nemowatch.logs import configure_logs
from nemowatch.places import InstanceLock
from nemowatch.service.installed import describe_forbidden
from nemowatch.service.notify import Notifier
from nemowatch.units import format_count

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.daemon.house import Companion, House
    from nemowatch.intake.records import FolderStatus
    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import RuleBook

_JOBS_LOOK_SECONDS = 0.2
_SCAN, _SCAN_OFTEN = "scan", "scan often"
_COMPANIONS: tuple[Callable[[House], Companion], ...] = (Housekeeping, TellingPeople, Control, Heartbeat)
"""In the order in which they begin; the last one says when the daemon is ready."""


@dataclass(frozen=True)
class DaemonReport:
    """What a daemon that has ended did.

    Attributes:
        done, failed: jobs that it brought to an end.
        left: jobs that are held, or need the user's attention.
        stopped_by: the signal that stopped it, if any.
    """

    done: int
    failed: int
    left: tuple[JobRecord, ...]
    stopped_by: signal.Signals | None


class Daemon:
    """Watches the folders of a rule book and runs the jobs that come of it.

    Args:
        book: the rules in force.
        state: the state folder; nobody else may run with it.
        clock: the time.
        settings: how patiently jobs work; default: as the service's documents say, with the book's `nemo.poll`.
    """

    def __init__(
        self,
        book: RuleBook,
        state: StateFolder,
        *,
        clock: Clock | None = None,
        settings: JobSettings | None = None,
    ) -> None:
        self._book = book
        self._started_with = book
        self._state = state
        self._clock = clock or SystemClock()
        self._settings = settings or JobSettings(poll_seconds=book.nemo.poll_seconds)
        self._stop = StopSignal()
        self._notifier = Notifier.take_from(os.environ)
        self._rules = RulesWatch(book, self._clock, self._follow)
        self._companions: list[Companion] = []
        self._forbidden: tuple[str, ...] = ()
        self._errands: set[asyncio.Task[None]] = set()

    async def run(self, *, once: bool = False) -> DaemonReport:
        """Work until a signal says stop, or, `once`, until everything that is there is worked through.

        Raises:
            StateTaken: another daemon runs with this state folder.
            StateError, DatabaseTooNew, DatabaseUnusable: the state folder can't be used.
        """
        share_one_arena()
        async with AsyncExitStack() as parts:
            parts.enter_context(InstanceLock(self._state.create()))
            parts.enter_context(self._stop.caught(self._rules.ask, self._notifier.tell_stopping))
            async with starting(self._notifier, self._clock):
                database = await asyncio.to_thread(Database, self._state.database)
                parts.callback(database.close)
                with database.told():
                    self._house = house = await self._build(parts, database, stays=not once)
                    before = await asyncio.to_thread(house.store.count_by_state)
                    await self._start(parts, house)
            with database.told():
                await self._work(parts, house, once=once)
                after = await asyncio.to_thread(house.store.count_by_state)
                stuck = await asyncio.to_thread(
                    house.store.list_jobs, states=(JobState.HELD, JobState.ATTENTION)
                )
            left = (
                [file for file in house.intake.pending() if file.state is PendingState.RETRYING]
                if once
                else []
            )
        logger.info("NemoWatch has stopped.")
        done, failed = (
            after.get(state, 0) - before.get(state, 0) for state in (JobState.DONE, JobState.FAILED)
        )
        for file in left:
            logger.warning(f"{file.path}: not taken by the rule '{file.rule}': {file.reason}")
        return DaemonReport(done, failed + len(left), stuck, self._stop.number)

    async def _build(self, parts: AsyncExitStack, database: Database, *, stays: bool) -> House:
        around = Surroundings(
            book=lambda: self._book,
            state=self._state,
            clock=self._clock,
            stop=self._stop,
            rules=self._rules,
            troubles=lambda: tuple(self._find_troubles()),
            notifier=self._notifier,
            stays=stays,
        )
        return await build_house(parts, around, database, self._settings)

    async def _start(self, parts: AsyncExitStack, house: House) -> None:
        """Start everything: the engine, then the folders, then the companions; `parts` stops it the other way."""
        await asyncio.to_thread(forget_what_rules_take_now, self._book.rules, house.known, house.looks)
        # Before the engine goes on with what a stop cut off.
        await house.pausing.follow()
        run_job = RecordingWorkflow(house.workshop, house.engine.checkpoint).run
        await house.engine.start(house.dispatcher.around(house.aftercare.around(run_job)))
        parts.push_async_callback(house.engine.stop)
        await house.clerk.start()
        going_on = await house.dispatcher.queue_unfinished()
        for work in (house.clerk.run(), house.dispatcher.run(), house.aftercare.run()):
            parts.callback(asyncio.create_task(work).cancel)
        house.intake.on_folder_change = self._folder_changed
        await house.intake.start()
        parts.push_async_callback(house.intake.stop)
        parts.push_async_callback(self._drop_errands)
        self._start_timers(parts, house)
        await self._tell_forbidden(self._book)
        for companion in _COMPANIONS:
            self._companions.append(await parts.enter_async_context(companion(house)))
        telling = asyncio.create_task(self._tell_standing(house))
        parts.callback(telling.cancel)
        rules = self._book.rules
        folders = len({folder for rule in rules for folder in rule.watch})
        logger.info(
            f"NemoWatch {nemowatch.__version__} watches {format_count(folders, 'folder')} for "
            f"{format_count(len(rules), 'rule')} of {self._book.path}; {format_count(going_on, 'job')} to go on with."
        )

    async def _work(self, parts: AsyncExitStack, house: House, *, once: bool) -> None:
        """Until a signal says stop, or, `once`, until nothing is left to do."""
        if not once:
            # Before the first look through the folders, which may take long.
            parts.callback(asyncio.create_task(self._rules.run()).cancel)
        await self._stop.or_stop(house.intake.scan_all())
        if once:
            await self._until_worked_through(house)
            await self._stop.or_stop(house.aftercare.look())
        else:
            await self._stop.or_stop(house.intake.join())

    def _start_timers(self, parts: AsyncExitStack, house: House) -> None:
        often = min(SCANNED_SECONDS, self._book.scan_seconds)
        for look, name, seconds in (
            (house.intake.scan_all, _SCAN, self._book.scan_seconds),
            (house.intake.scan_often, _SCAN_OFTEN, often),
        ):
            house.timers.add_job(
                look, "interval", id=name, seconds=seconds, coalesce=True, misfire_grace_time=None
            )
        house.timers.start()
        parts.callback(house.timers.shutdown, wait=False)

    def _folder_changed(self, folder: Path, status: FolderStatus) -> None:
        if status.state is not FolderState.OFFLINE:
            self._do_soon(self._house.clerk.wake_folder(folder))

    async def _follow(self, book: RuleBook) -> None:
        """Put changed rules in force. Jobs that are there keep the rules that they began with."""
        house, limits = self._house, book.limits
        # First what the database may refuse: the rules from before stay in force then.
        with house.database.told():
            await asyncio.to_thread(forget_what_rules_take_now, book.rules, house.known, house.looks)
            await house.engine.follow(at_once=limits.jobs, starts=limits.starts)
        before, self._book = self._book, book
        house.desk.follow(book.rules)
        house.dispatcher.follow(limits)
        house.workshop.workers.follow(limits.encodes)
        house.workshop.purse.follow(limits.keep_credits, limits.credits_per_day)
        await house.intake.follow(book.rules, limits.backlog, book.polling)
        if book.scan_seconds != before.scan_seconds:
            often = min(SCANNED_SECONDS, book.scan_seconds)
            house.timers.reschedule_job(_SCAN, trigger="interval", seconds=book.scan_seconds)
            house.timers.reschedule_job(_SCAN_OFTEN, trigger="interval", seconds=often)
        if (book.log_level, book.log_format) != (before.log_level, before.log_format):
            configure_logs(book.log_level, book.log_format)
        for companion in self._companions:
            companion.follow(book)
        await self._tell_forbidden(book)
        logger.info(f"New rules are in force: {', '.join(_describe_changes(before, book)) or 'no change'}.")
        self._do_soon(house.intake.scan_all())

    async def _tell_forbidden(self, book: RuleBook) -> None:
        """Tell which folders of the rules the unit under which this runs keeps from it."""
        self._forbidden = await asyncio.to_thread(describe_forbidden, book, os.environ)
        for text in self._forbidden:
            logger.warning(text)

    def _do_soon(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _drop_errands(self) -> None:
        """Nothing is asked any more of parts that are about to stop."""
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def _until_worked_through(self, house: House) -> None:
        await self._stop.or_stop(house.intake.wait_idle())
        while not self._stop.is_set and await self._has_unfinished(house):
            await self._stop.or_stop(self._clock.sleep(_JOBS_LOOK_SECONDS))

    async def _has_unfinished(self, house: House) -> bool:
        if house.dispatcher.is_paused:
            return await house.dispatcher.has_work_begun()
        return await asyncio.to_thread(house.store.has_unfinished) or house.clerk.has_turns_to_give

    async def _tell_standing(self, house: House) -> None:
        """Tell how the daemon stands, again and again, until cancelled."""
        teller = Teller(self._state.standing, self._clock)
        while True:
            troubles = tuple(self._find_troubles())
            await teller.tell(
                describe_standing(self._book, self._rules.standing, house.intake, troubles, self._clock)
            )

    def _find_troubles(self) -> Iterator[str]:
        if self._house.workshop.watch.outage:
            yield self._house.workshop.watch.outage
        yield from self._forbidden
        now, then = self._book.nemo, self._started_with.nemo
        if (now.api_url, now.web_url, now.poll_seconds) != (then.api_url, then.web_url, then.poll_seconds):
            yield "What was changed under `nemo` takes effect at the next start of the daemon."


def _describe_changes(before: RuleBook, after: RuleBook) -> Iterator[str]:
    """Which rules are new, changed and gone, in words."""
    old, new = ({rule.name: rule for rule in book.rules} for book in (before, after))
    for word, names in (
        ("added", new.keys() - old.keys()),
        ("removed", old.keys() - new.keys()),
        ("changed", {name for name in new.keys() & old.keys() if new[name] != old[name]}),
    ):
        if names:
            yield f"{word}: {', '.join(sorted(names))}"
    if before.limits != after.limits:
        yield "changed: limits"
