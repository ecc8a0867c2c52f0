"""The durable queue behind the jobs: DBOS, on the database of the state folder.

The only place that knows DBOS. One engine per process: DBOS keeps its instance in a global of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from nemowatch.jobs.records import JobState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from nemowatch.jobs.database import Database

_QUEUE = "recordings"
_WORKFLOW_VERSION = "1"
"""Pinned by hand: DBOS goes on only with workflows of the same version. A change of the steps that would break the
replay of a running job goes through `DBOS.patch` instead of a new number."""


_DONE = """
    SELECT DISTINCT
        job_id, CASE WHEN state = :done AND finished_at < :moment THEN round ELSE round - 2 END AS last
    FROM workflow_status
    CROSS JOIN nemowatch_jobs ON job_id = substr(workflow_uuid, 1, instr(workflow_uuid || '-', '-') - 1)
    WHERE CAST(substr(workflow_uuid || '-1', instr(workflow_uuid || '-', '-') + 1) AS INTEGER) <= last
    LIMIT :limit
"""
"""The first table is DBOS's own (dbos/_schemas/system_database.py); it is short as long as what is found goes."""

_ROUNDS = """
    SELECT workflow_uuid FROM workflow_status
    WHERE workflow_uuid = :job OR workflow_uuid > :job || '-' AND workflow_uuid < :job || '.'
"""
"""All that is kept of a job, as `_workflow_id` names it: in ASCII, a full stop comes right after the hyphen."""

_FORGOTTEN_AT_ONCE = 500
"""SQLite takes only so many parameters."""

_ESCAPED = "as escapes"


