"""Looking into the jobs' book without being the daemon."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nemowatch.jobs.database import open_for_reading
from nemowatch.jobs.store import JobStore

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
