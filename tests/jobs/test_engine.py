"""The durable queue: order, limits, checkpoints and restarts. Real DBOS on a real SQLite file."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from helpers import async_wait_until
from job_specs import make_job_spec
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.database import Database
from nemowatch.jobs.engine import Engine
from nemowatch.jobs.records import Cause, JobSpec, JobState, Stop
from nemowatch.jobs.store import Changes, JobStore


@asynccontextmanager
async def running_engine(
    folder: Path, run_job: Callable[[Engine, str], Awaitable[str]], **limits: Any
) -> AsyncIterator[Engine]:
    database = Database(folder / "nemowatch.db")
    engine = Engine(database, polling_seconds=0.02, **{"at_once": 4, **limits})
    await engine.start(lambda job_id, _number: run_job(engine, job_id))
    try:
        yield engine
    finally:
        await engine.stop()
        database.close()


@pytest.mark.slow
async def test_job_that_is_queued_twice_runs_once(tmp_path: Path) -> None:
    runs: list[str] = []

    async def run_job(_: Engine, job_id: str) -> str:
        runs.append(job_id)
        return "done"

    async with running_engine(tmp_path, run_job) as engine:
        for job_id in ("a", "a", "b"):
            await engine.enqueue(job_id, priority=5)
        await async_wait_until(lambda: len(runs) == 2)
        await engine.enqueue("a", priority=5)
        await engine.enqueue("c", priority=5)
        await async_wait_until(lambda: "c" in runs)
    assert sorted(runs) == ["a", "b", "c"]


async def test_no_more_jobs_run_at_once_than_allowed(tmp_path: Path) -> None:
    running = 0
    most = 0
    ended: list[str] = []

    async def run_job(_: Engine, job_id: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await async_wait_until(lambda: running == 2 or len(ended) >= 4)
        running -= 1
        ended.append(job_id)
        return "done"

    async with running_engine(tmp_path, run_job, at_once=2) as engine:
        for job_id in "abcdef":
            await engine.enqueue(job_id, priority=5)
        await async_wait_until(lambda: len(ended) == 6)
    assert most == 2


async def test_result_of_a_step_may_name_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    results: list[dict[str, Any]] = []

    async def run_job(engine: Engine, job_id: str) -> str:
        async def step() -> dict[str, Any]:
            return {"name": os.fsdecode(b"caf\xe9 \xc3\xa9.mp4")}

        results.append(await engine.checkpoint("upload", step))
        return "done"

    async with running_engine(tmp_path, run_job) as engine:
        await engine.enqueue("a", priority=5)
        await async_wait_until(lambda: bool(results))
    assert results == [{"name": "caf\udce9 é.mp4"}]


async def test_lower_priority_number_runs_first(tmp_path: Path) -> None:
    order: list[str] = []
    gate = asyncio.Event()

    async def run_job(_: Engine, job_id: str) -> str:
        order.append(job_id)
        await gate.wait()
        return "done"

    async with running_engine(tmp_path, run_job, at_once=1) as engine:
        await engine.enqueue("first", priority=5)
        await async_wait_until(lambda: order == ["first"])
        await engine.enqueue("late", priority=10)
        await engine.enqueue("urgent", priority=1)
        gate.set()
        await async_wait_until(lambda: len(order) == 3)
    assert order == ["first", "urgent", "late"]


@pytest.mark.slow
async def test_starts_are_limited_in_time(tmp_path: Path) -> None:
    started: list[str] = []

    async def run_job(_: Engine, job_id: str) -> str:
        started.append(job_id)
        return "done"

    async with running_engine(tmp_path, run_job, starts=(2, 3600.0)) as engine:
        for job_id in "abcd":
            await engine.enqueue(job_id, priority=5)
        await async_wait_until(lambda: len(started) == 2)
        # The queue is looked at fifty times a second; a third start would have come long before this job's end.
        await engine.enqueue("e", priority=1)
        await asyncio.to_thread(lambda: None)
    assert len(started) == 2


async def test_stopped_job_goes_on_after_its_last_checkpoint(tmp_path: Path) -> None:
    calls: list[str] = []
    stuck = asyncio.Event()

    def make_run(*, hang: bool) -> Callable[[Engine, str], Awaitable[str]]:
        async def run_job(engine: Engine, _job_id: str) -> str:
            async def first() -> dict[str, Any]:
                calls.append("first")
                return {"number": 7}

            async def second() -> dict[str, Any]:
                calls.append("second")
                if hang:
                    stuck.set()
                    await asyncio.Event().wait()
                return {}

            answer = await engine.checkpoint("first", first)
            assert answer == {"number": 7}
            await engine.checkpoint("second", second)
            calls.append("end")
            return "done"

        return run_job

    async with running_engine(tmp_path, make_run(hang=True)) as engine:
        await engine.enqueue("a", priority=5)
        await asyncio.wait_for(stuck.wait(), 20)
    assert calls == ["first", "second"]
    async with running_engine(tmp_path, make_run(hang=False)):
        await async_wait_until(lambda: "end" in calls)
    assert calls == ["first", "second", "second", "end"]


async def test_later_round_takes_over_the_checkpoints_before_its_first_step(tmp_path: Path) -> None:
    database = Database(tmp_path / "nemowatch.db")
    engine = Engine(database, at_once=4, polling_seconds=0.02)
    calls: list[str] = []
    made_in: list[list[int]] = []

    async def run_round(_job_id: str, number: int) -> str:
        def step(name: str) -> Callable[[], Any]:
            async def run() -> dict[str, Any]:
                calls.append(f"{name}{number}")
                return {"by": number}

            return run

        answers = [await engine.checkpoint(name, step(name)) for name in ("one", "two", "three")]
        made_in.append([answer["by"] for answer in answers])
        return "held"

    await engine.start(run_round)
    try:
        for number, start_step in ((1, 1), (2, 2), (3, 3)):
            await engine.enqueue("a", priority=5, number=number, start_step=start_step)
            await engine.enqueue("a", priority=5, number=number, start_step=start_step)
            await async_wait_until(lambda: len(made_in) == number)  # noqa: B023 -- waited for here
        # A job that stood still before it came into the queue has nothing to take over.
        await engine.enqueue("b", priority=5, number=2, start_step=2)
        await async_wait_until(lambda: len(made_in) == 4)
    finally:
        await engine.stop()
        database.close()
    assert made_in == [[1, 1, 1], [1, 2, 2], [1, 2, 3], [2, 2, 2]]
    assert calls == ["one1", "two1", "three1", "two2", "three2", "three3", "one2", "two2", "three2"]


@pytest.mark.slow
async def test_limit_that_changes_holds_while_the_queue_runs(tmp_path: Path) -> None:
    running: list[str] = []

    async def run_job(_: Engine, job_id: str) -> str:
        running.append(job_id)
        await asyncio.Event().wait()
        return "done"

    async with running_engine(tmp_path, run_job, at_once=1) as engine:
        for job_id in "abcdef":
            await engine.enqueue(job_id, priority=5)
        await async_wait_until(lambda: running)
        await engine.follow(at_once=3, starts=(100, 1.0))
        await async_wait_until(lambda: len(running) == 3)
    assert running == ["a", "b", "c"]


@pytest.mark.slow
async def test_checkpoints_of_a_job_that_is_done_are_found_and_forgotten_in_all_their_rounds(
    tmp_path: Path,
) -> None:
    ended: list[str] = []

    async def run_job(engine: Engine, job_id: str) -> str:
        async def answer() -> dict[str, Any]:
            return {"job": job_id}

        await engine.checkpoint("prepare", answer)
        ended.append(job_id)
        return "done"

    async with running_engine(tmp_path, run_job) as engine:
        database = Database(tmp_path / "nemowatch.db")
        store = JobStore(database.engine)
        for job_id, state in (("a", JobState.DONE), ("b", JobState.FAILED), ("c", JobState.DONE)):
            store.add(make_small_spec(job_id))
            await engine.enqueue(job_id, priority=5)
            finished_at = 1_000.0 if job_id == "c" else 10.0
            store.write(job_id, Changes(state, finished_at=finished_at), now=finished_at)
        await async_wait_until(lambda: len(ended) == 3)
        record = store.read("a")
        assert record is not None
        store.unpark(record, attempt=2, now=1.0)
        await engine.enqueue("a", priority=5, number=2, start_step=2)
        await async_wait_until(lambda: len(ended) == 4)
        store.write("a", Changes(JobState.DONE, finished_at=10.0), now=10.0)

        assert engine.find_done(ended_before=500.0, limit=10) == (("a", 2),)
        await engine.forget([("a", 2), ("never queued", 1)])
        assert engine.find_done(ended_before=500.0, limit=10) == ()
        kept = database.engine.connect()
        with kept:
            for table in ("workflow_status", "operation_outputs", "workflow_input", "workflow_output"):
                rows = kept.exec_driver_sql(f"SELECT workflow_uuid FROM {table}").scalars()
                assert set(rows) <= {"b", "c"}, table
        database.close()


@pytest.mark.slow
@pytest.mark.parametrize("refused", [1, 2])
async def test_answer_that_a_full_disk_does_not_keep_is_told_and_asked_for_again_in_the_next_round(
    tmp_path: Path, refused: int
) -> None:
    """The engine then tries to keep the refusal as the step's end: that must not be taken over either."""
    asked: list[str] = []
    ended: list[str] = []
    left = 0

    def refuse(_connection: object, _cursor: object, statement: str, *_facts: object) -> None:
        nonlocal left
        if left and "INSERT INTO" in statement and "operation_outputs" in statement:
            left -= 1
            raise sqlite3.OperationalError("database or disk is full")

    async def run_job(engine: Engine, _job_id: str) -> str:
        nonlocal left
        for name in ("prepare", "edit"):

            async def answer(name: str = name) -> dict[str, Any]:
                asked.append(name)
                return {}

            left = refused if asked == ["prepare"] else 0
            try:
                await engine.checkpoint(name, answer)
            except OperationalError:
                ended.append("waiting")
                return "waiting"
        ended.append("done")
        return "done"

    sa.event.listen(sa.Engine, "before_cursor_execute", refuse)
    try:
        async with running_engine(tmp_path, run_job) as engine:
            await engine.enqueue("a", priority=5)
            await async_wait_until(lambda: ended)
            await engine.enqueue("a", priority=5, number=2, start_step=2)
            await async_wait_until(lambda: len(ended) == 2)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", refuse)
    assert ended == ["waiting", "done"]
    assert asked == ["prepare", "edit", "edit"]


