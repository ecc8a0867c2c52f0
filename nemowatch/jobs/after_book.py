"""Which finished jobs have a recording to be taken away, and which jobs still need that recording.

Used by the aftercare. All methods block for a database round-trip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.records import JobState, SourceFile
from nemowatch.jobs.rows import path_to_text, record_of
from nemowatch.jobs.tables import jobs_table, known_files_table

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.jobs.records import JobRecord

DUE, TAKEN_AWAY, KEPT = "due", "done", "kept"
"""In the column `after`: the recording is to be taken away, it was, it stays for good. Empty: nothing was asked."""

_FINAL = [state for state in JobState if state.is_final]
_RESTING = (JobState.HELD, JobState.ATTENTION)


class AfterBook:
    """The column `after` of the jobs, and what bears on it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def read(self, job_id: str) -> str:
        """How it stands with the recording of a job; empty where nothing is asked, or where there is no such job."""
        query = sa.select(jobs_table.c.after).where(jobs_table.c.job_id == job_id)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none() or ""

    def list_due(self) -> tuple[JobRecord, ...]:
        """The jobs whose recording may be taken away now, by all that their states tell; those that ended first lead.

        Those that move it come before those that put it into the trash, where two rules disagree about one file.
        """
        job, other = jobs_table, jobs_table.alias()
        needs_it_too = sa.exists().where(
            other.c.source_path == job.c.source_path, other.c.state.not_in(_FINAL)
        )
        query = sa.select(job).where(job.c.after == DUE, ~needs_it_too).order_by(job.c.finished_at)
        with self._engine.connect() as connection:
            records = [record_of(row) for row in connection.execute(query)]
        return tuple(sorted(records, key=lambda record: record.spec.after != "move"))

    def list_held_up(self) -> tuple[tuple[str, str, str], ...]:
        """The jobs whose recording stays because another job on it rests until the user acts.

        Each with the other's id and state.
        """
        job, other = jobs_table, jobs_table.alias()
        query = (
            sa.select(job.c.job_id, other.c.job_id, other.c.state)
            .join(other, other.c.source_path == job.c.source_path)
            .where(job.c.after == DUE, other.c.state.in_(_RESTING))
        )
        with self._engine.connect() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(query))

    def list_on(self, path: Path) -> tuple[JobRecord, ...]:
        """Every job that was ever made of a file at this path, or that has its content, the oldest first."""
        text = path_to_text(path)
        known = sa.select(known_files_table.c.job_id).where(
            known_files_table.c.path == text, known_files_table.c.job_id.is_not(None)
        )
        query = (
            sa.select(jobs_table)
            .where((jobs_table.c.source_path == text) | jobs_table.c.job_id.in_(known))
            .order_by(jobs_table.c.queued_at, jobs_table.c.job_id)
        )
        with self._engine.connect() as connection:
            return tuple(record_of(row) for row in connection.execute(query))

    def looks_at(self, path: Path) -> dict[str, SourceFile]:
        """Which version of the file at this path each rule has seen last, and made up its mind about."""
        query = sa.select(known_files_table).where(known_files_table.c.path == path_to_text(path))
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return {
            row["rule"]: SourceFile(path, row["size_bytes"], row["modified_ns"], row["inode"]) for row in rows
        }

    def finish(self, record: JobRecord, outcome: str, *, place: SourceFile | None = None) -> None:
        """Write what became of a job's recording, and where it lies now; both or none.

        Every rule that made a job of it will find it there.
        """
        table = jobs_table.c
        spec = record.spec
        jobs = {} if place is None else {other.spec.rule: other for other in self.list_on(spec.source.path)}
        with self._engine.begin() as connection:
            connection.execute(jobs_table.update().where(table.job_id == spec.job_id).values(after=outcome))
            for job in (jobs | {spec.rule: record}).values():
                if place is not None and job.spec.sha256 == spec.sha256:
                    _note_place(connection, job, place)


def _note_place(connection: sa.Connection, record: JobRecord, place: SourceFile) -> None:
    facts = {
        "size_bytes": place.size_bytes,
        "modified_ns": place.modified_ns,
        "inode": place.inode,
        "job_id": record.spec.job_id,
    }
    connection.execute(
        insert(known_files_table)
        .values(rule=record.spec.rule, path=path_to_text(place.path), **facts)
        .on_conflict_do_update(index_elements=["rule", "path"], set_=facts)
    )