class Engine:
    """Starts jobs in their order, as many at once as allowed, and starts those again that a crash cut off.

    Args:
        database: where the queue and the checkpoints live.
        at_once: jobs running at the same time.
        starts: at most so many starts in so many seconds, or None.
        polling_seconds: how often the queue is looked at; a job waits half of it on average, and each look costs CPU.
    """

    def __init__(
        self,
        database: Database,
        *,
        at_once: int,
        starts: tuple[int, float] | None = None,
        polling_seconds: float = 1.25,
    ) -> None:
        self._database = database
        self._at_once = at_once
        self._starts = starts
        self._polling_seconds = polling_seconds
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def start(self, run_job: Callable[[str, int], Awaitable[str]]) -> None:
        """Launch the queue on this event loop; jobs that a crash cut off go on at once.

        Args:
            run_job: takes a job id and the number of its round to the state in which the round ended; called again
                for the same round after a restart.
        """
        config: DBOSConfig = {
            "name": "nemowatch",
            "system_database_url": self._database.url.render_as_string(),
            "system_database_engine": self._database.engine,
            "application_version": _WORKFLOW_VERSION,
            "executor_id": "nemowatch",
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "run_migrations": True,
            # Nothing here waits for DBOS events or messages; but a stop waits until its listener has woken up.
            "notification_listener_polling_interval_sec": 1.0,
            "scheduler_polling_interval_sec": 3600.0,
        }
        DBOS(config=config)
        _lead_log_messages_home()

        @DBOS.workflow(name="process_recording", max_recovery_attempts=None)
        async def process_recording(job_id: str) -> str:
            if self._stopping:
                # A place that a stop has freed is not for the next job: it stays in the queue for the next start.
                raise asyncio.CancelledError
            task = asyncio.current_task()
            if task is not None:
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            return await run_job(job_id, _round_of(DBOS.workflow_id))

        self._workflow = process_recording
        DBOS.launch()
        await self._write_limits(self._at_once, self._starts)

    async def follow(self, *, at_once: int, starts: tuple[int, float] | None) -> None:
        """These limits hold from the next look at the queue on; jobs that run already are left alone."""
        if (at_once, starts) != (self._at_once, self._starts):
            await self._write_limits(at_once, starts)
            self._at_once, self._starts = at_once, starts

    async def _write_limits(self, at_once: int, starts: tuple[int, float] | None) -> None:
        """DBOS reads a queue's row before each look at it (dbos/_queue.py, `queue_worker_thread`)."""
        # DBOS has a type for this and does not export it.
        limiter: Any = None
        if starts is not None:
            limiter = {"limit": starts[0], "period": starts[1]}
        await DBOS.register_queue_async(
            _QUEUE,
            worker_concurrency=at_once,
            limiter=limiter,
            polling_interval_sec=self._polling_seconds,
            on_conflict="always_update",
        )

    async def enqueue(self, job_id: str, *, priority: int, number: int = 1, start_step: int = 1) -> None:
        """Put a round of a job into the queue; one that is or was in it already is left as it is.

        Args:
            job_id: the job.
            priority: 1 first … 10 last; a later round comes before all of them, since its work is half done.
            number: the round. A later one takes over the checkpoints of the one before, if that was ever queued.
            start_step: the first checkpoint that it does not take over, counted from 1.
        """
        workflow_id, before = _workflow_id(job_id, number), _workflow_id(job_id, number - 1)
        if number > 1 and await DBOS.get_workflow_status_async(workflow_id) is not None:
            return
        if number == 1 or await DBOS.get_workflow_status_async(before) is None:
            # A job that ended or stood still before it came into the queue has no checkpoints to take over.
            with SetWorkflowID(workflow_id), SetEnqueueOptions(priority=priority):
                await DBOS.enqueue_workflow_async(_QUEUE, self._workflow, job_id)
            return
        with SetWorkflowID(workflow_id):
            await DBOS.fork_workflow_async(
                before, start_step, application_version=_WORKFLOW_VERSION, queue_name=_QUEUE
            )

    async def checkpoint(
        self, name: str, step: Callable[[], Coroutine[Any, Any, dict[str, Any]]]
    ) -> dict[str, Any]:
        """Run a step of the present job and keep its answer; on a replay, give the kept answer.

        Raises:
            OperationalError: the step was run, and its answer can't be kept; it is to be run in another round.
        """

        async def run() -> dict[str, Any]:
            return _wrap(await step())

        return _unwrap(await DBOS.run_step_async({"name": name}, run))

    def find_done(self, *, ended_before: float, limit: int) -> tuple[tuple[str, int], ...]:
        """Jobs of which checkpoints are kept that are done with, each with the last round of these. Blocks.

        Of a job that is done, these are all; of any other, those before the round from which the next one takes over.

        Args:
            ended_before: jobs that are done count as such if they ended before it; seconds since the epoch.
            limit: at most so many.
        """
        query = sa.text(_DONE).bindparams(done=JobState.DONE, moment=ended_before, limit=limit)
        with self._database.engine.connect() as connection:
            return tuple((row[0], row[1]) for row in connection.execute(query))

    async def forget(self, rounds: Sequence[tuple[str, int]]) -> None:
        """Drop the checkpoints of jobs that will not go on from them.

        Args:
            rounds: each job with the last round whose checkpoints go, and all those before it.
        """
        kept = await asyncio.to_thread(self._kept_of, rounds)
        for first in range(0, len(kept), _FORGOTTEN_AT_ONCE):
            await DBOS.delete_workflows_async(kept[first : first + _FORGOTTEN_AT_ONCE])

    def _kept_of(self, rounds: Sequence[tuple[str, int]]) -> list[str]:
        query = sa.text(_ROUNDS)
        with self._database.engine.connect() as connection:
            return [
                workflow_id
                for job_id, last in rounds
                for workflow_id in connection.execute(query, {"job": job_id}).scalars()
                if _round_of(workflow_id) <= last
            ]

    async def stop(self) -> None:
        """Stop all jobs where they stand; the next start goes on with them."""
        self._stopping = True
        # DBOS warns of each job that is cancelled; here that is the plan.
        logging.getLogger("dbos").setLevel(logging.ERROR)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        # DBOS had put its own thread pool under the loop and shuts it down; what still stops needs one all the time.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="after-dbos"))
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)


def _wrap(answer: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an answer: DBOS writes UTF-8, which a file's name need not be; such a one goes as escapes."""
    try:
        json.dumps(answer, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return {_ESCAPED: json.dumps(answer)}
    return answer


def _unwrap(kept: dict[str, Any]) -> dict[str, Any]:
    if kept.keys() == {_ESCAPED}:
        answer: dict[str, Any] = json.loads(kept[_ESCAPED])
        return answer
    return kept


def _workflow_id(job_id: str, number: int) -> str:
    return job_id if number == 1 else f"{job_id}-{number}"


def _round_of(workflow_id: str | None) -> int:
    return int((workflow_id or "").partition("-")[2] or 1)


def _lead_log_messages_home() -> None:
    """DBOS writes to stderr with a handler of its own; its messages belong into the one log."""
    log = logging.getLogger("dbos")
    log.handlers.clear()
    log.propagate = True
