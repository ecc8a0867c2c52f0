"""Sessions that several jobs share, one after the other (`session: rule`, `group: folder`, refinements).

A job holds its session from its start to its end, also while it stands still: what is on the timeline is its edit,
paid for and perhaps not exported yet.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.records import JobState
from nemowatch.jobs.tables import jobs_table, shared_sessions_table

if TYPE_CHECKING:
    from nemowatch.jobs.database import Database

_ENDED = sa.select(jobs_table.c.job_id).where(
    jobs_table.c.state.in_([state for state in JobState if state.is_final])
)
"""A crash may come between a job's end and its letting go."""


@dataclass(frozen=True)
class SharedSession:
    """Who holds a session, and which it is; no id while none was made."""

    holder: str
    session_id: str | None
    task_id: str | None


class SharedSessions:
    """The shared sessions of the database."""

    def __init__(self, database: Database) -> None:
        self._engine: sa.Engine = database.engine
        self.releases = 0
        """How often a session was let go; some job may have waited for it."""

    async def acquire(self, key: str, job_id: str) -> SharedSession:
        """Take a session for a job if nobody holds it; who holds it now, this job or another."""
        return await asyncio.to_thread(self._acquire, key, job_id)

    async def is_free(self, key: str) -> bool:
        """Whether nobody holds a session."""
        table = shared_sessions_table.c
        query = sa.select(table.holder).where(
            table.session_key == key, table.holder.is_not(None), table.holder.not_in(_ENDED)
        )
        return not await asyncio.to_thread(self._finds, query)

    async def keep(self, key: str, session_id: str, task_id: str | None) -> None:
        """Write which session goes by this key from now on."""
        table = shared_sessions_table
        change = (
            table.update().where(table.c.session_key == key).values(session_id=session_id, task_id=task_id)
        )
        await asyncio.to_thread(self._run, change)

    async def release(self, job_id: str) -> None:
        """Let go of whatever a job holds."""
        table = shared_sessions_table
        change = table.update().where(table.c.holder == job_id).values(holder=None, last_holder=job_id)
        if await asyncio.to_thread(self._run, change):
            self.releases += 1

    async def was_used_since(self, key: str, job_id: str) -> bool:
        """Whether another job has worked in a session since this one let go of it."""
        table = shared_sessions_table.c
        query = sa.select(table.session_key).where(
            table.session_key == key,
            (table.holder.is_not(None) & (table.holder != job_id))
            | (table.last_holder.is_not(None) & (table.last_holder != job_id)),
        )
        return await asyncio.to_thread(self._finds, query)

    def _acquire(self, key: str, job_id: str) -> SharedSession:
        table = shared_sessions_table
        with self._engine.begin() as connection:
            connection.execute(insert(table).values(session_key=key).on_conflict_do_nothing())
            connection.execute(
                table.update()
                .where(table.c.session_key == key, table.c.holder.is_(None) | table.c.holder.in_(_ENDED))
                .values(holder=job_id)
            )
            row = connection.execute(table.select().where(table.c.session_key == key)).one()
        return SharedSession(row.holder, row.session_id, row.task_id)

    def _finds(self, query: sa.Select[tuple[str | None]]) -> bool:
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def _run(self, change: sa.Update) -> int:
        with self._engine.begin() as connection:
            return connection.execute(change).rowcount
