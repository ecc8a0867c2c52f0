"""What the jobs have cost: the rows in the database, written by `purse.py`, read by it and by the commands.

One row for each prompt that was paid for; a prompt that is sent again, because the user ordered it, has another.
All methods block for a database round-trip.
"""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nemowatch.jobs.meter import Meter, PromptAtWork
from nemowatch.jobs.records import JobState
from nemowatch.jobs.tables import jobs_table, metadata, spending_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.jobs.database import Database

_LEARNT_FROM = 20
"""So many of the latest jobs or prompts are what an estimate is learnt from."""

prompts_at_work_table = sa.Table(
    "nemowatch_prompts_at_work",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("prompt", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("credits", sa.Integer, nullable=False),
    sa.Column("is_measured", sa.Boolean, nullable=False),
    sa.Column("total", sa.Integer),
)


@dataclass(frozen=True)
class Estimate:
    """What a job of a rule usually costs, and of how many jobs that was learnt."""

    credits: int
    jobs: int


@dataclass(frozen=True)
class Spent:
    """One prompt's cost; `spent_at` in seconds since the epoch."""

    job_id: str
    prompt: str
    rule: str
    credits: int
    spent_at: float


class SpendingBook:
    """What was spent, as any process may read it.

    Args:
        engine: the database's; one that may only read will do.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def cost_of(self, job_id: str) -> int | None:
        """What a job's prompts have cost, as far as they are settled; None where nothing is known."""
        table = spending_table.c
        query = sa.select(sa.func.sum(table.credits)).where(table.job_id == job_id)
        cost: int | None = self._ask(query)
        return cost

    def costs_of(self, job_ids: Sequence[str]) -> dict[str, int]:
        """The same for several jobs: by their ids, without those of which nothing is known."""
        table = spending_table.c
        # One parameter for all: SQLite takes only so many.
        wanted = sa.select(sa.func.json_each(json.dumps(job_ids)).table_valued("value").c.value)
        query = (
            sa.select(table.job_id, sa.func.sum(table.credits))
            .where(table.job_id.in_(wanted))
            .group_by(table.job_id)
        )
        with self._engine.connect() as connection:
            return {str(job_id): int(cost) for job_id, cost in connection.execute(query)}

    def spent_since(self, moment: float) -> int:
        """What was spent from a moment on (seconds since the epoch), by all jobs together."""
        table = spending_table.c
        query = sa.select(sa.func.coalesce(sa.func.sum(table.credits), 0)).where(table.spent_at >= moment)
        return int(self._ask(query) or 0)

    def estimate(self, rule: str) -> Estimate | None:
        """What a job of this rule costs: the median of its latest paid jobs that have ended; None without any."""
        table = spending_table.c
        resting = [state for state in JobState if state.is_final]
        costs = (
            sa.select(sa.func.sum(table.credits))
            .outerjoin_from(spending_table, jobs_table, jobs_table.c.job_id == table.job_id)
            .where(table.rule == rule, jobs_table.c.state.is_(None) | jobs_table.c.state.in_(resting))
            .group_by(table.job_id)
            .having(sa.func.sum(table.credits) > 0)
            .order_by(sa.func.max(table.spent_at).desc(), table.job_id)
            .limit(_LEARNT_FROM)
        )
        found = self._ask_all(costs)
        return Estimate(_median(found), len(found)) if found else None

    def estimate_prompt(self, rule: str) -> int | None:
        """What one prompt of this rule costs: the median of the latest; None before the first."""
        table = spending_table.c
        costs = (
            sa.select(table.credits)
            .where(table.rule == rule)
            .order_by(table.spent_at.desc(), table.job_id, table.prompt)
            .limit(_LEARNT_FROM)
        )
        found = self._ask_all(costs)
        return _median(found) if found else None

    def _ask(self, query: sa.Select[int | None]) -> int | None:
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def _ask_all(self, query: sa.Select[int]) -> list[int]:
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())


class Ledger:
    """The daemon's way to write what was spent, and what is at work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        metadata.create_all(database.engine, tables=[prompts_at_work_table])

    def read_meter(self) -> Meter:
        """The prompts at work when the daemon before this one ended, and the last balance that it saw."""
        with self._database.engine.connect() as connection:
            rows = connection.execute(
                sa.select(prompts_at_work_table).order_by(prompts_at_work_table.c.began_at)
            ).all()
        prompts = tuple(
            PromptAtWork(row.job_id, row.prompt, row.rule, row.began_at, row.credits, row.is_measured)
            for row in rows
        )
        return Meter(rows[0].total if rows else None, prompts)

    def write(self, spent: Sequence[Spent], meter: Meter) -> None:
        """Write, all or nothing and synced to the disk, new costs and what is at work now."""
        with self._database.synced() as connection:
            for row in spent:
                connection.execute(
                    spending_table.insert().values(
                        job_id=row.job_id,
                        prompt=_free_name(connection, row),
                        rule=row.rule,
                        credits=row.credits,
                        spent_at=row.spent_at,
                    )
                )
            connection.execute(prompts_at_work_table.delete())
            for prompt in meter.prompts:
                connection.execute(
                    prompts_at_work_table.insert().values(
                        job_id=prompt.job_id,
                        prompt=prompt.prompt,
                        rule=prompt.rule,
                        began_at=prompt.began_at,
                        credits=prompt.credits,
                        is_measured=prompt.is_measured,
                        total=meter.total,
                    )
                )


def start_of_day(moment: float) -> float:
    """The local midnight at or before a moment, both in seconds since the epoch."""
    return _midnight(moment, days=0)


def next_midnight(moment: float) -> float:
    """The local midnight after a moment; 23 or 25 hours after the one before where the clocks change."""
    return _midnight(moment, days=1)


def _midnight(moment: float, *, days: int) -> float:
    day = datetime.fromtimestamp(moment).astimezone().date() + timedelta(days=days)
    # Without an offset of its own: which one holds at that midnight is for the machine's time zone to say.
    return datetime.combine(day, time.min).timestamp()


def _median(credits_spent: Sequence[int]) -> int:
    return math.ceil(statistics.median(credits_spent))


def _free_name(connection: sa.Connection, row: Spent) -> str:
    """`edit-1`, and `edit-1 (2)` for what was paid when the user had the same prompt sent again."""
    table = spending_table.c
    query = sa.select(table.prompt).where(table.job_id == row.job_id)
    taken = set(connection.execute(query).scalars())
    name, count = row.prompt, 1
    while name in taken:
        count += 1
        name = f"{row.prompt} ({count})"
    return name
