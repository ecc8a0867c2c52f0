"""Jobs at work teach those that follow how long their steps take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from helpers import make_video
from job_bench import Bench, open_bench
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.forecast import kind_of, steps_from
from nemowatch.jobs.pace import Pace
from nemowatch.jobs.tables import step_times_table
from nemowatch.sandbox.server import Sandbox


class WatchedPace(Pace):
    """Asks at the beginning of each step how long the job will still take."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.database.engine)
        self._store = bench.store
        self.told: list[tuple[str, float | None]] = []

    def begin(self, job_id: str, step: str, *, now: float) -> None:
        super().begin(job_id, step, now=now)
        record = self._store.read(job_id)
        assert record is not None
        self.told.append((step, self.remaining(record, now=now)))


class BrokenPace(Pace):
    """Its disk is full."""

    def begin(self, job_id: str, step: str, *, now: float) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    def note(self, *args: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prompts", "deliver"),
    [
        (("how many credits are left", "keep only the first 4 seconds"), ("video", "media")),
        (("keep only the first 4 seconds", "export", "remove the first 2 seconds"), ("video",)),
    ],
)
async def test_first_job_teaches_the_second(
    bench: Bench, prompts: tuple[str, ...], deliver: tuple[str, ...]
) -> None:
    bench.workshop = replace(bench.workshop, pace=(pace := WatchedPace(bench)))
    first = bench.add_job(*prompts, deliver=deliver)
    assert (await bench.run(first)).state == "done"
    steps = [step for step, _ in pace.told]
    assert [kind_of(step) for step in steps] == list(steps_from(first, "prepare", 10**9))
    with bench.database.engine.connect() as connection:
        query = sa.select(step_times_table.c.kind).order_by(step_times_table.c.number)
        assert list(connection.execute(query).scalars()) == [kind_of(step) for step in steps]
    pace.told.clear()
    another = make_video(bench.root / "talks" / "another.mp4", seconds=5)
    assert (await bench.run(bench.add_job(*prompts, deliver=deliver, source=another))).state == "done"
    assert [step for step, _ in pace.told] == steps
    rests = [rest for _, rest in pace.told if rest is not None]
    assert len(rests) == len(steps)
    assert rests[0] > rests[-1] >= 0.0


async def test_pace_that_cannot_be_written_is_no_reason_to_stop(bench: Bench) -> None:
    bench.workshop = replace(bench.workshop, pace=BrokenPace(bench.database.engine))
    assert (await bench.run(bench.add_job("keep only the first 4 seconds"))).state == "done"
