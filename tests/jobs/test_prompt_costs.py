"""What prompts cost, told from the balance: alone, overlapping, after crashes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import FakeClock, async_wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from purse_bench import A, Account, B, C, begin, make_spec, rows, settle, spend

from nemowatch.jobs.database import Database
from nemowatch.jobs.purse import Purse
from nemowatch.jobs.tables import spending_table
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


# What a prompt cost


async def test_prompt_that_was_alone_cost_what_the_balance_lost(purse: Purse, account: Account) -> None:
    await spend(purse, account, A, 50)
    account.total -= 7  # somebody at the web editor, while no prompt is at work
    await spend(purse, account, A, 30, "edit-2")

    assert await purse.cost_of(A.job_id) == 80
    assert await purse.cost_of(B.job_id) is None


async def test_prompt_that_costs_nothing_is_known_to_cost_nothing(purse: Purse, account: Account) -> None:
    await spend(purse, account, A, 0)
    assert await purse.cost_of(A.job_id) == 0


async def test_cost_is_unknown_while_one_prompt_of_the_job_is_at_work(purse: Purse, account: Account) -> None:
    await spend(purse, account, A, 50)
    await begin(purse, account, A, "edit-2")

    assert await purse.cost_of(A.job_id) is None


async def test_reserved_credits_count_as_spent_only_when_they_are_gone(purse: Purse) -> None:
    async def read_reserved() -> Credits:
        return Credits(900, 100, 1000)

    await purse.begin(A, "edit-1", await purse.look(read_reserved))
    await purse.settle(A, "edit-1", await purse.look(Account(1000).read))

    assert await purse.cost_of(A.job_id) == 0


async def test_overlapping_prompts_share_what_was_lost_while_both_were_at_work(
    purse: Purse, account: Account, database: Database
) -> None:
    await begin(purse, account, A)
    account.total -= 20
    await begin(purse, account, B)  # 20 were lost while A was alone
    account.total -= 31
    await settle(purse, account, A)
    account.total -= 10
    await settle(purse, account, B)

    assert rows(database) == {("a", "edit-1"): 35, ("b", "edit-1"): 26}


async def test_overlapping_prompts_share_by_what_their_rules_usually_cost(
    purse: Purse, account: Account, database: Database
) -> None:
    cheap, dear = replace(B, rule="stills"), replace(C, rule="clips")
    await spend(purse, account, cheap, 20, "before")
    await spend(purse, account, dear, 60, "before")
    await begin(purse, account, cheap)
    await begin(purse, account, dear)
    account.total -= 80
    await settle(purse, account, cheap)
    await settle(purse, account, dear)

    assert (rows(database)["b", "edit-1"], rows(database)["c", "edit-1"]) == (20, 60)


async def test_top_up_costs_nobody_anything(purse: Purse, account: Account, database: Database) -> None:
    await begin(purse, account, A)
    account.total += 500
    await begin(purse, account, B)
    account.total -= 40
    await settle(purse, account, A)
    account.total += 500
    await settle(purse, account, B)

    assert rows(database) == {("a", "edit-1"): 20, ("b", "edit-1"): 20}


async def test_refused_prompt_costs_nothing_and_leaves_its_share_to_the_others(
    purse: Purse, account: Account, database: Database
) -> None:
    await begin(purse, account, A)
    await begin(purse, account, B)
    account.total -= 40
    await purse.look(account.read)
    await purse.drop(B, "edit-1")
    await settle(purse, account, A)

    assert rows(database) == {("a", "edit-1"): 40}
    assert not purse.others_in_flight(C.job_id)


async def test_settling_twice_books_once(purse: Purse, account: Account, database: Database) -> None:
    await spend(purse, account, A, 50)
    account.total -= 30
    await settle(purse, account, A)

    assert rows(database) == {("a", "edit-1"): 50}


async def test_prompt_that_is_sent_again_on_the_users_order_is_another_cost(
    purse: Purse, account: Account, database: Database
) -> None:
    for _ in range(3):
        await spend(purse, account, A, 50)

    assert rows(database) == dict.fromkeys([("a", "edit-1"), ("a", "edit-1 (2)"), ("a", "edit-1 (3)")], 50)


async def test_cost_stays_unknown_where_the_balance_could_not_be_read_before(
    purse: Purse, account: Account, database: Database
) -> None:
    await purse.look(account.read)
    account.total -= 70  # long ago, by somebody else
    await purse.begin(A, "edit-1", None)
    await settle(purse, account, A)

    assert rows(database) == {}
    assert await purse.cost_of(A.job_id) is None


async def test_prompt_without_a_balance_after_it_is_settled_later(purse: Purse, account: Account) -> None:
    await begin(purse, account, A)
    account.total -= 50
    await purse.settle(A, "edit-1", None)
    assert await purse.cost_of(A.job_id) is None

    await settle(purse, account, A)
    assert await purse.cost_of(A.job_id) == 50


async def test_prompt_that_nobody_settles_is_booked_after_an_hour(
    purse: Purse, account: Account, clock: FakeClock, database: Database
) -> None:
    await begin(purse, account, A)
    account.total -= 50
    clock.move(3601)
    await purse.look(account.read)
    await spend(purse, account, B, 30)

    assert rows(database) == {("a", "edit-1"): 50, ("b", "edit-1"): 30}


async def test_reading_that_was_overtaken_by_a_later_one_is_passed_over(
    purse: Purse, account: Account, database: Database
) -> None:
    await begin(purse, account, A)
    stale, gate = account.begin_slow_reading(purse)
    await asyncio.sleep(0)
    account.total -= 60
    await purse.look(account.read)
    gate.set()
    assert (await stale).total == 1000
    await settle(purse, account, A)

    assert rows(database) == {("a", "edit-1"): 60}


async def test_reading_from_before_a_top_up_is_not_taken_for_a_loss(
    purse: Purse, account: Account, database: Database
) -> None:
    await begin(purse, account, A)
    stale, gate = account.begin_slow_reading(purse)
    await asyncio.sleep(0)
    account.total += 500
    await purse.look(account.read)
    gate.set()
    await stale
    account.total -= 30
    await settle(purse, account, A)

    assert rows(database) == {("a", "edit-1"): 30}


async def test_reading_that_overtook_an_earlier_one_counts(
    purse: Purse, account: Account, database: Database
) -> None:
    await begin(purse, account, A)
    early, gate = account.begin_slow_reading(purse)
    await asyncio.sleep(0)
    gate.set()
    account.total -= 60
    await settle(purse, account, A)
    await early

    assert rows(database) == {("a", "edit-1"): 60}


async def test_error_of_the_service_passes_through_and_changes_nothing(
    purse: Purse, account: Account
) -> None:
    async def fail() -> Credits:
        raise ConnectionError

    await begin(purse, account, A)
    with pytest.raises(ConnectionError):
        await purse.look(fail)
    account.total -= 50
    await settle(purse, account, A)

    assert await purse.cost_of(A.job_id) == 50


# Crashes


async def test_prompts_of_a_daemon_that_was_killed_are_settled_by_the_next_and_counted_once(
    purse: Purse, account: Account, clock: FakeClock, database: Database
) -> None:
    await begin(purse, account, A)
    account.total -= 20
    await begin(purse, account, B)
    account.total -= 40

    later = Purse(database, clock)
    assert later.others_in_flight(A.job_id)
    await settle(later, account, A)
    await settle(later, account, B)

    assert rows(database) == {("a", "edit-1"): 40, ("b", "edit-1"): 20}
    assert not Purse(database, clock).others_in_flight(C.job_id)


async def test_prompt_that_was_booked_before_the_crash_is_not_booked_again(
    purse: Purse, account: Account, clock: FakeClock, database: Database
) -> None:
    await spend(purse, account, A, 50)
    account.total -= 20
    await settle(Purse(database, clock), account, A)

    assert rows(database) == {("a", "edit-1"): 50}


async def test_job_that_is_cancelled_in_the_middle_of_booking_loses_nothing(
    purse: Purse, account: Account, database: Database
) -> None:
    await begin(purse, account, A)
    account.total -= 50
    now = await purse.look(account.read)
    task = asyncio.create_task(purse.settle(A, "edit-1", now))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await async_wait_until(lambda: rows(database) == {("a", "edit-1"): 50})


async def test_locked_database_is_waited_out(
    account: Account, clock: FakeClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    purse = Purse(database, clock)
    await begin(purse, account, A)
    account.total -= 50
    now = await purse.look(account.read)
    path = database.url.database
    assert path is not None
    with database.synced() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(purse.settle(A, "edit-1", now))
    await async_wait_until(lambda: clock._sleepers)
    blocker.execute("ROLLBACK")
    blocker.close()
    clock.move(30)
    await task

    assert rows(database) == {("a", "edit-1"): 50}


# Sums


_KINDS = ("begin", "settle", "charge", "charge", "drop", "look", "crash", "top up")
_EVENTS = st.lists(st.tuples(st.sampled_from(_KINDS), st.integers(0, 3), st.integers(0, 90)), max_size=25)


@given(_EVENTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_add_up_to_what_the_balance_lost_in_any_order_of_events(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, int, int]]
) -> None:
    database = Database(tmp_path_factory.mktemp("sum") / "nemowatch.db")
    try:
        asyncio.run(_play(database, events))
    finally:
        database.close()


async def _play(database: Database, events: list[tuple[str, int, int]]) -> None:
    clock, account, at_work = FakeClock(), Account(10_000), set[int]()
    purse = Purse(database, clock)
    specs = [make_spec(f"{letter}" * 16, f"rule-{number % 2}") for number, letter in enumerate("abcd")]
    spent = 0
    for kind, number, amount in [*events, *(("settle", number, 0) for number in range(4))]:
        spec = specs[number]
        if kind == "begin":
            await begin(purse, account, spec)
            at_work.add(number)
        elif kind == "settle":
            await settle(purse, account, spec)
            at_work.discard(number)
        elif kind == "charge" and number in at_work:
            account.total -= amount
            spent += amount
        elif kind == "drop" and number in at_work:
            await purse.look(account.read)  # or what it lost alone would be nobody's
            await purse.drop(spec, "edit-1")
            at_work.discard(number)
        elif kind == "look":
            await purse.look(account.read)
        elif kind == "crash":
            purse = Purse(database, clock)
        elif kind == "top up":
            await purse.look(account.read)
            account.total += amount
            await purse.look(account.read)
    booked = rows(database)
    assert sum(booked.values()) == spent
    assert all(cost >= 0 for cost in booked.values())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 60)), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_jobs_that_really_overlap_lose_no_credit_and_count_none_twice(
    tmp_path_factory: pytest.TempPathFactory, jobs: list[tuple[int, int, int]]
) -> None:
    database = Database(tmp_path_factory.mktemp("overlap") / "nemowatch.db")

    async def play() -> None:
        account, purse = Account(), Purse(database, FakeClock())

        def slow(turns: int) -> Callable[[], Awaitable[Credits]]:
            async def read() -> Credits:
                seen = await account.read()
                for _ in range(turns):
                    await asyncio.sleep(0)
                return seen

            return read

        async def work(number: int, before: int, after: int, cost: int) -> None:
            spec = make_spec(f"{number:016}")
            await purse.begin(spec, "edit-1", await purse.look(slow(before)))
            account.total -= cost
            await purse.settle(spec, "edit-1", await purse.look(slow(after)))

        await asyncio.gather(*(work(number, *job) for number, job in enumerate(jobs)))
        assert purse._meter.prompts == ()

    try:
        asyncio.run(play())
        with database.engine.connect() as connection:
            costs = [row.credits for row in connection.execute(spending_table.select())]
    finally:
        database.close()
    assert sum(costs) == sum(cost for _, _, cost in jobs)
    assert len(costs) == len(jobs)
