"""Whether the database is sound, how large it is, and who could have written it: for `nemowatch doctor`.

Reads beside a running daemon and changes nothing. SQLite looks at every page, which takes a second per few hundred
megabytes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.jobs.database import connect_beside_the_daemon
from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.jobs.tables import schema_table

if TYPE_CHECKING:
    from pathlib import Path

_MOST_FAULTS = 3


@dataclass(frozen=True)
class DatabaseHealth:
    """How a database file stands.

    Attributes:
        size_bytes: with its write-ahead log.
        free_bytes: of these, what is free for new rows.
        version: of its tables; None where they are not there.
        faults: what SQLite finds damaged, in its words; empty where all is sound.
    """

    size_bytes: int
    free_bytes: int
    version: int | None
    faults: tuple[str, ...]


def examine_database(path: Path) -> DatabaseHealth | None:
    """Look through the whole file; None where there is none.

    Raises:
        DatabaseUnusable: it can't be opened, or is none.
    """
    if not path.exists():
        return None
    size_bytes = _size_of(path) + _size_of(path.with_name(f"{path.name}-wal"))
    try:
        with closing(connect_beside_the_daemon(path, may_write=False)) as connection:
            faults = [row[0] for row in connection.execute(f"PRAGMA quick_check({_MOST_FAULTS})")]
            return DatabaseHealth(
                size_bytes,
                _read_number(connection, "freelist_count") * _read_number(connection, "page_size"),
                _read_version(connection),
                () if faults == ["ok"] else tuple(faults),
            )
    except sqlite3.Error as error:
        raise DatabaseUnusable(
            f"The database {path} can't be used: {error}.",
            hint="Look at the file's permissions; if it is damaged, restore it from a backup, or put it aside: "
            "the next start then makes a new one, which knows of no earlier jobs.",
        ) from error


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # a daemon that ends takes its log away


def _read_number(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _read_version(connection: sqlite3.Connection) -> int | None:
    is_made = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (schema_table.name,)
    ).fetchone()
    row = connection.execute(f"SELECT version FROM {schema_table.name}").fetchone() if is_made else None  # noqa: S608 -- our own table's name
    return None if row is None else int(row[0])
