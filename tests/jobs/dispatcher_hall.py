"""A dispatcher between a real book of jobs and an engine that only listens."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from helpers import FakeClock
from job_specs import make_job_spec
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.database import Database
from nemowatch.jobs.dispatcher import Dispatcher
from nemowatch.jobs.records import JobRecord, JobSpec, JobState
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.waiting_line import WaitingLine
from nemowatch.rules.rule import Limits


class Engine:
    """Keeps what it is given; `break_down` has it refuse."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.rounds: list[tuple[str, int, int]] = []
        self.is_broken = False

    async def enqueue(self, job_id: str, *, priority: int, number: int = 1, start_step: int = 1) -> None:
        if self.is_broken:
            raise OperationalError("INSERT", {}, Exception("disk full"))
        self.given.append(job_id)
        self.rounds.append((job_id, number, start_step))


class Hall:
    """A dispatcher between a real book and an engine that only listens."""

    def __init__(self, root: Path) -> None:
        self.database = Database(root / "nemowatch.db")
        self.store = JobStore(self.database.engine)
        self.line = WaitingLine(self.database.engine)
        self.noon = datetime(2026, 6, 1, 12, 0).astimezone().timestamp()
        self.clock = FakeClock(self.noon)
        self.open()

    def open(self, **limits: Any) -> None:
        """A new process: nothing is left but the book."""
        self.engine = Engine()
        self.dispatcher = Dispatcher(
            self.line, self.engine, self.clock, Limits(**{"jobs": 2, "starts": None, **limits})
        )

    def add(self, job_id: str, *, rule: str = "shorts", priority: int = 5, schedule: str = "") -> JobSpec:
        spec = make_job_spec(
            job_id,
            rule=rule,
            path=Path(f"/r/{job_id}.mp4"),
            priority=priority,
            queued_at=self.clock.now(),
            schedule=schedule,
        )
        self.clock.move(0.001)
        self.store.add(spec)
        return spec

    def read(self, job_id: str) -> JobRecord:
        record = self.store.read(job_id)
        assert record is not None
        return record

    def begin(self, job_id: str) -> None:
        self.store.write(job_id, Changes(JobState.PREPARING, started_at=self.clock.now()), now=1.0)

    async def offered(self) -> list[str]:
        """What one look hands over."""
        before = len(self.engine.given)
        await self.dispatcher.offer()
        return self.engine.given[before:]

    async def run_next(self, *job_ids: str, state: JobState = JobState.DONE) -> None:
        """Run jobs to their end, as the engine does."""

        async def run_job(job_id: str, _number: int) -> str:
            self.begin(job_id)
            self.store.write(job_id, Changes(state, finished_at=1.0), now=1.0)
            return state

        for job_id in job_ids:
            await self.dispatcher.around(run_job)(job_id, self.read(job_id).round)
