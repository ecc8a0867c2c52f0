"""The state folder's database: one SQLite file for the jobs, their checkpoints (DBOS) and the known files.

Opened by the daemon for writing and by the reading commands. Pragmas as measured: WAL lets commands read while
the daemon writes; `synchronous=NORMAL` survives any crash of the process; what must survive a power cut too
goes through `synced`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from nemowatch.jobs.errors import DatabaseTooNew

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 1

metadata = sa.MetaData()

schema_table = sa.Table("nemowatch_schema", metadata, sa.Column("version", sa.Integer, primary_key=True))

jobs_table = sa.Table(
    "nemowatch_jobs",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False, index=True),
    sa.Column("source_path", sa.Text, nullable=False, index=True),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("progress", sa.Float),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("output_folder", sa.Text),
    sa.Column("outputs", sa.Text, nullable=False),
    sa.Column("queued_at", sa.Float, nullable=False, index=True),
    sa.Column("started_at", sa.Float),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
)

known_files_table = sa.Table(
    "nemowatch_known_files",
    metadata,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("modified_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.BigInteger, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("refusal", sa.Text),
)

markers_table = sa.Table(
    "nemowatch_markers",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("written_at", sa.Float, nullable=False),
)


class Database:
    """The database file and its connections.

    Args:
        path: the SQLite file; made on first use.

    Raises:
        DatabaseTooNew: a later version of NemoWatch wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self.engine = _make_engine(self.url, synchronous="NORMAL")
        self._synced_engine = _make_engine(self.url, synchronous="FULL")
        self._create_tables(path)

    @contextmanager
    def synced(self) -> Iterator[sa.Connection]:
        """A transaction that is on the disk, not only in the system's cache, when it has ended."""
        with self._synced_engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._synced_engine.dispose()

    def _create_tables(self, path: Path) -> None:
        with self.synced() as connection:
            metadata.create_all(connection)
            version = connection.execute(sa.select(schema_table.c.version)).scalar_one_or_none()
            if version is None:
                connection.execute(schema_table.insert().values(version=SCHEMA_VERSION))
            elif version > SCHEMA_VERSION:
                raise DatabaseTooNew(
                    f"{path} was written by a later version of NemoWatch (its schema is {version}, this one knows "
                    f"{SCHEMA_VERSION}).",
                    hint="Install the later version again, or use another state folder (NEMOWATCH_STATE).",
                )
        path.chmod(0o600)


def _make_engine(url: str, *, synchronous: str) -> sa.Engine:
    engine = sa.create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # IMMEDIATE takes the write lock at the start, so that two writers queue up instead of failing half-way
        # (dbos/_sys_db_sqlite.py sets its own engine up the same way).
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    return engine
