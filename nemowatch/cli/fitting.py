"""Which order fits which job: what is plainly wrong is told at once, and not left to the daemon.

Used by the commands that give orders. The daemon looks again: the job may have gone on meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.cli.ways_out import find_ways_out
from nemowatch.errors import NemoWatchError
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobState

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.jobs.views import JobView


class DoesNotFit(NemoWatchError):
    """The order makes no sense for a job in this state."""

    exit_code = 2


def check_fits(action: Action, job: JobView) -> None:
    """Do nothing where the order fits the job.

    Raises:
        DoesNotFit: it does not; the hint names what would.
    """
    why = find_misfit(action, job)
    if not why:
        return
    fitting = [f"`{way.command}` {way.does}" for way in find_ways_out(job)]
    raise DoesNotFit(f"Job {job.short_id}: {why}", hint=f"{'; '.join(fitting)}." if fitting else "")


def find_misfit(action: Action, job: JobView) -> str:
    """Why the order does not fit, in one sentence; empty where it does."""
    return _CHECKS[action](job)


def _retry(job: JobView) -> str:
    if job.state is JobState.DONE:
        return "it is done; there is nothing to try again."
    if not (job.is_parked or job.state.is_final):
        return f"it has not stopped: it is {job.state}."
    if not job.stopped_before:
        return f"it is {job.state}, and nobody knows where it stopped."
    if job.cause in {Cause.BACKLOG, Cause.SCHEDULE}:
        return "it has not begun; there is nothing to try again."
    return ""


def _cancel(job: JobView) -> str:
    return f"it has ended already: it is {job.state}." if job.state.is_final else ""


def _release(job: JobView) -> str:
    cause = job.cause
    if cause is None:
        return f"nothing holds it: it is {job.state}."
    if cause is Cause.SESSION:
        return "its session is gone, and the edit in it; there is nothing to go on with."
    if cause is Cause.FOLDER:
        return f"it goes on when its folder is back. {job.reason}".rstrip()
    if cause is Cause.TURN:
        return f"it goes on when the other job has ended. {job.reason}".rstrip()
    return ""


def _answer(job: JobView) -> str:
    return "" if job.cause is Cause.QUESTION else f"the service has asked nothing: it is {job.state}."


def _refine(job: JobView) -> str:
    return "" if job.state is JobState.DONE else f"only a job that is done is refined: it is {job.state}."


def _rerun(job: JobView) -> str:
    return "" if job.state.is_final else f"it has not ended yet: it is {job.state}."


_CHECKS: dict[Action, Callable[[JobView], str]] = {
    Action.RETRY: _retry,
    Action.CANCEL: _cancel,
    Action.RELEASE: _release,
    Action.ANSWER: _answer,
    Action.REFINE: _refine,
    Action.RERUN: _rerun,
}
