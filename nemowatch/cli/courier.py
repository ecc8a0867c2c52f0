"""Takes the user's orders to the running daemon and brings its answers back; keeps them for it while none runs.

Called by the commands that give orders. Where the daemon takes no requests, the orders go by way of the database, in
which it looks for them as well: an order is kept either way, and carried out once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nemowatch.clock import SystemClock
from nemowatch.jobs.orders import open_order_book
from nemowatch.places import StateError, read_lock_holder
from nemowatch.web.bodies import OrderFate, OrderOutcome
from nemowatch.web.client import ControlClient, DaemonAbsent, DaemonSilent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nemowatch.clock import Clock
    from nemowatch.jobs.orders import Action, OrderBook
    from nemowatch.jobs.records import JobRecord
    from nemowatch.places import StateFolder

PATIENCE_SECONDS = 5.0
"""A daemon that takes no requests looks for orders by itself; while answers keep coming, more are waited for."""

_LOOK_SECONDS = 0.1
AT_ONCE = 100
"""Orders in one request: each is carried out before the answer comes, and the answer is waited for so long only."""

_NOT_RUNNING = "NemoWatch is not running; this is kept and done at its next start."
_NOT_YET = "NemoWatch has not got to it yet; this is kept and done as soon as it can."


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

    def give(self, action: Action, records: Sequence[JobRecord], text: str = "") -> tuple[OrderOutcome, ...]:
        """Give the same order for each job; what became of it, in the jobs' order.

        Raises:
            DaemonSilent: the daemon has not answered; what it got of the orders it has kept, which nobody can tell.
            ControlRefused: it takes no such orders.
            StateError: the database is gone, or of an earlier version that no daemon has brought up to date.
            DatabaseTooNew, DatabaseUnusable: it can't be written.
        """
        job_ids = [record.spec.job_id for record in records]
        if self._is_running():
            try:
                return self._give_to_daemon(action, job_ids, text)
            except DaemonAbsent:
                pass  # just starting, just ending, or of an earlier version: it finds them in the database
        return self._keep(action, job_ids, text)

    def _give_to_daemon(self, action: Action, job_ids: Sequence[str], text: str) -> tuple[OrderOutcome, ...]:
        outcomes: list[OrderOutcome] = []
        with ControlClient(self._state) as client:
            while len(outcomes) < len(job_ids):
                some = job_ids[len(outcomes) : len(outcomes) + AT_ONCE]
                try:
                    outcomes += client.order(action, some, text)
                except DaemonAbsent:
                    if not outcomes:
                        raise
                    # It ended in between; what it has answered must not be ordered again.
                    return (*outcomes, *self._keep(action, job_ids[len(outcomes) :], text))
                except DaemonSilent as error:
                    # Written down besides, an order that it got would be carried out, and paid for, twice.
                    raise _in_doubt(error, len(outcomes), len(job_ids)) from error
        return tuple(outcomes)

    def _keep(self, action: Action, job_ids: Sequence[str], text: str) -> tuple[OrderOutcome, ...]:
        with open_order_book(self._state.database) as book:
            if book is None:
                raise StateError(
                    f"{self._state.database} takes no orders.",
                    hint="Start `nemowatch run` once, and try again.",
                )
            now = self._clock.now()
            orders = {book.give(job_id, action, text, now=now): job_id for job_id in job_ids}
            outcomes = self._collect(book, orders) if self._is_running() else {}
        kept = _NOT_YET if self._is_running() else _NOT_RUNNING
        return tuple(
            outcomes.get(number) or OrderOutcome(job_id, OrderFate.KEPT, kept)
            for number, job_id in orders.items()
        )

    def _collect(self, book: OrderBook, orders: dict[int, str]) -> dict[int, OrderOutcome]:
        """The answers that come in time."""
        outcomes: dict[int, OrderOutcome] = {}
        deadline = self._clock.monotonic() + PATIENCE_SECONDS
        while True:
            for number in orders.keys() - outcomes.keys():
                answer = book.read_answer(number)
                if answer is not None:
                    fate = OrderFate.REFUSED if answer.is_refused else OrderFate.DONE
                    outcomes[number] = OrderOutcome(orders[number], fate, answer.text)
                    deadline = self._clock.monotonic() + PATIENCE_SECONDS
            if len(outcomes) == len(orders) or self._clock.monotonic() >= deadline:
                return outcomes
            self._pause(_LOOK_SECONDS)

    def _is_running(self) -> bool:
        return read_lock_holder(self._state) is not None


def _in_doubt(error: DaemonSilent, answered: int, ordered: int) -> DaemonSilent:
    """The same error, with what whoever would order again has to know."""
    if ordered == 1:
        told = "Whether it got the order is not known."
    else:
        told = f"It answered {answered} of {ordered} orders; whether it got the next ones is not known."
    look = "Look with `nemowatch jobs list` before you order it again."
    return DaemonSilent(f"{error.message} {told}", hint=f"{error.hint} {look}".lstrip())
