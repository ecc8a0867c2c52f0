"""Whether another prompt may be paid for; and what the jobs have cost, for those who ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from helpers import FakeClock
from purse_bench import A, Account, B, C, begin, make_spec, settle, spend

from nemowatch.jobs.database import Database, open_for_reading
from nemowatch.jobs.purse import Hold, Purse
from nemowatch.jobs.reading import open_books
from nemowatch.jobs.records import Cause, JobSpec, JobState
from nemowatch.jobs.spending import Estimate, SpendingBook, next_midnight, start_of_day
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.nemo.answers import Credits


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "nemowatch.db")
    yield database
    database.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def purse(database: Database, clock: FakeClock) -> Purse:
    return Purse(database, clock)


# The guards


async def hold_of(purse: Purse, spec: JobSpec, available: int) -> Hold | None:
    return await purse.check(spec, Credits(available, 0, available))


async def test_prompt_is_held_at_or_below_the_credits_to_keep(database: Database, clock: FakeClock) -> None:
    purse = Purse(database, clock, keep_credits=20)

    hold = await hold_of(purse, A, 12)
    assert hold is not None
    assert (hold.cause, hold.wake_at, hold.balance) == (Cause.CREDITS, None, 12)
    assert hold.reason == "12 credits are left, and `limits.keep_credits` is 20."
    assert await hold_of(purse, A, 20) is not None
    assert await hold_of(purse, A, 21) is None


async def test_prompt_is_held_when_nothing_is_left_and_sent_when_nobody_knows(purse: Purse) -> None:
    hold = await hold_of(purse, A, 0)
    assert hold is not None
    assert hold.reason == "0 credits are left."
    assert await purse.check(A, None) is None


def test_balance_that_was_refused_is_too_little_until_there_is_more(purse: Purse) -> None:
    assert not purse.is_short(5)
    purse.note_refusal(40)
    purse.note_refusal(10)
    assert purse.is_short(10)
    assert purse.is_short(40)
    assert not purse.is_short(41)
    assert not purse.is_short(40)

    purse.note_refusal(40)
    purse.forget_refusal()
    assert not purse.is_short(40)


async def test_first_prompts_pass_the_days_guard_while_something_of_it_is_left(
    database: Database, clock: FakeClock, account: Account
) -> None:
    purse = Purse(database, clock, credits_per_day=100)
    assert await hold_of(purse, A, 1000) is None

    await spend(purse, account, replace(A, rule="other"), 99)
    assert await hold_of(purse, B, 1000) is None
    await spend(purse, account, replace(A, rule="other"), 1, "edit-2")
    assert await hold_of(purse, B, 1000) is not None


async def test_day_is_over_when_the_next_prompt_would_not_fit(
    database: Database, clock: FakeClock, account: Account
) -> None:
    purse = Purse(database, clock, credits_per_day=100)
    await spend(purse, account, A, 40)
    assert await hold_of(purse, B, 1000) is None
    await begin(purse, account, B)

    hold = await hold_of(purse, C, 1000)
    assert hold is not None
    assert hold.cause is Cause.BUDGET
    assert hold.reason == (
        "Of today's 100 credits (`limits.credits_per_day`) 40 are spent, the prompts at work cost about 40, and "
        "this one costs about 40."
    )
    assert hold.wake_at == next_midnight(clock.now())
    assert f"`nemowatch jobs release {C.job_id[:8]}`" in hold.hint


async def test_next_day_has_its_own_share(database: Database, clock: FakeClock, account: Account) -> None:
    purse = Purse(database, clock, credits_per_day=50)
    await spend(purse, account, A, 50)
    hold = await hold_of(purse, B, 1000)
    assert hold is not None
    assert hold.wake_at is not None
    assert await purse.spent_today() == 50

    clock.move(hold.wake_at - clock.now())
    assert await hold_of(purse, B, 1000) is None
    assert await purse.spent_today() == 0
    assert await purse.spent_since(0) == 50


async def test_prompt_that_fits_on_no_day_is_said_to(
    database: Database, clock: FakeClock, account: Account
) -> None:
    await spend(Purse(database, clock), account, A, 300)
    clock.move(86_400 * 2)

    hold = await hold_of(Purse(database, clock, credits_per_day=200), B, 1000)
    assert hold is not None
    assert "about 300 credits" in hold.reason
    assert "on no day will it fit" in hold.reason
    assert hold.wake_at is not None


async def test_jobs_that_ask_at_the_same_moment_do_not_all_pass(
    database: Database, clock: FakeClock, account: Account
) -> None:
    await spend(Purse(database, clock), account, A, 40)
    clock.move(86_400 * 2)
    purse = Purse(database, clock, credits_per_day=100)

    async def work(number: int) -> bool:
        spec = make_spec(f"{number:016}")
        before = await purse.look(account.read)
        if await purse.check(spec, before) is not None:
            return False
        await purse.begin(spec, "edit-1", before)
        account.total -= 40
        await settle(purse, account, spec)
        return True

    assert sum(await asyncio.gather(*(work(number) for number in range(6)))) == 2
    assert await purse.spent_today() == 80


async def test_prompt_that_ends_while_the_guard_is_counting_is_counted(
    database: Database, clock: FakeClock, account: Account
) -> None:
    purse = Purse(database, clock, credits_per_day=90)
    await begin(purse, account, A)
    account.total -= 90
    now = await purse.look(account.read)
    checking = asyncio.create_task(hold_of(purse, B, 1000))
    await asyncio.sleep(0)
    settling = asyncio.create_task(purse.settle(A, "edit-1", now))
    await asyncio.sleep(0)

    assert await checking is not None
    await settling


# The day


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-07-01", 24), ("2026-10-25", 25)])
def test_day_lasts_as_long_as_the_local_clocks_say(berlin: None, day: str, hours: int) -> None:
    start = datetime.fromisoformat(f"{day}T00:00:00").timestamp()

    for moment in range(int(start), int(start) + hours * 3600, 900):
        assert start_of_day(moment) == start
        assert next_midnight(moment) == start + hours * 3600
    assert start_of_day(start + hours * 3600) == start + hours * 3600
    assert start_of_day(start - 1) < start


# Reading


async def test_estimate_is_the_median_of_the_latest_paid_jobs(
    purse: Purse, account: Account, clock: FakeClock
) -> None:
    assert await purse.estimate("shorts") is None
    account.total = 100_000
    for number in range(30):
        clock.move(10)
        spec = make_spec(f"{number:016}")
        await spend(purse, account, spec, 1000 if number < 10 else number)
        await spend(purse, account, spec, 5, "edit-2")
    clock.move(10)
    await spend(purse, account, make_spec("e" * 16), 0)
    await spend(purse, account, make_spec("f" * 16, "stills"), 7)

    # The latest 20 that cost anything cost 15 to 34.
    assert await purse.estimate("shorts") == Estimate(25, 20)
    assert await purse.estimate("stills") == Estimate(7, 1)


async def test_job_that_is_not_over_is_not_learnt_from(
    purse: Purse, account: Account, database: Database
) -> None:
    store = JobStore(database.engine)
    store.add(A)
    await spend(purse, account, A, 30)
    assert await purse.estimate("shorts") is None

    store.write(A.job_id, Changes(JobState.DONE), now=1.0)
    assert await purse.estimate("shorts") == Estimate(30, 1)


async def test_commands_read_the_costs_beside_the_daemon(
    purse: Purse, account: Account, database: Database, tmp_path: Path
) -> None:
    await spend(purse, account, A, 50)

    with open_books(tmp_path / "nemowatch.db") as books:
        assert books is not None
        store, book = books
        assert store.read(A.job_id) is None
        assert (book.cost_of(A.job_id), book.spent_since(0.0)) == (50, 50)
        assert (book.estimate("shorts"), book.estimate_prompt("shorts")) == (Estimate(50, 1), 50)
    with open_for_reading(tmp_path / "nemowatch.db") as engine:
        assert engine is not None
        assert SpendingBook(engine).cost_of(B.job_id) is None
    with open_books(tmp_path / "none.db") as books:
        assert books is None
