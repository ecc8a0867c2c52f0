"""The jobs' book: every job with what it is to do and how it stands.

Written by the daemon, read by the commands too. All methods block for a database round-trip; in the event
loop they are called through a thread.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.database import jobs_table, known_files_table
from nemowatch.jobs.records import DeliveredFile, JobRecord, JobSpec, JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Changes:
    """What to write of a job's standing; None leaves a column as it is."""

    state: JobState | None = None
    reason: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    output_folder: Path | None = None
    outputs: tuple[DeliveredFile, ...] | None = None


class JobStore:
    """Jobs in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, spec: JobSpec) -> bool:
        """Keep a new job, and that its file is known; both or none. False when the job was there already."""
        source = spec.source
        with self._engine.begin() as connection:
            added = connection.execute(
                insert(jobs_table)
                .values(
                    job_id=spec.job_id,
                    rule=spec.rule,
                    source_path=path_to_text(source.path),
                    spec=spec.to_json(),
                    state=JobState.QUEUED,
                    reason="",
                    note="",
                    outputs="[]",
                    queued_at=spec.queued_at,
                    updated_at=spec.queued_at,
                )
                .on_conflict_do_nothing()
            )
            facts = {
                "size_bytes": source.size_bytes,
                "modified_ns": source.modified_ns,
                "inode": source.inode,
                "job_id": spec.job_id,
                "refusal": None,
            }
            connection.execute(
                insert(known_files_table)
                .values(rule=spec.rule, path=path_to_text(source.path), **facts)
                .on_conflict_do_update(index_elements=["rule", "path"], set_=facts)
            )
        return added.rowcount == 1

    def write(self, job_id: str, changes: Changes, *, now: float) -> None:
        """Write a job's new standing. Entering a state clears the progress of the one before."""
        values: dict[str, object] = {"updated_at": now}
        if changes.state is not None:
            values |= {"state": changes.state, "progress": None, "note": "", "reason": changes.reason or ""}
        if changes.started_at is not None:
            values["started_at"] = sa.func.coalesce(jobs_table.c.started_at, changes.started_at)
        if changes.finished_at is not None:
            values["finished_at"] = changes.finished_at
        if changes.output_folder is not None:
            values["output_folder"] = path_to_text(changes.output_folder)
        if changes.outputs is not None:
            values["outputs"] = json.dumps([asdict(output) for output in changes.outputs])
        self._update(job_id, values)

    def write_progress(self, job_id: str, progress: float, note: str, *, now: float) -> None:
        """Write how far the present step has come (0.0 to 1.0), and a few words on it."""
        self._update(job_id, {"progress": progress, "note": note, "updated_at": now})

    def read(self, job_id: str) -> JobRecord | None:
        """The job of exactly this id, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(jobs_table).where(jobs_table.c.job_id == job_id)).one_or_none()
        return None if row is None else _record_of(row)

    def find(self, beginning: str) -> tuple[JobRecord, ...]:
        """The jobs whose id begins like this, at most ten."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(jobs_table)
                .where(jobs_table.c.job_id.startswith(beginning, autoescape=True))
                .limit(10)
            ).all()
        return tuple(_record_of(row) for row in rows)

    def places_of(self, job_id: str) -> tuple[Path, ...]:
        """Where the content of a job was seen, under whatever name."""
        query = sa.select(known_files_table.c.path).where(known_files_table.c.job_id == job_id)
        with self._engine.connect() as connection:
            return tuple(Path(text) for text in connection.execute(query).scalars())

    def has_unfinished(self) -> bool:
        """Whether any job is to go on."""
        final = [state for state in JobState if state.is_final]
        query = sa.select(jobs_table.c.job_id).where(jobs_table.c.state.not_in(final)).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def list_jobs(
        self, *, states: Iterable[JobState] = (), rule: str | None = None, limit: int | None = None
    ) -> tuple[JobRecord, ...]:
        """Jobs, the newest first; `states` and `rule` narrow them down."""
        wanted = tuple(states)
        query = (
            sa.select(jobs_table).order_by(jobs_table.c.queued_at.desc(), jobs_table.c.job_id).limit(limit)
        )
        if wanted:
            query = query.where(jobs_table.c.state.in_(wanted))
        if rule is not None:
            query = query.where(jobs_table.c.rule == rule)
        with self._engine.connect() as connection:
            return tuple(_record_of(row) for row in connection.execute(query))

    def unfinished(self) -> tuple[JobRecord, ...]:
        """Every job that is to go on, the oldest first."""
        return tuple(reversed(self.list_jobs(states=[state for state in JobState if not state.is_final])))

    def count_by_state(self) -> dict[JobState, int]:
        """How many jobs stand where; states without a job are left out."""
        query = sa.select(jobs_table.c.state, sa.func.count()).group_by(jobs_table.c.state)
        with self._engine.connect() as connection:
            return {JobState(state): count for state, count in connection.execute(query)}

    def _update(self, job_id: str, values: dict[str, object]) -> None:
        with self._engine.begin() as connection:
            connection.execute(jobs_table.update().where(jobs_table.c.job_id == job_id).values(**values))


def path_to_text(path: Path) -> str:
    """A path as text that any database takes, also where a name is no valid UTF-8 (kept as escapes)."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _record_of(row: sa.Row[tuple[object, ...]] | sa.Row[Sequence[object]]) -> JobRecord:
    fields = row._mapping  # noqa: SLF001 -- SQLAlchemy's documented way to read a row by name
    folder = fields["output_folder"]
    return JobRecord(
        spec=JobSpec.from_json(str(fields["spec"])),
        state=JobState(str(fields["state"])),
        reason=str(fields["reason"]),
        progress=fields["progress"],
        note=str(fields["note"]),
        output_folder=None if folder is None else Path(folder),
        outputs=tuple(DeliveredFile(**facts) for facts in json.loads(str(fields["outputs"]))),
        started_at=fields["started_at"],
        updated_at=fields["updated_at"],
        finished_at=fields["finished_at"],
    )
