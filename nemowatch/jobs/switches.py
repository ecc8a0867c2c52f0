"""What the user has switched, and what holds over restarts: whether jobs may start.

Written by the daemon when it is told over its control socket, by the commands while no daemon runs; read by the
daemon at its start and now and then. All methods block for a database round-trip.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from nemowatch.jobs.database import open_for_orders, open_for_reading
from nemowatch.jobs.tables import switches_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAUSED = "paused"
_IS_PAUSED = switches_table.c.name == _PAUSED


@dataclass(frozen=True)
class Pause:
    """No job starts: `since` in seconds since the epoch, and what the user said of it, which may be nothing."""

    since: float
    why: str = ""


class SwitchBook:
    """The switches in the database.

    Args:
        engine: the database's; one that may only read will do for asking.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def read_pause(self) -> Pause | None:
        """The pause that holds; None while jobs may start."""
        query = sa.select(switches_table.c.facts, switches_table.c.written_at).where(_IS_PAUSED)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Pause(row.written_at, str(json.loads(row.facts)["why"]))

    def pause(self, why: str = "", *, now: float) -> Pause:
        """Let no job start from now on; a pause that holds already goes on, for this reason if one is given."""
        row = {"name": _PAUSED, "facts": json.dumps({"why": why}), "written_at": now}
        addition = insert(switches_table).values(row)
        kept = {"facts": row["facts"]} if why else {"facts": switches_table.c.facts}
        with self._engine.begin() as connection:
            connection.execute(addition.on_conflict_do_update(index_elements=["name"], set_=kept))
        return self.read_pause() or Pause(now, why)

    def resume(self) -> bool:
        """Let jobs start again; False where nothing kept them from it."""
        with self._engine.begin() as connection:
            return connection.execute(switches_table.delete().where(_IS_PAUSED)).rowcount == 1


def read_pause(path: Path) -> Pause | None:
    """The pause that holds, by a database file; None where none does, or no daemon has run yet.

    Raises:
        DatabaseTooNew: a later version of NemoWatch wrote it.
        DatabaseUnusable: it can't be read, or is none.
    """
    with open_for_reading(path) as engine:
        return None if engine is None else SwitchBook(engine).read_pause()


@contextmanager
def open_switches(path: Path) -> Iterator[SwitchBook | None]:
    """The switches of a database file for a command to write; None where no daemon of this version has run yet.

    Raises:
        DatabaseTooNew, DatabaseUnusable: as for reading.
    """
    with open_for_orders(path) as engine:
        yield None if engine is None else SwitchBook(engine)
