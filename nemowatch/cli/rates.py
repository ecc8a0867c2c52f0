"""How fast jobs go on while somebody looks: from one look at them to the next.

Kept by `nemowatch status --watch`; the daemon knows nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nemowatch.jobs.records import JobState
    from nemowatch.jobs.views import JobView

_OVER_SECONDS = 10.0
"""A rate is that of the last seconds: shorter it flickers, longer it lags behind."""

_LEAST_SECONDS = 1.5


@dataclass(frozen=True)
class _Seen:
    """How far a job had come in its step at a moment, in seconds since the epoch."""

    at: float
    state: JobState
    note: str
    share: float


class RateWatch:
    """The rates of the jobs at work."""

    def __init__(self) -> None:
        self._seen: dict[str, list[_Seen]] = {}

    def look(self, jobs: Iterable[JobView]) -> None:
        """Note how far the jobs have come; those that are not among them are forgotten."""
        seen: dict[str, list[_Seen]] = {}
        for job in jobs:
            if job.progress is not None:
                now = _Seen(job.updated_at, job.state, job.note, job.progress)
                seen[job.id] = _go_on(self._seen.get(job.id, []), now)
        self._seen = seen

    def describe(self, job: JobView) -> str:
        """A job's rate: `2.3 MB/s` where the bytes are known, else `12 %/min`; empty while nobody can tell."""
        looks = self._seen.get(job.id, [])
        seconds = looks[-1].at - looks[0].at if looks else 0.0
        if seconds < _LEAST_SECONDS:
            return ""
        per_second = (looks[-1].share - looks[0].share) / seconds
        if job.upload_bytes is not None:
            return f"{format_bytes(per_second * job.upload_bytes)}/s"
        return f"{per_second * 60:.0%}/min".replace("%", " %")


def _go_on(before: list[_Seen], now: _Seen) -> list[_Seen]:
    """The looks that count with this one: of the same piece of work, and not from too long ago."""
    last = before[-1] if before else now
    is_same_work = (last.state, last.note) == (now.state, now.note) and last.share <= now.share
    if not is_same_work or last.at > now.at:
        return [now]
    looks = before if before and last.at == now.at else [*before, now]
    # One look from before the span stays, so that the span is covered whole.
    while len(looks) > 2 and looks[1].at <= now.at - _OVER_SECONDS:
        looks = looks[1:]
    return looks
