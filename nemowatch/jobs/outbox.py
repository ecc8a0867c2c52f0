"""The outbox: every change of a job's state that people or programs are to be told of, until they have been.

Filled by the books in the very transaction that writes the state, so that neither is ever there without the other;
emptied by the daemon once it has told. What was told just before a crash is told again: at least once, never not at
all. Never decides who is told; its methods block for a database round-trip.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.records import DeliveredFile, JobSpec, JobState
from nemowatch.jobs.tables import jobs_table, outbox_table
from nemowatch.logs import redact
from nemowatch.rules.rule import JobEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

_Answer = TypeVar("_Answer")

TOLD_STATES = frozenset(JobState(event) for event in get_args(JobEvent))
"""The states of which anybody can be told (`notify` and `hook` in the rules)."""

UNSORTED = ""
"""The reader of a change of which nobody has asked yet who is to be told."""


class OutboxUnusable(NemoWatchError):
    """The database can't be read or written."""


@dataclass(frozen=True)
class Reader:
    """Somebody who is to be told.

    Attributes:
        name: under which changes are kept for him.
        states: of which he is to be told.
        rule: whose jobs he is told of; None for all.
    """

    name: str
    states: frozenset[JobState]
    rule: str | None = None


@dataclass(frozen=True)
class Change:
    """A change of a job's state that somebody is to be told of.

    Attributes:
        number: counts up; the later change has the higher one.
        attempt: the job's, from 1.
        reason: why it came to that, as it was said then.
        happened_at: seconds since the epoch.
        outputs: what has been delivered until now.
    """

    number: int
    job_id: str
    attempt: int
    state: JobState
    reason: str
    happened_at: float
    rule: str
    source: Path
    output_folder: Path | None
    outputs: tuple[DeliveredFile, ...]


def note_change(
    connection: sa.Connection,
    job_id: str,
    state: JobState,
    reason: str,
    *,
    now: float,
    unless: Collection[JobState] = (),
) -> bool:
    """Put a job's change of state into the outbox, in the transaction that writes the state.

    Args:
        connection: with that transaction.
        job_id: the job, which is in the book.
        state: its new state; of most nobody is ever told.
        reason: why, as the book has it.
        now: seconds since the epoch.
        unless: states that make it no news where the book has one of them yet.
    """
    if state not in TOLD_STATES:
        return False
    table = jobs_table.c
    news = sa.select(
        table.job_id,
        table.attempt,
        sa.literal(state.value),
        sa.literal(redact(reason)),
        sa.literal(now),
        sa.literal(UNSORTED),
    ).where(table.job_id == job_id, table.state.not_in(list(unless)))
    columns = ["job_id", "attempt", "state", "reason", "happened_at", "reader"]
    return connection.execute(outbox_table.insert().from_select(columns, news)).rowcount == 1


class Outbox:
    """The changes that wait to be told.

    Every method raises `OutboxUnusable` when the database can't be read or written.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def sort(self, readers: Sequence[Reader]) -> None:
        """Keep what is new for each reader that is to be told of it; what is for nobody is dropped.

        What was kept for readers that no longer are is dropped too.
        """
        self._do(lambda connection: _sort(connection, readers))

    def read(self, reader: str, *, limit: int) -> tuple[Change, ...]:
        """What is kept for a reader, in the order in which it happened; of jobs that are in the book."""
        table, job = outbox_table.c, jobs_table.c
        query = (
            sa.select(outbox_table, job.rule, job.spec, job.output_folder, job.outputs)
            .join(jobs_table, job.job_id == table.job_id)
            .where(table.reader == reader)
            .order_by(table.number)
            .limit(limit)
        )
        return self._do(lambda connection: tuple(_change_of(row) for row in connection.execute(query)))

    def strike(self, numbers: Collection[int]) -> None:
        """Take out changes that have been told."""
        parameters = [{"told": number} for number in numbers]
        if parameters:
            self._do(
                lambda connection: connection.execute(
                    outbox_table.delete().where(outbox_table.c.number == sa.bindparam("told")), parameters
                )
            )

    def drop_older(self, reader: str, moment: float) -> int:
        """Take out what a reader could not be told for too long; returns how much."""
        table = outbox_table.c
        old = outbox_table.delete().where(table.reader == reader, table.happened_at < moment)
        return self._do(lambda connection: connection.execute(old).rowcount)

    def _do(self, work: Callable[[sa.Connection], _Answer]) -> _Answer:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            raise OutboxUnusable(f"The database can't be used: {error.orig}.") from error


def _sort(connection: sa.Connection, readers: Sequence[Reader]) -> None:
    table = outbox_table.c
    unsorted = table.reader == UNSORTED
    newest = connection.execute(sa.select(sa.func.max(table.number)).where(unsorted)).scalar_one()
    if newest is not None:
        for reader in readers:
            _copy_for(connection, reader, unsorted & (table.number <= newest))
        connection.execute(outbox_table.delete().where(unsorted, table.number <= newest))
    known = [UNSORTED, *(reader.name for reader in readers)]
    connection.execute(outbox_table.delete().where(table.reader.not_in(known)))


def _copy_for(connection: sa.Connection, reader: Reader, news: sa.ColumnElement[bool]) -> None:
    table = outbox_table.c
    columns = [column for column in outbox_table.columns if column.name not in {"number", "reader"}]
    theirs = sa.select(*columns, sa.literal(reader.name)).where(news, table.state.in_(list(reader.states)))
    if reader.rule is not None:
        of_rule = sa.select(jobs_table.c.job_id).where(jobs_table.c.rule == reader.rule)
        theirs = theirs.where(table.job_id.in_(of_rule))
    names = [*(column.name for column in columns), "reader"]
    connection.execute(outbox_table.insert().from_select(names, theirs.order_by(table.number)))


def _change_of(row: sa.Row[tuple[object, ...]]) -> Change:
    fields = row._mapping  # noqa: SLF001 -- SQLAlchemy's documented way to read a row by name
    folder = fields["output_folder"]
    return Change(
        number=fields["number"],
        job_id=fields["job_id"],
        attempt=fields["attempt"],
        state=JobState(fields["state"]),
        reason=fields["reason"],
        happened_at=fields["happened_at"],
        rule=fields["rule"],
        source=JobSpec.from_json(fields["spec"]).source.path,
        output_folder=None if folder is None else Path(folder),
        outputs=tuple(DeliveredFile(**facts) for facts in json.loads(fields["outputs"])),
    )
