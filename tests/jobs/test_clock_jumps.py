"""Jobs that wait when the machine's clock is set."""

from __future__ import annotations

from pathlib import Path

from job_specs import make_job_spec

from nemowatch.jobs.clock_jumps import move_waits
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import Cause, JobState, SourceFile, Stop
from nemowatch.jobs.store import JobStore

NOW = 1_700_000_000.0
HOUR = 3600.0


def add_job(store: JobStore, name: str, cause: Cause, wake_at: float | None) -> str:
    spec = make_job_spec(
        name,
        source=SourceFile(Path(f"/talks/{name}.mp4"), 1, 1, 1),
        sha256=name,
        duration_seconds=6.0,
        output_folder=Path("/out") / name,
        queued_at=NOW,
    )
    store.add(spec, stop=Stop(1, "prepare", cause, wake_at), state=JobState.WAITING)
    return name


def test_job_that_waits_for_minutes_waits_no_longer_when_the_clock_is_set_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "nemowatch.db")
    store = JobStore(database.engine)
    add_job(store, "minutes", Cause.FAULT, NOW + 60)
    add_job(store, "hours", Cause.SCHEDULE, NOW + 60)
    add_job(store, "user", Cause.CREDITS, None)
    assert move_waits(database.engine, 5 * HOUR) == 1
    wakes = {job.spec.job_id: job.stop.wake_at for job in store.list_jobs() if job.stop is not None}
    assert wakes == {"minutes": NOW + 60 - 5 * HOUR, "hours": NOW + 60, "user": None}
    assert {job.spec.job_id for job in store.parked(due_at=NOW - 4 * HOUR)} == {"minutes"}
    database.close()
