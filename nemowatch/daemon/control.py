"""Answers the commands while the daemon runs: what the control API does, by the daemon's own parts.

A companion of the daemon's root. Everything it does goes through the parts that do it anyway, so that there is one
truth; it decides nothing about jobs or files. Where no socket can be made, the work goes on without it.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Self, TypeVar

from loguru import logger

import nemowatch
from nemowatch.daemon.lag import LagMeter
from nemowatch.daemon.telling import describe_standing
from nemowatch.errors import NemoWatchError
from nemowatch.intake.records import FolderState
from nemowatch.jobs.file_history import FileHistory
from nemowatch.jobs.orders import OrderBook
from nemowatch.jobs.records import JobState
from nemowatch.jobs.spending import SpendingBook
from nemowatch.jobs.window import Window
from nemowatch.outputs.job_log import JobLog
from nemowatch.places import read_lock_holder
from nemowatch.web.app import build_app
from nemowatch.web.bodies import (
    Balance,
    Health,
    LogPiece,
    OrderFate,
    OrderOutcome,
    PauseStanding,
    RulesChange,
    SkippedFile,
)
from nemowatch.web.errors import Refused
from nemowatch.web.metrics import Figures
from nemowatch.web.server import ControlServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from nemowatch.daemon.house import House
    from nemowatch.jobs.orders import Action
    from nemowatch.jobs.switches import Pause
    from nemowatch.jobs.views import JobView, StatusView
    from nemowatch.rules.rule import RuleBook
    from nemowatch.standing import Standing

_Value = TypeVar("_Value")

ORDERS_SECONDS = 10.0
"""So long a command waits for what came of its orders; then it is told that they are kept."""

_KEPT = "NemoWatch has not got to it yet; this is kept and done as soon as it can."


class Control:
    """Listens on the control socket while the daemon works."""

    def __init__(self, house: House) -> None:
        state, clock = house.around.state, house.around.clock
        self._lag = LagMeter(clock)
        self._desk = ControlDesk(house, self._lag)
        self._path = state.control
        self._server = ControlServer(build_app(self._desk), state.control)
        self._measuring: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._measuring = asyncio.create_task(self._lag.run())
        try:
            await self._server.start()
        except OSError as error:
            logger.warning(
                f"Commands can't reach this daemon: {self._path} can't be made: {error.strerror or error}. "
                "They show what the database knows; orders are carried out some seconds later."
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no more."""
        if self._measuring is not None:
            self._measuring.cancel()
        await self._server.stop()
        await self._desk.close()

    def follow(self, book: RuleBook) -> None:
        """New rules are in force; the desk asks for those in force each time."""


