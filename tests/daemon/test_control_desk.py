"""What the control API does by the daemon's own parts; the parts are real, and neither engine nor folders run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import FakeClock, async_wait_until
from job_specs import make_job_spec

from nemowatch.clock import SystemClock
from nemowatch.daemon import control
from nemowatch.daemon.building import build_house
from nemowatch.daemon.control import Control, ControlDesk
from nemowatch.daemon.house import House, Surroundings
from nemowatch.daemon.lag import LagMeter
from nemowatch.daemon.rules_watch import RulesWatch
from nemowatch.daemon.signals import StopSignal
from nemowatch.jobs.database import Database
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobState, Stop
from nemowatch.jobs.run import JobSettings
from nemowatch.jobs.window import NoSuchJob
from nemowatch.outputs.job_log import JobLog
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.rules.load import load_rules
from nemowatch.service.notify import Notifier
from nemowatch.web.bodies import OrderFate
from nemowatch.web.client import ControlClient, DaemonAbsent

RULES = """\
nemo: {{api_url: "http://127.0.0.1:9"}}
rules:
  - name: shorts
    watch: {folder}
    prompt: cut it
"""


@dataclass(frozen=True)
class Office:
    """A daemon's parts, and the desk at which they are asked."""

    house: House
    desk: ControlDesk
    state: StateFolder

    def add(self, job_id: str, stop: Stop | None = None) -> str:
        """Enter a job; it stands still where it has a reason to."""
        spec = make_job_spec(job_id, path=Path(f"/talks/{job_id}.mp4"), queued_at=SystemClock().now())
        state = JobState.QUEUED if stop is None else JobState.HELD
        self.house.store.add(spec, stop=stop, state=state)
        return job_id


async def do_nothing(_: object) -> None:
    """New rules change nothing here."""


async def build(parts: AsyncExitStack, root: Path) -> House:
    """The parts of a daemon with one rule."""
    (root / "talks").mkdir(exist_ok=True)
    rules = root / "rules.yaml"
    rules.write_text(RULES.format(folder=root / "talks"))
    book, clock, state = load_rules(rules), SystemClock(), StateFolder(root / "state").create()
    parts.enter_context(InstanceLock(state))
    database = Database(state.database)
    parts.callback(database.close)
    around = Surroundings(
        book=lambda: book,
        state=state,
        clock=clock,
        stop=StopSignal(),
        rules=RulesWatch(book, clock, do_nothing),
        troubles=tuple,
        notifier=Notifier.take_from({}),
    )
    return await build_house(parts, around, database, JobSettings())


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with AsyncExitStack() as parts:
        house = await build(parts, tmp_path)
        desk = ControlDesk(house, LagMeter(house.around.clock))
        parts.push_async_callback(desk.close)
        yield Office(house, desk, house.around.state)


async def test_jobs_and_their_logs_are_found_by_the_beginning_of_their_ids(office: Office) -> None:
    office.add("aa11"), office.add("aa22")
    assert (await office.desk.job("aa1")).id == "aa11"
    assert [job.id for job in await office.desk.jobs((), None, None, 1)] == ["aa22"]
    with pytest.raises(NoSuchJob, match="Several"):
        await office.desk.read_log("aa", 0)
    with pytest.raises(NoSuchJob):
        await office.desk.read_log("../token", 0)
    log = JobLog(office.state.job_logs / "aa11.log")
    log.append("Uploaded.")
    piece = await office.desk.read_log("aa1", 0)
    assert piece.text.endswith("Uploaded.\n")
    assert not piece.is_ended
    await office.desk.order(Action.CANCEL, ["aa11"], "")
    assert (await office.desk.read_log("aa1", piece.next_offset)).is_ended


async def test_orders_are_carried_out_before_they_are_answered(office: Office) -> None:
    held, queued = office.add("aa11", Stop(1, "prepare", Cause.BACKLOG)), office.add("bb22")
    outcomes = await office.desk.order(Action.RELEASE, [held, queued, "cc33"], "")
    assert [outcome.fate for outcome in outcomes] == [OrderFate.DONE, OrderFate.REFUSED, OrderFate.REFUSED]
    assert [outcome.job_id for outcome in outcomes] == [held, queued, "cc33"]
    assert (await office.desk.job(held)).state is JobState.QUEUED
    # A state without a job has its figure too, or it would vanish from graphs.
    assert (await office.desk.figures()).jobs == dict.fromkeys(JobState, 0) | {"queued": 2}


async def test_order_that_takes_too_long_is_kept_and_still_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, go_on, carry_out = office.add("aa11"), asyncio.Event(), office.house.clerk.carry_out_orders

    async def wait_first() -> None:
        await go_on.wait()
        await carry_out()

    monkeypatch.setattr(control, "ORDERS_SECONDS", 0.01)
    monkeypatch.setattr(office.house.clerk, "carry_out_orders", wait_first)
    (outcome,) = await office.desk.order(Action.CANCEL, [held], "")
    assert outcome.fate is OrderFate.KEPT
    go_on.set()
    await async_wait_until(lambda: office.house.store.count_by_state() == {JobState.CANCELLED: 1})
    assert (await office.desk.figures()).ended == {"done": 0, "failed": 0, "cancelled": 1}


async def test_job_that_is_released_while_jobs_are_paused_waits_like_all_others(office: Office) -> None:
    standing = await office.desk.pause("lunch")
    held = office.add("aa11", Stop(1, "prepare", Cause.BACKLOG))
    await office.desk.order(Action.RELEASE, [held], "")
    await office.house.dispatcher.offer()
    status = await office.desk.status()
    assert [job.id for job in status.queued] == [held]
    assert (status.paused_at, status.paused_why) == (standing.paused_at, "lunch")
    assert status.standing is not None
    assert status.standing.rules[0].name == "shorts"
    assert (await office.desk.resume()).paused_at is None


async def test_daemon_that_can_make_no_socket_works_on_without_it(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state").create()
    (state.control / "in the way").mkdir(parents=True)
    async with AsyncExitStack() as parts:
        house = await build(parts, tmp_path)
        async with Control(house):
            with pytest.raises(DaemonAbsent):
                await asyncio.to_thread(ControlClient(state).health)
    assert (state.control / "in the way").exists()


async def test_lag_is_the_longest_of_the_last_minute_and_grows_while_a_turn_is_overdue() -> None:
    clock = FakeClock()
    meter = LagMeter(clock)
    assert meter.longest_seconds == 0.0
    running = asyncio.create_task(meter.run())
    await asyncio.sleep(0)
    clock.move(1.25)
    assert meter.longest_seconds == pytest.approx(0.25)
    for _ in range(60):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert meter.longest_seconds == pytest.approx(0.25)
        clock.move(1.0 - clock.monotonic() % 1.0)
    for _ in range(3):
        await asyncio.sleep(0)
    assert meter.longest_seconds == 0.0
    running.cancel()
