"""What each prompt cost, told from nothing but the account's balance: the arithmetic alone.

The service never says what a prompt cost. So what the balance lost between two readings is shared among the prompts
that were at work between them; one that was alone gets it all. No credit is given to two, none is lost. Used by
`purse.py`, which keeps all of this in the database. No clock, no I/O here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PromptKey = tuple[str, str]
"""The job's id, and the prompt's name in it."""


@dataclass(frozen=True)
class PromptAtWork:
    """A prompt that was sent, or is about to be, and is not settled.

    Attributes:
        began_at: seconds since the epoch.
        credits: its share of what the balance has lost so far.
        is_measured: the balance was known when it began, so that its share is all that it cost.
    """

    job_id: str
    prompt: str
    rule: str
    began_at: float
    credits: int = 0
    is_measured: bool = True

    @property
    def key(self) -> PromptKey:
        """What tells it from the others."""
        return (self.job_id, self.prompt)


@dataclass(frozen=True)
class Meter:
    """The last reading of the balance (available and reserved together), and the prompts at work."""

    total: int | None = None
    prompts: tuple[PromptAtWork, ...] = ()

    def find(self, key: PromptKey) -> PromptAtWork | None:
        """The prompt at work under this key."""
        return next((prompt for prompt in self.prompts if prompt.key == key), None)

    def began(self, prompt: PromptAtWork, *, is_balance_known: bool) -> Meter:
        """A prompt is about to be sent; one that is at work already stays as it is."""
        if self.find(prompt.key) is not None:
            return self
        # With no prompt at work nobody was reading, and what was lost since the last look is nobody's here.
        total = self.total if self.prompts or is_balance_known else None
        measured = replace(prompt, is_measured=total is not None)
        return Meter(total, (*self.prompts, measured))

    def read(self, total: int, expected: Mapping[str, int]) -> Meter:
        """The balance was read; what is missing since the last reading is shared. A top-up costs nobody anything.

        Args:
            total: the reading.
            expected: what a prompt of a rule usually costs, by the rule's name, where that is known.
        """
        lost = 0 if self.total is None else max(0, self.total - total)
        return Meter(total, _share(lost, self.prompts, expected))

    def ended(self, key: PromptKey) -> Meter:
        """A prompt is no longer at work; its share goes with it."""
        return Meter(self.total, tuple(prompt for prompt in self.prompts if prompt.key != key))

    def dropped(self, key: PromptKey, expected: Mapping[str, int]) -> Meter:
        """A prompt was refused, and cost nothing: its share is the others', while there are any."""
        prompt, rest = self.find(key), self.ended(key).prompts
        if prompt is None or not rest:
            return self
        return Meter(self.total, _share(prompt.credits, rest, expected))

    def expected_of(self, expected: Mapping[str, int]) -> int:
        """What the prompts at work will have cost in the end, as far as that can be told."""
        return sum(max(prompt.credits, expected.get(prompt.rule, 0)) for prompt in self.prompts)


def _share(
    credits_lost: int, prompts: Sequence[PromptAtWork], expected: Mapping[str, int]
) -> tuple[PromptAtWork, ...]:
    """Give each prompt its part, in whole credits that add up to what was lost."""
    if not prompts or not credits_lost:
        return tuple(prompts)
    weights = _weigh(prompts, expected)
    whole = sum(weights)
    parts = [credits_lost * weight // whole for weight in weights]
    # What the division left over goes, one credit each, to those that it cut most, then to those with least.
    order = sorted(
        range(len(prompts)),
        key=lambda index: (-(credits_lost * weights[index] % whole), prompts[index].credits),
    )
    for index in order[: credits_lost - sum(parts)]:
        parts[index] += 1
    return tuple(
        replace(prompt, credits=prompt.credits + part) for prompt, part in zip(prompts, parts, strict=True)
    )


def _weigh(prompts: Sequence[PromptAtWork], expected: Mapping[str, int]) -> list[int]:
    """What is still to come of each; the same for all where that is not known of all, or nothing is."""
    if all(prompt.rule in expected for prompt in prompts):
        weights = [max(0, expected[prompt.rule] - prompt.credits) for prompt in prompts]
        if any(weights):
            return weights
    return [1] * len(prompts)
