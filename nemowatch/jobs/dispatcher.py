"""Hands jobs from the book to the engine, when they may start.

The book is the waiting room: whoever enters a job or lets one go on stirs the dispatcher, and it gives the engine no
more than a short look-ahead. So a rule's own limit, its hours, and an urgent job that comes last all count up to the
last moment. Run by the daemon. Nothing it does is lost by a crash: a job is marked before it is enqueued, and what is
marked is enqueued again at the next start.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

from loguru import logger
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.records import Cause, Stop
from nemowatch.rules.schedule import is_cron, next_start

if TYPE_CHECKING:
    from nemowatch.clock import Clock
    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.waiting_line import Place, WaitingLine
    from nemowatch.rules.rule import Limits

RunJob: TypeAlias = Callable[[str, int], Awaitable[str]]
"""Takes a job id and the number of its round to the state in which the round ended."""

_TROUBLE_PAUSE_SECONDS = 5.0
_NEVER = 11
"""More than the urgency of any job."""


class Queue(Protocol):
    """The engine's part that is needed here."""

    async def enqueue(self, job_id: str, *, priority: int, number: int = 1, start_step: int = 1) -> None:
        """Put a round of a job into the queue; one that is or was in it is left as it is."""
        ...


class Dispatcher:
    """Hands over jobs in their order, as many as may start.

    Args:
        line: the jobs that wait in the book.
        queue: the engine.
        clock: the time.
        limits: as many jobs as run at once wait in the queue beside those that run; no more of one rule are with the
            engine than may run at once.
    """

    def __init__(self, line: WaitingLine, queue: Queue, clock: Clock, limits: Limits) -> None:
        self._line = line
        self._queue = queue
        self._clock = clock
        self._limits = limits
        self._stirred = asyncio.Event()
        self._lock = asyncio.Lock()
        self._at_work: set[tuple[str, int]] = set()
        self._half_way: dict[str, JobRecord] = {}
        self._full_from = _NEVER
        self._may_start = asyncio.Event()
        self._may_start.set()
        self.on_rest: Callable[[], None] = _ignore
        """Called when a round of a job has ended, and when jobs were put off until their rule's hours."""

    @property
    def is_paused(self) -> bool:
        """Whether no job may start."""
        return not self._may_start.is_set()

    async def has_work_begun(self) -> bool:
        """Whether the engine has jobs that have begun their round and not ended it, perhaps before a restart."""
        return await asyncio.to_thread(self._line.any_has_begun)

    def pause(self) -> None:
        """Let no job begin a round from now on; those that have begun theirs go on."""
        self._may_start.clear()

    def resume(self) -> None:
        """Let jobs begin again."""
        self._may_start.set()
        self.stir()

    def stir(self) -> None:
        """Say that something has changed: a job goes on, has begun or has ended. Costs nothing."""
        self._full_from = _NEVER
        self._stirred.set()

    def tell_entered(self, priority: int) -> None:
        """Say that a job was entered that has not begun; where it has no room, that is all."""
        if priority < self._full_from:
            self.stir()

    def follow(self, limits: Limits) -> None:
        """These limits hold from now on; what the engine has already is not taken back."""
        self._limits = limits
        self.stir()

    def around(self, run_job: RunJob) -> RunJob:
        """What the engine is to run: `run_job`, seen by the dispatcher as it begins and ends."""

        async def run(job_id: str, number: int) -> str:
            await self._wait_to_start(job_id)
            self._at_work.add((job_id, number))
            self.stir()
            try:
                return await run_job(job_id, number)
            finally:
                self._at_work.discard((job_id, number))
                self.stir()
                self.on_rest()

        return run

    async def queue_unfinished(self) -> int:
        """At a start: enqueue again what was handed over and is not finished; a crash may have come between the two.

        Returns how many jobs there are to go on with, those that still wait in the book too.
        """
        async with self._lock:
            records = await asyncio.to_thread(self._line.handed_over)
            for record in records:
                await self._enqueue(record)
        self.stir()
        return len(records) + await asyncio.to_thread(self._line.count_waiting)

    async def run(self) -> None:
        """Hand over whenever something has changed, until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            try:
                await self.offer()
                continue
            except OperationalError as error:
                # A full disk or a locked database passes.
                logger.warning(f"The state can't be read or written: {error.orig}. It is tried again.")
            except Exception:  # noqa: BLE001 -- without this task no job would ever start again
                logger.exception("Handing over jobs broke; it is tried again.")
            self.stir()
            await self._clock.sleep(_TROUBLE_PAUSE_SECONDS)

    async def offer(self) -> None:
        """Hand over all that may start now."""
        async with self._lock:
            for record in tuple(self._half_way.values()):
                await self._enqueue(record)
            in_play = await asyncio.to_thread(self._line.in_play)
            while not self.is_paused and (found := await self._next_job(in_play)) is not None:
                place, record = found
                if await self._is_put_off(record):
                    continue
                if await asyncio.to_thread(self._line.hand_over, place):
                    in_play.append(place)
                    self._half_way[place.job_id] = record
                    await self._enqueue(record)

    async def _wait_to_start(self, job_id: str) -> None:
        """Return when a job that the engine has may begin its round; at once where it had begun, before a restart.

        It waits here, and not in the book, since what the engine has is not taken back. So it holds a place of the
        engine's meanwhile, which nobody else may use either.
        """
        while self.is_paused:
            try:
                if await asyncio.to_thread(self._line.has_begun, job_id):
                    return
            except OperationalError as error:
                # It passes; a job that broke here would be done with for the engine, and never run.
                logger.warning(f"The state can't be read: {error.orig}. It is tried again.")
                await self._clock.sleep(_TROUBLE_PAUSE_SECONDS)
            else:
                await self._may_start.wait()

    async def _next_job(self, in_play: list[Place]) -> tuple[Place, JobRecord] | None:
        """The job that is next, where there is room for it: who comes after it is less urgent, so has none either."""
        per_rule = self._limits.per_rule
        of_rule = Counter(place.rule for place in in_play)
        full = [] if per_rule is None else [rule for rule, count in of_rule.items() if count >= per_rule]
        found = await asyncio.to_thread(self._line.next_job, without_rules=full)
        if found is None:
            return None
        before_it = sum(
            place.urgency <= found[0].urgency
            for place in in_play
            if (place.job_id, place.round) not in self._at_work
        )
        if before_it < self._limits.jobs:
            return found
        self._full_from = found[0].urgency
        return None

    async def _is_put_off(self, record: JobRecord) -> bool:
        """Whether a job may not begin at this hour; it stands still then, and all that wait like it."""
        if record.started_at is not None:
            return False
        now = self._clock.now()
        if _has_waited_for_its_minute(record, now):
            return False
        closed = closed_hours(record.spec.schedule, now)
        if closed is None or await asyncio.to_thread(self._line.may_start, record.spec.job_id):
            return False
        stop, reason = closed
        count = await asyncio.to_thread(self._line.park_like, record, reason, stop, now=now)
        logger.info(f"Rule {record.spec.rule}: jobs that wait for its hours: {count}. {reason}")
        self.on_rest()
        return True

    async def _enqueue(self, record: JobRecord) -> None:
        await self._queue.enqueue(
            record.spec.job_id,
            priority=record.spec.priority,
            number=record.round,
            start_step=1 if record.stop is None else record.stop.step,
        )
        self._half_way.pop(record.spec.job_id, None)


def _ignore() -> None:
    """Nobody is to be told."""


def _has_waited_for_its_minute(record: JobRecord, now: float) -> bool:
    """Whether a cron expression has let a job go: it starts when there is room, in a later minute too."""
    stop = record.stop
    was_due = stop is not None and stop.cause is Cause.SCHEDULE and (stop.wake_at or now) <= now
    return was_due and is_cron(record.spec.schedule)


def closed_hours(schedule: str, now: float) -> tuple[Stop, str] | None:
    """Why a job that has not begun may not start now, and until when, in words too; None where it may.

    Args:
        schedule: its rule's, as `rules/schedule.py` reads it.
        now: seconds since the epoch.
    """
    opens = next_start(schedule, now)
    if opens <= now:
        return None
    at = datetime.fromtimestamp(opens, UTC).astimezone()
    reason = f"Its rule's schedule is {schedule}: it may start on {at:%Y-%m-%d at %H:%M}."
    return Stop(1, "prepare", Cause.SCHEDULE, opens), reason
