"""Jobs and the daemon's standing as they are shown: by every command, in `--json`, and over the control API.

Made by the daemon for its control API, and by the commands themselves while none runs, so that both say the same.
The keys of the JSON forms are stable: keys are added, none is renamed or taken away. Sizes are in bytes, durations
in seconds, times in seconds since the epoch here and in ISO 8601 (UTC) in JSON, costs in credits.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nemowatch.jobs.plan import MAX_UPLOAD_BYTES, needs_reshaping
from nemowatch.jobs.records import Cause, JobState
from nemowatch.standing import Standing, standing_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemowatch.jobs.records import JobRecord


@dataclass(frozen=True)
class OutputView:
    """One file in the output folder: its name there, what it is, and how large and long."""

    name: str
    kind: str
    size_bytes: int
    duration_seconds: float | None = None

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> OutputView:
        """Read back what `asdict` made of it; keys of a later version are left out."""
        return cls(**{key: facts[key] for key in cls.__dataclass_fields__ if key in facts})


@dataclass(frozen=True)
class JobView:
    """All that is shown of a job.

    Attributes:
        cause, wake_at, question: why it stands still, when it goes on by itself, and what the service asked; None
            and empty unless it stands still outside of the queue (`is_parked`).
        stopped_before: it has stopped somewhere, so that a retry goes on there.
        cost: credits, as far as they are known.
        progress: of its present step, 0.0 to 1.0.
        upload_bytes: while it uploads, how much that is in all; None where nobody knows beforehand.
        remaining_seconds: how long it will still take; None where that can't be told.
        refines: the id of the job that it goes on from; empty for any other.
    """

    id: str
    rule: str
    state: JobState
    reason: str
    note: str
    source: str
    size_bytes: int
    sha256: str
    prompts: tuple[str, ...]
    queued_at: float
    updated_at: float
    started_at: float | None = None
    finished_at: float | None = None
    is_parked: bool = False
    cause: Cause | None = None
    wake_at: float | None = None
    question: str = ""
    stopped_before: bool = False
    attempt: int = 1
    cost: int | None = None
    progress: float | None = None
    upload_bytes: int | None = None
    remaining_seconds: float | None = None
    output_folder: str | None = None
    outputs: tuple[OutputView, ...] = ()
    refines: str = ""

    @property
    def file_name(self) -> str:
        """The recording's name, without its folder."""
        return self.source.rpartition("/")[2]

    @property
    def short_id(self) -> str:
        """As much of its id as is shown."""
        return self.id[:8]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        facts = asdict(self)
        moments = {key: iso_moment(facts[key]) for key in _MOMENTS}
        return facts | moments | {"question": self.question or None, "refines": self.refines or None}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> JobView:
        """Read back what `to_json` wrote; keys of a later version are left out.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        known = {key: facts[key] for key in cls.__dataclass_fields__ if key in facts}
        cause = known.get("cause")
        return cls(
            **known
            | {key: _moment(known.get(key)) for key in _MOMENTS}
            | {
                "state": JobState(known["state"]),
                "cause": None if cause is None else Cause(cause),
                "prompts": tuple(known["prompts"]),
                "outputs": tuple(OutputView.from_json(output) for output in known["outputs"]),
                "question": known.get("question") or "",
                "refines": known.get("refines") or "",
            }
        )


_MOMENTS = ("queued_at", "updated_at", "started_at", "finished_at", "wake_at")


@dataclass(frozen=True)
class StatusView:
    """How NemoWatch stands, with the jobs that are shown.

    Attributes:
        daemon: who holds the lock: `pid`, `host`, `since`; None while no daemon runs.
        standing: what the daemon tells beside its jobs; None where it tells nothing (yet).
        paused_at: since when no job starts; None while jobs may.
        paused_why: what the user said of it.
        credits: the balance, as it was seen last; None where it was not.
        counts: all jobs by state, those that need the user first.
        skipped: how many files make no job, by the reason.
        attention, held, waiting: they stand still; the newest thousand of each.
        running: they are at work; all of them.
        queued: the first of those that wait for their turn.
        recent: those that ended last.
        held_cost: what the held ones may cost, in words.
    """

    daemon: Mapping[str, Any] | None
    state_folder: str
    standing: Standing | None = None
    paused_at: float | None = None
    paused_why: str = ""
    credits: int | None = None
    counts: Mapping[JobState, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    attention: tuple[JobView, ...] = ()
    held: tuple[JobView, ...] = ()
    waiting: tuple[JobView, ...] = ()
    running: tuple[JobView, ...] = ()
    queued: tuple[JobView, ...] = ()
    recent: tuple[JobView, ...] = ()
    held_cost: str = ""

    @property
    def active(self) -> tuple[JobView, ...]:
        """Every job shown that has not ended, those that need the user first."""
        return self.attention + self.held + self.waiting + self.running + self.queued

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "daemon": None if self.daemon is None else dict(self.daemon),
            "state_folder": self.state_folder,
            "standing": None if self.standing is None else asdict(self.standing),
            "paused_at": iso_moment(self.paused_at),
            "paused_why": self.paused_why,
            "credits": self.credits,
            "jobs": {state.value: self.counts.get(state, 0) for state in JobState},
            "skipped": dict(self.skipped),
            "held_cost": self.held_cost,
            "active": [job.to_json() for job in self.active],
            "recent": [job.to_json() for job in self.recent],
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> StatusView:
        """Read back what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        active = [JobView.from_json(job) for job in facts["active"]]
        standing, first = facts["standing"], (JobState.ATTENTION, JobState.HELD, JobState.WAITING)
        counts = {JobState(state): count for state, count in facts["jobs"].items() if count}
        at_rest = {*first, JobState.QUEUED}
        return cls(
            daemon=facts["daemon"],
            state_folder=facts["state_folder"],
            standing=None if standing is None else standing_from_json(standing),
            paused_at=_moment(facts["paused_at"]),
            paused_why=facts["paused_why"],
            credits=facts["credits"],
            counts={state: counts[state] for state in dict.fromkeys((*first, *JobState)) if state in counts},
            skipped=facts["skipped"],
            attention=tuple(job for job in active if job.state is JobState.ATTENTION),
            held=tuple(job for job in active if job.state is JobState.HELD),
            waiting=tuple(job for job in active if job.state is JobState.WAITING),
            running=tuple(job for job in active if job.state not in at_rest),
            queued=tuple(job for job in active if job.state is JobState.QUEUED),
            recent=tuple(JobView.from_json(job) for job in facts["recent"]),
            held_cost=facts["held_cost"],
        )


