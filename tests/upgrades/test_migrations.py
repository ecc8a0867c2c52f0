"""Databases that earlier versions really wrote, opened by this one: brought up to date whole, or refused."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from killed_upgrade import STEP
from old_state import SCHEMAS, load_dump

from nemowatch.jobs.database import SCHEMA_VERSION, Database
from nemowatch.jobs.errors import DatabaseTooNew, DatabaseTooOld, DatabaseUnusable
from nemowatch.jobs.migrations import COPIES_KEPT, LATEST
from nemowatch.jobs.orders import OrderBook
from nemowatch.jobs.reading import open_book
from nemowatch.jobs.records import JobState
from nemowatch.jobs.spending import Ledger
from nemowatch.jobs.store import JobStore

JOBS = {1: 8, 2: 9, 3: 9, 4: 9}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nemowatch.db"


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def shape_of(path: Path) -> set[tuple[object, ...]]:
    """Every column and index of NemoWatch's own tables, with types, defaults and keys; in whatever order."""
    columns = ask(
        path,
        'SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk FROM sqlite_master m '
        "JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name LIKE 'nemowatch%'",
    )
    indexes = ask(
        path, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE '%nemowatch%'"
    )
    return {*columns, *indexes}


def copies(path: Path) -> list[Path]:
    return sorted((path.parent / "backups").iterdir())


def test_every_schema_has_its_migration_and_its_database_among_the_tests() -> None:
    assert LATEST == SCHEMA_VERSION == SCHEMAS[-1] + 1
    assert tuple(range(1, SCHEMA_VERSION)) == SCHEMAS


@pytest.mark.parametrize("schema", SCHEMAS)
def test_database_of_an_earlier_version_becomes_one_of_this_version(
    path: Path, tmp_path: Path, schema: int
) -> None:
    load_dump(schema, path)
    database = Database(path)
    Ledger(database)
    new = Database(tmp_path / "new.db")
    Ledger(new)
    try:
        jobs = JobStore(database.engine).list_jobs()
        assert len(jobs) == JOBS[schema]
        assert {job.spec.source.path.stem: job.state for job in jobs}.items() >= {
            "monday": JobState.DONE,
            "joke": JobState.FAILED,
            "tuesday": JobState.PREPARING,
        }.items()
        assert len(OrderBook(database.engine).open_orders()) == (schema > 1)
        assert shape_of(path) == shape_of(tmp_path / "new.db")
        assert ask(path, "PRAGMA auto_vacuum") == ask(tmp_path / "new.db", "PRAGMA auto_vacuum") == [(2,)]
        assert ask(path, "SELECT version FROM nemowatch_schema") == [(SCHEMA_VERSION,)]
    finally:
        database.close()
        new.close()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_copy_of_the_database_as_it_was_is_kept(path: Path, schema: int) -> None:
    load_dump(schema, path)
    Database(path).close()
    (copy,) = copies(path)
    assert re.fullmatch(rf"nemowatch-schema{schema}-\d{{8}}-\d{{6}}\.db", copy.name)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert ask(copy, "SELECT version FROM nemowatch_schema") == [(schema,)]
    assert ask(copy, "SELECT count(*) FROM nemowatch_jobs") == [(JOBS[schema],)]


def test_only_the_latest_copies_are_kept(path: Path) -> None:
    for schema in SCHEMAS:
        path.unlink(missing_ok=True)
        load_dump(schema, path)
        Database(path).close()
    assert [ask(copy, "SELECT version FROM nemowatch_schema") for copy in copies(path)] == [[(3,)], [(4,)]]
    assert len(copies(path)) == COPIES_KEPT


def test_database_of_this_version_is_neither_copied_nor_rewritten(path: Path) -> None:
    Database(path).close()
    before = path.read_bytes()
    Database(path).close()
    assert path.read_bytes() == before
    assert not (path.parent / "backups").exists()


def test_column_that_a_development_version_lacks_is_added(path: Path) -> None:
    load_dump(3, path)
    change(path, "ALTER TABLE nemowatch_known_files DROP COLUMN condition")
    change(path, "ALTER TABLE nemowatch_shared_sessions DROP COLUMN last_holder")
    Database(path).close()
    with open_book(path) as book:
        assert book is not None


@pytest.mark.slow
def test_upgrade_that_is_killed_anywhere_leaves_the_old_database_or_the_new_one(path: Path) -> None:
    load_dump(1, path)
    script = Path(__file__).with_name("killed_upgrade.py")
    done = subprocess.run(
        [sys.executable, script, path], capture_output=True, text=True, timeout=100, check=True
    )
    *killed, last = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]

    assert len(killed) > 20
    assert {code for code, *_ in killed} == {-signal.SIGKILL}
    assert last[:2] == (0, SCHEMA_VERSION)
    old = (1, killed[0][2], JOBS[1])
    assert {tuple(left) for _, *left in killed} <= {old, last[1:]}
    for number in range(0, len(killed), 5):
        left = path.with_name(f"killed-{1 + STEP * number}") / path.name
        Database(left).close()
        assert ask(left, "SELECT version FROM nemowatch_schema") == [(SCHEMA_VERSION,)]
        assert [copy for copy in copies(left) if copy.suffix != ".db"] == []


def test_database_that_cannot_be_copied_first_is_left_as_it_is(path: Path) -> None:
    load_dump(4, path)
    (path.parent / "backups").write_text("somebody's notes")
    before = shape_of(path)
    with pytest.raises(DatabaseUnusable, match=r"no copy of it can be kept in .*backups"):
        Database(path)
    assert shape_of(path) == before


def test_damaged_database_of_an_earlier_version_is_refused_before_anything_is_changed(path: Path) -> None:
    load_dump(4, path)
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096 * 4)
    content = path.read_bytes()
    with pytest.raises(DatabaseUnusable, match="damaged"):
        Database(path)
    assert path.read_bytes() == content


def test_tables_without_a_version_are_refused(path: Path) -> None:
    load_dump(4, path)
    change(path, "DELETE FROM nemowatch_schema")
    with pytest.raises(DatabaseUnusable, match="which version wrote it"):
        Database(path)


def test_database_that_is_not_what_its_version_says_is_refused(path: Path) -> None:
    Database(path).close()
    change(path, "ALTER TABLE nemowatch_past_jobs DROP COLUMN sha256")
    with pytest.raises(DatabaseUnusable, match=r"it lacks nemowatch_past_jobs\.sha256"):
        Database(path)


@pytest.mark.parametrize(("version", "error"), [(0, DatabaseTooOld), (SCHEMA_VERSION + 1, DatabaseTooNew)])
def test_database_of_a_version_out_of_reach_is_refused_and_left_alone(
    path: Path, version: int, error: type[Exception]
) -> None:
    load_dump(4, path)
    change(path, f"UPDATE nemowatch_schema SET version = {version}")
    before = path.read_bytes()
    with pytest.raises(error, match=rf"schema (is )?{version}\b"):
        Database(path)
    assert path.read_bytes() == before


def test_command_that_only_looks_says_that_the_database_waits_for_its_upgrade(path: Path) -> None:
    load_dump(4, path)
    with pytest.raises(DatabaseTooOld, match="only the daemon"), open_book(path):
        pass
    assert ask(path, "SELECT version FROM nemowatch_schema") == [(4,)]
