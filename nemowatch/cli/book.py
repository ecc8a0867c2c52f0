"""Jobs for the commands that show them: found by the beginning of their id, and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nemowatch.errors import NemoWatchError

if TYPE_CHECKING:
    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.spending import SpendingBook
    from nemowatch.jobs.store import JobStore


class NoSuchJob(NemoWatchError):
    """No job, or more than one, has an id that begins like this."""

    exit_code = 2


def find_job(store: JobStore | None, beginning: str) -> JobRecord:
    """The one job whose id begins like this.

    Raises:
        NoSuchJob: there is none, or there are several.
    """
    found = store.find(beginning) if store is not None and beginning else ()
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoSuchJob(f"There is no job {beginning!r}.", hint="`nemowatch jobs list` shows the ids.")
    ids = ", ".join(record.spec.job_id for record in found)
    raise NoSuchJob(f"Several jobs begin with {beginning!r}: {ids}.", hint="Give more of the id.")


def job_as_json(
    record: JobRecord, spending: SpendingBook | None, remaining: float | None = None
) -> dict[str, Any]:
    """A job for scripts: stable keys, sizes in bytes, times in ISO 8601 (UTC), cost in credits.

    `remaining` is how long it will still take, in seconds; None where that can't be told.
    """
    spec = record.spec
    stop = record.stop if record.is_parked else None
    return {
        "id": spec.job_id,
        "rule": spec.rule,
        "state": record.state.value,
        "reason": record.reason,
        "cause": None if stop is None or stop.cause is None else stop.cause.value,
        "wake_at": None if stop is None else iso_moment(stop.wake_at),
        "question": None if stop is None else stop.question or None,
        "attempt": record.attempt,
        "cost": None if spending is None else spending.cost_of(spec.job_id),
        "progress": record.progress,
        "note": record.note,
        "remaining_seconds": None if remaining is None else round(remaining, 1),
        "source": str(spec.source.path),
        "size_bytes": spec.source.size_bytes,
        "sha256": spec.sha256,
        "prompts": list(spec.prompts),
        "output_folder": None if record.output_folder is None else str(record.output_folder),
        "outputs": [
            {
                "name": output.name,
                "kind": output.kind,
                "size_bytes": output.size_bytes,
                "duration_seconds": output.duration_seconds,
            }
            for output in record.outputs
        ],
        "queued_at": iso_moment(spec.queued_at),
        "started_at": iso_moment(record.started_at),
        "updated_at": iso_moment(record.updated_at),
        "finished_at": iso_moment(record.finished_at),
    }


def seconds_taken(record: JobRecord, *, now: float) -> float | None:
    """How long a job has run, or ran; None before its start."""
    if record.started_at is None:
        return None
    return (record.finished_at or now) - record.started_at


def iso_moment(moment: float | None) -> str | None:
    """A moment in seconds since the epoch, in ISO 8601 (UTC)."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
