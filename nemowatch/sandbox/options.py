"""The sandbox's switches: which of the documented forms it serves, and what it is generous or strict about.

Given by `nemowatch sandbox` and by tests; read by every part of the service. Nothing here changes while it runs;
what does (faults, credits, tokens) is ordered at `/_sandbox/…`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nemowatch.sandbox.faults import Fault

EventsForm = Literal["flat", "adk"]
RenderForm = Literal["top", "nested"]
Silence = Literal["never", "some", "always"]
ErrorsForm = Literal["mixed", "http", "envelope"]
Questions = Literal["never", "always"]

ANONYMOUS_CREDITS = 100
MAX_FILE_BYTES = 500_000_000  # "500 MB a file", counted in decimal units

EVERY_SCOPE = frozenset({"*"})


class Switches(TypedDict, total=False):
    """The same names as keyword arguments; see `SandboxOptions` for what they mean."""

    events: EventsForm
    render: RenderForm
    silent: Silence
    errors: ErrorsForm
    questions: Questions
    credits: int
    ready_file: Path | None
    max_file_bytes: int
    heartbeat_seconds: float
    project_links: bool
    ranges: bool
    own_tokens: Mapping[str, frozenset[str]]
    faults: Sequence[Fault | str]
    seed: int


@dataclass(frozen=True, kw_only=True)
class SandboxOptions:
    """How one sandbox behaves.

    Attributes:
        events: the form of the events that answer a prompt: the service's own, or a Google ADK server's.
        render: whether a render's status stands at the top of the answer or under `data`.
        silent: how many edits close without a word; `some` is 3 in 10, always the same ones.
        errors: how it says no: `http` by the status alone, `envelope` by the code alone (HTTP 200), `mixed` as
            each code does by habit.
        questions: whether it asks back before each edit.
        credits: what an account starts with.
        ready_file: every render completes at once with this file (benchmarks of everything else).
        max_file_bytes: a larger file is refused with 4002.
        heartbeat_seconds: the pause between signs of life while an edit is made.
        project_links: False answers the claim-token call with 404, as some deployments do.
        ranges: whether downloads can be resumed; False ignores the `Range` header, as plain servers do.
        own_tokens: hand-made tokens and what each may do (`read`, `write`, `upload`, `render`, `*`).
        faults: what goes wrong, from the start; more can be ordered while it runs (`faults.py`).
        seed: decides which calls a fault with a rate strikes.
    """

    events: EventsForm = "flat"
    render: RenderForm = "top"
    silent: Silence = "some"
    errors: ErrorsForm = "mixed"
    questions: Questions = "never"
    credits: int = ANONYMOUS_CREDITS
    ready_file: Path | None = None
    max_file_bytes: int = MAX_FILE_BYTES
    heartbeat_seconds: float = 1.0
    project_links: bool = True
    ranges: bool = True
    own_tokens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    faults: Sequence[Fault | str] = ()
    seed: int = 0