class ControlDesk:
    """Does what the control API asks for; the `Controls` of `web/app.py`.

    Args:
        house: the daemon's parts.
        lag: how late the event loop is.
    """

    def __init__(self, house: House, lag: LagMeter) -> None:
        self._house = house
        self._around = house.around
        self._clock = house.around.clock
        self._lag = lag
        self._since = self._clock.now()
        engine = house.database.engine
        self._window = Window(engine, is_running=True)
        self._history = FileHistory(engine)
        self._spending = SpendingBook(engine)
        self._orders = OrderBook(engine)
        self._carrying_out: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Break off what is still being carried out; it is written down, and goes on at the next start."""
        for task in self._carrying_out:
            task.cancel()
        await asyncio.gather(*self._carrying_out, return_exceptions=True)

    async def status(self) -> StatusView:
        """How the daemon stands, with the jobs that are shown."""
        standing, state = self._describe_standing(), self._around.state
        view = await self._in_thread(
            lambda: self._window.read_status(
                daemon=read_lock_holder(state),
                state_folder=str(state.root),
                standing=standing,
                now=self._clock.now(),
            )
        )
        pause, seen = self._house.pausing.present, self._house.workshop.purse.seen
        return replace(
            view,
            paused_at=None if pause is None else pause.since,
            paused_why="" if pause is None else pause.why,
            credits=None if seen is None else seen.available,
        )

    async def jobs(
        self, states: Sequence[JobState], rule: str | None, since: float | None, limit: int
    ) -> tuple[JobView, ...]:
        """Jobs, the newest first."""
        now = self._clock.now()
        return await self._in_thread(
            lambda: self._window.list_jobs(states=states, rule=rule, since=since, limit=limit, now=now)
        )

    async def job(self, beginning: str) -> JobView:
        """The one job whose id begins like this.

        Raises:
            NoSuchJob: there is none, or there are several.
        """
        return await self._in_thread(lambda: self._window.find_job(beginning, now=self._clock.now()))

    async def read_log(self, beginning: str, offset: int) -> LogPiece:
        """A job's log from an offset on (bytes).

        Raises:
            NoSuchJob: there is no such job, or there are several.
        """
        return await self._in_thread(lambda: self._read_log(beginning, offset))

    async def order(self, action: Action, job_ids: Sequence[str], text: str) -> tuple[OrderOutcome, ...]:
        """Write orders down, which keeps them over any crash, and carry them out now."""
        now = self._clock.now()
        numbers = await self._in_thread(
            lambda: [self._orders.give(job_id, action, text, now=now) for job_id in job_ids]
        )
        task = asyncio.create_task(self._carry_out())
        self._carrying_out.add(task)
        task.add_done_callback(self._carrying_out.discard)
        await asyncio.wait({task}, timeout=ORDERS_SECONDS)
        answers = await self._in_thread(lambda: [self._orders.read_answer(number) for number in numbers])
        return tuple(
            OrderOutcome(job_id, OrderFate.KEPT, _KEPT)
            if answer is None
            else OrderOutcome(job_id, OrderFate.REFUSED if answer.is_refused else OrderFate.DONE, answer.text)
            for job_id, answer in zip(job_ids, answers, strict=True)
        )

    async def pause(self, why: str) -> PauseStanding:
        """Let no job start, also not after a restart.

        Raises:
            DatabaseUnusable: it can't be kept; nothing is changed.
        """
        with self._house.database.told():
            return _standing_of(await self._house.pausing.pause(why))

    async def resume(self) -> PauseStanding:
        """Let jobs start again.

        Raises:
            DatabaseUnusable: it can't be kept; nothing is changed.
        """
        with self._house.database.told():
            await self._house.pausing.resume()
        return _standing_of(None)

    async def reload(self) -> RulesChange:
        """Read the rules again and put them in force.

        Raises:
            Refused: they are wrong; those from before stay in force.
        """
        before = {rule.name: rule for rule in self._around.book().rules}
        standing = await self._around.rules.reload()
        if standing.error:
            raise Refused(
                f"{standing.error}\nThe rules from before stay in force.",
                status=422,
                code="rules_invalid",
            )
        book = self._around.book()
        after = {rule.name: rule for rule in book.rules}
        return RulesChange(
            rules_file=str(book.path),
            loaded_at=standing.loaded_at,
            rule_count=len(after),
            added=tuple(name for name in after if name not in before),
            changed=tuple(name for name in after if name in before and after[name] != before[name]),
            removed=tuple(name for name in before if name not in after),
            troubles=tuple(self._around.troubles()),
        )

    async def credits(self) -> Balance:
        """The account's credits, asked of the service now.

        Raises:
            ApiError: it does not tell.
        """
        balance = await self._house.workshop.purse.look(self._house.own_api.read_credits)
        with self._house.database.told():
            spent = await self._house.workshop.purse.spent_today()
        tokens, limits = self._house.workshop.client.tokens, self._around.book().limits
        return Balance(
            available=balance.available,
            frozen=balance.frozen,
            total=balance.total,
            spent_today=spent,
            keep_credits=limits.keep_credits,
            credits_per_day=limits.credits_per_day,
            account="anonymous" if tokens.is_anonymous else "own",
            user_id=tokens.user_id,
        )

    async def skipped(self, rule: str | None, limit: int) -> tuple[SkippedFile, ...]:
        """Files that make no job, those that were found last at the front."""
        files = await self._in_thread(lambda: self._history.list_skipped(rule=rule, limit=limit))
        return tuple(SkippedFile.of(file) for file in files)

    async def health(self) -> Health:
        """That the daemon answers; asks neither disk nor service."""
        return Health(nemowatch.__version__, os.getpid(), self._since, round(self._lag.longest_seconds, 4))

    async def figures(self) -> Figures:
        """The figures for Prometheus."""
        store, seen, tally = self._house.store, self._house.workshop.purse.seen, self._house.workshop.tally
        jobs, rules, waits_since, spent = await self._in_thread(
            lambda: (
                store.count_by_state(),
                store.count_by_rule(),
                store.waits_since(),
                self._spending.spent_since(0.0),
            )
        )
        folders = self._house.intake.folders()
        return Figures(
            version=nemowatch.__version__,
            loop_lag_seconds=self._lag.longest_seconds,
            started_at=self._since,
            jobs={state.value: jobs.get(state, 0) for state in JobState},
            jobs_of_rules=rules,
            ended={state.value: tally.ended[state] for state in JobState if state.is_final},
            queue_age_seconds=0.0 if waits_since is None else max(0.0, self._clock.now() - waits_since),
            credits_available=None if seen is None else seen.available,
            credits_frozen=None if seen is None else seen.frozen,
            credits_spent=spent,
            sent_bytes=tally.sent_bytes,
            received_bytes=tally.received_bytes,
            folders=len(folders),
            folders_offline=sum(folder.state is FolderState.OFFLINE for folder in folders),
            is_paused=self._house.pausing.present is not None,
        )

    async def _carry_out(self) -> None:
        try:
            with self._house.database.told():
                await self._house.clerk.carry_out_orders()
        except NemoWatchError as error:
            logger.warning(f"Orders wait. {error.message}")
        finally:
            # What is left is the clerk's, and what was ordered may have changed when it has to look next.
            self._house.clerk.stir()

    def _describe_standing(self) -> Standing:
        around = self._around
        return describe_standing(
            around.book(),
            around.rules.standing,
            self._house.intake,
            tuple(around.troubles()),
            self._clock,
        )

    def _read_log(self, beginning: str, offset: int) -> LogPiece:
        # Before the log is read: what was written when the job had ended is all that there is.
        job = self._window.find_job(beginning, now=self._clock.now())
        log = JobLog(self._around.state.job_logs / f"{job.id}.log")
        text, next_offset = log.read_from(offset)
        is_ended = job.state.is_final and not log.read_from(next_offset)[0]
        return LogPiece(text, next_offset, is_ended)

    async def _in_thread(self, ask: Callable[[], _Value]) -> _Value:
        """What a thread finds out in the database.

        Raises:
            DatabaseUnusable: it can't be read or written.
        """

        def asked() -> _Value:
            with self._house.database.told():
                return ask()

        return await asyncio.to_thread(asked)


def _standing_of(pause: Pause | None) -> PauseStanding:
    return PauseStanding(None) if pause is None else PauseStanding(pause.since, pause.why)
