"""What becomes of a recording when its job is done: it stays, or is moved, or put into the trash (`after`).

Run by the daemon beside the clerk. It says when a recording is looked at, and what is told; whether it may be taken
away, and how, is decided in `taking_away.py`. May be killed at any moment: the next look takes up what was cut off.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, NamedTuple

from loguru import logger
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.after_book import KEPT, TAKEN_AWAY, AfterBook
from nemowatch.jobs.identity import ReadingStopped
from nemowatch.jobs.records import JobRecord, JobState
from nemowatch.jobs.taking_away import Stays, TakingAway, Waits
from nemowatch.outputs.job_log import JobLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import sqlalchemy as sa

    from nemowatch.jobs.dispatcher import RunJob
    from nemowatch.jobs.run import Workshop

_FIRST_REST_SECONDS, _LONGEST_REST_SECONDS = 60.0, 600.0


class _Rest(NamedTuple):
    until: float
    seconds: float


class Aftercare:
    """Takes away the recordings of jobs that are done, as their rules say.

    Args:
        workshop: what all jobs share.
        engine: the database.
        other_rules: the names of the rules in force that take the file at a path; called in the event loop.
        look_seconds: how often it looks when nobody stirs it.
    """

    def __init__(
        self,
        workshop: Workshop,
        engine: sa.Engine,
        other_rules: Callable[[Path], Iterable[str]],
        *,
        look_seconds: float = 60.0,
    ) -> None:
        self._workshop = workshop
        self._clock = workshop.clock
        self._store = workshop.store
        self._book = AfterBook(engine)
        self._other_rules = other_rules
        self._look_seconds = look_seconds
        self._stirred = asyncio.Event()
        self._looking = asyncio.Lock()
        self._stopped = threading.Event()
        self._hands = TakingAway(workshop, self._book, self._stopped.is_set)
        self._told: set[tuple[str, str]] = set()
        self._rests: dict[str, _Rest] = {}

    def stir(self) -> None:
        """Say that a job has ended. Costs nothing."""
        self._stirred.set()

    def around(self, run_job: RunJob) -> RunJob:
        """What the engine is to run: `run_job`, seen as it ends."""

        async def run(job_id: str, number: int) -> str:
            try:
                return await run_job(job_id, number)
            finally:
                self.stir()

        return run

    async def run(self) -> None:
        """Look again and again, until cancelled; a copy in progress is given up then."""
        try:
            while True:
                self._stirred.clear()
                try:
                    await self.look()
                except OperationalError as error:
                    # A full disk or a locked database passes; the next look finds the same.
                    logger.warning(f"The state can't be read or written: {error.orig}. It is tried again.")
                except Exception:  # noqa: BLE001 -- without this task no recording would ever be taken away
                    logger.exception("Taking recordings away broke; it is tried again.")
                await self._until_stirred()
        finally:
            self._stopped.set()

    async def look(self) -> None:
        """Do all that is due now; two looks at once come one after the other."""
        async with self._looking:
            for record in await asyncio.to_thread(self._book.list_due):
                rest = self._rests.get(record.spec.job_id)
                if rest is None or rest.until <= self._clock.monotonic():
                    await self._care_for(record)
        for job_id, other_id, state in await asyncio.to_thread(self._book.list_held_up):
            await self._tell_once(job_id, f"job {other_id[:8]}, which needs it too, is {_in_words(state)}.")

    async def _until_stirred(self) -> None:
        waits = [
            asyncio.create_task(self._stirred.wait()),
            asyncio.create_task(self._clock.sleep(self._look_seconds)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _care_for(self, record: JobRecord) -> None:
        """Take one recording away, or say why not."""
        spec = record.spec
        try:
            recording = await asyncio.to_thread(self._hands.find, record)
            rules = () if recording is None else tuple(self._other_rules(recording.path))
            done = await asyncio.to_thread(self._hands.take_away, record, recording, rules)
        except Waits as wait:
            self._rest(spec.job_id, is_long=wait.rests)
            if wait.reason:
                await self._tell_once(spec.job_id, wait.reason)
            return
        except ReadingStopped:
            return
        except Stays as stays:
            await asyncio.to_thread(self._book.finish, record, KEPT)
            await self._tell(record, str(stays), "WARNING")
        else:
            await asyncio.to_thread(self._book.finish, record, TAKEN_AWAY, place=done.place)
            await self._tell(record, done.text)
        self._rests.pop(spec.job_id, None)
        self._told = {told for told in self._told if told[0] != spec.job_id}

    def _rest(self, job_id: str, *, is_long: bool) -> None:
        if not is_long:
            self._rests.pop(job_id, None)
            return
        before = self._rests.get(job_id)
        seconds = _FIRST_REST_SECONDS if before is None else min(2 * before.seconds, _LONGEST_REST_SECONDS)
        self._rests[job_id] = _Rest(self._clock.monotonic() + seconds, seconds)

    async def _tell_once(self, job_id: str, reason: str) -> None:
        if (job_id, reason) in self._told:
            return
        self._told.add((job_id, reason))
        record = await asyncio.to_thread(self._store.read, job_id)
        if record is not None:
            await self._tell(record, f"The recording can't be taken away yet: {reason}", "WARNING")

    async def _tell(self, record: JobRecord, text: str, level: str = "INFO") -> None:
        """Write a line into the job's log and the daemon's."""
        spec = record.spec
        told = logger.bind(job=spec.job_id[:8])
        told.log(level, f"{spec.source.path.name}: {text}")
        log = JobLog(self._workshop.job_logs / f"{spec.job_id}.log", self._clock)
        try:
            await asyncio.to_thread(log.append, text)
        except OSError as error:
            # The daemon's log has it.
            told.warning(f"The job's log can't be written: {error.strerror}.")


def _in_words(state: str) -> str:
    return "held" if state == JobState.HELD else "in need of attention"
