"""What a job does with its session, in order: prompts, exports and questions, told apart before anything is sent.

Derived from the job's spec alone, so that a restart plans the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.nemo.intents import Intent, route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.jobs.records import JobSpec


@dataclass(frozen=True)
class Action:
    """One thing to do: `number` counts the actions of the same intent from 1."""

    intent: Intent
    text: str
    number: int


MAX_UPLOAD_BYTES = 500_000_000
"""What the service takes per file (nemo-api.md §4)."""

FROM_VIDEO = frozenset({"video", "clips", "frames"})
"""What is delivered of an exported video."""


def plan_actions(prompts: Sequence[str], deliver: Sequence[str]) -> tuple[Action, ...]:
    """Route each prompt (nemo-api.md §10).

    A job that delivers a video, or what is cut out of one, ends with an export, asked for or not.
    """
    intents = [(route(prompt), prompt) for prompt in prompts]
    if FROM_VIDEO.isdisjoint(deliver):
        intents = [(intent, prompt) for intent, prompt in intents if intent is not Intent.EXPORT]
    elif not intents or intents[-1][0] is not Intent.EXPORT:
        intents.append((Intent.EXPORT, "export"))
    counts: dict[Intent, int] = {}
    actions = []
    for intent, prompt in intents:
        counts[intent] = counts.get(intent, 0) + 1
        actions.append(Action(intent, prompt, counts[intent]))
    return tuple(actions)


def prompts_of(spec: JobSpec, *, is_continued: bool) -> tuple[str, ...]:
    """The prompts to go through; a refinement whose session is made anew goes through all from the beginning."""
    before = () if spec.base is None or is_continued else spec.base.prompts
    return (*before, *spec.prompts)


def needs_reshaping(spec: JobSpec, max_upload_bytes: int) -> bool:
    """Whether the recording has to be looked into, and perhaps made into something else, before it is uploaded."""
    if spec.urls:
        return False
    is_too_large = spec.source.size_bytes > max_upload_bytes
    return spec.trim is not None or spec.convert or (is_too_large and spec.oversize != "reject")


def needs_credits(spec: JobSpec) -> bool:
    """Whether anything that the job does may be charged; exports are free (nemo-api.md §7)."""
    prompts = prompts_of(spec, is_continued=True)
    return any(route(prompt) is Intent.PROMPT for prompt in prompts)
