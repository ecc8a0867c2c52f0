"""The composition root: builds the parts, wires them, starts and stops them.

Called by `nemowatch run`. Holds no logic of its own: the intake finds complete files, the desk makes jobs of them,
the engine runs them. It may be killed at any moment; what must survive is in the database.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from loguru import logger

import nemowatch
from nemowatch.clock import SystemClock
from nemowatch.daemon.bridges import (
    FirstLooksBridge,
    FoldersBridge,
    KnownFilesBridge,
    forget_what_rules_take_now,
    hand_in_at,
)
from nemowatch.daemon.rules_watch import RulesWatch
from nemowatch.daemon.signals import StopSignal
from nemowatch.daemon.telling import Teller, describe_standing
from nemowatch.intake.folders import SCANNED_SECONDS
from nemowatch.intake.intake import Intake, Memories
from nemowatch.intake.presence import look_at_folder
from nemowatch.intake.records import FolderState, PendingState
from nemowatch.intake.scan import FolderOffline
from nemowatch.jobs.absence import look_offline
from nemowatch.jobs.aftercare import Aftercare
from nemowatch.jobs.clerk import Clerk, Waker
from nemowatch.jobs.database import Database
from nemowatch.jobs.desk import JobDesk
from nemowatch.jobs.dispatcher import Dispatcher
from nemowatch.jobs.engine import Engine
from nemowatch.jobs.folder_books import FirstLookTable, FolderTable
from nemowatch.jobs.hashing import ContentHashes
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.order_desk import OrderDesk
from nemowatch.jobs.orders import OrderBook
from nemowatch.jobs.pace import Pace
from nemowatch.jobs.patience import ServiceWatch
from nemowatch.jobs.purse import Purse
from nemowatch.jobs.records import JobRecord, JobState
from nemowatch.jobs.run import JobSettings, Workshop
from nemowatch.jobs.shared_sessions import SharedSessions
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.waiting_line import WaitingLine
from nemowatch.jobs.workflow import RecordingWorkflow
from nemowatch.logs import configure_logs
from nemowatch.media.probing import Probes
from nemowatch.media.workers import Workers
from nemowatch.nemo.attribution import find_platform, own_attribution
from nemowatch.nemo.client import NemoClient
from nemowatch.nemo.token import TokenSource
from nemowatch.places import InstanceLock, client_id_path
from nemowatch.units import format_count

if TYPE_CHECKING:
    import signal
    from collections.abc import Coroutine, Iterator

    from nemowatch.clock import Clock
    from nemowatch.intake.records import FolderStatus
    from nemowatch.nemo.client import NemoApi
    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import RuleBook

_JOBS_LOOK_SECONDS = 0.2
_SCAN, _SCAN_OFTEN = "scan", "scan often"


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
        self._errands: set[asyncio.Task[None]] = set()

    async def run(self, *, once: bool = False) -> DaemonReport:
        """Work until a signal says stop, or, `once`, until everything that is there is worked through.

        Raises:
            StateTaken: another daemon runs with this state folder.
            StateError, DatabaseTooNew: the state folder can't be used.
        """
        rules = RulesWatch(self._book, self._clock, self._follow)
        async with AsyncExitStack() as parts:
            parts.enter_context(InstanceLock(self._state.create()))
            parts.enter_context(self._stop.caught(rules.ask))
            database = await asyncio.to_thread(Database, self._state.database)
            parts.callback(database.close)
            store = JobStore(database.engine)
            before = await asyncio.to_thread(store.count_by_state)
            await self._start_parts(parts, database, store)
            telling = asyncio.create_task(self._tell_standing(rules))
            parts.callback(telling.cancel)
            await self._stop.or_stop(self._intake.scan_all())
            if once:
                await self._until_worked_through(store)
                await self._stop.or_stop(self._aftercare.look())
            else:
                watching = asyncio.create_task(rules.run())
                parts.callback(watching.cancel)
                await self._stop.or_stop(self._intake.join())
            after = await asyncio.to_thread(store.count_by_state)
            stuck = await asyncio.to_thread(store.list_jobs, states=(JobState.HELD, JobState.ATTENTION))
            left = (
                [file for file in self._intake.pending() if file.state is PendingState.RETRYING]
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

    async def _start_parts(self, parts: AsyncExitStack, database: Database, store: JobStore) -> None:
        """Start everything, the engine first and the folders last; `parts` stops it in the opposite order."""
        client = await parts.enter_async_context(self._make_client())
        self._workshop = workshop = await asyncio.to_thread(self._make_workshop, client, database, store)
        parts.push_async_callback(workshop.watch.stop)
        parts.push_async_callback(workshop.workers.close)
        self._known = await asyncio.to_thread(KnownFileBook, database)
        hashes = ContentHashes()
        parts.callback(hashes.close)
        own_api = client.as_skill(own_attribution(os.environ))
        self._build(database, store, hashes, own_api)
        await asyncio.to_thread(forget_what_rules_take_now, self._book.rules, self._known, self._looks)
        run_job = RecordingWorkflow(workshop, self._engine.checkpoint).run
        await self._engine.start(self._dispatcher.around(self._aftercare.around(run_job)))
        parts.push_async_callback(self._engine.stop)
        await self._clerk.start()
        going_on = await self._dispatcher.queue_unfinished()
        for work in (self._clerk.run(), self._dispatcher.run(), self._aftercare.run()):
            parts.callback(asyncio.create_task(work).cancel)
        await self._intake.start()
        parts.push_async_callback(self._intake.stop)
        self._start_timers(parts)
        rules = self._book.rules
        folders = len({folder for rule in rules for folder in rule.watch})
        logger.info(
            f"NemoWatch {nemowatch.__version__} watches {format_count(folders, 'folder')} for "
            f"{format_count(len(rules), 'rule')} of {self._book.path}; {format_count(going_on, 'job')} to go on with."
        )

    def _build(self, database: Database, store: JobStore, hashes: ContentHashes, own_api: NemoApi) -> None:
        """Put the parts together that the workshop's jobs go through; none of them does anything yet."""
        book, clock, workshop = self._book, self._clock, self._workshop
        self._engine = Engine(database, at_once=book.limits.jobs, starts=book.limits.starts)
        self._dispatcher = Dispatcher(WaitingLine(database.engine), self._engine, clock, book.limits)
        self._desk = JobDesk(
            store, workshop.markers, self._known, hashes, self._dispatcher, clock, book.rules
        )
        waker = Waker(store, self._dispatcher, clock)
        orders = OrderDesk(workshop, OrderBook(database.engine), waker, self._desk)
        self._clerk = Clerk(workshop, waker, orders, own_api)
        self._looks = FirstLookTable(database)
        self._folder_memory = FoldersBridge(FolderTable(database))
        self._intake = Intake(
            book.rules,
            known=KnownFilesBridge(self._known, clock),
            take=hand_in_at(self._desk),
            prober=Probes(workshop.workers),
            clock=clock,
            memories=Memories(FirstLooksBridge(self._looks), self._folder_memory),
            backlog=book.limits.backlog,
            polling=book.polling,
        )
        self._intake.on_folder_change = self._folder_changed
        self._aftercare = Aftercare(workshop, database.engine, self._intake.rules_that_take)

    def _start_timers(self, parts: AsyncExitStack) -> None:
        self._timers = AsyncIOScheduler()
        self._timers.add_job(
            self._intake.scan_all,
            "interval",
            id=_SCAN,
            seconds=self._book.scan_seconds,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._timers.add_job(
            self._intake.scan_often,
            "interval",
            id=_SCAN_OFTEN,
            seconds=min(SCANNED_SECONDS, self._book.scan_seconds),
            coalesce=True,
            misfire_grace_time=None,
        )
        self._timers.start()
        parts.callback(self._timers.shutdown, wait=False)

    def _why_offline(self, folder: Path) -> str:
        """Why a watch folder is offline; empty when it is not. Called in threads."""
        known = next((status for status in self._intake.folders() if status.folder == folder), None)
        if known is not None and known.state is FolderState.OFFLINE:
            return f"The folder {folder} is offline: {known.reason}"
        return look_offline(folder) or self._why_another(folder)

    def _why_another(self, folder: Path) -> str:
        """The same of a disk that went away since the last scan, and has left its empty mount point behind."""
        try:
            is_another = look_at_folder(folder).replaces(self._folder_memory.read(folder))
        except FolderOffline:
            return look_offline(folder)
        return f"The folder {folder} is offline: another one stands in its place." if is_another else ""

    def _folder_changed(self, folder: Path, status: FolderStatus) -> None:
        if status.state is not FolderState.OFFLINE:
            self._do_soon(self._clerk.wake_folder(folder))

    async def _follow(self, book: RuleBook) -> None:
        """Put changed rules in force. Jobs that are there keep the rules that they began with."""
        before, self._book = self._book, book
        limits = book.limits
        await asyncio.to_thread(forget_what_rules_take_now, book.rules, self._known, self._looks)
        self._desk.follow(book.rules)
        await self._engine.follow(at_once=limits.jobs, starts=limits.starts)
        self._dispatcher.follow(limits)
        self._workshop.workers.follow(limits.encodes)
        self._workshop.purse.follow(limits.keep_credits, limits.credits_per_day)
        await self._intake.follow(book.rules, limits.backlog, book.polling)
        if book.scan_seconds != before.scan_seconds:
            often = min(SCANNED_SECONDS, book.scan_seconds)
            self._timers.reschedule_job(_SCAN, trigger="interval", seconds=book.scan_seconds)
            self._timers.reschedule_job(_SCAN_OFTEN, trigger="interval", seconds=often)
        if (book.log_level, book.log_format) != (before.log_level, before.log_format):
            configure_logs(book.log_level, book.log_format)
        logger.info(f"New rules are in force: {', '.join(_describe_changes(before, book)) or 'no change'}.")
        self._do_soon(self._intake.scan_all())

    def _do_soon(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _make_workshop(self, client: NemoClient, database: Database, store: JobStore) -> Workshop:
        limits = self._book.limits
        probe = client.as_skill(own_attribution(os.environ))
        return Workshop(
            client=client,
            store=store,
            markers=Markers(database),
            clock=self._clock,
            platform=find_platform(os.environ, Path(nemowatch.__file__)),
            job_logs=self._state.job_logs,
            settings=self._settings,
            purse=Purse(
                database,
                self._clock,
                keep_credits=limits.keep_credits,
                credits_per_day=limits.credits_per_day,
            ),
            shared=SharedSessions(database),
            watch=ServiceWatch(probe.read_credits, self._clock, self._settings),
            workers=Workers(encodes=limits.encodes, clock=self._clock),
            pace=Pace(database.engine, max_upload_bytes=self._settings.max_upload_bytes),
            offline_reason=self._why_offline,
        )

    def _make_client(self) -> NemoClient:
        nemo = self._book.nemo
        tokens = TokenSource(
            api_url=nemo.api_url,
            client_id_file=client_id_path(),
            token_file=self._state.token,
            clock=self._clock,
        )
        return NemoClient(api_url=nemo.api_url, web_url=nemo.web_url, tokens=tokens, clock=self._clock)

    async def _until_worked_through(self, store: JobStore) -> None:
        await self._stop.or_stop(self._intake.wait_idle())
        while not self._stop.is_set and await self._has_unfinished(store):
            await self._stop.or_stop(self._clock.sleep(_JOBS_LOOK_SECONDS))

    async def _has_unfinished(self, store: JobStore) -> bool:
        return await asyncio.to_thread(store.has_unfinished) or self._clerk.has_turns_to_give

    async def _tell_standing(self, rules: RulesWatch) -> None:
        """Tell how the daemon stands, again and again, until cancelled."""
        teller = Teller(self._state.standing, self._clock)
        while True:
            troubles = tuple(self._find_troubles())
            await teller.tell(
                describe_standing(self._book, rules.standing, self._intake, troubles, self._clock)
            )

    def _find_troubles(self) -> Iterator[str]:
        if self._workshop.watch.outage:
            yield self._workshop.watch.outage
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
