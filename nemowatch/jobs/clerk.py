"""Lets jobs that stand still go on: when their time has come, when what held them is gone, or when the user says so.

Run by the daemon beside the queue. It looks at the database when it is stirred (an order came, a job has come to
rest), when the next job's time has come, and now and then, so that nothing that was written past it is ever stuck.
Nothing it does is lost by a crash, and what it does twice does no harm.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger
from sqlalchemy.exc import OperationalError

from nemowatch.clock import pause_until_next
from nemowatch.jobs.records import Cause, JobRecord
from nemowatch.nemo.errors import ApiError, RateLimited, ServiceDown, TokenRejected
from nemowatch.outputs.staging import staging_folder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.jobs.dispatcher import Dispatcher
    from nemowatch.jobs.order_desk import OrderDesk
    from nemowatch.jobs.run import Workshop
    from nemowatch.jobs.store import JobStore
    from nemowatch.nemo.answers import Credits
    from nemowatch.nemo.client import NemoApi


_LEAST_PAUSE_SECONDS = 0.2
"""A job whose time has come and that does not go on, since another was faster, is not asked for all the time."""

_ORDERS_PATIENCE_SECONDS = 5.0
"""An order for a recording on a share that hangs must not hold up all jobs that stand still, nor the start."""


_WOKEN_AT_ONCE = 500
"""Jobs whose time has come, at each look: the next one comes at once while there are more."""


class Waker:
    """Puts a job that stands still, or has ended, back into the line."""

    def __init__(self, store: JobStore, dispatcher: Dispatcher, clock: Clock) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock

    async def wake(self, record: JobRecord) -> bool:
        """Begin the next round of a job; False where another was faster.

        A job that has ended and delivered begins another attempt, with an output folder of its own.
        """
        spec = record.spec
        building = staging_folder(spec.output_folder, spec.job_id, record.attempt)
        is_delivered = record.state.is_final and not await asyncio.to_thread(building.exists)
        woken = await asyncio.to_thread(
            self._store.unpark, record, attempt=record.attempt + is_delivered, now=self._clock.now()
        )
        if woken is None:
            return False
        self._dispatcher.stir()
        return True

    async def wake_due(self, cause: Cause) -> int:
        """Begin the next round of all jobs whose time has come, of a cause that can be a great many's at once."""
        count = await asyncio.to_thread(self._store.unpark_due, cause, now=self._clock.now())
        if count:
            self._dispatcher.stir()
        return count


