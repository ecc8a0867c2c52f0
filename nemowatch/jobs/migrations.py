"""Brings the database of an earlier version up to date: whole, or not at all, and never without a copy of it.

Called by `database.py` when the daemon opens the state folder. A migration says only what it changes in tables that
are there; tables that are new as a whole are made from today's definitions. To change a table: a further migration,
a higher `SCHEMA_VERSION`, and the state of the version before it among the tests (`tests/upgrades`). A migration that
has been released is never edited.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from loguru import logger

from nemowatch.atomic import sync_file, sync_folder
from nemowatch.jobs.errors import DatabaseTooNew, DatabaseTooOld, DatabaseUnusable

if TYPE_CHECKING:
    from pathlib import Path

COPIES_KEPT = 2
"""So many copies of databases as they were before an upgrade."""

GIVES_ROOM_BACK = "PRAGMA auto_vacuum=INCREMENTAL"
"""To be said before a database has tables, or before it is rewritten (https://sqlite.org/pragma.html#pragma_auto_vacuum)."""

_COPIES = "backups"


@dataclass(frozen=True)
class Migration:
    """The step from one schema to the next.

    Attributes:
        leads_to: the number of the schema after it.
        columns: (table, definition of a column): added where the table lacks it; each has a default or may be empty.
    """

    leads_to: int
    columns: tuple[tuple[str, str], ...] = ()


MIGRATIONS = (
    Migration(
        2,
        columns=(
            ("nemowatch_jobs", "round INTEGER DEFAULT '1' NOT NULL"),
            ("nemowatch_jobs", "attempt INTEGER DEFAULT '1' NOT NULL"),
            ("nemowatch_jobs", "is_parked BOOLEAN DEFAULT '0' NOT NULL"),
            ("nemowatch_jobs", "is_unwanted BOOLEAN DEFAULT '0' NOT NULL"),
            ("nemowatch_jobs", "cause TEXT"),
            ("nemowatch_jobs", "wake_at FLOAT"),
            ("nemowatch_jobs", "stop TEXT"),
            # Not in the first databases of schema 2.
            ("nemowatch_shared_sessions", "last_holder TEXT"),
        ),
    ),
    Migration(
        3,
        columns=(
            ("nemowatch_jobs", "priority INTEGER DEFAULT '5' NOT NULL"),
            # Until then, jobs were all handed to the queue as soon as they were entered.
            ("nemowatch_jobs", "is_handed_over BOOLEAN DEFAULT '1' NOT NULL"),
            ("nemowatch_jobs", "after TEXT DEFAULT '' NOT NULL"),
            ("nemowatch_known_files", "skipped TEXT"),
            ("nemowatch_known_files", "noted_at FLOAT"),
            ("nemowatch_known_files", "condition TEXT"),
        ),
    ),
    Migration(4),
    Migration(5),
)

_OLDEST = MIGRATIONS[0].leads_to - 1
LATEST = MIGRATIONS[-1].leads_to
"""The schema after all migrations."""


def check_version(version: int, path: Path) -> None:
    """See that a database of this schema can be read, or brought up to date.

    Raises:
        DatabaseTooNew, DatabaseTooOld: it can't.
    """
    if version > LATEST:
        raise DatabaseTooNew(
            f"{path} was written by a later version of NemoWatch (its schema is {version}, this one knows {LATEST}).",
            hint="Install the later version again, or use another state folder (NEMOWATCH_STATE). The folder "
            f"{path.parent / _COPIES} may hold a copy from before the upgrade.",
        )
    if version < _OLDEST:
        raise DatabaseTooOld(
            f"{path} has the schema {version}, and this version of NemoWatch brings none up to date that is older "
            f"than {_OLDEST}.",
            hint="Start a version in between first, or use another state folder (NEMOWATCH_STATE).",
        )


def migrate(connection: sa.Connection) -> None:
    """Take the tables that are there to the latest schema, in the caller's transaction."""
    # All migrations: what is there is left as it is, and databases of development versions lack a column here and
    # there of a schema that they say they have.
    for migration in MIGRATIONS:
        _add_missing(connection, migration)


def _add_missing(connection: sa.Connection, migration: Migration) -> None:
    inspector = sa.inspect(connection)
    for table, definition in migration.columns:
        if not inspector.has_table(table):
            continue
        if definition.partition(" ")[0] not in {
            column["name"] for column in sa.inspect(connection).get_columns(table)
        }:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {definition}")


def check_tables(connection: sa.Connection, metadata: sa.MetaData, path: Path) -> None:
    """See that every column is there that the queries ask for.

    Raises:
        DatabaseUnusable: one is missing; the database is not what its schema's number says.
    """
    query = (
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
    )
    present = {(table, column) for table, column in connection.exec_driver_sql(query)}
    missing = sorted(
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if (table.name, column.name) not in present
    )
    if missing:
        raise damaged(path, f"it lacks {', '.join(missing)}")


def check_content(connection: sa.Connection, path: Path) -> None:
    """Read the whole file, and see that it holds together: a damaged one is not to be built upon.

    Raises:
        DatabaseUnusable: it does not.
    """
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        raise damaged(path, str(verdict))


def copy_aside(path: Path, version: int) -> Path:
    """Keep a copy of a database as it is, and as few earlier copies as `COPIES_KEPT` says; returns its path.

    The copy appears whole or not at all. It is readable by its owner alone.

    Raises:
        DatabaseUnusable: it can't be written.
    """
    folder = path.parent / _COPIES
    target = folder / f"{path.stem}-schema{version}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}"
    aside = target.with_name(f".{target.name}.tmp")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for scrap in folder.glob(".*.tmp"):
            scrap.unlink()
        aside.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(aside)) as copy:
            source.backup(copy)
        sync_file(aside)
        aside.replace(target)
        sync_folder(folder)
        for old in _copies(folder, path)[:-COPIES_KEPT]:
            old.unlink()
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise DatabaseUnusable(
            f"{path} is of an earlier version, and no copy of it can be kept in {folder}: {error}.",
            hint="Make room on the disk, or look at the folder's permissions. Nothing was changed.",
        ) from error
    return target


def _copies(folder: Path, path: Path) -> list[Path]:
    """The copies there are, the oldest first."""
    return sorted(folder.glob(f"{path.stem}-schema*{path.suffix}"), key=lambda copy: copy.stat().st_mtime_ns)


def let_shrink(path: Path) -> None:
    """Have a database of an earlier version give room back from now on: rewritten once, as a new one begins.

    Nothing depends on it: without it, what is deleted is used again, and the file stays as large as it is.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            connection.execute(GIVES_ROOM_BACK)
            connection.execute("VACUUM")
        except sqlite3.Error as error:
            logger.warning(f"The database could not be rewritten to take less room: {error}.")


def damaged(path: Path, what: str) -> DatabaseUnusable:
    """The error of a database that is not what it should be."""
    return DatabaseUnusable(
        f"The database {path} is damaged: {what}.",
        hint=f"Put back a backup, such as one in {path.parent / _COPIES}, or use another state folder "
        "(NEMOWATCH_STATE).",
    )
