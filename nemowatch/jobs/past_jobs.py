"""What is known for ever of jobs whose records are no longer kept: which content had one, and how it ended.

Written by `housekeeping.py`, read by the store: what had its job is not paid for again. All functions block for a
database round-trip.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.records import JobState
from nemowatch.jobs.rows import path_to_text
from nemowatch.jobs.tables import past_jobs_table

if TYPE_CHECKING:
    from nemowatch.jobs.records import JobRecord

_READ = sa.select(past_jobs_table).where(past_jobs_table.c.job_id == sa.bindparam("job"))
_KEEP = insert(past_jobs_table).on_conflict_do_nothing()


@dataclass(frozen=True)
class PastJob:
    """A job whose record is gone; times in seconds since the epoch.

    Attributes:
        is_free: it failed before anything was paid, so its recording may have another job.
    """

    job_id: str
    rule: str
    source_path: Path
    sha256: str
    state: JobState
    output_folder: Path | None
    queued_at: float
    finished_at: float | None
    is_free: bool


def read_past_job(connection: sa.Connection, job_id: str) -> PastJob | None:
    """The job of exactly this id, if its record is no longer kept."""
    row = connection.execute(_READ, {"job": job_id}).mappings().one_or_none()
    if row is None:
        return None
    folder = row["output_folder"]
    return PastJob(
        **dict(row)
        | {
            "source_path": Path(row["source_path"]),
            "state": JobState(row["state"]),
            "output_folder": None if folder is None else Path(folder),
        }
    )


def keep_past_job(connection: sa.Connection, record: JobRecord, *, is_free: bool) -> None:
    """Keep what is to be known of a job when its record is gone."""
    spec = record.spec
    folder = record.output_folder
    facts = {
        "job_id": spec.job_id,
        "rule": spec.rule,
        "source_path": path_to_text(spec.source.path),
        "sha256": spec.sha256,
        "state": record.state,
        "output_folder": None if folder is None else path_to_text(folder),
        "queued_at": spec.queued_at,
        "finished_at": record.finished_at,
        "is_free": is_free,
    }
    connection.execute(_KEEP, facts)
