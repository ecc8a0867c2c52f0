"""What is remembered of watch folders: which rules have looked into them, and which folders they were.

Kept for intake, through the daemon. All methods block for a database round-trip.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.rows import path_to_text
from nemowatch.jobs.tables import first_looks_table, watch_folders_table

if TYPE_CHECKING:
    from nemowatch.jobs.database import Database


class KeptLook(NamedTuple):
    """A rule's first look into a folder, and what was decided about the files found."""

    rule: str
    folder: Path
    decision: str
    is_finished: bool


class FirstLookTable:
    """The first looks in the database. What is written is on the disk: a look that is forgotten costs money."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> tuple[KeptLook, ...]:
        """Every look there is."""
        table = first_looks_table.c
        query = sa.select(table.rule, table.folder, table.decision, table.is_finished)
        with self._database.engine.connect() as connection:
            return tuple(KeptLook(row[0], Path(row[1]), row[2], row[3]) for row in connection.execute(query))

    def write(self, look: KeptLook) -> None:
        """Keep a look as it stands."""
        facts = {"decision": look.decision, "is_finished": look.is_finished}
        with self._database.synced() as connection:
            connection.execute(
                insert(first_looks_table)
                .values(rule=look.rule, folder=path_to_text(look.folder), **facts)
                .on_conflict_do_update(index_elements=["rule", "folder"], set_=facts)
            )

    def forget(self, rule: str) -> None:
        """The rule's next look into each folder is a first one again."""
        with self._database.synced() as connection:
            connection.execute(sa.delete(first_looks_table).where(first_looks_table.c.rule == rule))


class FolderTable:
    """Which folder stood under a watch folder's name, and whether files of ours lay in it."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def read(self, folder: Path) -> tuple[str, bool] | None:
        """The identity and whether it had files; None for a folder that was never looked into."""
        table = watch_folders_table.c
        query = sa.select(table.identity, table.had_files).where(table.folder == path_to_text(folder))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row[0], row[1])

    def write(self, folder: Path, identity: str, *, had_files: bool) -> None:
        """Keep what stands there now."""
        facts = {"identity": identity, "had_files": had_files}
        with self._engine.begin() as connection:
            connection.execute(
                insert(watch_folders_table)
                .values(folder=path_to_text(folder), **facts)
                .on_conflict_do_update(index_elements=["folder"], set_=facts)
            )
