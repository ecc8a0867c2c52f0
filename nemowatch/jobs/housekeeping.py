"""Keeps the database and the state folder from growing for ever: what is old goes, what must be known stays.

Run by the daemon from time to time, in small pieces, so that jobs wait for none of it. A job goes only when it has
ended and nothing can need its record any more; that its content had a job stays in `past_jobs.py`, what it cost
in `spending.py`. Never touches an output: outside of the state folder, only hidden staging folders of ended jobs
go. It may be broken off at any moment; the next time it goes on.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from nemowatch.jobs.after_book import DUE
from nemowatch.jobs.past_jobs import keep_past_job
from nemowatch.jobs.records import JobState
from nemowatch.jobs.rows import record_of
from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.jobs.tables import jobs_table, markers_table, orders_table, outbox_table, shared_sessions_table
from nemowatch.outputs.staging import remove_leftovers
from nemowatch.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.jobs.database import Database
    from nemowatch.jobs.records import JobRecord
    from nemowatch.rules.rule import History

_AT_ONCE = 100
"""So many jobs in one transaction; a job that wants to write meanwhile waits for milliseconds."""

_PAGES_AT_ONCE = 500
_SPARE_PAGES = 500
"""So much free room stays in the file for what comes next: 2 MB."""

_DAY = 86_400.0
_ORDERS_KEPT_SECONDS = 7 * _DAY
_REST_SECONDS = _DAY
"""Nothing is tidied up behind a job that ended more recently."""

_CANCELLED_SECONDS = 8 * _DAY

_FINAL = [state for state in JobState if state.is_final]
# Said like this, and not as "none of these", it is found by the index.
_NOT_ENDED = [state for state in JobState if not state.is_final]


class Checkpoints(Protocol):
    """The engine's part that is needed here: what it keeps of jobs. Each is given with the last round that goes."""

    def find_done(self, *, ended_before: float, limit: int) -> tuple[tuple[str, int], ...]:
        """Jobs of which it keeps what is done with: all of those that are done, and rounds long past of others."""
        ...

    async def forget(self, rounds: Sequence[tuple[str, int]]) -> None:
        """Drop what it keeps of these rounds, and of those before them."""
        ...


@dataclass(frozen=True)
class Swept:
    """What one round of housekeeping removed."""

    jobs: int
    scraps: int
    bytes_back: int

    def describe(self) -> str:
        """In words; empty where it was nothing that anybody would notice."""
        parts = (
            f"{format_count(self.jobs, 'old job record')} removed" if self.jobs else "",
            f"{format_count(self.scraps, 'staging folder')} of ended jobs removed" if self.scraps else "",
            f"{format_bytes(self.bytes_back)} of the database given back" if self.bytes_back else "",
        )
        return ", ".join(part for part in parts if part)


