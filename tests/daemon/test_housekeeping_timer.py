"""Housekeeping as the daemon's companion: when it looks, what it tells, and that nothing it meets ends the daemon."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from helpers import FakeClock, async_wait_until
from job_specs import make_job_spec
from loguru import logger

from nemowatch.daemon.housekeeping import AFTER_A_JUMP, EVERY, FIRST_LOOK, Housekeeping
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.places import StateFolder
from nemowatch.rules.load import load_rules

DAY = 86_400.0


class NoCheckpoints:
    """An engine that keeps nothing of any job."""

    def find_done(self, *, ended_before: float, limit: int) -> tuple[tuple[str, int], ...]:
        return ()

    async def forget(self, rounds: Sequence[tuple[str, int]]) -> None:
        """There is nothing to forget."""


class SmallHouse:
    """The parts of the daemon that housekeeping needs, and one job that ended a hundred days ago."""

    def __init__(self, root: Path) -> None:
        (root / "talks").mkdir()
        rules = root / "rules.yaml"
        rules.write_text(f"history: {{keep: 90d}}\nrules: [{{watch: {root}/talks, prompt: cut it}}]\n")
        self.book = load_rules(rules)
        self.clock = FakeClock()
        self.database = Database(root / "nemowatch.db")
        self.store = JobStore(self.database.engine)
        self.timers = AsyncIOScheduler()
        state = StateFolder(root)
        around = SimpleNamespace(book=lambda: self.book, state=state, clock=self.clock)
        self.parts: Any = SimpleNamespace(
            around=around, database=self.database, engine=NoCheckpoints(), timers=self.timers
        )
        self.add_job(root, days_ago=100)

    def add_job(self, root: Path, *, days_ago: float) -> None:
        spec = make_job_spec(
            rule="talks",
            path=root / "talks" / "talk.mp4",
            output_folder=root / "talks-output" / "talk",
            queued_at=1.0,
        )
        then = self.clock.now() - days_ago * DAY
        self.store.add(spec)
        self.store.write(spec.job_id, Changes(JobState.CANCELLED, finished_at=then), now=then)
        with self.database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM nemowatch_outbox")


@asynccontextmanager
async def keeping(house: SmallHouse) -> AsyncIterator[Housekeeping]:
    house.timers.start()
    try:
        async with Housekeeping(house.parts) as housekeeping:
            yield housekeeping
        assert house.timers.get_jobs() == []
    finally:
        house.timers.shutdown(wait=False)
        house.database.close()


@pytest.fixture
def house(tmp_path: Path) -> SmallHouse:
    return SmallHouse(tmp_path)


async def test_first_look_comes_soon_after_the_start_and_then_one_every_few_hours(house: SmallHouse) -> None:
    async with keeping(house):
        (timer,) = house.timers.get_jobs()
        assert abs(timer.next_run_time - datetime.now(UTC) - FIRST_LOOK).total_seconds() < 60
        assert timer.trigger.interval == EVERY
        timer.modify(next_run_time=datetime.now(UTC))
        await async_wait_until(lambda: not house.store.list_jobs())


async def test_nothing_is_removed_by_a_clock_that_was_just_set_years_ahead(house: SmallHouse) -> None:
    keep_for_long = replace(house.book.history, keep_seconds=200 * DAY)
    house.book = replace(house.book, history=keep_for_long)
    async with keeping(house):
        (timer,) = house.timers.get_jobs()
        house.clock.set(house.clock.now() + 2000 * DAY)
        timer.modify(next_run_time=datetime.now(UTC))
        await async_wait_until(
            lambda: timedelta() < timer.next_run_time - datetime.now(UTC) <= AFTER_A_JUMP < EVERY
        )
        assert len(house.store.list_jobs()) == 1
        house.clock.set(house.clock.now() - 2000 * DAY)
        timer.modify(next_run_time=datetime.now(UTC))
        await async_wait_until(lambda: timer.next_run_time - datetime.now(UTC) > AFTER_A_JUMP)
        assert len(house.store.list_jobs()) == 1


async def test_what_was_removed_is_told_in_one_line(house: SmallHouse) -> None:
    lines: list[str] = []
    number = logger.add(lines.append, format="{message}")
    async with keeping(house) as housekeeping:
        await housekeeping.look()
        await housekeeping.look()
    logger.remove(number)
    assert lines == ["Housekeeping: 1 old job record removed.\n"]


async def test_rules_in_force_say_how_long_records_are_kept(house: SmallHouse) -> None:
    async with keeping(house) as housekeeping:
        book = replace(house.book, history=replace(house.book.history, keep_seconds=200 * DAY))
        housekeeping.follow(book)
        await housekeeping.look()
        assert len(house.store.list_jobs()) == 1
        housekeeping.follow(house.book)
        await housekeeping.look()
        assert house.store.list_jobs() == ()


async def test_database_that_cannot_be_written_is_told_and_tried_again_later(house: SmallHouse) -> None:
    lines: list[str] = []
    number = logger.add(lines.append, format="{level} {message}")
    async with keeping(house) as housekeeping:
        with house.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE nemowatch_past_jobs RENAME TO elsewhere")
        await housekeeping.look()
        with house.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO nemowatch_past_jobs")
        assert len(house.store.list_jobs()) == 1
        await housekeeping.look()
        assert house.store.list_jobs() == ()
    logger.remove(number)
    assert lines[0].startswith("WARNING Housekeeping did not come to its end")
