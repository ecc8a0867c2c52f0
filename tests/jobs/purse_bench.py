"""What the tests of the money share: an account to spend from, and a prompt's way through the purse."""

from __future__ import annotations

import asyncio

from job_specs import make_job_spec

from nemowatch.jobs.database import Database
from nemowatch.jobs.purse import Purse
from nemowatch.jobs.records import JobSpec
from nemowatch.jobs.tables import spending_table
from nemowatch.nemo.answers import Credits


class Account:
    """An account whose credits tests spend; `slow` readings say what was so when they began."""

    def __init__(self, total: int = 1000) -> None:
        self.total = total
        self.gates: list[asyncio.Event] = []

    async def read(self) -> Credits:
        return Credits(self.total, 0, self.total)

    def begin_slow_reading(self, purse: Purse) -> tuple[asyncio.Task[Credits], asyncio.Event]:
        gate, seen = asyncio.Event(), Credits(self.total, 0, self.total)

        async def read() -> Credits:
            await gate.wait()
            return seen

        return asyncio.create_task(purse.look(read)), gate


def make_spec(job_id: str = "a" * 16, rule: str = "shorts") -> JobSpec:
    return make_job_spec(job_id, rule=rule)


A, B, C = (make_spec(letter * 16) for letter in "abc")


async def begin(purse: Purse, account: Account, spec: JobSpec, prompt: str = "edit-1") -> None:
    await purse.begin(spec, prompt, await purse.look(account.read))


async def settle(purse: Purse, account: Account, spec: JobSpec, prompt: str = "edit-1") -> None:
    await purse.settle(spec, prompt, await purse.look(account.read))


async def spend(purse: Purse, account: Account, spec: JobSpec, cost: int, prompt: str = "edit-1") -> None:
    await begin(purse, account, spec, prompt)
    account.total -= cost
    await settle(purse, account, spec, prompt)


def rows(database: Database) -> dict[tuple[str, str], int]:
    with database.engine.connect() as connection:
        table = spending_table.c
        found = connection.execute(
            spending_table.select().with_only_columns(table.job_id, table.prompt, table.credits)
        )
        return {(row[0][0], row[1]): row[2] for row in found}
