"""Looking into the jobs' book without being the daemon."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nemowatch.jobs.database import open_for_reading
from nemowatch.jobs.markers import SESSION_MARKER
from nemowatch.jobs.spending import SpendingBook
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.tables import markers_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def open_book(path: Path) -> Iterator[JobStore | None]:
    """The jobs of a database file; None where no daemon has run yet. Nothing is made by looking.

    Raises:
        DatabaseTooNew: a later version of NemoWatch wrote it.
        DatabaseUnusable: it can't be read, or is none.
    """
    with open_for_reading(path) as engine:
        yield None if engine is None else JobStore(engine)


@contextmanager
def open_books(path: Path) -> Iterator[tuple[JobStore, SpendingBook] | None]:
    """The same, together with what the jobs have cost.

    Raises:
        DatabaseTooNew, DatabaseUnusable: as for `open_book`.
    """
    with open_for_reading(path) as engine:
        yield None if engine is None else (JobStore(engine), SpendingBook(engine))


def read_project_link(path: Path, job_id: str) -> str | None:
    """The link to a job's project, which it keeps as soon as it has a session; None where there is none.

    Raises:
        DatabaseTooNew, DatabaseUnusable: as for `open_book`.
    """
    table = markers_table.c
    query = sa.select(table.facts).where(table.job_id == job_id, table.name == SESSION_MARKER)
    with open_for_reading(path) as engine:
        if engine is None:
            return None
        with engine.connect() as connection:
            facts = connection.execute(query).scalar_one_or_none()
    return None if facts is None else json.loads(facts)["link"] or None
