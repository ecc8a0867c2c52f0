"""Who is handed to the engine, and when: order, look-ahead, a rule's own limit, its hours, crashes in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from dispatcher_hall import Hall
from helpers import async_wait_until
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.markers import Markers
from nemowatch.jobs.records import Cause, JobState, Stop
from nemowatch.jobs.waiting_line import MAY_START
from nemowatch.rules.rule import Limits


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    yield hall
    hall.database.close()


async def test_no_more_wait_in_the_engines_queue_than_may_run_at_once(hall: Hall) -> None:
    for letter in "abcdef":
        hall.add(letter)
    assert await hall.offered() == ["a", "b"]
    assert await hall.offered() == []
    await hall.run_next("a")
    assert await hall.offered() == ["c"]
    await hall.run_next("b", "c")
    assert await hall.offered() == ["d", "e"]


async def test_job_that_runs_makes_room_for_the_one_that_waits_behind_it(hall: Hall) -> None:
    for letter in "abcd":
        hall.add(letter)
    await hall.dispatcher.offer()
    running, gate = asyncio.Event(), asyncio.Event()

    async def run_job(_job_id: str, _number: int) -> str:
        running.set()
        await gate.wait()
        return "done"

    task = asyncio.ensure_future(hall.dispatcher.around(run_job)("a", 1))
    await running.wait()
    assert await hall.offered() == ["c"]
    gate.set()
    await task


async def test_urgent_job_is_not_stuck_behind_what_was_handed_over_before(hall: Hall) -> None:
    for letter in "abc":
        hall.add(letter, priority=9)
    assert await hall.offered() == ["a", "b"]
    hall.add("urgent", priority=1)
    hall.add("soon", priority=2)
    hall.add("later", priority=2)
    assert await hall.offered() == ["urgent", "soon"]


async def test_half_done_job_goes_before_all_that_have_not_begun(hall: Hall) -> None:
    hall.add("half", priority=10)
    await hall.dispatcher.offer()
    hall.begin("half")
    hall.store.park("half", JobState.WAITING, "busy", Stop(3, "edit-1", Cause.RATE), now=1.0)
    for letter in "abc":
        hall.add(letter, priority=1)
    assert hall.store.unpark(hall.read("half"), attempt=1, now=2.0)
    assert await hall.offered() == ["half", "a"]
    assert hall.engine.rounds[1] == ("half", 2, 3)


async def test_no_more_jobs_of_a_rule_are_in_play_than_its_limit(hall: Hall) -> None:
    hall.open(jobs=4, per_rule=1)
    for job_id, rule in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b")):
        hall.add(job_id, rule=rule)
    assert await hall.offered() == ["a1", "b1"]
    await hall.run_next("b1")
    assert await hall.offered() == ["b2"]
    await hall.run_next("a1", state=JobState.FAILED)
    assert await hall.offered() == ["a2"]


async def test_job_that_stands_still_gives_its_rules_place_free(hall: Hall) -> None:
    hall.open(per_rule=1)
    hall.add("a")
    hall.add("b")
    assert await hall.offered() == ["a"]
    hall.store.park("a", JobState.HELD, "no credits", Stop(3, "edit-1", Cause.CREDITS), now=1.0)
    assert await hall.offered() == ["b"]


async def test_limits_that_change_count_for_the_next_job(hall: Hall) -> None:
    hall.open(jobs=3, per_rule=3)
    for letter in "abcdefgh":
        hall.add(letter)
    assert len(await hall.offered()) == 3
    hall.dispatcher.follow(Limits(jobs=1, starts=None, per_rule=1))
    await hall.run_next("a", "b")
    assert await hall.offered() == []
    await hall.run_next("c")
    assert await hall.offered() == ["d"]
    hall.dispatcher.follow(Limits(jobs=2, starts=None))
    assert await hall.offered() == ["e"]


async def test_jobs_wait_for_their_rules_hours_and_others_do_not(hall: Hall) -> None:
    for letter in "abc":
        hall.add(letter, rule="night", schedule="22:00-06:00")
    hall.add("day", priority=9)
    assert await hall.offered() == ["day"]
    record = hall.read("c")
    assert (record.state, record.is_parked) == (JobState.WAITING, True)
    assert "22:00-06:00" in record.reason
    assert record.stop is not None
    assert (record.stop.cause, record.stop.wake_at) == (Cause.SCHEDULE, hall.noon + 10 * 3600)


async def test_jobs_begin_when_their_hours_do(hall: Hall) -> None:
    for letter in "abc":
        hall.add(letter, schedule="22:00-06:00")
    await hall.dispatcher.offer()
    assert hall.store.unpark_due(Cause.SCHEDULE, now=hall.clock.now()) == 0
    hall.clock.move(10 * 3600)
    assert hall.store.unpark_due(Cause.SCHEDULE, now=hall.clock.now()) == 3
    assert await hall.offered() == ["a", "b"]


async def test_job_that_a_cron_expression_let_go_begins_when_there_is_room(hall: Hall) -> None:
    hall.add("a", schedule="0 22 * * *")
    await hall.dispatcher.offer()
    hall.clock.move(10 * 3600)
    assert hall.store.unpark_due(Cause.SCHEDULE, now=hall.clock.now()) == 1
    hall.clock.move(600)
    assert await hall.offered() == ["a"]


async def test_hours_that_end_stop_nothing_that_has_begun(hall: Hall) -> None:
    hall.add("half", schedule="11:00-13:00")
    await hall.dispatcher.offer()
    hall.begin("half")
    hall.store.park("half", JobState.WAITING, "busy", Stop(3, "edit-1", Cause.RATE), now=1.0)
    hall.clock.move(4 * 3600)
    assert hall.store.unpark(hall.read("half"), attempt=1, now=2.0)
    assert await hall.offered() == ["half"]


async def test_job_that_the_user_lets_go_begins_at_any_hour(hall: Hall) -> None:
    for letter in "ab":
        hall.add(letter, schedule="22:00-06:00")
    Markers(hall.database).set("b", MAY_START, {}, now=1.0)
    assert await hall.offered() == ["b"]
    assert hall.read("a").is_parked


async def test_crash_between_the_mark_and_the_queue_loses_nothing(hall: Hall) -> None:
    for letter in "abc":
        hall.add(letter)
    hall.engine.is_broken = True
    with pytest.raises(OperationalError):
        await hall.dispatcher.offer()
    hall.open()
    assert await hall.dispatcher.queue_unfinished() == 3
    assert hall.engine.given == ["a"]
    assert await hall.offered() == ["b"]


async def test_job_that_the_engine_would_not_take_is_given_to_it_again(hall: Hall) -> None:
    hall.add("a")
    hall.engine.is_broken = True
    working = asyncio.create_task(hall.dispatcher.run())
    hall.dispatcher.stir()
    await async_wait_until(hall.line.in_play)
    hall.engine.is_broken = False

    def is_given() -> bool:
        hall.clock.move(60.0)
        return bool(hall.engine.given)

    await async_wait_until(is_given)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    assert hall.engine.given == ["a"]


async def test_stirring_hands_over_what_has_come_and_what_has_room_now(hall: Hall) -> None:
    working = asyncio.create_task(hall.dispatcher.run())
    for letter in "abcd":
        hall.add(letter)
        hall.dispatcher.stir()
    await async_wait_until(lambda: hall.engine.given == ["a", "b"])
    await hall.run_next("a")
    await async_wait_until(lambda: hall.engine.given == ["a", "b", "c"])
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def test_cancelled_job_is_not_handed_over_and_can_be_retried(hall: Hall) -> None:
    hall.add("a")
    assert hall.store.cancel_queued("a", "no", now=1.0)
    assert await hall.offered() == []
    assert hall.store.unpark(hall.read("a"), attempt=1, now=2.0)
    assert await hall.offered() == ["a"]


async def test_job_that_never_began_ends_where_it_stands_still(hall: Hall) -> None:
    spec = replace(hall.add("a"), job_id="held")
    hall.store.add(spec, stop=Stop(1, "prepare", Cause.BACKLOG), state=JobState.HELD, reason="many")
    assert hall.store.cancel_queued("held", "no", now=1.0)
    record = hall.read("held")
    assert (record.state, record.is_parked, record.round) == (JobState.CANCELLED, False, 0)
    assert await hall.offered() == ["a"]
