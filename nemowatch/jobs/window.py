"""What is shown of the jobs, read from the database: one job, a list of them, how all of them stand.

Looked through by the daemon for its control API, and by the commands while no daemon answers. It reads, and changes
nothing. All methods block for a database round-trip.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.database import open_for_reading
from nemowatch.jobs.file_history import FileHistory
from nemowatch.jobs.pace import Pace
from nemowatch.jobs.pricing import price_jobs_of
from nemowatch.jobs.records import JobState
from nemowatch.jobs.spending import SpendingBook
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.switches import SwitchBook
from nemowatch.jobs.views import StatusView, view_job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import sqlalchemy as sa

    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.views import JobView
    from nemowatch.standing import Standing

QUEUED_SHOWN = 10
RECENT_SHOWN = 5
"""Of the jobs that wait for their turn, and of those that have ended, so many are part of a status."""

STOPPED_SHOWN = 1000
"""Of those that need the user, are held or wait, so many each: a hundred thousand take seconds and much memory."""

_FIRST = (JobState.ATTENTION, JobState.HELD, JobState.WAITING)
_AT_WORK = [state for state in JobState if not state.is_final and state not in {*_FIRST, JobState.QUEUED}]


class NoSuchJob(NemoWatchError):
    """No job, or more than one, has an id that begins like this."""

    exit_code = 2


class Window:
    """The jobs as they are shown.

    Args:
        engine: the database's; one that may only read will do.
        is_running: whether a daemon is at work on the jobs; while none is, nobody can tell how long they take.
    """

    def __init__(self, engine: sa.Engine, *, is_running: bool) -> None:
        self._store = JobStore(engine)
        self._spending = SpendingBook(engine)
        self._history = FileHistory(engine)
        self._switches = SwitchBook(engine)
        self._pace = Pace(engine) if is_running else None

    def find_job(self, beginning: str, *, now: float) -> JobView:
        """The one job whose id begins like this.

        Raises:
            NoSuchJob: there is none, or there are several.
        """
        return self._view([find_record(self._store, beginning)], now)[0]

    def list_jobs(
        self,
        *,
        states: Iterable[JobState] = (),
        rule: str | None = None,
        since: float | None = None,
        limit: int | None = None,
        now: float,
    ) -> tuple[JobView, ...]:
        """Jobs, the newest first.

        Args:
            states: only those in one of these.
            rule: only those of this rule.
            since: only those that were queued from then on, seconds since the epoch.
            limit: at most so many.
            now: seconds since the epoch.
        """
        return self._view(self._store.list_jobs(states=states, rule=rule, since=since, limit=limit), now)

    def read_status(
        self,
        *,
        daemon: Mapping[str, Any] | None,
        state_folder: str,
        standing: Standing | None,
        now: float,
    ) -> StatusView:
        """How all jobs stand, with what is told of the daemon; the balance is left to the caller."""
        counts = self._store.count_by_state()
        held = self._store.count_by_rule(JobState.HELD)
        pause = self._switches.read_pause()
        return StatusView(
            daemon=daemon,
            state_folder=state_folder,
            standing=standing,
            paused_at=None if pause is None else pause.since,
            paused_why="" if pause is None else pause.why,
            counts={state: counts[state] for state in dict.fromkeys((*_FIRST, *JobState)) if state in counts},
            skipped=self._history.count_skipped(),
            attention=self._in_states(JobState.ATTENTION, limit=STOPPED_SHOWN, now=now),
            held=self._in_states(JobState.HELD, limit=STOPPED_SHOWN, now=now),
            waiting=self._in_states(JobState.WAITING, limit=STOPPED_SHOWN, now=now),
            running=self._in_states(*_AT_WORK, now=now),
            queued=self._in_states(JobState.QUEUED, limit=QUEUED_SHOWN, now=now),
            recent=self._view(self._store.list_ended_last(RECENT_SHOWN), now),
            held_cost=price_jobs_of([*held.elements()], self._spending) if held else "",
        )

    def _in_states(self, *states: JobState, limit: int | None = None, now: float) -> tuple[JobView, ...]:
        return self._view(self._store.list_jobs(states=states, limit=limit), now)

    def _view(self, records: Iterable[JobRecord], now: float) -> tuple[JobView, ...]:
        records = tuple(records)
        costs = self._spending.costs_of([record.spec.job_id for record in records])
        remaining = {} if self._pace is None else self._pace.remaining_of(records, now=now)
        return tuple(
            view_job(record, cost=costs.get(record.spec.job_id), remaining=remaining.get(record.spec.job_id))
            for record in records
        )


def find_record(store: JobStore | None, beginning: str) -> JobRecord:
    """The one job of the book whose id begins like this; of no book where there is none yet.

    Raises:
        NoSuchJob: there is none, or there are several.
    """
    found = store.find(beginning) if store is not None and beginning else ()
    if len(found) == 1:
        return found[0]
    if not found:
        raise no_such_job(beginning)
    ids = ", ".join(record.spec.job_id for record in found)
    raise NoSuchJob(f"Several jobs begin with {beginning!r}: {ids}.", hint="Give more of the id.")


def no_such_job(beginning: str) -> NoSuchJob:
    """The error where no id begins like this."""
    return NoSuchJob(f"There is no job {beginning!r}.", hint="`nemowatch jobs list` shows the ids.")


@contextmanager
def open_window(path: Path, *, is_running: bool) -> Iterator[Window | None]:
    """What a database file shows; None where no daemon has run yet, or none of this version.

    Raises:
        DatabaseTooNew: a later version of NemoWatch wrote it.
        DatabaseUnusable: it can't be read, or is none.
    """
    with open_for_reading(path) as engine:
        yield None if engine is None else Window(engine, is_running=is_running)
