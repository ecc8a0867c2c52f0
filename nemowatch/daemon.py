"""The composition root: builds the parts, wires them, starts and stops them.

Called by `nemowatch run`. Holds no logic of its own: the intake finds complete files, the desk makes jobs of them,
the engine runs them. It may be killed at any moment; what must survive is in the database.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from loguru import logger

import nemowatch
from nemowatch.clock import SystemClock
from nemowatch.intake.intake import Intake
from nemowatch.intake.records import PendingState
from nemowatch.jobs.clerk import Clerk, Waker
from nemowatch.jobs.database import Database
from nemowatch.jobs.desk import Candidate, JobDesk
from nemowatch.jobs.engine import Engine
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.order_desk import OrderDesk
from nemowatch.jobs.orders import OrderBook
from nemowatch.jobs.patience import ServiceWatch
from nemowatch.jobs.purse import Purse
from nemowatch.jobs.records import JobRecord, JobState, SourceFile
from nemowatch.jobs.run import JobSettings, Workshop
from nemowatch.jobs.shared_sessions import SharedSessions
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.workflow import RecordingWorkflow
from nemowatch.nemo.attribution import find_platform, own_attribution
from nemowatch.nemo.client import NemoClient
from nemowatch.nemo.token import TokenSource
from nemowatch.places import InstanceLock, client_id_path
from nemowatch.standing import MOST_WAITING, FolderLine, Standing, WaitingFile, write_standing
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    from nemowatch.clock import Clock
    from nemowatch.intake.records import FileVersion, Ready
    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import RuleBook

_JOBS_LOOK_SECONDS = 0.2
_STOP_WITHIN_SECONDS = 9.0
_STANDING_SECONDS = 1.0
_EXIT_CODES = {signal.SIGTERM: 0, signal.SIGINT: 130}


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
        self._state = state
        self._clock = clock or SystemClock()
        self._settings = settings or JobSettings(poll_seconds=book.nemo.poll_seconds)
        self._stopping = asyncio.Event()
        self._stopped_by: signal.Signals | None = None
        self._watch: ServiceWatch | None = None

    async def run(self, *, once: bool = False) -> DaemonReport:
        """Work until a signal says stop, or, `once`, until everything that is there is worked through.

        Raises:
            StateTaken: another daemon runs with this state folder.
            StateError, DatabaseTooNew: the state folder can't be used.
        """
        async with AsyncExitStack() as parts:
            parts.enter_context(InstanceLock(self._state.create()))
            parts.enter_context(self._catch_signals())
            database = await asyncio.to_thread(Database, self._state.database)
            parts.callback(database.close)
            store = JobStore(database.engine)
            before = await asyncio.to_thread(store.count_by_state)
            intake, clerk = await self._start_parts(parts, database, store)
            telling = asyncio.create_task(self._tell_standing(intake))
            parts.callback(telling.cancel)
            await self._or_stop(intake.scan_all())
            if once:
                await self._until_worked_through(intake, store, clerk)
            else:
                await self._or_stop(intake.join())
            after = await asyncio.to_thread(store.count_by_state)
            stuck = await asyncio.to_thread(store.list_jobs, states=(JobState.HELD, JobState.ATTENTION))
            left = [file for file in intake.pending() if file.state is PendingState.RETRYING] if once else []
        logger.info("NemoWatch has stopped.")
        done, failed = (
            after.get(state, 0) - before.get(state, 0) for state in (JobState.DONE, JobState.FAILED)
        )
        for file in left:
            logger.warning(f"{file.path}: not taken by the rule '{file.rule}': {file.reason}")
        return DaemonReport(done, failed + len(left), stuck, self._stopped_by)

    async def _start_parts(
        self, parts: AsyncExitStack, database: Database, store: JobStore
    ) -> tuple[Intake, Clerk]:
        """Start everything, the engine first and the folders last; `parts` stops it in the opposite order."""
        book = self._book
        client = await parts.enter_async_context(self._make_client())
        engine = Engine(database, at_once=book.limits.jobs, starts=book.limits.starts)
        workshop = await asyncio.to_thread(self._make_workshop, client, database, store)
        self._watch = workshop.watch
        parts.push_async_callback(workshop.watch.stop)
        await engine.start(RecordingWorkflow(workshop, engine.checkpoint).run)
        parts.push_async_callback(engine.stop)
        known = await asyncio.to_thread(KnownFileBook, database)
        desk = JobDesk(store, workshop.markers, known, engine, self._clock, book.rules)
        waker = Waker(store, engine, self._clock)
        orders = OrderDesk(workshop, OrderBook(database.engine), waker, desk)
        own_api = client.as_skill(own_attribution(os.environ))
        clerk = Clerk(workshop, waker, orders, own_api, desk.queue_unfinished)
        await clerk.start()
        going_on = await desk.queue_unfinished()
        looking = asyncio.create_task(clerk.run())
        parts.callback(looking.cancel)
        intake = Intake(book.rules, known=_KnownFiles(known), take=_hand_in_at(desk), clock=self._clock)
        await intake.start()
        parts.push_async_callback(intake.stop)
        scheduler = AsyncIOScheduler()
        scheduler.add_job(
            intake.scan_all, "interval", seconds=book.scan_seconds, coalesce=True, misfire_grace_time=None
        )
        scheduler.start()
        parts.callback(scheduler.shutdown, wait=False)
        folders = len({folder for rule in book.rules for folder in rule.watch})
        logger.info(
            f"NemoWatch {nemowatch.__version__} watches {format_count(folders, 'folder')} for "
            f"{format_count(len(book.rules), 'rule')} of {book.path}; {format_count(going_on, 'job')} to go on with."
        )
        return intake, clerk

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

    async def _until_worked_through(self, intake: Intake, store: JobStore, clerk: Clerk) -> None:
        await self._or_stop(intake.wait_idle())
        while not self._stopping.is_set() and await self._has_unfinished(store, clerk):
            await self._or_stop(self._clock.sleep(_JOBS_LOOK_SECONDS))

    async def _tell_standing(self, intake: Intake) -> None:
        """Keep what `status` shows up to date; the disk is touched only when something has changed."""
        told: Standing | None = None
        while True:
            standing = self._standing_of(intake)
            if standing != told:
                try:
                    await asyncio.to_thread(write_standing, self._state.standing, standing)
                except OSError as error:
                    # Only `status` shows it; the work goes on.
                    logger.warning(f"{self._state.standing} can't be written: {error.strerror}.")
                told = standing
            await self._clock.sleep(_STANDING_SECONDS)

    def _standing_of(self, intake: Intake) -> Standing:
        pending = intake.pending()
        return Standing(
            rules_file=str(self._book.path),
            folders=tuple(FolderLine(str(f.folder), f.state.value, f.reason) for f in intake.folders()),
            waiting=tuple(
                WaitingFile(str(file.path), file.rule, file.state.value, file.reason)
                for file in pending[:MOST_WAITING]
            ),
            waiting_in_all=len(pending),
            troubles=() if self._watch is None or not self._watch.outage else (self._watch.outage,),
        )

    @staticmethod
    async def _has_unfinished(store: JobStore, clerk: Clerk) -> bool:
        return await asyncio.to_thread(store.has_unfinished) or clerk.has_turns_to_give

    async def _or_stop(self, waiting: Coroutine[None, None, None]) -> None:
        """Wait for something, but not longer than until a signal says stop."""
        task, stop = asyncio.create_task(waiting), asyncio.create_task(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            task.result()
        else:
            task.cancel()

    @contextmanager
    def _catch_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        caught = (signal.SIGTERM, signal.SIGINT)
        for number in caught:
            loop.add_signal_handler(number, self._stop, number)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    def _stop(self, number: signal.Signals) -> None:
        if self._stopping.is_set():
            os._exit(_EXIT_CODES[number])
        logger.info(
            f"{number.name}: stopping; what is running goes on at the next start. Once more: stop at once."
        )
        self._stopped_by = number
        self._stopping.set()
        # A thread that reads a huge file, or a disk that hangs, must not hold up the end; a kill loses nothing.
        last_resort = threading.Timer(_STOP_WITHIN_SECONDS, os._exit, (_EXIT_CODES[number],))
        last_resort.daemon = True
        last_resort.start()


class _KnownFiles:
    """The jobs' memory of files in the terms of the intake; what is written goes to the disk in a thread."""

    def __init__(self, book: KnownFileBook) -> None:
        self._book = book
        self._writes: set[asyncio.Task[None]] = set()

    def is_known(self, rule_name: str, version: FileVersion) -> bool:
        """Whether this version was taken or refused for this rule."""
        return self._book.is_known(rule_name, _source_of(version))

    def remember_refused(self, rule_name: str, version: FileVersion, reason: str) -> None:
        """Keep that this version is not to be taken, and why."""
        source = _source_of(version)
        self._book.note(rule_name, source)
        write = asyncio.create_task(asyncio.to_thread(self._book.write_refusal, rule_name, source, reason))
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)


def _source_of(version: FileVersion) -> SourceFile:
    return SourceFile(version.path, version.size, version.mtime_ns, version.inode)


def _hand_in_at(desk: JobDesk) -> Callable[[Ready], Awaitable[None]]:
    async def take(ready: Ready) -> None:
        source = _source_of(ready.version)
        await desk.hand_in(Candidate(ready.rule, ready.folder, source, ready.duration_seconds))

    return take
