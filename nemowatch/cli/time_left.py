"""How long the jobs that are shown will still take, read from the database as it stands at this moment.

Called by the commands that show jobs. Where no daemon runs, no job goes on, and nothing is told of any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.clock import SystemClock
from nemowatch.jobs.pace import open_pace
from nemowatch.places import read_lock_holder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nemowatch.jobs.records import JobRecord
    from nemowatch.places import StateFolder


def read_remaining(state: StateFolder, records: Iterable[JobRecord]) -> dict[str, float]:
    """Seconds by job id, of those jobs of which it can be told.

    Raises:
        DatabaseTooNew, DatabaseUnusable: the database can't be read.
    """
    if read_lock_holder(state) is None:
        return {}
    with open_pace(state.database) as pace:
        return {} if pace is None else pace.remaining_of(records, now=SystemClock().now())
