"""How fast jobs go: what their steps took, at which step each is, and so how long a job will still take.

Told by the jobs at work as they go, asked by the commands that show them. Nothing depends on it, so nothing here is
synced to the disk. All methods block for a database round-trip.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.database import open_for_reading
from nemowatch.jobs.forecast import LEARNT_FROM, Present, Took, forecast, kind_of, steps_from
from nemowatch.jobs.plan import MAX_UPLOAD_BYTES
from nemowatch.jobs.records import JobState
from nemowatch.jobs.tables import jobs_table, present_steps_table, step_times_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from nemowatch.jobs.records import JobRecord, JobSpec

_MOST_KEPT = 1000
"""So many times of steps are kept in all, and of each rule and kind as many as are learnt from."""

_MOST_AT_WORK = 256
"""Jobs of more than these were stopped half-way, and nobody said that they ended."""

_AT_WORK = frozenset(
    {
        JobState.PREPARING,
        JobState.UPLOADING,
        JobState.EDITING,
        JobState.EXPORTING,
        JobState.DOWNLOADING,
        JobState.DELIVERING,
    }
)
_FINAL = [state for state in JobState if state.is_final]
_FORGET_THE_REST = present_steps_table.delete().where(
    present_steps_table.c.job_id.not_in(
        sa.select(jobs_table.c.job_id).where(~jobs_table.c.is_parked, jobs_table.c.state.not_in(_FINAL))
    )
)


class Pace:
    """What is known of the pace of the jobs.

    Args:
        engine: the database's; one that may only read will do for asking.
        max_upload_bytes: what the service takes per file (nemo-api.md §4): what is larger is made smaller first.
    """

    def __init__(self, engine: sa.Engine, *, max_upload_bytes: int = MAX_UPLOAD_BYTES) -> None:
        self._engine = engine
        self._max_upload_bytes = max_upload_bytes
        self._shares: dict[str, tuple[float, bool]] = {}
        """Of each job at work the share that it told last, and whether that has grown since its step began."""

    def begin(self, job_id: str, step: str, *, now: float) -> None:
        """Keep that a job begins with a step, or goes on with it after a pause."""
        facts = {"step": step, "began_at": now, "share_from": None, "share_from_at": None}
        self._shares.pop(job_id, None)
        if len(self._shares) > _MOST_AT_WORK:
            self._shares.clear()  # those at work only begin to be watched anew
        with self._engine.begin() as connection:
            connection.execute(_FORGET_THE_REST)
            connection.execute(
                insert(present_steps_table)
                .values(job_id=job_id, **facts)
                .on_conflict_do_update(index_elements=["job_id"], set_=facts)
            )

    def move(self, job_id: str, share: float, *, now: float) -> None:
        """Note which share of its step a job has done (0.0 to 1.0); writes only where that has not grown."""
        before, has_grown = self._shares.get(job_id, (share, False))
        # A share that falls is that of another piece of work, and one that stands still waits for something.
        has_grown = share > before or (has_grown and share == before)
        self._shares[job_id] = (share, has_grown)
        if has_grown:
            return
        with self._engine.begin() as connection:
            connection.execute(
                present_steps_table.update()
                .where(present_steps_table.c.job_id == job_id)
                .values(share_from=share, share_from_at=now)
            )

    def note(self, spec: JobSpec, step: str, seconds: float) -> None:
        """Learn how long a step took that came to a good end; the oldest of what was learnt makes room."""
        table = step_times_table.c
        kind = kind_of(step)
        is_like_it = (table.rule == spec.rule) & (table.kind == kind)
        self._shares.pop(spec.job_id, None)
        with self._engine.begin() as connection:
            connection.execute(
                step_times_table.insert().values(
                    rule=spec.rule,
                    kind=kind,
                    seconds=max(0.0, seconds),
                    size_bytes=spec.source.size_bytes,
                    duration_seconds=spec.duration_seconds,
                )
            )
            _forget_oldest(connection, is_like_it, LEARNT_FROM)
            _forget_oldest(connection, sa.true(), _MOST_KEPT)
            connection.execute(
                present_steps_table.delete().where(present_steps_table.c.job_id == spec.job_id)
            )

    def remaining(self, record: JobRecord, *, now: float) -> float | None:
        """The seconds until a job ends, never negative; None where it is not at work, or too little is known.

        Args:
            record: the job as it stands.
            now: seconds since the epoch.
        """
        if record.state not in _AT_WORK or record.is_parked or record.is_unwanted:
            return None
        present = self._read_present(record)
        if present is None:
            return None
        kinds = steps_from(record.spec, present.step, self._max_upload_bytes)
        return forecast(record.spec, present, kinds, self._read_times(kinds), now)

    def remaining_of(self, records: Iterable[JobRecord], *, now: float) -> dict[str, float]:
        """The same for several jobs: by their ids, without those of which nothing can be told."""
        found = ((record.spec.job_id, self.remaining(record, now=now)) for record in records)
        return {job_id: seconds for job_id, seconds in found if seconds is not None}

    def _read_present(self, record: JobRecord) -> Present | None:
        query = sa.select(present_steps_table).where(present_steps_table.c.job_id == record.spec.job_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        present = Present(row.step, row.began_at, row.share_from, row.share_from_at)
        if record.progress is None or record.updated_at < row.began_at:
            return present  # what the record tells of a share is about the step before
        return replace(present, share=record.progress, share_at=record.updated_at)

    def _read_times(self, kinds: Sequence[str]) -> list[Took]:
        table = step_times_table.c
        query = sa.select(step_times_table).where(table.kind.in_(set(kinds))).order_by(table.number.desc())
        with self._engine.connect() as connection:
            return [
                Took(row.rule, row.kind, row.seconds, row.size_bytes, row.duration_seconds)
                for row in connection.execute(query)
            ]


@contextmanager
def open_pace(path: Path) -> Iterator[Pace | None]:
    """The pace of the jobs of a database file, for asking; None where no daemon has run yet.

    Raises:
        DatabaseTooNew: a later version of NemoWatch wrote it.
        DatabaseUnusable: it can't be read, or is none.
    """
    with open_for_reading(path) as engine:
        yield None if engine is None else Pace(engine)


def _forget_oldest(connection: sa.Connection, which: sa.ColumnElement[bool], kept: int) -> None:
    table = step_times_table.c
    newest_to_go = (
        sa.select(table.number).where(which).order_by(table.number.desc()).limit(1).offset(kept)
    ).scalar_subquery()
    connection.execute(step_times_table.delete().where(which, table.number <= newest_to_go))