def view_job(record: JobRecord, *, cost: int | None = None, remaining: float | None = None) -> JobView:
    """A job of the book as it is shown.

    Args:
        record: the job.
        cost: credits, as far as they are known.
        remaining: how long it will still take, in seconds; None where that can't be told.
    """
    spec = record.spec
    stop = record.stop if record.is_parked else None
    return JobView(
        id=spec.job_id,
        rule=spec.rule,
        state=record.state,
        reason=record.reason,
        note=record.note,
        source=str(spec.source.path),
        size_bytes=spec.source.size_bytes,
        sha256=spec.sha256,
        prompts=spec.prompts,
        queued_at=spec.queued_at,
        updated_at=record.updated_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        is_parked=record.is_parked,
        cause=None if stop is None else stop.cause,
        wake_at=None if stop is None else stop.wake_at,
        question="" if stop is None else stop.question,
        stopped_before=record.stop is not None,
        attempt=record.attempt,
        cost=cost,
        progress=record.progress,
        upload_bytes=_upload_bytes(record),
        remaining_seconds=None if remaining is None else round(remaining, 1),
        output_folder=None if record.output_folder is None else str(record.output_folder),
        outputs=tuple(OutputView(o.name, o.kind, o.size_bytes, o.duration_seconds) for o in record.outputs),
        refines="" if spec.base is None else spec.base.job_id,
    )


def _upload_bytes(record: JobRecord) -> int | None:
    """The recording's size where it is sent as it is: what is made smaller first may be of any size."""
    spec = record.spec
    is_as_it_is = not spec.urls and not needs_reshaping(spec, MAX_UPLOAD_BYTES)
    return spec.source.size_bytes if record.state is JobState.UPLOADING and is_as_it_is else None


def iso_moment(moment: float | None) -> str | None:
    """A moment in seconds since the epoch, in ISO 8601 (UTC)."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _moment(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()