@pytest.mark.slow
async def test_rounds_long_past_of_a_job_that_goes_on_are_forgotten_and_the_next_takes_over_as_ever(
    tmp_path: Path,
) -> None:
    asked: list[str] = []
    ended: list[str] = []

    async def run_job(engine: Engine, job_id: str) -> str:
        async def answer() -> dict[str, Any]:
            asked.append(job_id)
            return {}

        await engine.checkpoint("prepare", answer)
        ended.append(job_id)
        return "waiting"

    async with running_engine(tmp_path, run_job) as engine:
        database = Database(tmp_path / "nemowatch.db")
        store = JobStore(database.engine)
        store.add(make_small_spec("a"))

        async def begin(number: int) -> None:
            await engine.enqueue("a", priority=5, number=number, start_step=2)
            await async_wait_until(lambda: len(ended) == number)

        for number in range(1, 5):
            await begin(number)
            store.park("a", JobState.WAITING, "", Stop(2, "upload", Cause.FOLDER), now=1.0)
            record = store.read("a")
            assert record is not None
            store.unpark(record, attempt=1, now=2.0)
        # The book is at round 5, which takes over from round 4.
        assert engine.find_done(ended_before=500.0, limit=10) == (("a", 3),)
        await engine.forget([("a", 3)])
        assert engine.find_done(ended_before=500.0, limit=10) == ()
        await begin(5)
        with database.engine.connect() as connection:
            kept = connection.exec_driver_sql("SELECT workflow_uuid FROM workflow_status").scalars()
            assert set(kept) == {"a-4", "a-5"}
        database.close()
    assert asked == ["a"]


@pytest.mark.slow
async def test_jobs_of_any_number_of_rounds_are_forgotten_at_once(tmp_path: Path) -> None:
    async def run_job(_: Engine, _job_id: str) -> str:
        return "done"

    async with running_engine(tmp_path, run_job) as engine:
        await engine.forget([(f"{number:016x}", 10_000) for number in range(100)])


def make_small_spec(job_id: str) -> JobSpec:
    return make_job_spec(job_id, queued_at=1.0)
