"""Which file versions need no second look: they have a job, were refused and said so, or were there before the rule.

Asked by the intake for every file of every scan, so the answer comes from memory; the database is its copy for
the next start. Losing the latest entries does no harm: the file is looked at again and meets the same job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.records import EXISTING
from nemowatch.jobs.rows import path_to_text
from nemowatch.jobs.tables import known_files_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nemowatch.jobs.database import Database
    from nemowatch.jobs.records import SourceFile

_Version = tuple[int, int, int]


class KnownFileBook:
    """The file versions that were taken or refused, per rule."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._versions: dict[tuple[str, str], _Version] = {}
        with self._engine.connect() as connection:
            table = known_files_table.c
            query = sa.select(table.rule, table.path, table.size_bytes, table.modified_ns, table.inode)
            for rule, path, *version in connection.execute(query):
                self._versions[rule, path] = (version[0], version[1], version[2])

    def is_known(self, rule: str, source: SourceFile) -> bool:
        """True when this very version of the file was taken or refused for this rule."""
        return self._versions.get((rule, path_to_text(source.path))) == _version_of(source)

    def note(self, rule: str, source: SourceFile) -> None:
        """Remember, in memory, a version that needs no second look."""
        self._versions[rule, path_to_text(source.path)] = _version_of(source)

    def write_refusal(
        self, rule: str, source: SourceFile, reason: str, *, condition: str = "", now: float
    ) -> None:
        """Keep for the next start that a version is not to be taken, and why. Blocks for a database round-trip.

        Args:
            rule: the name of the rule.
            source: the version.
            reason: in words.
            condition: the rule's own condition that it does not meet; empty where it is the file that is wrong.
            now: seconds since the epoch.
        """
        facts = {"refusal": reason, "skipped": None, "condition": condition or None, "noted_at": now}
        with self._engine.begin() as connection:
            _write(connection, rule, [source], facts)

    def forget_unmet(self, rule: str, condition: str) -> int:
        """Let a rule look again at what did not meet a condition that it no longer has; gives how many. Blocks."""
        table = known_files_table.c
        return self._forget(
            sa.delete(known_files_table).where(
                table.rule == rule, table.condition.is_not(None), table.condition != condition
            ),
            rule,
        )

    def write_existing(self, rule: str, sources: Sequence[SourceFile], *, now: float) -> None:
        """Keep for good that files were there before the rule, which skips them. Blocks; all are written or none."""
        facts = {"refusal": None, "skipped": EXISTING, "condition": None, "noted_at": now}
        with self._engine.begin() as connection:
            _write(connection, rule, sources, facts)

    def forget_existing(self, rule: str) -> int:
        """Let a rule take what it has skipped because it was there before; gives how many files. Blocks."""
        table = known_files_table.c
        return self._forget(
            sa.delete(known_files_table).where(table.rule == rule, table.skipped == EXISTING), rule
        )

    def _forget(self, deletion: sa.Delete, rule: str) -> int:
        with self._engine.begin() as connection:
            rows = connection.execute(deletion.returning(known_files_table.c.path))
            paths = list(rows.scalars())
        for path in paths:
            self._versions.pop((rule, path), None)
        return len(paths)


def _write(
    connection: sa.Connection, rule: str, sources: Sequence[SourceFile], facts: Mapping[str, object]
) -> None:
    rows = [
        {
            "rule": rule,
            "path": path_to_text(source.path),
            "size_bytes": source.size_bytes,
            "modified_ns": source.modified_ns,
            "inode": source.inode,
            "job_id": None,
            **facts,
        }
        for source in sources
    ]
    if not rows:
        return
    statement = insert(known_files_table)
    changes = {name: statement.excluded[name] for name in rows[0] if name not in {"rule", "path"}}
    connection.execute(statement.on_conflict_do_update(index_elements=["rule", "path"], set_=changes), rows)


def _version_of(source: SourceFile) -> _Version:
    return (source.size_bytes, source.modified_ns, source.inode)
