"""Takes the user's orders to the daemon, by way of the database, and brings its answers back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from nemowatch.clock import SystemClock
from nemowatch.jobs.orders import open_order_book
from nemowatch.places import StateError, read_lock_holder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nemowatch.clock import Clock
    from nemowatch.jobs.orders import Action, OrderBook
    from nemowatch.jobs.records import JobRecord
    from nemowatch.places import StateFolder

PATIENCE_SECONDS = 5.0
"""The daemon looks for orders twice a second; while answers keep coming, more are waited for."""

_LOOK_SECONDS = 0.1
_NOT_RUNNING = "NemoWatch is not running; this is kept and done at its next start."
_NOT_YET = "NemoWatch has not got to it yet; this is kept and done as soon as it can."


class Fate(StrEnum):
    """What became of an order."""

    DONE = "done"
    REFUSED = "refused"
    KEPT = "kept"


@dataclass(frozen=True)
class Outcome:
    """What became of the order for one job, and what the daemon, or we, say of it."""

    job_id: str
    fate: Fate
    text: str


class Courier:
    """Gives orders and waits for what comes of them.

    Args:
        state: where the daemon and the database are.
        clock: the time.
        pause: waits so many seconds.
    """

    def __init__(
        self, state: StateFolder, *, clock: Clock | None = None, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._state = state
        self._clock = clock or SystemClock()
        self._pause = pause

    def give(self, action: Action, records: Sequence[JobRecord], text: str = "") -> tuple[Outcome, ...]:
        """Give the same order for each job; what became of it, in the jobs' order.

        Raises:
            StateError: the database is gone, or of an earlier version that no daemon has brought up to date.
            DatabaseTooNew, DatabaseUnusable: it can't be written.
        """
        with open_order_book(self._state.database) as book:
            if book is None:
                raise StateError(
                    f"{self._state.database} takes no orders.",
                    hint="Start `nemowatch run` once, and try again.",
                )
            now = self._clock.now()
            orders = {
                book.give(record.spec.job_id, action, text, now=now): record.spec.job_id for record in records
            }
            outcomes = self._collect(book, orders) if self._is_running() else {}
        kept = _NOT_YET if self._is_running() else _NOT_RUNNING
        return tuple(
            outcomes.get(number) or Outcome(job_id, Fate.KEPT, kept) for number, job_id in orders.items()
        )

    def _collect(self, book: OrderBook, orders: dict[int, str]) -> dict[int, Outcome]:
        """The answers that come in time."""
        outcomes: dict[int, Outcome] = {}
        deadline = self._clock.monotonic() + PATIENCE_SECONDS
        while True:
            for number in orders.keys() - outcomes.keys():
                answer = book.read_answer(number)
                if answer is not None:
                    fate = Fate.REFUSED if answer.is_refused else Fate.DONE
                    outcomes[number] = Outcome(orders[number], fate, answer.text)
                    deadline = self._clock.monotonic() + PATIENCE_SECONDS
            if len(outcomes) == len(orders) or self._clock.monotonic() >= deadline:
                return outcomes
            self._pause(_LOOK_SECONDS)

    def _is_running(self) -> bool:
        return read_lock_holder(self._state) is not None
