"""Which file versions need no second look: they have a job, or were refused and said so.

Asked by the intake for every file of every scan, so the answer comes from memory; the database is its copy for
the next start. Losing the latest entries does no harm: the file is looked at again and meets the same job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.database import Database, known_files_table
from nemowatch.jobs.store import path_to_text

if TYPE_CHECKING:
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

    def write_refusal(self, rule: str, source: SourceFile, reason: str) -> None:
        """Keep for the next start that a version is not to be taken, and why. Blocks for a database round-trip."""
        facts = {
            "size_bytes": source.size_bytes,
            "modified_ns": source.modified_ns,
            "inode": source.inode,
            "job_id": None,
            "refusal": reason,
        }
        with self._engine.begin() as connection:
            connection.execute(
                insert(known_files_table)
                .values(rule=rule, path=path_to_text(source.path), **facts)
                .on_conflict_do_update(index_elements=["rule", "path"], set_=facts)
            )


def _version_of(source: SourceFile) -> _Version:
    return (source.size_bytes, source.modified_ns, source.inode)
