"""Notes written before something that must not happen twice: "this prompt is about to be sent".

A step that finds its own marker knows that it may have run before, and looks at the service before it acts. A
marker is on the disk before the call leaves, also through a power cut.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nemowatch.jobs.tables import markers_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemowatch.jobs.database import Database

SESSION_MARKER = "session"
"""Keeps which session a job worked in, for refinements of it, and its project link."""

AFTER_MARKER = "after"
"""Keeps what is about to become of a recording: from where, and where to; to nowhere is into the trash."""

DRAFT_MARKER = "draft:"
"""How the names begin that keep what each edit left: the draft, and the addresses of the generated media. Other jobs
may work in the same session after it."""


class Markers:
    """The markers of all jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, job_id: str, name: str) -> dict[str, str] | None:
        """The facts kept under this name, or None when it was never set."""
        table = markers_table.c
        query = sa.select(table.facts).where(table.job_id == job_id, table.name == name)
        with self._database.engine.connect() as connection:
            facts = connection.execute(query).scalar_one_or_none()
        return None if facts is None else dict(json.loads(facts))

    def has_any(self, job_id: str, beginning: str) -> bool:
        """Whether a job has a marker whose name begins like this."""
        table = markers_table.c
        query = sa.select(table.name).where(table.job_id == job_id, table.name.startswith(beginning))
        with self._database.engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def list(self, job_id: str, beginning: str) -> dict[str, dict[str, str]]:
        """All of a job's markers whose names begin like this, with their facts, the oldest first."""
        table = markers_table.c
        query = (
            sa.select(table.name, table.facts)
            .where(table.job_id == job_id, table.name.startswith(beginning, autoescape=True))
            .order_by(table.written_at, table.name)
        )
        with self._database.engine.connect() as connection:
            return {name: dict(json.loads(facts)) for name, facts in connection.execute(query)}

    def drop(self, job_id: str, name: str) -> None:
        """Take a marker back; only where it is certain that the call did nothing."""
        table = markers_table.c
        with self._database.synced() as connection:
            connection.execute(markers_table.delete().where(table.job_id == job_id, table.name == name))

    def set(self, job_id: str, name: str, facts: Mapping[str, str], *, now: float) -> None:
        """Keep facts under a name, synced to the disk. A marker is set once: a second time is a mistake.

        Raises:
            sqlalchemy.exc.IntegrityError: it was set before.
        """
        with self._database.synced() as connection:
            connection.execute(
                markers_table.insert().values(
                    job_id=job_id, name=name, facts=json.dumps(dict(facts)), written_at=now
                )
            )
