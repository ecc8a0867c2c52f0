"""Which jobs a command is about: named by their ids, or all that a filter lets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from nemowatch.cli.fitting import check_fits, find_misfit
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import JobState
from nemowatch.jobs.views import view_job
from nemowatch.jobs.window import find_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.store import JobStore

_USUAL_STATES = {
    Action.RETRY: (JobState.FAILED,),
    Action.CANCEL: tuple(state for state in JobState if not state.is_final),
    Action.RELEASE: (JobState.HELD,),
    Action.RERUN: (JobState.DONE,),
}
"""Which states a filter is about where it names none; what needs the user is gone on with one by one."""


@dataclass(frozen=True)
class Selection:
    """What was asked for on the command line.

    Attributes:
        jobs: beginnings of ids.
        is_all: every job that the order usually is for.
        rule, states: those of a rule, in these states.

    Raises:
        typer.BadParameter: nothing is selected, ids and filters together, or a state that there is not.
    """

    jobs: tuple[str, ...] = ()
    is_all: bool = False
    rule: str | None = None
    states: tuple[JobState, ...] = ()

    def __post_init__(self) -> None:
        is_filter = self.is_all or self.rule is not None or bool(self.states)
        if is_filter == bool(self.jobs):
            problem = "name jobs or a filter, not both" if is_filter else "name jobs, or a filter"
            raise typer.BadParameter(f"{problem} (--help lists the filters)", param_hint="JOB")

    @property
    def is_filter(self) -> bool:
        """Whether it depends on the book which jobs are meant."""
        return not self.jobs


def choose_jobs(store: JobStore | None, action: Action, selection: Selection) -> tuple[JobRecord, ...]:
    """The jobs that an order is for, the oldest first; a filter leaves out those that the order does not fit.

    Raises:
        NoSuchJob: an id leads nowhere, or to several jobs.
        DoesNotFit: a job that was named is in the wrong state.
    """
    if not selection.is_filter:
        found = [find_record(store, job) for job in selection.jobs]
        named = {record.spec.job_id: record for record in found}
        for record in named.values():
            check_fits(action, view_job(record))
        return tuple(named.values())
    if store is None:
        return ()
    states = selection.states or _USUAL_STATES[action]
    found = [
        record
        for record in store.list_jobs(states=states, rule=selection.rule)
        if not find_misfit(action, view_job(record))
    ]
    if action is Action.RERUN:
        found = _once_per_recording(found, store)
    return tuple(reversed(found))


def _once_per_recording(found: Iterable[JobRecord], store: JobStore) -> list[JobRecord]:
    """The newest job of each recording: its earlier versions, and what is at work already, would be paid twice."""
    unfinished = store.list_jobs(states=[state for state in JobState if not state.is_final])
    # A refinement goes on from an earlier version; the recording itself is not made anew by it.
    seen = {(record.spec.rule, record.spec.sha256) for record in unfinished if record.spec.base is None}
    chosen = []
    for record in found:
        content = (record.spec.rule, record.spec.sha256)
        if content not in seen:
            seen.add(content)
            chosen.append(record)
    return chosen
