"""A job's log as it grows, until the job has ended. Used by `nemowatch jobs logs`; changes nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nemowatch.cli.book import find_job
from nemowatch.jobs.reading import open_book
from nemowatch.outputs.job_log import JobLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nemowatch.places import StateFolder

_LOOK_SECONDS = 0.5


def read_log(
    state: StateFolder, job: str, *, follow: bool, pause: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """The log so far; then, to follow it, each piece that is added, in whole lines.

    Args:
        state: where the jobs and their logs are.
        job: the beginning of an id.
        follow: go on until the job has ended.
        pause: waits so many seconds between two looks.

    Raises:
        NoSuchJob: the id leads nowhere, or to several jobs.
    """
    job_id, told = "", 0
    while True:
        # Before the log is read: what was written when the job had ended is all that there is.
        with open_book(state.database) as store:
            record = find_job(store, job_id or job)
        job_id = record.spec.job_id
        text = JobLog(state.job_logs / f"{job_id}.log").read()
        whole = text[told : text.rfind("\n") + 1]
        told += len(whole)
        if whole:
            yield whole
        if not follow or record.state.is_final:
            return
        pause(_LOOK_SECONDS)
