"""The jobs' book: every job with what it is to do and how it stands.

Written by the daemon, read by the commands too. All methods block for a database round-trip; in the event
loop they are called through a thread.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.markers import AFTER_MARKER
from nemowatch.jobs.outbox import note_change
from nemowatch.jobs.past_jobs import read_past_job
from nemowatch.jobs.records import Cause, DeliveredFile, JobRecord, JobSpec, JobState, Stop
from nemowatch.jobs.rows import note_file, path_to_text, record_of, standing_still
from nemowatch.jobs.tables import jobs_table, known_files_table, markers_table, orders_table
from nemowatch.logs import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nemowatch.jobs.past_jobs import PastJob

_FINAL = [state for state in JobState if state.is_final]
_NEEDS_A_CAUSE_TO_GO = frozenset({JobState.HELD, JobState.ATTENTION})
_ENDED_BY_THE_USER_ALONE = frozenset({Cause.QUESTION, Cause.UNCERTAIN, Cause.SESSION})
_NOT_BEFORE_LONG = (Cause.TURN, Cause.SCHEDULE, Cause.FOLDER)

_STANDS_READY: dict[str, object] = {"is_parked": False, "cause": None, "wake_at": None}
_AT_REST: dict[str, object] = _STANDS_READY | {"is_handed_over": False}
_NEXT_ROUND: dict[str, Any] = _AT_REST | {
    "round": jobs_table.c.round + 1,
    "state": JobState.QUEUED,
    "reason": "",
    # What is half done comes before everything that has not begun, as it does in the engine's queue.
    "priority": sa.case((jobs_table.c.started_at.is_not(None), 0), else_=jobs_table.c.priority),
}

# Statements that ten thousand files at once go through; SQLAlchemy takes longer to put one together than SQLite to
# carry it out.
_ADD = insert(jobs_table).on_conflict_do_nothing()
_READ = sa.select(jobs_table).where(jobs_table.c.job_id == sa.bindparam("job"))


@dataclass(frozen=True)
class Changes:
    """What to write of a job's standing; None leaves a column as it is."""

    state: JobState | None = None
    reason: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    output_folder: Path | None = None
    outputs: tuple[DeliveredFile, ...] | None = None
    stop: Stop | None = None
    after: str | None = None


