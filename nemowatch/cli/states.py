"""Job states as they are typed after `--state`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from nemowatch.jobs.records import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable


def parse_states(names: Iterable[str], *others: str) -> tuple[JobState, ...]:
    """Job states as they are typed; `others` are words that the command takes besides, if alone.

    Raises:
        typer.BadParameter: there is no such state; the message lists those that there are.
    """
    names, known = tuple(names), [state.value for state in JobState]
    for name in names:
        if name in others:
            raise typer.BadParameter(f"{name!r} is no job's state; name it alone", param_hint="--state")
        if name not in known:
            raise typer.BadParameter(
                f"{name!r} is no job state; there are {', '.join((*known, *others))}", param_hint="--state"
            )
    return tuple(JobState(name) for name in names)
