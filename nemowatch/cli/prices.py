"""What an order may cost, in words, as far as earlier jobs have taught it.

Used by the commands before they order what is paid for, and by `nemowatch status` for what is held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    def learn(rule: str) -> int | None:
        estimate = None if spending is None else spending.estimate(rule)
        return None if estimate is None else estimate.credits

    return _describe(records, learn, "job")


def price_prompts(records: Sequence[JobRecord], spending: SpendingBook | None) -> str:
    """What one prompt of each of these jobs costs."""

    def learn(rule: str) -> int | None:
        return None if spending is None else spending.estimate_prompt(rule)

    return _describe(records, learn, "prompt")


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


def _describe(records: Sequence[JobRecord], learn: Callable[[str], int | None], unit: str) -> str:
    prices = {rule: learn(rule) for rule in dict.fromkeys(record.spec.rule for record in records)}
    known = [price for record in records if (price := prices[record.spec.rule]) is not None]
    unknown = [rule for rule, price in prices.items() if price is None]
    whose = "this rule" if len(prices) == 1 else "these rules"
    if not known:
        return f"nobody knows what it costs: no job of {whose} has been paid yet"
    told = f"about {format_count(sum(known), 'credit')}, as earlier {unit}s of {whose}"
    return (
        f"{told}; nobody knows for {', '.join(unknown)}: no job of it has been paid yet" if unknown else told
    )
