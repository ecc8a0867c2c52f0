"""What the user orders for a job (`jobs cancel`, `retry` …): written by the commands, carried out by the daemon.

The database lies between the two, so that an order is kept while no daemon runs, and is carried out once: the
daemon answers each order in words, and the command shows the answer.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nemowatch.jobs.database import open_for_orders
from nemowatch.jobs.tables import orders_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Action(StrEnum):
    """What can be ordered."""

    RETRY = "retry"
    CANCEL = "cancel"
    RELEASE = "release"
    ANSWER = "answer"
    REFINE = "refine"
    RERUN = "rerun"


@dataclass(frozen=True)
class Order:
    """One order; `text` is the answer or the refinement, else empty. Times in seconds since the epoch."""

    order_id: int
    job_id: str
    action: Action
    text: str
    given_at: float


@dataclass(frozen=True)
class OrderAnswer:
    """What came of an order, in words; a refused one changed nothing."""

    text: str
    is_refused: bool


class OrderBook:
    """The orders in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def give(self, job_id: str, action: Action, text: str = "", *, now: float) -> int:
        """Write an order down; returns its number."""
        with self._engine.begin() as connection:
            added = connection.execute(
                orders_table.insert().values(job_id=job_id, action=action, text=text, given_at=now)
            )
            return int(added.inserted_primary_key[0]) if added.inserted_primary_key else 0

    def open_orders(self) -> tuple[Order, ...]:
        """The orders that have no answer yet, the first one first."""
        table = orders_table.c
        query = (
            sa.select(table.order_id, table.job_id, table.action, table.text, table.given_at)
            .where(table.answered_at.is_(None))
            .order_by(table.order_id)
        )
        with self._engine.connect() as connection:
            return tuple(
                Order(row[0], row[1], Action(row[2]), row[3], row[4]) for row in connection.execute(query)
            )

    def answer(self, order_id: int, answer: OrderAnswer, *, now: float) -> None:
        """Write what came of an order."""
        with self._engine.begin() as connection:
            connection.execute(
                orders_table.update()
                .where(orders_table.c.order_id == order_id)
                .values(answer=answer.text, is_refused=answer.is_refused, answered_at=now)
            )

    def read_answer(self, order_id: int) -> OrderAnswer | None:
        """What came of an order; None while the daemon has not got to it."""
        table = orders_table.c
        query = sa.select(table.answer, table.is_refused).where(
            table.order_id == order_id, table.answered_at.is_not(None)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else OrderAnswer(str(row[0]), bool(row[1]))


@contextmanager
def open_order_book(path: Path) -> Iterator[OrderBook | None]:
    """The orders of a database file as a command writes them; None where no daemon has run yet.

    Raises:
        DatabaseTooNew, DatabaseUnusable: as for reading.
    """
    with open_for_orders(path) as engine:
        yield None if engine is None else OrderBook(engine)
