"""What the jobs' book needs when the machine's clock was set back.

Called by the daemon's `state_watch.py`. Touches no job that runs, and none that waits for a time of day.
"""

from __future__ import annotations

import sqlalchemy as sa

from nemowatch.jobs.records import Cause
from nemowatch.jobs.tables import jobs_table


def move_waits(engine: sa.Engine, seconds: float) -> int:
    """Let jobs that wait for some minutes go on when these have passed, whatever the clock says by now.

    A job of a rule with hours waits for an hour of the clock: it is left alone. Blocks. To be called for a clock that
    was set back alone. One that was set forward ends waits too early, which does no harm; to move them would, where
    they began after it, or before a boot with a clock that was behind.

    Args:
        engine: of the jobs' database.
        seconds: by how much the clock was set back.

    Returns:
        How many jobs wait by it.
    """
    table = jobs_table.c
    moved = table.wake_at - seconds
    with engine.begin() as connection:
        return connection.execute(
            jobs_table.update()
            .where(table.is_parked, table.wake_at.is_not(None), table.cause != Cause.SCHEDULE)
            .values(wake_at=moved, stop=sa.func.json_set(table.stop, "$.wake_at", moved))
        ).rowcount
