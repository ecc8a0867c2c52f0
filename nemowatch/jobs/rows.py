"""How jobs and their files stand in the rows of the database, both ways.

Used by the books of `jobs`, which each read and write their own part of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.records import DUPLICATE, DeliveredFile, JobRecord, JobSpec, JobState, Stop
from nemowatch.jobs.tables import jobs_table, known_files_table, past_jobs_table

if TYPE_CHECKING:
    from collections.abc import Sequence

# Put together once: SQLAlchemy takes longer for that than SQLite to carry it out.
_NOTE_FILE = insert(known_files_table)
_NOTE_FILE = _NOTE_FILE.on_conflict_do_update(
    index_elements=["rule", "path"],
    set_={
        column.name: _NOTE_FILE.excluded[column.name]
        for column in known_files_table.columns
        if not column.primary_key
    },
)


def standing_still(stop: Stop) -> dict[str, object]:
    """The columns of a job that stands still for this."""
    return {"is_parked": True, "cause": stop.cause, "wake_at": stop.wake_at, "stop": stop.to_json()}


def note_file(connection: sa.Connection, spec: JobSpec, *, is_new: bool) -> None:
    """Write that a job's file is known; a second place of what has a job already is known as that."""
    source, place = spec.source, path_to_text(spec.source.path)
    first_place = place
    if not is_new:
        jobs, past = (
            sa.select(table.c.source_path).where(table.c.job_id == spec.job_id)
            for table in (jobs_table, past_jobs_table)
        )
        first_place = connection.execute(jobs.union_all(past)).scalar_one()
    facts = {
        "rule": spec.rule,
        "path": place,
        "size_bytes": source.size_bytes,
        "modified_ns": source.modified_ns,
        "inode": source.inode,
        "job_id": spec.job_id,
        "refusal": None,
        "condition": None,
        "skipped": None if first_place == place else DUPLICATE,
        "noted_at": spec.queued_at,
    }
    connection.execute(_NOTE_FILE, facts)


def path_to_text(path: Path) -> str:
    """A path as text that any database takes, also where a name is no valid UTF-8 (kept as escapes)."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def record_of(row: sa.Row[tuple[object, ...]] | sa.Row[Sequence[object]]) -> JobRecord:
    """A job's row, as a value."""
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
        round=fields["round"],
        attempt=fields["attempt"],
        is_parked=fields["is_parked"],
        stop=None if fields["stop"] is None else Stop.from_json(str(fields["stop"])),
        is_unwanted=fields["is_unwanted"],
    )
