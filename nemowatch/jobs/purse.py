"""Whether a prompt may be paid for, and what it cost: one purse for all jobs of the daemon.

Asked by the steps before each prompt, told by them when one begins and ends. What is at work is in the database
too: after a crash the prompts of the daemon before are settled as if it had only taken long. It never sends or
reads anything by itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loguru import logger
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.meter import PromptAtWork
from nemowatch.jobs.records import Cause
from nemowatch.jobs.spending import Ledger, SpendingBook, Spent, next_midnight, start_of_day
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nemowatch.clock import Clock
    from nemowatch.jobs.database import Database
    from nemowatch.jobs.meter import PromptKey
    from nemowatch.jobs.records import JobSpec
    from nemowatch.jobs.spending import Estimate
    from nemowatch.nemo.answers import Credits

_LONGEST_AT_WORK_SECONDS = 3600.0
"""A prompt takes 15 minutes at most (nemo-api.md §5). One that nobody has settled by then never will be."""

_DISK_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Hold:
    """Why a prompt is not to be sent now.

    Attributes:
        wake_at: when to ask again, seconds since the epoch; None where only a better balance helps.
        balance: the credits that were too few; None where it is not for them.
    """

    cause: Cause
    reason: str
    hint: str
    wake_at: float | None
    balance: int | None


class Purse:
    """The guard over the account's credits. Its construction reads the database.

    Args:
        database: where what was spent is kept.
        clock: the time.
        keep_credits: no prompt is sent at this balance or below it.
        credits_per_day: no prompt is sent that is likely to bring the local day's spending above it; None: any.
    """

    def __init__(
        self, database: Database, clock: Clock, *, keep_credits: int = 0, credits_per_day: int | None = None
    ) -> None:
        self._clock = clock
        self._keep_credits = keep_credits
        self._credits_per_day = credits_per_day
        self._book = SpendingBook(database.engine)
        self._ledger = Ledger(database)
        self._meter = self._ledger.read_meter()
        self._expected: dict[str, int] = {}
        for prompt in self._meter.prompts:
            self._expect(prompt.rule, self._book.estimate_prompt(prompt.rule))
        self._refused_at: int | None = None
        self.seen: Credits | None = None
        """The balance as it was read last; None before the first time."""
        self._looks = 0
        self._has_risen = False
        self._unwritten: list[Spent] = []
        self._disk = asyncio.Lock()
        self._savings: set[asyncio.Task[None]] = set()

    def follow(self, keep_credits: int, credits_per_day: int | None) -> None:
        """These guards hold from now on."""
        self._keep_credits = keep_credits
        self._credits_per_day = credits_per_day

    async def check(self, spec: JobSpec, balance: Credits | None) -> Hold | None:
        """Whether the next prompt of a job has to wait, and why; None: it may be sent.

        The guard holds for prompts that are about to be sent at the same time too, if `begin` follows without any
        wait between.
        """
        if balance is not None and balance.available <= self._keep_credits:
            return self._too_few(balance.available)
        limit = self._credits_per_day
        if limit is None:
            return None
        now = self._clock.now()
        spent, estimate = await self._count(start_of_day(now), spec.rule)
        self._expect(spec.rule, estimate)
        at_work = self._meter.expected_of(self._expected)
        soon = spent + at_work
        if soon >= limit if estimate is None else soon + estimate > limit:
            return _over_the_day(spec, limit, spent, at_work, estimate, next_midnight(now))
        return None

    def note_refusal(self, balance: int) -> None:
        """The service has refused a prompt with so many credits available: they were too few."""
        self._refused_at = max(balance, self._refused_at or 0)

    def is_short(self, available: int) -> bool:
        """Whether so many, or more, were too few for the service; a better balance is worth a try."""
        if self._refused_at is not None and available > self._refused_at:
            self._refused_at = None
        return self._refused_at is not None

    def forget_refusal(self) -> None:
        """The user wants it tried, whatever the balance was."""
        self._refused_at = None

    async def look(self, read: Callable[[], Awaitable[Credits]]) -> Credits:
        """Read the balance. Every reading of the daemon's goes through here: what is missing is somebody's cost.

        Args:
            read: asks the service; whatever it raises is passed on.
        """
        looks = self._looks
        balance = self.seen = await read()
        is_alone = looks == self._looks
        if is_alone or self._is_later(balance.total):
            last = self._meter.total
            self._has_risen = last is not None and balance.total > last
            self._looks += 1
            had_prompts = bool(self._meter.prompts)
            self._meter = self._meter.read(balance.total, self._expected)
            self._end_forgotten()
            if had_prompts:
                await self._save()
        return balance

    async def begin(self, spec: JobSpec, prompt: str, before: Credits | None) -> None:
        """A prompt is about to be sent. It is on the disk when this returns.

        Args:
            spec: its job.
            prompt: names it within the job.
            before: what `look` gave just now; None where the balance can't be read: the cost stays unknown then.
        """
        at_work = PromptAtWork(spec.job_id, prompt, spec.rule, self._clock.now())
        # Before the first wait, so that no other job's check comes between this one's and this.
        self._meter = self._meter.began(at_work, is_balance_known=before is not None)
        await self._save()
        self._expect(spec.rule, await asyncio.to_thread(self._book.estimate_prompt, spec.rule))

    async def drop(self, spec: JobSpec, prompt: str) -> None:
        """A prompt was refused before anything was done: it cost nothing."""
        key = (spec.job_id, prompt)
        self._meter = self._meter.dropped(key, self._expected)
        found = self._meter.find(key)
        if found is not None:
            # Nobody else was at work, so what the balance lost stays with it; without loss there is no row.
            self._end(key, is_free=found.credits == 0)
        await self._save()

    async def settle(self, spec: JobSpec, prompt: str, now: Credits | None) -> None:
        """A prompt has ended; book its share. Also for one that a daemon before this one sent; twice is harmless.

        Args:
            spec: its job.
            prompt: as for `begin`.
            now: what `look` gave after the end; None where the balance can't be read: it stays at work until it is
                settled again, or for an hour at most, and takes its part of what others find missing.
        """
        if now is not None and self._meter.find((spec.job_id, prompt)) is not None:
            self._end((spec.job_id, prompt))
            await self._save()

    def others_in_flight(self, job_id: str) -> bool:
        """Whether prompts of other jobs are at work, so that the balance may change through them."""
        return any(prompt.job_id != job_id for prompt in self._meter.prompts)

    async def cost_of(self, job_id: str) -> int | None:
        """What a job's prompts have cost; None where nothing is known, or one of them is not settled."""
        if any(prompt.job_id == job_id for prompt in self._meter.prompts):
            return None
        return await asyncio.to_thread(self._book.cost_of, job_id)

    async def spent_since(self, moment: float) -> int:
        """What all jobs together have spent from a moment on (seconds since the epoch)."""
        return await asyncio.to_thread(self._book.spent_since, moment)

    async def spent_today(self) -> int:
        """What all jobs together have spent on this local day."""
        return await self.spent_since(start_of_day(self._clock.now()))

    async def estimate(self, rule: str) -> Estimate | None:
        """What a job of a rule usually costs; None where nothing was learnt yet."""
        return await asyncio.to_thread(self._book.estimate, rule)

    def _too_few(self, available: int) -> Hold:
        left = "1 credit is left" if available == 1 else f"{max(0, available)} credits are left"
        kept = f", and `limits.keep_credits` is {self._keep_credits}" if self._keep_credits else ""
        hint = "It goes on by itself when there are more; `nemowatch credits` says where to get them."
        return Hold(Cause.CREDITS, f"{left}{kept}.", hint, None, available)

    async def _count(self, since: float, rule: str) -> tuple[int, int | None]:
        # Under the lock: what is being written must be counted once, in the database or out of it.
        async with self._disk:
            spent = await asyncio.to_thread(self._book.spent_since, since)
            estimate = await asyncio.to_thread(self._book.estimate_prompt, rule)
        return spent + sum(row.credits for row in self._unwritten), estimate

    def _is_later(self, total: int) -> bool:
        """Whether a reading is later than one that was answered while it was under way.

        The balance only falls, so the lower one is the later. Around a top-up nobody can tell; the next look does.
        """
        return self._meter.total is not None and total < self._meter.total and not self._has_risen

    def _expect(self, rule: str, estimate: int | None) -> None:
        if estimate is not None:
            self._expected[rule] = estimate

    def _end_forgotten(self) -> None:
        oldest = self._clock.now() - _LONGEST_AT_WORK_SECONDS
        for prompt in self._meter.prompts:
            if prompt.began_at < oldest:
                self._end(prompt.key)

    def _end(self, key: PromptKey, *, is_free: bool = False) -> None:
        prompt = self._meter.find(key)
        self._meter = self._meter.ended(key)
        if prompt is not None and not is_free and (prompt.is_measured or prompt.credits):
            row = Spent(prompt.job_id, prompt.prompt, prompt.rule, prompt.credits, self._clock.now())
            self._unwritten.append(row)

    async def _save(self) -> None:
        # A job that is cancelled meanwhile must not take the books of the others with it.
        saving = asyncio.create_task(self._write())
        self._savings.add(saving)
        saving.add_done_callback(self._savings.discard)
        await asyncio.shield(saving)

    async def _write(self) -> None:
        """Bring the database up to date, for as long as it takes: a full disk passes."""
        async with self._disk:
            while True:
                spent, meter = tuple(self._unwritten), self._meter
                try:
                    await asyncio.to_thread(self._ledger.write, spent, meter)
                except OperationalError as error:
                    logger.warning(f"What was spent can't be written: {error.orig}. It is tried again.")
                    await self._clock.sleep(_DISK_PAUSE_SECONDS)
                else:
                    del self._unwritten[: len(spent)]
                    return


def _over_the_day(
    spec: JobSpec, limit: int, spent: int, at_work: int, estimate: int | None, wake_at: float
) -> Hold:
    release = f"`nemowatch jobs release {spec.job_id[:8]}` lets it through"
    if estimate is not None and estimate > limit:
        reason = (
            f"A prompt of the rule {spec.rule} costs about {format_count(estimate, 'credit')}, and "
            f"`limits.credits_per_day` is {limit}: on no day will it fit."
        )
        hint = f"Raise the limit; or {release}."
    else:
        soon = f", the prompts at work cost about {at_work}" if at_work else ""
        own = "" if estimate is None else f", and this one costs about {estimate}"
        reason = f"Of today's {limit} credits (`limits.credits_per_day`) {spent} are spent{soon}{own}."
        hint = f"It goes on by itself after midnight; {release} now."
    return Hold(Cause.BUDGET, reason, hint, wake_at, None)
