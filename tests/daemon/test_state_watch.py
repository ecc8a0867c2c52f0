"""The watch over state folder and clock: what waits when that is set, with what the daemon ends without a state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from helpers import FakeClock, async_wait_until
from job_specs import make_job_spec
from loguru import logger

from nemowatch.daemon import state_watch
from nemowatch.daemon.state_watch import LOOK_SECONDS, StateVanished, StateWatch
from nemowatch.jobs.database import Database
from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.jobs.records import Cause, JobSpec, JobState, SourceFile, Stop
from nemowatch.jobs.store import JobStore
from nemowatch.places import StateFolder
from nemowatch.service.units import NEVER_RESTARTED


def make_spec() -> JobSpec:
    return make_job_spec(
        source=SourceFile(Path("/talks/talk.mp4"), 1, 1, 1), duration_seconds=6.0, queued_at=1.0
    )


@pytest.mark.parametrize(("hours", "moved"), [(8, 0.0), (-8, -8 * 3600.0)])
async def test_wait_of_some_minutes_never_grows_with_the_clock(
    tmp_path: Path, hours: int, moved: float
) -> None:
    state, clock = StateFolder(tmp_path), FakeClock()
    state.lock.touch()
    database = Database(state.database)
    store, wake_at = JobStore(database.engine), clock.now() + 60
    store.add(make_spec(), stop=Stop(1, "prepare", Cause.FAULT, wake_at), state=JobState.WAITING)
    around: Any = SimpleNamespace(state=state, clock=clock)
    lines: list[str] = []
    number = logger.add(lines.append, format="{message}")
    async with StateWatch(around, database, AsyncIOScheduler()) as watch:
        clock.set(clock.now() + hours * 3600)
        await watch.follow_clock()
    logger.remove(number)
    assert store.next_wake() == wake_at + moved
    assert len(lines) == 1
    database.close()


async def test_waits_are_set_right_as_soon_as_the_database_lets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, clock = StateFolder(tmp_path), FakeClock()
    state.lock.touch()
    database = Database(state.database)
    store, wake_at = JobStore(database.engine), clock.now() + 60
    store.add(make_spec(), stop=Stop(1, "prepare", Cause.FAULT, wake_at), state=JobState.WAITING)
    around: Any = SimpleNamespace(state=state, clock=clock)
    async with StateWatch(around, database, AsyncIOScheduler()) as watch:
        clock.set(clock.now() - 3600)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(state_watch, "move_waits", refuse_to_write)
            await watch.follow_clock()
        assert store.next_wake() == wake_at
        await watch.follow_clock()
        await watch.follow_clock()
    assert store.next_wake() == wake_at - 3600
    database.close()


def refuse_to_write(*_: object) -> None:
    raise DatabaseUnusable("The disk is full.", hint="Make room.")


@pytest.mark.parametrize("service", ["user", "launchd"])
async def test_daemon_whose_state_is_gone_is_not_started_again_however_it_ends(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMOWATCH_SERVICE", service)
    state, clock = StateFolder(tmp_path), FakeClock()
    given_up: list[tuple[int, str]] = []
    state.lock.touch()
    database = Database(state.database)
    stop = SimpleNamespace(give_up=lambda *how: given_up.append(how))
    around: Any = SimpleNamespace(state=state, clock=clock, stop=stop)

    async def lose_state() -> None:
        async with StateWatch(around, database, AsyncIOScheduler()):
            await asyncio.sleep(0)
            state.lock.unlink()
            clock.move(LOOK_SECONDS)
            await async_wait_until(lambda: given_up)

    with pytest.raises(StateVanished) as vanished:
        await lose_state()
    database.close()
    # launchd starts again whatever does not end well.
    expected = 0 if service == "launchd" else 8
    why = f"{state.lock} is gone, or another stands in its place: NemoWatch stops."
    assert given_up == [(expected, why)]
    assert vanished.value.exit_code == expected
    assert expected in {0, *NEVER_RESTARTED}
