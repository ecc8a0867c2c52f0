"""What is kept of how fast the jobs go, and what is told of a job in the book."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_specs import make_job_spec

from nemowatch.jobs.database import Database
from nemowatch.jobs.errors import DatabaseTooOld
from nemowatch.jobs.pace import Pace, open_pace
from nemowatch.jobs.records import Cause, JobRecord, JobSpec, JobState, SourceFile, Stop
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.tables import present_steps_table, step_times_table

NOW = 1_700_000_000.0
KINDS = ("prepare", "connect", "upload", "edit-1", "export-1", "download-1", "collect", "deliver-done")
STATES = {
    "upload": JobState.UPLOADING,
    "edit-1": JobState.EDITING,
    "collect": JobState.DOWNLOADING,
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "nemowatch.db")
    yield database
    database.close()


@pytest.fixture
def pace(database: Database) -> Pace:
    return Pace(database.engine)


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database.engine)


def make_spec(letter: str = "a", *, rule: str = "shorts") -> JobSpec:
    return make_job_spec(
        letter * 16,
        rule=rule,
        source=SourceFile(Path(f"/r/{letter}.mp4"), 10_000_000, 20, 30),
        sha256=letter * 64,
        duration_seconds=100.0,
        prompts=("cut out the silence",),
    )


def read(store: JobStore, letter: str = "a") -> JobRecord:
    record = store.read(letter * 16)
    assert record is not None
    return record


def bring_to(store: JobStore, pace: Pace, step: str, *, letter: str = "a", now: float = NOW) -> None:
    """Let a job be at a step from now on."""
    store.add(make_spec(letter))
    store.write(letter * 16, Changes(STATES[step], started_at=now), now=now)
    pace.begin(letter * 16, step, now=now)


def tell_share(store: JobStore, pace: Pace, share: float, *, now: float) -> None:
    store.write_progress("a" * 16, share, "uploading", now=now)
    pace.move("a" * 16, share, now=now)


def learn(pace: Pace, seconds: float = 10.0) -> None:
    """Let an earlier job have taken so long with each step."""
    for step in KINDS:
        pace.note(make_spec("e"), step, seconds)


def count(database: Database, table: sa.Table) -> int:
    with database.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_nothing_is_told_of_the_first_job(store: JobStore, pace: Pace) -> None:
    bring_to(store, pace, "upload")
    tell_share(store, pace, 0.5, now=NOW + 30)
    assert pace.remaining(read(store), now=NOW + 30) is None


def test_what_earlier_jobs_took_is_told_of_the_next(store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    assert pace.remaining(read(store), now=NOW + 4) == pytest.approx(56.0)
    bring_to(store, pace, "edit-1", now=NOW + 10)
    assert pace.remaining(read(store), now=NOW + 14) == pytest.approx(46.0)


def test_what_was_learnt_is_known_after_a_restart(database: Database, store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    assert Pace(database.engine).remaining(read(store), now=NOW + 4) == pytest.approx(56.0)


def test_share_is_measured_from_where_it_began_to_grow(store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    for seconds, share in ((1, 0.0), (100, 0.0), (1000, 0.0), (1001, 0.1), (1005, 0.5)):
        tell_share(store, pace, share, now=NOW + seconds)
    assert pace.remaining(read(store), now=NOW + 1005) == pytest.approx(5.0 + 50.0)


def test_share_that_falls_is_that_of_another_piece_of_work(store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    for seconds, share in ((0, 0.0), (50, 0.5), (100, 1.0), (100, 0.1), (104, 0.5)):
        tell_share(store, pace, share, now=NOW + seconds)
    assert pace.remaining(read(store), now=NOW + 104) == pytest.approx(5.0 + 50.0)


def test_share_of_the_step_before_is_not_taken_for_that_of_the_next(store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    tell_share(store, pace, 0.9, now=NOW + 9)
    pace.begin("a" * 16, "edit-1", now=NOW + 10)
    assert pace.remaining(read(store), now=NOW + 10) == pytest.approx(50.0)


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.QUEUED, JobState.DONE, JobState.FAILED])
def test_job_that_is_not_at_work_has_no_estimate(state: JobState, store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    store.write("a" * 16, Changes(state), now=NOW + 1)
    assert pace.remaining(read(store), now=NOW + 2) is None


def test_job_that_stands_still_or_is_to_end_has_no_estimate(store: JobStore, pace: Pace) -> None:
    learn(pace)
    for letter in "ab":
        bring_to(store, pace, "upload", letter=letter)
    store.park("a" * 16, JobState.ATTENTION, "?", Stop(3, "upload", Cause.QUESTION), now=NOW + 1)
    store.mark_unwanted("b" * 16, now=NOW + 1)
    assert pace.remaining_of([read(store), read(store, "b")], now=NOW + 2) == {}


def test_several_jobs_are_told_of_at_once(store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    bring_to(store, pace, "collect", letter="b")
    store.add(make_spec("c"))
    told = pace.remaining_of([read(store, letter) for letter in "abc"], now=NOW + 4)
    assert told == {"a" * 16: pytest.approx(56.0), "b" * 16: pytest.approx(16.0)}


def test_steps_of_jobs_that_have_ended_are_forgotten(database: Database, store: JobStore, pace: Pace) -> None:
    for letter in "abc":
        bring_to(store, pace, "upload", letter=letter)
    assert count(database, present_steps_table) == 3
    store.write("a" * 16, Changes(JobState.CANCELLED), now=NOW)
    store.park("b" * 16, JobState.ATTENTION, "?", Stop(3, "upload", Cause.QUESTION), now=NOW)
    pace.note(make_spec("c"), "upload", 10.0)
    bring_to(store, pace, "upload", letter="d")
    assert count(database, present_steps_table) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(KINDS[2:5]), st.floats(0.0, 1e5)), max_size=90)
)
def test_of_each_rule_and_kind_no_more_is_kept_than_is_learnt_from(
    database: Database, pace: Pace, steps: list[tuple[str, str, float]]
) -> None:
    for rule, step, seconds in steps:
        pace.note(make_spec(rule=rule), step, seconds)
    with database.engine.begin() as connection:
        rows = connection.execute(sa.select(step_times_table).order_by(step_times_table.c.number)).all()
        connection.execute(step_times_table.delete())
    for rule in "abc":
        for step in KINDS[2:5]:
            noted = [seconds for other, name, seconds in steps if (other, name) == (rule, step)]
            kept = [row.seconds for row in rows if (row.rule, row.kind) == (rule, step.partition("-")[0])]
            assert kept == noted[-20:]


def test_rules_that_come_and_go_do_not_fill_the_database(database: Database, pace: Pace) -> None:
    row = {"kind": "edit", "seconds": 1.0, "size_bytes": 1, "duration_seconds": None}
    with database.engine.begin() as connection:
        rows = [row | {"rule": f"rule {number}"} for number in range(1500)]
        connection.execute(step_times_table.insert(), rows)
    pace.note(make_spec(), "edit-1", 10.0)
    assert count(database, step_times_table) == 1000
    with database.engine.connect() as connection:
        oldest = sa.select(step_times_table.c.rule).order_by(step_times_table.c.number).limit(1)
        assert connection.execute(oldest).scalar_one() == "rule 501"


def test_clock_that_was_set_back_breaks_nothing(store: JobStore, pace: Pace) -> None:
    learn(pace)
    bring_to(store, pace, "upload")
    assert pace.remaining(read(store), now=NOW - 5000) == pytest.approx(60.0)


def test_name_of_a_rule_is_kept_whatever_is_in_it(store: JobStore, pace: Pace) -> None:
    spec = replace(make_spec(), rule="Ünï: 'quoted' -- ✂")
    for step in KINDS:
        pace.note(spec, step, 10.0)
    bring_to(store, pace, "upload")
    assert pace.remaining(replace(read(store), spec=spec), now=NOW) == pytest.approx(60.0)


def test_database_of_the_version_before_learns_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "nemowatch.db"
    database = Database(path)
    JobStore(database.engine).add(make_spec())
    database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE nemowatch_step_times")
        connection.execute("DROP TABLE nemowatch_present_steps")
        connection.execute("UPDATE nemowatch_schema SET version = 3")
    connection.close()
    with pytest.raises(DatabaseTooOld), open_pace(path):
        pass
    database = Database(path)
    store = JobStore(database.engine)
    learn(Pace(database.engine))
    bring_to(store, Pace(database.engine), "upload")
    with open_pace(path) as pace:
        assert pace is not None
        assert pace.remaining(read(store), now=NOW + 4) == pytest.approx(56.0)
    database.close()


def test_looking_for_the_pace_makes_no_database(tmp_path: Path) -> None:
    with open_pace(tmp_path / "none.db") as pace:
        assert pace is None
    assert not (tmp_path / "none.db").exists()