class Housekeeper:
    """Removes what is old.

    Args:
        database: the state folder's.
        checkpoints: the engine.
        job_logs: the folder of the job logs.
        clock: the time.
    """

    def __init__(self, database: Database, checkpoints: Checkpoints, job_logs: Path, clock: Clock) -> None:
        self._database = database
        self._checkpoints = checkpoints
        self._job_logs = job_logs
        self._clock = clock
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Break off at the next piece; what was begun is left whole."""
        self._stopped.set()

    async def sweep(self, history: History) -> Swept:
        """Do all that is due.

        Args:
            history: how long records of ended jobs are kept.

        Raises:
            DatabaseUnusable: the database can't be read or written; the next sweep goes on.
        """
        with self._database.told():
            jobs, scraps = await self._remove_old_jobs(history)
            await self._forget_done()
            scraps += await asyncio.to_thread(self._remove_cancelled_scraps)
            await asyncio.to_thread(self._remove_answered_orders)
        return Swept(jobs, scraps, await asyncio.to_thread(self._give_room_back))

    async def _remove_old_jobs(self, history: History) -> tuple[int, int]:
        """Remove the records that are no longer kept, with all that hangs on them; gives how many, and the scraps."""
        removed, scraps = 0, 0
        moment = await asyncio.to_thread(self._oldest_kept, history)
        while not self._stopped.is_set():
            records = await asyncio.to_thread(self._find_old, moment)
            # The record goes last: broken off before that, the next sweep finds the job again.
            await self._checkpoints.forget([(record.spec.job_id, record.round) for record in records])
            scraps += await asyncio.to_thread(self._remove_files, records)
            count = await asyncio.to_thread(self._make_past, records)
            removed += count
            if not count:
                break
        return removed, scraps

    def _oldest_kept(self, history: History) -> float:
        """Jobs that ended before this moment, in seconds since the epoch, are no longer kept."""
        now, ended = self._clock.now(), jobs_table.c.finished_at
        moment = 0.0 if history.keep_seconds is None else now - history.keep_seconds
        if history.jobs is not None:
            latest = sa.select(ended).where(ended.is_not(None)).order_by(ended.desc())
            with self._database.engine.connect() as connection:
                last = connection.execute(latest.offset(history.jobs - 1).limit(1)).scalar_one_or_none()
            moment = max(moment, last or 0.0)
        return min(moment, now - _REST_SECONDS)

    def _find_old(self, moment: float) -> tuple[JobRecord, ...]:
        """The next few jobs that ended before a moment and whose records nothing needs, those that ended first."""
        table = jobs_table.c
        query = sa.select(jobs_table).where(table.finished_at < moment, *_nothing_needs_it())
        with self._database.engine.connect() as connection:
            rows = connection.execute(query.order_by(table.finished_at).limit(_AT_ONCE))
            return tuple(record_of(row) for row in rows)

    def _remove_files(self, records: Sequence[JobRecord]) -> int:
        """Remove the logs of these jobs, and what they left beside their outputs; gives how many staging folders."""
        for record in records:
            with suppress(OSError):  # a log that can't be removed must not keep the database growing
                (self._job_logs / f"{record.spec.job_id}.log").unlink(missing_ok=True)
        return _remove_scraps(records)

    def _make_past(self, records: Sequence[JobRecord]) -> int:
        """Keep of these jobs only what must be known for ever; gives of how many. One that goes on again stays."""
        table, removed = jobs_table.c, 0
        with self._database.synced() as connection:
            for record in records:
                job_id = record.spec.job_id
                unchanged = (table.job_id == job_id, table.finished_at == record.finished_at)
                if connection.execute(jobs_table.delete().where(*unchanged)).rowcount == 0:
                    continue
                keep_past_job(connection, record, is_free=_was_free(connection, record))
                connection.execute(markers_table.delete().where(markers_table.c.job_id == job_id))
                removed += 1
        return removed

    async def _forget_done(self) -> None:
        """Drop the checkpoints that are done with: nothing ever goes on from them.

        A job that waits for months, and looks every hour, goes through thousands of rounds.
        """
        before = self._clock.now() - _REST_SECONDS
        while not self._stopped.is_set():
            found = await asyncio.to_thread(
                lambda: self._checkpoints.find_done(ended_before=before, limit=_AT_ONCE)
            )
            if not found:
                break
            await self._checkpoints.forget(found)

    def _remove_cancelled_scraps(self) -> int:
        """Remove the staging folders of jobs that were cancelled; those of failed ones go with their records."""
        now, removed = self._clock.now(), 0
        latest = (now - _CANCELLED_SECONDS, "")
        while not self._stopped.is_set() and (records := self._find_cancelled(latest, now - _REST_SECONDS)):
            removed += _remove_scraps(records)
            latest = (records[-1].finished_at or now, records[-1].spec.job_id)
        return removed

    def _find_cancelled(self, latest: tuple[float, str], moment: float) -> tuple[JobRecord, ...]:
        """The next few jobs that were cancelled before a moment, after this one, and had begun."""
        table = jobs_table.c
        query = sa.select(jobs_table).where(
            # An expression, as below.
            table.state.concat("") == JobState.CANCELLED,
            table.started_at.is_not(None),
            table.finished_at < moment,
            sa.tuple_(table.finished_at, table.job_id) > sa.tuple_(*latest),
        )
        with self._database.engine.connect() as connection:
            rows = connection.execute(query.order_by(table.finished_at, table.job_id).limit(_AT_ONCE))
            return tuple(record_of(row) for row in rows)

    def _remove_answered_orders(self) -> None:
        table = orders_table.c
        # The last one stays: without it numbers would begin again, and each order's job is known by its number.
        last = sa.select(sa.func.max(table.order_id)).scalar_subquery()
        old = table.answered_at < self._clock.now() - _ORDERS_KEPT_SECONDS
        with self._database.engine.begin() as connection:
            connection.execute(orders_table.delete().where(old, table.order_id < last))

    def _give_room_back(self) -> int:
        """Make the database file as small as what is in it, a little at a time; gives the bytes."""
        try:
            return self._vacuum()
        except sqlite3.Error:
            return (
                0  # somebody writes, or the disk is full: nothing depends on it, and the next sweep goes on
            )

    def _vacuum(self) -> int:
        with closing(sqlite3.connect(self._database.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=NORMAL")
            before = pages = _ask(connection, "freelist_count")
            while pages > _SPARE_PAGES and not self._stopped.is_set():
                # Each row that is read of the answer is a page given back.
                connection.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
                left = _ask(connection, "freelist_count")
                if left >= pages:
                    break  # it was made before databases could shrink
                pages = left
            if pages < before:
                # Where somebody is reading just now, the file gets its new length later: nobody waits for it.
                connection.execute("PRAGMA busy_timeout=0")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return max(0, before - pages) * _ask(connection, "page_size")


def _nothing_needs_it() -> Iterator[sa.ColumnElement[bool]]:
    """What must hold of a job that has ended so that its record may go."""
    table, other = jobs_table.c, jobs_table.alias().c
    # An expression, so that jobs are found by when they ended, and not all that have ended are sorted each time.
    yield table.state.concat("").in_(_FINAL)
    # Recordings that are still to be taken away, which other jobs on them have a say in.
    yield table.source_path.not_in(sa.select(other.source_path).where(other.after == DUE))
    # People and programs are still to be told of it.
    yield table.job_id.not_in(sa.select(outbox_table.c.job_id))
    yield table.job_id.not_in(sa.select(orders_table.c.job_id).where(orders_table.c.answered_at.is_(None)))
    holder = shared_sessions_table.c.holder
    yield table.job_id.not_in(sa.select(holder).where(holder.is_not(None)))
    # A job that refines it has not ended.
    base = sa.func.json_extract(other.spec, "$.base.job_id")
    yield table.job_id.not_in(sa.select(base).where(other.state.in_(_NOT_ENDED), base.is_not(None)))


def _was_free(connection: sa.Connection, record: JobRecord) -> bool:
    """Whether a job failed before anything was paid."""
    if record.state is not JobState.FAILED:
        return False
    table = markers_table.c
    paid = sa.select(table.name).where(
        table.job_id == record.spec.job_id, table.name.startswith(PROMPT_MARKER)
    )
    return connection.execute(paid.limit(1)).first() is None


def _ask(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _remove_scraps(records: Sequence[JobRecord]) -> int:
    return sum(
        remove_leftovers(record.spec.output_folder, record.spec.job_id, attempts=record.attempt)
        for record in records
    )
