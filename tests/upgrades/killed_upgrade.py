"""Upgrades a database again and again, killed a few statements later each time: `killed_upgrade.py DATABASE`.

Each line tells what a kill has left: the schema that the database says it has, and how many columns and jobs it has.
The last line is that of the upgrade that was not killed.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from nemowatch.jobs.database import Database

STEP = 3


def upgrade(path: Path, killed_at: int) -> None:
    """Open a database as the daemon does, in a process that ends at a statement of this number."""
    count = itertools.count(1)

    @sa.event.listens_for(sa.Engine, "before_cursor_execute")
    def count_down(*_facts: object) -> None:
        if next(count) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    @sa.event.listens_for(sa.Engine, "commit")
    def count_commits(_connection: object) -> None:
        if next(count) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    Database(path).close()


def look(path: Path) -> str:
    query = "SELECT count(*) FROM sqlite_master m JOIN pragma_table_info(m.name) WHERE m.type = 'table'"
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("SELECT version FROM nemowatch_schema").fetchone()
        (columns,) = connection.execute(query).fetchone()
        (jobs,) = connection.execute("SELECT count(*) FROM nemowatch_jobs").fetchone()
    return f"{version} {columns} {jobs}"


def main() -> None:
    original = Path(sys.argv[1])
    for killed_at in itertools.count(1, STEP):
        folder = original.with_name(f"killed-{killed_at}")
        folder.mkdir()
        path = Path(shutil.copy(original, folder))
        child = os.fork()
        if not child:
            upgrade(path, killed_at)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code} {look(path)}\n")
        if code != -signal.SIGKILL:
            return


if __name__ == "__main__":
    main()
