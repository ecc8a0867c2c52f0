"""What an order may cost, in words, as far as earlier jobs have taught it.

Used by the commands before they order what is paid for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.pricing import price_jobs_of, price_prompts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.spending import SpendingBook


def pays_again(record: JobRecord) -> bool:
    """Whether `jobs retry` sends a prompt again that may have been paid for."""
    stop = record.stop
    if stop is None:
        return False
    return stop.clears == "all" or (stop.clears == "step" and stop.name.startswith("edit-"))


def price_jobs(records: Sequence[JobRecord], spending: SpendingBook | None) -> str:
    """What these jobs cost if each is made from its beginning."""
    return price_jobs_of([record.spec.rule for record in records], spending)


def price_prompts(records: Sequence[JobRecord], spending: SpendingBook | None) -> str:
    """What one prompt of each of these jobs costs."""
    return price_prompts_of([record.spec.rule for record in records], spending)


def price_retry(records: Sequence[JobRecord], spending: SpendingBook | None) -> str:
    """What is paid again when these jobs are retried; empty where nothing is."""
    paying = [record for record in records if pays_again(record)]
    if not paying:
        return ""
    whole = [record for record in paying if record.stop is not None and record.stop.clears == "all"]
    single = [record for record in paying if record not in whole]
    words = []
    if whole:
        price = price_jobs(whole, spending)
        who = _who(whole, records, "begins", "begin")
        words.append(f"{who} again from the recording, which is paid for: {price}.")
    if single:
        price = price_prompts(single, spending)
        who = _who(single, records, "sends", "send")
        words.append(f"{who} a prompt again, which may be paid twice: {price}.")
    return " ".join(words)


def _who(some: Sequence[JobRecord], records: Sequence[JobRecord], does: str, do: str) -> str:
    if len(records) == 1:
        return f"The job {does}"
    return f"{len(some)} of {len(records)} jobs {does if len(some) == 1 else do}"
