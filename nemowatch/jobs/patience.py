"""What is done when a call fails: tried again, waited out, or given up for now (nemo-api.md §11).

Used by the steps of a job through `service.py`. A prompt is never sent again from here: only its refusals, after
which nothing was done, are overcome.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from loguru import logger

from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.records import Cause, JobState
from nemowatch.nemo.errors import (
    ApiError,
    DownloadFailed,
    ExportBlocked,
    OutOfCredits,
    RateLimited,
    ScopeMissing,
    ServiceDown,
    TokenRejected,
    UnexpectedAnswer,
)
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nemowatch.clock import Clock
    from nemowatch.jobs.run import JobRun, JobSettings

_Result = TypeVar("_Result")

_MOST_ROUNDS_OF_NONSENSE = 5
"""A call that gets an answer, but never a sensible one, is given up after so many pauses of its job."""


class ServiceWatch:
    """Whether the service answers at all. While it does not, one probe asks for all jobs.

    Args:
        probe: the cheapest call there is; any answer of the service's counts, also a refusal.
        clock: the time.
        settings: the pauses between two probes.
    """

    def __init__(self, probe: Callable[[], Awaitable[object]], clock: Clock, settings: JobSettings) -> None:
        self._probe = probe
        self._clock = clock
        self._settings = settings
        self._outage: asyncio.Task[None] | None = None
        self._down_since: float | None = None
        self._trouble = ""

    @property
    def outage(self) -> str:
        """What holds up all jobs, in words; empty while the service answers."""
        if self._down_since is None:
            return ""
        since = datetime.fromtimestamp(self._down_since, UTC).astimezone()
        return f"NemoVideo does not answer since {since:%Y-%m-%d %H:%M}; all jobs wait. {self._trouble}"

    async def answers(self) -> bool:
        """Ask once; False where nobody answers."""
        try:
            await self._probe()
        except ServiceDown as error:
            self._trouble = error.message
            return False
        except ApiError:
            return True
        return True

    async def wait_until_up(self) -> None:
        """Return when the service answers again; any number of jobs may wait."""
        if self._outage is None or self._outage.done():
            self._outage = asyncio.create_task(self._outlast())
        await asyncio.shield(self._outage)

    async def stop(self) -> None:
        """Give up probing."""
        if self._outage is not None:
            self._outage.cancel()
            await asyncio.gather(self._outage, return_exceptions=True)

    async def _outlast(self) -> None:
        self._down_since = self._clock.now()
        logger.warning(f"NemoVideo does not answer; all jobs wait. {self._trouble}")
        pause = self._settings.probe_pause
        while True:
            await self._clock.sleep(pause)
            if await self.answers():
                break
            pause = min(pause * 2, self._settings.longest_probe_pause)
        gone = format_duration(self._clock.now() - self._down_since)
        logger.info(f"NemoVideo answers again, after {gone}; the jobs go on.")
        self._down_since = None
        self._trouble = ""


class Patience:
    """How one job bears what goes wrong with the service."""

    def __init__(self, run: JobRun, watch: ServiceWatch) -> None:
        self._run = run
        self._watch = watch

    async def persist(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """Make a call that may be repeated, until it succeeds.

        Raises:
            Paused: it does not succeed for now.
            ApiError: it will not succeed.
        """
        tries = 0
        while True:
            try:
                return await call()
            except ApiError as error:
                tries += 1
                await self.overcome(error, tries)

    async def overcome(self, error: ApiError, tries: int) -> None:
        """Return when the call that failed, for the `tries`-th time, may be made again.

        Raises:
            Paused: not for now.
            ApiError: the error itself: repeating the call would not help.
        """
        reason = str(error)
        pause = _standstill(error, reason, self._run.settings)
        if pause is not None:
            raise pause from error
        if isinstance(error, RateLimited):
            await self._slow_down(error, tries)
        elif error.retryable or isinstance(error, UnexpectedAnswer | DownloadFailed):
            await self._bear(error, tries)
        else:
            raise error

    async def _slow_down(self, error: RateLimited, tries: int) -> None:
        settings = self._run.settings
        asked = error.retry_after_seconds
        pause = settings.rate_pause if asked is None else asked
        if tries > 1 or pause > settings.longest_rate_pause:
            later = max(pause, settings.rate_pause_later)
            raise Paused(
                JobState.WAITING, Cause.RATE, _told(error, later), wake_after=later, grows=True
            ) from error
        async with self._run.waiting(_told(error, pause)):
            await self._run.clock.sleep(pause)

    async def _bear(self, error: ApiError, tries: int) -> None:
        run, settings = self._run, self._run.settings
        if tries <= run.spec.retries:
            pause = settings.retry_pause * 2.0 ** (tries - 1)
            await run.tell(f"{error.message} Trying again in {format_duration(pause)}.")
            await run.clock.sleep(pause)
            return
        if isinstance(error, ServiceDown) and not await self._watch.answers():
            async with run.waiting(f"{error.message} It goes on when NemoVideo answers again."):
                # Not without end: the one call that tells may be what is broken, and not the others.
                with suppress(TimeoutError):
                    async with asyncio.timeout(settings.longest_probe_pause):
                        await self._watch.wait_until_up()
            return
        stop = run.record.stop
        is_again = stop is not None and stop.cause is Cause.FAULT and stop.name == run.step
        rounds = stop.times if stop is not None and is_again else 0
        if not error.retryable and rounds >= _MOST_ROUNDS_OF_NONSENSE:
            raise error
        raise Paused(
            JobState.WAITING, Cause.FAULT, str(error), wake_after=settings.fault_pause, grows=True
        ) from error


def _standstill(error: ApiError, reason: str, settings: JobSettings) -> Paused | None:
    """What only the user, the account or time can mend; the job steps aside for it."""
    attention = JobState.ATTENTION
    if isinstance(error, OutOfCredits):
        return Paused(JobState.HELD, Cause.CREDITS, f"{reason} It goes on by itself when there are more.")
    if isinstance(error, TokenRejected):
        return Paused(attention, Cause.TOKEN, reason)
    if isinstance(error, ScopeMissing):
        return Paused(attention, Cause.SCOPE, reason)
    if isinstance(error, ExportBlocked):
        return Paused(
            attention,
            Cause.PLAN,
            f"{reason} `nemowatch jobs release` exports then; it pays nothing.",
            wake_after=settings.plan_pause,
        )
    return None


def _told(error: RateLimited, pause: float) -> str:
    return f"{error.message} Going on in {format_duration(pause)}."
