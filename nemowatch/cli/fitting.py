"""Which order fits which job: what is plainly wrong is told at once, and not left to the daemon.

Used by the commands that give orders. The daemon looks again: the job may have gone on meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.cli.ways_out import find_ways_out, short_id
from nemowatch.errors import NemoWatchError
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobState

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.jobs.records import JobRecord


class DoesNotFit(NemoWatchError):
    """The order makes no sense for a job in this state."""

    exit_code = 2


def check_fits(action: Action, record: JobRecord) -> None:
    """Do nothing where the order fits the job.

    Raises:
        DoesNotFit: it does not; the hint names what would.
    """
    why = find_misfit(action, record)
    if not why:
        return
    fitting = [f"`{way.command}` {way.does}" for way in find_ways_out(record)]
    raise DoesNotFit(f"Job {short_id(record)}: {why}", hint=f"{'; '.join(fitting)}." if fitting else "")


def find_misfit(action: Action, record: JobRecord) -> str:
    """Why the order does not fit, in one sentence; empty where it does."""
    return _CHECKS[action](record)


def _retry(record: JobRecord) -> str:
    if record.state is JobState.DONE:
        return "it is done; there is nothing to try again."
    if not (record.is_parked or record.state.is_final):
        return f"it has not stopped: it is {record.state}."
    if record.stop is None:
        return f"it is {record.state}, and nobody knows where it stopped."
    if record.is_parked and record.stop.cause in {Cause.BACKLOG, Cause.SCHEDULE}:
        return "it has not begun; there is nothing to try again."
    return ""


def _cancel(record: JobRecord) -> str:
    return f"it has ended already: it is {record.state}." if record.state.is_final else ""


def _release(record: JobRecord) -> str:
    cause = record.stop.cause if record.is_parked and record.stop is not None else None
    if cause is None:
        return f"nothing holds it: it is {record.state}."
    if cause is Cause.SESSION:
        return "its session is gone, and the edit in it; there is nothing to go on with."
    if cause is Cause.FOLDER:
        return f"it goes on when its folder is back. {record.reason}".rstrip()
    if cause is Cause.TURN:
        return f"it goes on when the other job has ended. {record.reason}".rstrip()
    return ""


def _answer(record: JobRecord) -> str:
    asks = record.is_parked and record.stop is not None and record.stop.cause is Cause.QUESTION
    return "" if asks else f"the service has asked nothing: it is {record.state}."


def _refine(record: JobRecord) -> str:
    return (
        "" if record.state is JobState.DONE else f"only a job that is done is refined: it is {record.state}."
    )


def _rerun(record: JobRecord) -> str:
    return "" if record.state.is_final else f"it has not ended yet: it is {record.state}."


_CHECKS: dict[Action, Callable[[JobRecord], str]] = {
    Action.RETRY: _retry,
    Action.CANCEL: _cancel,
    Action.RELEASE: _release,
    Action.ANSWER: _answer,
    Action.REFINE: _refine,
    Action.RERUN: _rerun,
}
