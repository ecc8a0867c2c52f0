"""The state folder's database: one SQLite file for the jobs, their checkpoints (DBOS) and the known files.

Opened by the daemon for writing and by the reading commands. Pragmas as measured: WAL lets commands read while
the daemon writes; `synchronous=NORMAL` survives any crash of the process; what must survive a power cut too
goes through `synced`.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from loguru import logger
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError

from nemowatch.errors import NemoWatchError
from nemowatch.jobs import migrations
from nemowatch.jobs.errors import DatabaseTooOld, DatabaseUnusable
from nemowatch.jobs.tables import jobs_table, metadata, schema_table

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA_VERSION = 5


class Database:
    """The database file and its connections.

    Args:
        path: the SQLite file; made on first use. Only the daemon, which holds the lock, may make it.

    Raises:
        DatabaseTooNew, DatabaseTooOld: a version of NemoWatch wrote it that is later, or far too early.
        DatabaseUnusable: it can't be read or written, is none, or is damaged; one of an earlier version can't be
            copied before it is brought up to date.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = sa.URL.create("sqlite", database=str(path))
        self.engine = _make_engine(self.url, synchronous="NORMAL")
        self._synced_engine = _make_engine(self.url, synchronous="FULL")
        try:
            self._prepare(path)
        except DatabaseError as error:
            self.close()
            raise _unusable(path, error) from error
        except NemoWatchError:
            self.close()
            raise

    @contextmanager
    def synced(self) -> Iterator[sa.Connection]:
        """A transaction that is on the disk, not only in the system's cache, when it has ended."""
        with self._synced_engine.begin() as connection:
            yield connection

    @contextmanager
    def told(self) -> Iterator[None]:
        """Meanwhile, what the database refuses becomes an error that a person can be told.

        Raises:
            DatabaseUnusable: it can't be read or written, as on a full disk.
        """
        try:
            yield
        except DatabaseError as error:
            raise _unusable(Path(self.url.database or ""), error) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._synced_engine.dispose()

    def _prepare(self, path: Path) -> None:
        """Make the tables, or bring those of an earlier version up to date."""
        with self._synced_engine.connect() as connection:
            version = _find_version(connection, path)
        if version is None or version == SCHEMA_VERSION:
            self._make_tables(path)
            return
        with self._synced_engine.connect() as connection:
            migrations.check_content(connection, path)
        copy = migrations.copy_aside(path, version)
        self._make_tables(path)
        migrations.let_shrink(path)
        logger.info(
            f"The database, of an earlier version (schema {version}), was brought up to date (schema "
            f"{SCHEMA_VERSION}). A copy of it as it was is kept: {copy}"
        )

    def _make_tables(self, path: Path) -> None:
        with self.synced() as connection:
            # Python's sqlite3 opens no transaction before a CREATE by itself.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            version = _find_version(connection, path)
            if version is None:
                metadata.create_all(connection, checkfirst=False)
                connection.execute(schema_table.insert().values(version=SCHEMA_VERSION))
            else:
                self._bring_up_to_date(connection, path, version)
        path.chmod(0o600)

    def _bring_up_to_date(self, connection: sa.Connection, path: Path, version: int) -> None:
        if version < SCHEMA_VERSION:
            migrations.migrate(connection)
        metadata.create_all(connection)
        migrations.check_tables(connection, metadata, path)
        if version < SCHEMA_VERSION:
            for index in (index for table in metadata.sorted_tables for index in table.indexes):
                index.create(connection, checkfirst=True)
            connection.execute(schema_table.update().values(version=SCHEMA_VERSION))


@contextmanager
def open_for_reading(path: Path) -> Iterator[sa.Engine | None]:
    """The database as a command sees it while a daemon may be writing; nothing is made or changed by looking.

    Gives None where there is no database, or none that the daemon has finished making.

    Raises:
        DatabaseTooNew: a later version of NemoWatch wrote it.
        DatabaseTooOld: an earlier one did, and no daemon of this version has run since.
        DatabaseUnusable: it can't be read, or is none.
    """
    with _open_beside_the_daemon(path, may_write=False) as engine:
        yield engine


@contextmanager
def open_for_orders(path: Path) -> Iterator[sa.Engine | None]:
    """The same for a command that has an order to write down."""
    with _open_beside_the_daemon(path, may_write=True) as engine:
        yield engine


@contextmanager
def _open_beside_the_daemon(path: Path, *, may_write: bool) -> Iterator[sa.Engine | None]:
    if not path.exists():
        yield None
        return
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: connect_beside_the_daemon(path, may_write=may_write),
        poolclass=sa.QueuePool,
    )
    try:
        with engine.connect() as connection:
            is_made = sa.inspect(connection).has_table(schema_table.name)
            version = _read_version(connection) if is_made else None
        if version is not None:
            migrations.check_version(version, path)
            if version < SCHEMA_VERSION:
                raise _outdated(path)
        yield None if version is None else engine
    except DatabaseError as error:
        raise _unusable(path, error) from error
    finally:
        engine.dispose()


def connect_beside_the_daemon(path: Path, *, may_write: bool) -> sqlite3.Connection:
    """A connection to a database that is there, while a daemon may be writing; nothing is made by it.

    Raises:
        sqlite3.Error: it can't be opened, or is none.
    """
    # A URI, since only that can say that nothing is to be made (https://sqlite.org/uri.html).
    place = quote(str(path).encode("utf-8", "surrogateescape"))
    connection = sqlite3.connect(f"file:{place}?mode=rw", uri=True, timeout=5.0, check_same_thread=False)
    connection.execute(f"PRAGMA query_only={'OFF' if may_write else 'ON'}")
    return connection


def _find_version(connection: sa.Connection, path: Path) -> int | None:
    """The schema of a database; None where nothing is in it yet.

    Raises:
        DatabaseTooNew, DatabaseTooOld: it is none that can be used or brought up to date.
        DatabaseUnusable: it has our tables, and does not say which.
    """
    inspector = sa.inspect(connection)
    version = _read_version(connection) if inspector.has_table(schema_table.name) else None
    if version is not None:
        migrations.check_version(version, path)
    elif inspector.has_table(jobs_table.name):
        raise migrations.damaged(path, "nothing in it says which version wrote it")
    return version


def _read_version(connection: sa.Connection) -> int | None:
    return connection.execute(sa.select(schema_table.c.version)).scalar_one_or_none()


def _outdated(path: Path) -> DatabaseTooOld:
    return DatabaseTooOld(
        f"{path} was written by an earlier version of NemoWatch, and only the daemon brings it up to date.",
        hint="Start the daemon, or restart one that was running while NemoWatch was upgraded.",
    )


def _unusable(path: Path, error: DatabaseError) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"The database {path} can't be used: {error.orig}.",
        hint="Look at the disk's room and the file's permissions; if it is damaged, restore it from a backup, or "
        "use another state folder (NEMOWATCH_STATE).",
    )


def _make_engine(url: sa.URL, *, synchronous: str) -> sa.Engine:
    # While a disk stalls, all wait in SQLite; for want of a connection one would fail as if it were no passing error.
    engine = sa.create_engine(url, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # IMMEDIATE takes the write lock at the start, so that two writers queue up instead of failing half-way
        # (dbos/_sys_db_sqlite.py sets its own engine up the same way).
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA foreign_keys=ON")
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute(migrations.GIVES_ROOM_BACK)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    return engine