class JobStore:
    """Jobs in the database.

    Attributes:
        on_news: called, in whatever thread, when something new is in the outbox.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.on_news: Callable[[], None] = _tell_nobody

    def add(
        self,
        spec: JobSpec,
        *,
        stop: Stop | None = None,
        state: JobState = JobState.QUEUED,
        reason: str = "",
    ) -> bool:
        """Keep a new job, and that its file is known; both or none. False when the job is or was there already.

        Args:
            spec: the job.
            stop: why it stands still from the beginning, in round 0; None where it waits for the engine.
            state: how it stands then.
            reason: the same in words.
        """
        row: dict[str, object] = {
            "job_id": spec.job_id,
            "rule": spec.rule,
            "source_path": path_to_text(spec.source.path),
            "spec": spec.to_json(),
            "state": state,
            "reason": redact(reason),
            "note": "",
            "outputs": "[]",
            "queued_at": spec.queued_at,
            "updated_at": spec.queued_at,
            "priority": spec.priority,
            "is_handed_over": False,
            "round": 1,
            "stop": None,
            **_STANDS_READY,
        }
        if stop is not None:
            row |= standing_still(stop) | {"round": 0}
        with self._engine.begin() as connection:
            is_new = connection.execute(_ADD, row).rowcount == 1
            # Asked after the writing began, so that no record can become a past one in between.
            if is_new and read_past_job(connection, spec.job_id) is not None:
                connection.execute(jobs_table.delete().where(jobs_table.c.job_id == spec.job_id))
                is_new = False
            note_file(connection, spec, is_new=is_new)
            is_news = is_new and note_change(connection, spec.job_id, state, reason, now=spec.queued_at)
        if is_news:
            self.on_news()
        return is_new

    def write(self, job_id: str, changes: Changes, *, now: float) -> bool:
        """Write a job's new standing. Entering a state clears the progress of the one before.

        False, and nothing written, where the job has ended and the new state is no end.
        """
        values: dict[str, object] = {"updated_at": now}
        if changes.state is not None:
            values |= {
                "state": changes.state,
                "progress": None,
                "note": "",
                "reason": redact(changes.reason or ""),
            }
        if changes.started_at is not None:
            values["started_at"] = sa.func.coalesce(jobs_table.c.started_at, changes.started_at)
        if changes.finished_at is not None:
            values["finished_at"] = changes.finished_at
        if changes.output_folder is not None:
            values["output_folder"] = path_to_text(changes.output_folder)
        if changes.outputs is not None:
            values["outputs"] = json.dumps([asdict(output) for output in changes.outputs])
        if changes.stop is not None:
            values |= {"stop": changes.stop.to_json()}
        if changes.after is not None:
            values["after"] = changes.after
        if changes.state is not None and changes.state.is_final:
            values |= _AT_REST | {"is_unwanted": False}
        keeps_an_end = changes.state is not None and not changes.state.is_final
        return self._update(job_id, values, keeps_an_end=keeps_an_end)

    def park(self, job_id: str, state: JobState, reason: str, stop: Stop, *, now: float) -> None:
        """Write that a job stands still outside of the queue, why, and when it goes on by itself.

        It is news the first time only, where it stops at the same place for the same cause again and again by
        itself. What the user alone can end has been answered in between, and is asked anew.
        """
        self._update(
            job_id,
            {
                "state": state,
                "reason": redact(reason),
                "progress": None,
                "note": "",
                "is_handed_over": False,
                "updated_at": now,
                **standing_still(stop),
            },
            is_news=stop.times == 1 or stop.cause in _ENDED_BY_THE_USER_ALONE,
        )

    def unpark(self, record: JobRecord, *, attempt: int, now: float) -> JobRecord | None:
        """Begin the next round of a job that stands still or has ended; None where another was faster.

        From then on it waits in the book for the dispatcher.
        """
        table = jobs_table.c
        job_id, number = record.spec.job_id, record.round
        has_ended = table.state.in_(_FINAL)
        with self._engine.begin() as connection:
            done = connection.execute(
                jobs_table.update()
                .where(table.job_id == job_id, table.round == number, table.is_parked | has_ended)
                .values(attempt=attempt, finished_at=None, updated_at=now, **_NEXT_ROUND)
            )
        return self.read(job_id) if done.rowcount == 1 else None

    def unpark_due(self, cause: Cause, *, now: float) -> int:
        """Begin the next round of every job that stands still for this cause until now; returns how many."""
        table = jobs_table.c
        with self._engine.begin() as connection:
            return connection.execute(
                jobs_table.update()
                .where(table.is_parked, table.cause == cause, table.wake_at <= now)
                .values(updated_at=now, **_NEXT_ROUND)
            ).rowcount

    def parked(
        self, *causes: Cause, due_at: float | None = None, limit: int | None = None
    ) -> tuple[JobRecord, ...]:
        """The jobs that stand still, those that queued first at the front.

        Args:
            causes: only for one of these; all where none is named.
            due_at: only those that are to go on by themselves at this moment, or to end as cancelled.
            limit: at most so many.
        """
        table = jobs_table.c
        query = sa.select(jobs_table).where(table.is_parked)
        if causes:
            query = query.where(table.cause.in_(causes))
        if due_at is not None:
            query = query.where((table.wake_at <= due_at) | table.is_unwanted)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.queued_at, table.job_id).limit(limit))
            return tuple(record_of(row) for row in rows)

    def has_errands(self, now: float) -> bool:
        """Whether an order is open, or a job that stands still is to go on at this moment."""
        is_due = (jobs_table.c.wake_at <= now) | jobs_table.c.is_unwanted
        due = sa.select(1).where(jobs_table.c.is_parked, is_due)
        ordered = sa.select(1).where(orders_table.c.answered_at.is_(None))
        with self._engine.connect() as connection:
            return bool(connection.execute(sa.select(due.exists() | ordered.exists())).scalar_one())

    def next_wake(self) -> float | None:
        """When the first of the jobs that stand still goes on by itself, seconds since the epoch; None: none does."""
        query = sa.select(sa.func.min(jobs_table.c.wake_at)).where(jobs_table.c.is_parked)
        with self._engine.connect() as connection:
            moment: float | None = connection.execute(query).scalar_one()
        return moment

    def cancel_queued(self, job_id: str, reason: str, *, now: float) -> bool:
        """End a job that has not begun, whether it waits for its turn or stands still; False when it has."""
        table = jobs_table.c
        waits = (table.state == JobState.QUEUED) | table.is_parked
        with self._engine.begin() as connection:
            done = connection.execute(
                jobs_table.update()
                .where(table.job_id == job_id, waits, table.started_at.is_(None))
                .values(
                    state=JobState.CANCELLED,
                    reason=reason,
                    updated_at=now,
                    finished_at=now,
                    stop=Stop(1, "prepare").to_json(),
                    is_unwanted=False,
                    **_AT_REST,
                )
            )
            is_done = done.rowcount == 1
            is_news = is_done and note_change(connection, job_id, JobState.CANCELLED, reason, now=now)
        if is_news:
            self.on_news()
        return is_done

    def mark_unwanted(self, job_id: str, *, now: float) -> None:
        """Write that the user has cancelled a job; it ends at its next step, also after a crash."""
        self._update(job_id, {"is_unwanted": True, "updated_at": now})

    def write_progress(self, job_id: str, progress: float, note: str, *, now: float) -> None:
        """Write how far the present step has come (0.0 to 1.0), and a few words on it."""
        self._update(job_id, {"progress": progress, "note": note, "updated_at": now})

    def read(self, job_id: str) -> JobRecord | None:
        """The job of exactly this id, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(_READ, {"job": job_id}).one_or_none()
        return None if row is None else record_of(row)

    def read_past(self, job_id: str) -> PastJob | None:
        """The same of a job whose record is no longer kept."""
        with self._engine.connect() as connection:
            return read_past_job(connection, job_id)

    def find(self, beginning: str) -> tuple[JobRecord, ...]:
        """The jobs whose id begins like this, at most ten."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(jobs_table)
                .where(jobs_table.c.job_id.startswith(beginning, autoescape=True))
                .limit(10)
            ).all()
        return tuple(record_of(row) for row in rows)

    def places_of(self, job_id: str) -> tuple[Path, ...]:
        """Where the content of a job was seen, under whatever name, and where it was moved afterwards."""
        seen = sa.select(known_files_table.c.path).where(known_files_table.c.job_id == job_id)
        moved = sa.select(markers_table.c.facts).where(
            markers_table.c.job_id == job_id, markers_table.c.name == AFTER_MARKER
        )
        with self._engine.connect() as connection:
            places = [Path(text) for text in connection.execute(seen).scalars()]
            targets = [json.loads(facts).get("to") for facts in connection.execute(moved).scalars()]
        return (*places, *(Path(target) for target in targets if target))

    def has_unfinished(self) -> bool:
        """Whether any job is to go on by itself before long: those that are held or need the user do not."""
        table = jobs_table.c
        resting = [state for state in JobState if state.is_final or state in _NEEDS_A_CAUSE_TO_GO]
        # Who waits for his turn goes on when the one at work has ended, which is among the others, or rests itself.
        waits_for_long = table.is_parked & table.cause.in_(_NOT_BEFORE_LONG)
        query = sa.select(table.job_id).where(table.state.not_in(resting), ~waits_for_long).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def list_jobs(
        self,
        *,
        states: Iterable[JobState] = (),
        rule: str | None = None,
        since: float | None = None,
        limit: int | None = None,
    ) -> tuple[JobRecord, ...]:
        """Jobs, the newest first.

        Args:
            states: only those in one of these.
            rule: only those of this rule.
            since: only those that were queued from then on, seconds since the epoch.
            limit: at most so many.
        """
        table = jobs_table.c
        newest_first = (table.queued_at.desc(), table.job_id)
        narrowed = sa.select(table.job_id, table.queued_at).order_by(*newest_first).limit(limit)
        if rule is not None:
            narrowed = narrowed.where(table.rule == rule)
        if since is not None:
            narrowed = narrowed.where(table.queued_at >= since)
        # The newest of each state by itself, as the index goes (database.py): of all of them together SQLite would
        # sort a hundred thousand to give fifty.
        per_state = [narrowed.where(table.state == state) for state in dict.fromkeys(states)] or [narrowed]
        found = sa.union_all(*(sa.select(part.subquery().c.job_id) for part in per_state))
        query = sa.select(jobs_table).where(table.job_id.in_(found)).order_by(*newest_first).limit(limit)
        with self._engine.connect() as connection:
            return tuple(record_of(row) for row in connection.execute(query))

    def list_ended_last(self, limit: int) -> tuple[JobRecord, ...]:
        """The jobs that ended last, the latest first, at most so many; one that goes on again is none of them."""
        ended_at = jobs_table.c.finished_at
        query = sa.select(jobs_table).where(ended_at.is_not(None)).order_by(ended_at.desc()).limit(limit)
        with self._engine.connect() as connection:
            return tuple(record_of(row) for row in connection.execute(query))

    def count_by_state(self, *, unended: bool = False) -> dict[JobState, int]:
        """How many jobs stand where; states without a job are left out.

        Args:
            unended: only those that have not ended, which are few beside years of those that have.
        """
        query = sa.select(jobs_table.c.state, sa.func.count()).group_by(jobs_table.c.state)
        if unended:
            query = query.where(jobs_table.c.state.in_([state for state in JobState if not state.is_final]))
        with self._engine.connect() as connection:
            return {JobState(state): count for state, count in connection.execute(query)}

    def count_by_rule(self, *states: JobState) -> Counter[str]:
        """How many jobs there are of each rule that has any; where states are named, only those in one of them."""
        query = sa.select(jobs_table.c.rule, sa.func.count()).group_by(jobs_table.c.rule)
        if states:
            query = query.where(jobs_table.c.state.in_(states))
        with self._engine.connect() as connection:
            return Counter({str(rule): count for rule, count in connection.execute(query)})

    def waits_since(self) -> float | None:
        """When the job was queued that has waited longest for its turn, seconds since the epoch; None: none waits."""
        table = jobs_table.c
        query = sa.select(sa.func.min(table.queued_at)).where(table.state == JobState.QUEUED)
        with self._engine.connect() as connection:
            moment: float | None = connection.execute(query).scalar_one()
        return moment

    def _update(
        self, job_id: str, values: dict[str, Any], *, keeps_an_end: bool = False, is_news: bool = True
    ) -> bool:
        change = jobs_table.update().where(jobs_table.c.job_id == job_id).values(**values)
        ends = _FINAL if keeps_an_end else []
        if keeps_an_end:
            change = change.where(jobs_table.c.state.not_in(_FINAL))
        with self._engine.begin() as connection:
            if is_news := is_news and "state" in values:
                state, reason, now = values["state"], values["reason"], values["updated_at"]
                is_news = note_change(connection, job_id, state, reason, now=now, unless=[state, *ends])
            is_written = connection.execute(change).rowcount == 1
        if is_news:
            self.on_news()
        return is_written


def _tell_nobody() -> None:
    """What is done with news outside of a daemon: they wait in the outbox."""
