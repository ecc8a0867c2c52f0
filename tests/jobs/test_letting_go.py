"""Jobs that have stood still since they were entered: what lets them go, and how they end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from job_bench import Bench, open_bench

from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobSpec, JobState, Stop
from nemowatch.sandbox.server import Sandbox


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


def closed_now() -> str:
    """A schedule whose only hour is half a day away."""
    opens = datetime.now(UTC).astimezone() + timedelta(hours=12)
    return f"{opens:%H}:00-{opens + timedelta(hours=1):%H}:00"


def add_still(
    bench: Bench, cause: Cause, name: str = "still", *, wake_at: float | None = None, **facts: Any
) -> JobSpec:
    """A job that stands still since it was entered."""
    return bench.add_job("export", stop=Stop(1, "prepare", cause, wake_at), job_id=name, **facts)


def handed_over(bench: Bench) -> list[str]:
    return [job_id for job_id, _ in bench.rounds.waiting]


async def test_one_of_many_files_goes_when_it_is_released(bench: Bench) -> None:
    spec = add_still(bench, Cause.BACKLOG)
    assert not (await bench.order(spec, Action.RELEASE)).is_refused
    assert handed_over(bench) == [spec.job_id]
    assert bench.record(spec).round == 1


async def test_released_file_still_waits_for_its_rules_hours(bench: Bench) -> None:
    spec = add_still(bench, Cause.BACKLOG, schedule=closed_now())
    await bench.order(spec, Action.RELEASE)
    record = bench.record(spec)
    assert record.stop is not None
    assert (record.state, record.stop.cause) == (JobState.WAITING, Cause.SCHEDULE)
    assert not (await bench.order(spec, Action.RELEASE)).is_refused
    assert handed_over(bench) == [spec.job_id]
    assert bench.record(spec).state is JobState.QUEUED


async def test_job_that_has_not_begun_is_released_and_not_retried(bench: Bench) -> None:
    answer = await bench.order(add_still(bench, Cause.BACKLOG), Action.RETRY)
    assert answer.is_refused
    assert "jobs release" in answer.text


async def test_job_that_never_began_is_cancelled_where_it_stands(bench: Bench) -> None:
    spec = add_still(bench, Cause.SCHEDULE, schedule=closed_now(), wake_at=4e9)
    assert (await bench.order(spec, Action.CANCEL)).text == "Cancelled."
    assert bench.record(spec).state is JobState.CANCELLED
    assert handed_over(bench) == []
    assert not (await bench.order(spec, Action.RETRY)).is_refused
    assert (bench.record(spec).state, bench.record(spec).is_parked) == (JobState.WAITING, True)


async def test_hours_that_begin_let_all_their_jobs_go(bench: Bench) -> None:
    specs = [add_still(bench, Cause.SCHEDULE, name, wake_at=1.0) for name in "abc"]
    later = add_still(bench, Cause.SCHEDULE, "later", wake_at=4e9)
    await bench.clerk.look()
    assert [bench.record(spec).state for spec in specs] == ["queued"] * 3
    assert bench.record(later).is_parked


async def test_folder_that_is_back_wakes_its_jobs_and_those_that_know_none(bench: Bench) -> None:
    here, there, anywhere = (
        add_still(bench, Cause.FOLDER, str(folder), folder=folder)
        for folder in (bench.root / "here", bench.root / "there", None)
    )
    await bench.clerk.wake_folder(bench.root / "here")
    assert [bench.record(spec).is_parked for spec in (here, there, anywhere)] == [False, True, False]
    refusal = await bench.order(there, Action.RELEASE)
    assert refusal.is_refused
    await bench.clerk.start()
    assert not bench.record(there).is_parked
