"""The daemon's timers, in what is their own and not APScheduler's."""

from __future__ import annotations

import asyncio

from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from helpers import async_wait_until
from loguru import logger

from nemowatch.daemon.building import make_timers
from nemowatch.logs import configure_logs


async def test_look_that_takes_longer_than_its_pause_lets_turns_go_by_without_a_word() -> None:
    skipped: list[object] = []
    lines: list[str] = []
    configure_logs("INFO")
    number = logger.add(lines.append, format="{message}", level="INFO")
    timers = make_timers()
    timers.add_listener(skipped.append, EVENT_JOB_MAX_INSTANCES)
    timers.add_job(asyncio.Event().wait, "interval", seconds=0.01, coalesce=True, misfire_grace_time=None)
    timers.start()
    await async_wait_until(lambda: len(skipped) >= 3)
    timers.shutdown(wait=False)
    logger.remove(number)
    assert lines == []