class Clerk:
    """Looks after the jobs that stand still, and carries out the user's orders.

    Args:
        workshop: what all jobs share.
        waker: puts jobs back into the line.
        orders: carries out what the commands have written down.
        api: asks for the balance, in NemoWatch's own name.
        look_beside: what else is looked after at each look.
        look_seconds: how often it looks when nobody stirs it and no job's time comes.
    """

    def __init__(
        self,
        workshop: Workshop,
        waker: Waker,
        orders: OrderDesk,
        api: NemoApi,
        *,
        look_beside: Callable[[], Awaitable[None]] | None = None,
        look_seconds: float = 10.0,
    ) -> None:
        self._workshop = workshop
        self._store = workshop.store
        self._clock = workshop.clock
        self._waker = waker
        self._orders = orders
        self._api = api
        self._look_beside = look_beside
        self._look_seconds = look_seconds
        self._stirred = asyncio.Event()
        self._next_account_look = 0.0
        self._turns_given = -1
        self._carrying_out: asyncio.Task[None] | None = None

    @property
    def has_turns_to_give(self) -> bool:
        """Whether a session was let go for which a job may wait."""
        return self._turns_given != self._workshop.shared.releases

    def stir(self) -> None:
        """Say that there may be something to do: an order, a job that has come to rest. Costs nothing."""
        self._stirred.set()

    async def carry_out_orders(self) -> None:
        """Carry out what was ordered, now.

        Raises:
            OperationalError: the database can't be read or written; what is left is carried out later.
        """
        await self._orders.carry_out_all()

    async def start(self) -> None:
        """At a start: what was ordered meanwhile counts, and the token or the limits may be others now."""
        await self._carry_out_in_time()
        await self._wake_all(Cause.TOKEN, Cause.SCOPE, Cause.CREDITS, Cause.BUDGET, Cause.FOLDER)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        try:
            await self._run()
        finally:
            if self._carrying_out is not None:
                self._carrying_out.cancel()

    async def _run(self) -> None:
        pause = _LEAST_PAUSE_SECONDS
        while True:
            await self._until_stirred(pause)
            pause = pause_until_next(self._clock, self._look_seconds)
            try:
                await self.look()
                pause = min(pause, await self._until_next_due())
            except OperationalError as error:
                # A full disk or a locked database passes; the next look finds the same.
                logger.warning(f"The state can't be read or written: {error.orig}. It is tried again.")
            except Exception:  # noqa: BLE001 -- without this task no job that stands still would ever go on
                logger.exception("Looking after the jobs that stand still broke; it is tried again.")

    async def wake_folder(self, folder: Path) -> None:
        """A watch folder is back: jobs that wait for it go on. Those that don't know theirs look for themselves."""
        for record in await asyncio.to_thread(self._store.parked, Cause.FOLDER):
            if record.spec.folder in {folder, None}:
                await self._waker.wake(record)

    async def look(self) -> None:
        """Do all that is due now."""
        if self._look_beside is not None:
            await self._look_beside()
        now = self._clock.now()
        if await asyncio.to_thread(self._store.has_errands, now):
            await self._carry_out_in_time()
            await self._waker.wake_due(Cause.SCHEDULE)
            for record in await asyncio.to_thread(self._store.parked, due_at=now, limit=_WOKEN_AT_ONCE):
                await self._waker.wake(record)
        if self.has_turns_to_give:
            releases = self._workshop.shared.releases
            await self._give_turns()
            self._turns_given = releases
        if self._clock.monotonic() >= self._next_account_look:
            self._next_account_look = self._clock.monotonic() + self._workshop.settings.account_pause
            await self._look_at_account()

    async def _carry_out_in_time(self) -> None:
        """Carry out what was ordered; what takes long goes on beside all else, and is looked at again later."""
        patience = asyncio.create_task(self._clock.sleep(_ORDERS_PATIENCE_SECONDS))
        try:
            # What was begun at an earlier look knows of no order that was given since.
            if self._carrying_out is None or await self._has_ended(self._carrying_out, patience):
                self._carrying_out = asyncio.create_task(self._orders.carry_out_all())
                await self._has_ended(self._carrying_out, patience)
        finally:
            patience.cancel()

    async def _has_ended(self, carrying_out: asyncio.Task[None], patience: asyncio.Task[None]) -> bool:
        """Wait for orders to be carried out, as long as there is patience; whether they are."""
        await asyncio.wait({carrying_out, patience}, return_when=asyncio.FIRST_COMPLETED)
        if not carrying_out.done():
            return False
        self._carrying_out = None
        carrying_out.result()
        return True

    async def _until_stirred(self, seconds: float) -> None:
        waits = [
            asyncio.create_task(self._stirred.wait()),
            asyncio.create_task(self._clock.sleep(seconds)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._stirred.clear()

    async def _until_next_due(self) -> float:
        """Seconds until a job goes on by itself, or the account is looked at."""
        due = await asyncio.to_thread(self._store.next_wake)
        pauses = [self._next_account_look - self._clock.monotonic()]
        if due is not None:
            pauses.append(due - self._clock.now())
        return max(_LEAST_PAUSE_SECONDS, min(pauses))

    async def _give_turns(self) -> None:
        """Wake the first of those that wait for the same session."""
        keys: set[str] = set()
        for record in await asyncio.to_thread(self._store.parked, Cause.TURN):
            key = record.spec.session_key
            if key not in keys:
                keys.add(key)
                if await self._workshop.shared.is_free(key):
                    await self._waker.wake(record)

    async def _look_at_account(self) -> None:
        """Ask for the balance, if a job waits for it or for the token to be accepted."""
        held = await asyncio.to_thread(self._store.parked, Cause.CREDITS, Cause.TOKEN)
        if not held:
            return
        try:
            balance = await self._workshop.purse.look(self._api.read_credits)
        except (TokenRejected, ServiceDown, RateLimited) as error:
            logger.debug(f"The balance can't be read: {error.message}")
            return
        except ApiError as error:
            # Nobody will ever tell whether there are more; so each asks by itself, which costs nothing.
            logger.info(
                f"The balance can't be read: {error.message} The jobs that wait for credits try again."
            )
            balance = None
        for record in held:
            if balance is None or _may_go_on(record, balance):
                await self._waker.wake(record)

    async def _wake_all(self, *causes: Cause) -> None:
        for record in await asyncio.to_thread(self._store.parked, *causes):
            await self._waker.wake(record)


def _may_go_on(record: JobRecord, balance: Credits) -> bool:
    stop = record.stop
    if stop is None or stop.cause is not Cause.CREDITS or stop.balance is None:
        return True
    return balance.available > stop.balance
