"""When the clerk looks: when it is stirred, and when a job's time has come; it does not look all the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers import async_wait_until
from job_bench import Bench, open_bench

from nemowatch.jobs import clerk
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobState, Stop
from nemowatch.sandbox.server import Sandbox


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


@contextmanager
def running(bench: Bench) -> Iterator[None]:
    """The clerk at work, as in the daemon."""
    work = asyncio.create_task(bench.clerk.run())
    try:
        yield
    finally:
        work.cancel()


async def test_orders_are_carried_out_once_when_the_clerk_is_stirred_or_asked_to(bench: Bench) -> None:
    spec = bench.add_job("cut it", stop=Stop(1, "prepare", Cause.SCHEDULE))
    number = bench.orders.give(spec.job_id, Action.RELEASE, now=bench.workshop.clock.now())
    await asyncio.gather(bench.clerk.carry_out_orders(), bench.clerk.look())
    answer = bench.orders.read_answer(number)
    assert answer is not None
    assert not answer.is_refused
    assert bench.record(spec).round == 1
    with running(bench):
        number = bench.orders.give(spec.job_id, Action.CANCEL, now=bench.workshop.clock.now())
        bench.clerk.stir()
        await async_wait_until(lambda: bench.orders.read_answer(number), timeout=5)
    assert bench.record(spec).state is JobState.CANCELLED


async def test_job_goes_on_when_its_time_has_come_without_anybody_saying_so(bench: Bench) -> None:
    wake_at = bench.workshop.clock.now() + 0.3
    spec = bench.add_job("cut it", stop=Stop(1, "prepare", Cause.FAULT, wake_at))
    with running(bench):
        await async_wait_until(lambda: not bench.record(spec).is_parked, timeout=5)
    assert bench.workshop.clock.now() >= wake_at


async def test_order_that_hangs_on_a_share_does_not_keep_other_jobs_standing_still(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk, "_ORDERS_PATIENCE_SECONDS", 0.05)
    hung = asyncio.Event()

    async def hang(*_: object) -> bool:
        await hung.wait()
        return True

    held = bench.add_job("cut it", stop=Stop(1, "prepare", Cause.BACKLOG))
    due = bench.add_job("cut more", stop=Stop(1, "prepare", Cause.FAULT, bench.workshop.clock.now()))
    number = bench.orders.give(held.job_id, Action.RELEASE, now=bench.workshop.clock.now())
    with monkeypatch.context() as at_first:
        at_first.setattr(bench.waker, "wake", hang)
        await bench.clerk.start()
    with running(bench):
        await async_wait_until(lambda: not bench.record(due).is_parked, timeout=5)
        assert bench.orders.read_answer(number) is None
        hung.set()
        await async_wait_until(lambda: bench.orders.read_answer(number), timeout=5)


async def test_order_that_comes_after_one_that_took_long_is_carried_out_at_the_next_look(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = asyncio.Event()

    async def hang(*_: object) -> bool:
        await hung.wait()
        return True

    spec = bench.add_job("cut it", stop=Stop(1, "prepare", Cause.BACKLOG))
    slow = bench.orders.give(spec.job_id, Action.RELEASE, now=bench.workshop.clock.now())
    with monkeypatch.context() as at_first:
        at_first.setattr(clerk, "_ORDERS_PATIENCE_SECONDS", 0.05)
        at_first.setattr(bench.waker, "wake", hang)
        await bench.clerk.look()
        hung.set()
        await async_wait_until(lambda: bench.orders.read_answer(slow), timeout=5)
    later = bench.orders.give(spec.job_id, Action.CANCEL, now=bench.workshop.clock.now())
    await bench.clerk.look()
    assert bench.orders.read_answer(later) is not None


async def test_jobs_whose_time_has_come_all_go_on_some_at_each_look(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk, "_WOKEN_AT_ONCE", 2)
    now = bench.workshop.clock.now()
    specs = [bench.add_job(text, stop=Stop(1, "prepare", Cause.FAULT, now)) for text in ("1", "2", "3")]
    await bench.clerk.look()
    assert [bench.record(spec).is_parked for spec in specs] == [False, False, True]
    with running(bench):
        await async_wait_until(lambda: not bench.record(specs[2]).is_parked, timeout=5)
