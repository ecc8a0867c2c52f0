"""What jobs may cost, in words, as far as earlier jobs have taught it.

Used by the commands before they order what is paid for, and wherever it is shown what held jobs may cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nemowatch.jobs.spending import SpendingBook


def price_jobs_of(rules: Sequence[str], spending: SpendingBook | None) -> str:
    """What jobs cost if each is made from its beginning.

    Args:
        rules: for each job the name of its rule.
        spending: what earlier jobs have cost; None where there are none.
    """

    def learn(rule: str) -> int | None:
        estimate = None if spending is None else spending.estimate(rule)
        return None if estimate is None else estimate.credits

    return _describe(rules, learn, "job")


def price_prompts_of(rules: Sequence[str], spending: SpendingBook | None) -> str:
    """What one prompt of each of these jobs costs; the same arguments."""

    def learn(rule: str) -> int | None:
        return None if spending is None else spending.estimate_prompt(rule)

    return _describe(rules, learn, "prompt")


def _describe(rules: Sequence[str], learn: Callable[[str], int | None], unit: str) -> str:
    prices = {rule: learn(rule) for rule in dict.fromkeys(rules)}
    known = [price for rule in rules if (price := prices[rule]) is not None]
    unknown = [rule for rule, price in prices.items() if price is None]
    whose = "this rule" if len(prices) == 1 else "these rules"
    if not known:
        return f"nobody knows what it costs: no job of {whose} has been paid yet"
    told = f"about {format_count(sum(known), 'credit')}, as earlier {unit}s of {whose}"
    return (
        f"{told}; nobody knows for {', '.join(unknown)}: no job of it has been paid yet" if unknown else told
    )
