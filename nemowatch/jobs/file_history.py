"""What the database knows of a path: its job, why it was refused or skipped, whether its rule has looked there.

Read by the commands that explain and list files. Nothing is changed by it; all methods block for a database
round-trip.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nemowatch.jobs.database import open_for_reading
from nemowatch.jobs.records import DUPLICATE, SourceFile
from nemowatch.jobs.rows import path_to_text
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.tables import first_looks_table, known_files_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.jobs.records import JobRecord


@dataclass(frozen=True)
class KnownFile:
    """What became of one version of a file for one rule.

    Attributes:
        rule: the rule's name; it may be gone from the rules.
        source: the version that is known.
        job: the job that it made, or that its content had already; None where it has none.
        refusal: why it was refused; empty where it was not.
        skipped: `existing`, `duplicate`, or empty.
        noted_at: when that was found, seconds since the epoch; None where nobody wrote it down.
    """

    rule: str
    source: SourceFile
    job: JobRecord | None
    refusal: str
    skipped: str
    noted_at: float | None

    @property
    def is_duplicate(self) -> bool:
        """Whether its job is that of a file with the same content under another name."""
        if self.job is None:
            return self.skipped == DUPLICATE
        return path_to_text(self.job.spec.source.path) != path_to_text(self.source.path)


class FileHistory:
    """The known files in the database, with their jobs."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._jobs = JobStore(engine)

    def read(self, path: Path, rule: str) -> KnownFile | None:
        """What is known of a file for a rule; None when nothing is."""
        table = known_files_table.c
        found = self._select(sa.select(known_files_table).where(table.rule == rule, _is_at(path)))
        return found[0] if found else None

    def read_all(self, path: Path) -> tuple[KnownFile, ...]:
        """What is known of a file for any rule, those that are gone from the rules too."""
        table = known_files_table.c
        return self._select(sa.select(known_files_table).where(_is_at(path)).order_by(table.rule))

    def list_skipped(self, *, rule: str | None = None, limit: int | None = None) -> tuple[KnownFile, ...]:
        """Files that make no job, existing ones and duplicates; those that were found last come first."""
        table = known_files_table.c
        query = (
            sa.select(known_files_table)
            .where(table.skipped.is_not(None))
            .order_by(table.noted_at.desc().nulls_last(), table.path, table.rule)
            .limit(limit)
        )
        return self._select(query if rule is None else query.where(table.rule == rule))

    def count_skipped(self) -> dict[str, int]:
        """How many files make no job, by the reason; one without a file is left out."""
        table = known_files_table.c
        query = sa.select(table.skipped, sa.func.count()).where(table.skipped.is_not(None))
        with self._engine.connect() as connection:
            return {str(why): count for why, count in connection.execute(query.group_by(table.skipped))}

    def has_looked(self, rule: str, folder: Path) -> bool:
        """Whether a rule's first look into one of its watch folders is over: what is found from then on is new."""
        table = first_looks_table.c
        query = sa.select(table.is_finished).where(table.rule == rule, table.folder == path_to_text(folder))
        with self._engine.connect() as connection:
            return bool(connection.execute(query).scalar_one_or_none())

    def _select(self, query: sa.Select[tuple[object, ...]]) -> tuple[KnownFile, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(self._known_of(row) for row in rows)

    def _known_of(self, row: sa.RowMapping) -> KnownFile:
        source = SourceFile(Path(row["path"]), row["size_bytes"], row["modified_ns"], row["inode"])
        job = None if row["job_id"] is None else self._jobs.read(row["job_id"])
        return KnownFile(
            row["rule"], source, job, row["refusal"] or "", row["skipped"] or "", row["noted_at"]
        )


@contextmanager
def open_history(path: Path) -> Iterator[FileHistory | None]:
    """The known files of a database file; None where no daemon has run yet. Nothing is made by looking.

    Raises:
        DatabaseTooNew: a later version of NemoWatch wrote it.
        DatabaseUnusable: it can't be read, or is none.
    """
    with open_for_reading(path) as engine:
        yield None if engine is None else FileHistory(engine)


def _is_at(path: Path) -> sa.ColumnElement[bool]:
    return known_files_table.c.path == path_to_text(path)
