"""Whether a job may spend credits now; asked before anything is uploaded, and before each prompt."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.records import Cause, JobState
from nemowatch.nemo.errors import ApiError, RateLimited, ScopeMissing, TokenRejected, UnexpectedAnswer

if TYPE_CHECKING:
    from nemowatch.jobs.purse import Hold
    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.answers import Credits

RELEASED = "released"
"""The marker of a job that the user has let go past the guards, with its next prompt."""

_ONCE_SECONDS = 2.0


async def read_balance(run: JobRun) -> Credits | None:
    """The credits at hand; None where the service does not tell them, not even after a few tries."""
    for tries in itertools.count(1):
        try:
            return await run.purse.look(run.api.read_credits)
        except ApiError as error:
            may_pass = error.retryable or isinstance(error, UnexpectedAnswer)
            if isinstance(error, TokenRejected | ScopeMissing | RateLimited):
                await run.patience.overcome(error, tries)
            elif may_pass and tries <= run.spec.retries:
                await run.clock.sleep(run.settings.retry_pause * 2.0 ** (tries - 1))
            else:
                # A guard and a witness the less; but a job must not stop for it.
                await run.tell(f"The credit balance can't be read: {error.message}")
                return None
    raise AssertionError("there is always a next try")


async def read_balance_once(run: JobRun) -> Credits | None:
    """The same for the end of a job, which must not wait for it."""
    try:
        async with asyncio.timeout(_ONCE_SECONDS):
            return await run.purse.look(run.api.read_credits)
    except (ApiError, TimeoutError) as error:
        # Only the manifest shows it.
        await run.tell(f"The credit balance can't be read: {str(error) or 'no answer in time.'}")
        return None


async def check_money(run: JobRun, balance: Credits | None) -> None:
    """Return when the job may spend.

    Raises:
        Paused: the account has too little, or the day's share is spent.
    """
    if balance is not None and run.purse.is_short(balance.available):
        raise Paused(
            JobState.HELD,
            Cause.CREDITS,
            f"There are not enough credits: {balance.available} are left, and that was too little before. "
            f"{run.api.credits_hint()} It goes on by itself when there are more.",
            balance=balance.available,
        )
    if await run.read_marker(RELEASED) is not None:
        return
    hold = await run.purse.check(run.spec, balance)
    if hold is not None:
        raise Paused(
            JobState.HELD,
            hold.cause,
            " ".join(part for part in (hold.reason, _where_to_get_more(run, hold), hold.hint) if part),
            wake_after=None if hold.wake_at is None else max(0.0, hold.wake_at - run.clock.now()),
            balance=hold.balance,
        )


def _where_to_get_more(run: JobRun, hold: Hold) -> str:
    return run.api.credits_hint() if hold.cause is Cause.CREDITS else ""
