"""Pausing: no job starts, what has begun goes on, and it stays so over restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from dispatcher_hall import Hall
from helpers import async_wait_until
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.pausing import Pausing
from nemowatch.jobs.records import JobState
from nemowatch.jobs.switches import Pause, SwitchBook, open_switches, read_pause


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    yield hall
    hall.database.close()


def pausing_of(hall: Hall) -> Pausing:
    return Pausing(SwitchBook(hall.database.engine), hall.dispatcher, hall.clock)


async def test_while_paused_nothing_is_handed_over_and_afterwards_everything_is(hall: Hall) -> None:
    pausing = pausing_of(hall)
    pause = await pausing.pause("lunch")
    assert pause == pausing.present == Pause(hall.clock.now(), "lunch")
    hall.add("one")
    assert await hall.offered() == []
    await pausing.resume()
    assert pausing.present is None
    assert await hall.offered() == ["one"]


async def test_what_has_begun_is_waited_for_and_what_only_lies_with_the_engine_is_not(hall: Hall) -> None:
    hall.add("one")
    await hall.offered()
    assert not await hall.dispatcher.has_work_begun()
    hall.begin("one")
    assert await hall.dispatcher.has_work_begun()


async def test_job_that_the_engine_has_waits_at_its_beginning_and_one_that_began_goes_on(hall: Hall) -> None:
    hall.add("begun"), hall.add("waits")
    assert await hall.offered() == ["begun", "waits"]
    hall.begin("begun")
    pausing = pausing_of(hall)
    await pausing.pause("")
    ran: list[str] = []

    async def run_job(job_id: str, _number: int) -> str:
        ran.append(job_id)
        return JobState.DONE

    run = hall.dispatcher.around(run_job)
    going_on = [asyncio.create_task(run(job_id, 1)) for job_id in ("waits", "begun")]
    await going_on[1]
    assert ran == ["begun"]
    await pausing.resume()
    await going_on[0]
    assert ran == ["begun", "waits"]


async def test_job_that_waits_is_not_lost_when_the_book_cannot_be_read(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.add("waits")
    await hall.offered()
    pausing = pausing_of(hall)
    await pausing.pause("")
    asked: list[str] = []

    def locked(job_id: str) -> bool:
        asked.append(job_id)
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    async def run_job(_job_id: str, _number: int) -> str:
        return JobState.DONE

    with monkeypatch.context() as at_first:
        at_first.setattr(hall.line, "has_begun", locked)
        waiting = asyncio.create_task(hall.dispatcher.around(run_job)("waits", 1))
        await async_wait_until(lambda: asked)
        await asyncio.sleep(0)
    await pausing.resume()
    await async_wait_until(lambda: hall.clock.move(5) or waiting.done())
    assert await waiting == JobState.DONE


async def test_stop_takes_a_job_away_from_where_it_waits(hall: Hall) -> None:
    hall.add("waits")
    await hall.offered()
    await pausing_of(hall).pause("")

    async def run_job(_job_id: str, _number: int) -> str:
        raise AssertionError

    waiting = asyncio.create_task(hall.dispatcher.around(run_job)("waits", 1))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_pause_holds_in_the_next_process(hall: Hall) -> None:
    await pausing_of(hall).pause("holidays")
    hall.open()
    pausing = pausing_of(hall)
    assert not hall.dispatcher.is_paused
    await pausing.follow()
    assert hall.dispatcher.is_paused
    assert pausing.present is not None
    assert pausing.present.why == "holidays"


def test_pause_that_holds_keeps_its_beginning_and_takes_a_new_reason_only_where_one_is_given(
    hall: Hall,
) -> None:
    book = SwitchBook(hall.database.engine)
    book.pause("lunch", now=1.0)
    assert book.pause(now=2.0) == Pause(1.0, "lunch")
    assert book.pause("holidays", now=3.0) == book.read_pause() == Pause(1.0, "holidays")
    assert book.resume()
    assert not book.resume()
    assert book.read_pause() is None


async def test_switch_that_was_written_past_the_daemon_comes_into_force(tmp_path: Path) -> None:
    path = tmp_path / "nemowatch.db"
    assert read_pause(path) is None
    with open_switches(path) as nothing:
        assert nothing is None
    hall = Hall(tmp_path)
    with open_switches(path) as switches:
        assert switches is not None
        switches.pause("by hand", now=5.0)
    assert read_pause(path) == Pause(5.0, "by hand")
    pausing = pausing_of(hall)
    await pausing.follow()
    assert hall.dispatcher.is_paused
    hall.database.close()
