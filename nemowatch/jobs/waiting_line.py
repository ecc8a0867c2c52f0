"""The book as a waiting room: which jobs the engine has, and which may be handed to it next.

Asked by the dispatcher alone. All methods block for a database round-trip; in the event loop they are called through
a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nemowatch.jobs.records import JobState
from nemowatch.jobs.rows import record_of, standing_still
from nemowatch.jobs.tables import jobs_table, markers_table
from nemowatch.logs import redact

if TYPE_CHECKING:
    from collections.abc import Collection

    from nemowatch.jobs.records import JobRecord, Stop

MAY_START = "start:released"
"""The marker of a job that the user lets begin outside of its rule's hours."""

_NOT_FINAL = [state for state in JobState if not state.is_final]


@dataclass(frozen=True)
class Place:
    """A job's place before the engine.

    Attributes:
        round: the round that it waits for, or is in.
        urgency: who is first: 0 for a job that had begun and goes on, else its priority, 1 to 10.
    """

    job_id: str
    rule: str
    round: int
    urgency: int


class WaitingLine:
    """The jobs that wait to be handed to the engine, and those that it has."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def in_play(self) -> list[Place]:
        """The jobs that the engine has: at work, or in its queue."""
        query = sa.select(*_PLACE).where(*_in_play())
        with self._engine.connect() as connection:
            return [Place(*row) for row in connection.execute(query)]

    def handed_over(self) -> tuple[JobRecord, ...]:
        """The same, as records, those that queued first at the front."""
        query = sa.select(jobs_table).where(*_in_play()).order_by(jobs_table.c.queued_at)
        with self._engine.connect() as connection:
            return tuple(record_of(row) for row in connection.execute(query))

    def count_waiting(self) -> int:
        """How many jobs wait to be handed over."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).where(*_waiting())).scalar_one()

    def next_job(self, *, without_rules: Collection[str] = ()) -> tuple[Place, JobRecord] | None:
        """The first that waits: half done ones first, then by priority, then who was queued first."""
        query = sa.select(jobs_table).where(*_waiting())
        if without_rules:
            query = query.where(jobs_table.c.rule.not_in(without_rules))
        # As the index goes (database.py), so that a long line costs no more than a short one.
        query = query.order_by(jobs_table.c.priority, jobs_table.c.queued_at).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        record = record_of(row)
        return Place(record.spec.job_id, record.spec.rule, record.round, row.priority), record

    def hand_over(self, place: Place) -> bool:
        """Write that the engine has a job from now on; False where it no longer waits, as after a cancel."""
        table = jobs_table.c
        with self._engine.begin() as connection:
            done = connection.execute(
                jobs_table.update()
                .where(table.job_id == place.job_id, table.round == place.round, *_waiting())
                .values(is_handed_over=True)
            )
        return done.rowcount == 1

    def has_begun(self, job_id: str) -> bool:
        """Whether a job is past the beginning of its round: it does something, or has come to a stop."""
        query = sa.select(jobs_table.c.state).where(jobs_table.c.job_id == job_id)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none() != JobState.QUEUED

    def any_has_begun(self) -> bool:
        """Whether any job is between the beginning of its round and the end."""
        query = sa.select(jobs_table.c.job_id).where(*_in_play(), jobs_table.c.state != JobState.QUEUED)
        with self._engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def may_start(self, job_id: str) -> bool:
        """Whether the user lets a job begin outside of its rule's hours."""
        with self._engine.connect() as connection:
            query = sa.select(markers_table.c.job_id).where(_is_let(sa.literal(job_id)))
            return connection.execute(query).first() is not None

    def park_like(self, record: JobRecord, reason: str, stop: Stop, *, now: float) -> int:
        """Let all waiting jobs of a job's rule that have its schedule, and may not begin, stand still; how many."""
        table = jobs_table.c
        is_let = sa.select(markers_table.c.job_id).where(_is_let(table.job_id)).correlate(jobs_table).exists()
        with self._engine.begin() as connection:
            return connection.execute(
                jobs_table.update()
                .where(
                    table.rule == record.spec.rule,
                    table.started_at.is_(None),
                    sa.func.json_extract(table.spec, "$.schedule") == record.spec.schedule,
                    ~is_let,
                    *_waiting(),
                )
                .values(state=JobState.WAITING, reason=redact(reason), updated_at=now, **standing_still(stop))
            ).rowcount


_PLACE = (jobs_table.c.job_id, jobs_table.c.rule, jobs_table.c.round, jobs_table.c.priority)


def _in_play() -> tuple[sa.ColumnElement[bool], ...]:
    table = jobs_table.c
    return table.is_handed_over, table.state.in_(_NOT_FINAL), ~table.is_parked


def _waiting() -> tuple[sa.ColumnElement[bool], ...]:
    table = jobs_table.c
    return ~table.is_handed_over, table.state == JobState.QUEUED, ~table.is_parked


def _is_let(job_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return (markers_table.c.job_id == job_id) & (markers_table.c.name == MAY_START)
