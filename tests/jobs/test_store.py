"""The jobs' book."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from job_specs import make_job_spec
from sqlalchemy.exc import IntegrityError

from nemowatch.jobs.database import Database
from nemowatch.jobs.errors import DatabaseTooNew, DatabaseUnusable
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.reading import open_book
from nemowatch.jobs.records import DeliveredFile, JobSpec, JobState, SourceFile
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.waiting_line import WaitingLine


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "nemowatch.db")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database.engine)


def make_spec(
    job_id: str = "a" * 16, *, path: Path = Path("/r/talk.mp4"), queued_at: float = 100.0
) -> JobSpec:
    return make_job_spec(
        job_id, path=path, prompts=("cut it", "export"), deliver=("video", "media"), queued_at=queued_at
    )


def test_job_is_kept_as_it_was_added(store: JobStore) -> None:
    spec = make_spec()
    assert store.add(spec)
    record = store.read(spec.job_id)
    assert record is not None
    assert record.spec == spec
    assert (record.state, record.reason, record.progress) == (JobState.QUEUED, "", None)


def test_same_job_is_added_once_and_keeps_its_first_spec(store: JobStore) -> None:
    assert store.add(make_spec())
    assert not store.add(replace(make_spec(), prompts=("something else",)))
    record = store.read("a" * 16)
    assert record is not None
    assert record.spec.prompts == ("cut it", "export")


def test_name_that_is_no_valid_utf8_survives(store: JobStore) -> None:
    path = Path("/r/caf\udce9.mp4")
    store.add(make_spec(path=path))
    record = store.read("a" * 16)
    assert record is not None
    assert record.spec.source.path == path


def test_entering_a_state_clears_the_progress_and_the_reason_of_the_one_before(store: JobStore) -> None:
    store.add(make_spec())
    store.write("a" * 16, Changes(JobState.WAITING, "slow"), now=101.0)
    store.write_progress("a" * 16, 0.5, "half", now=102.0)
    store.write("a" * 16, Changes(JobState.EXPORTING), now=103.0)
    record = store.read("a" * 16)
    assert record is not None
    assert (record.state, record.reason, record.progress, record.note) == (JobState.EXPORTING, "", None, "")


def test_start_is_written_once(store: JobStore) -> None:
    store.add(make_spec())
    for moment in (101.0, 105.0):
        store.write("a" * 16, Changes(JobState.PREPARING, started_at=moment), now=moment)
    record = store.read("a" * 16)
    assert record is not None
    assert (record.started_at, record.updated_at) == (101.0, 105.0)


def test_end_is_written_with_folder_and_outputs(store: JobStore) -> None:
    store.add(make_spec())
    outputs = (DeliveredFile("talk.mp4", "video", 5, 2.5), DeliveredFile("media/a.png", "media", 7))
    store.write(
        "a" * 16,
        Changes(JobState.DONE, finished_at=110.0, output_folder=Path("/r-output/talk"), outputs=outputs),
        now=110.0,
    )
    record = store.read("a" * 16)
    assert record is not None
    assert (record.outputs, record.output_folder, record.finished_at) == (
        outputs,
        Path("/r-output/talk"),
        110.0,
    )


def test_jobs_are_listed_newest_first_and_narrowed_down(database: Database, store: JobStore) -> None:
    for number, letter in enumerate("abc"):
        store.add(make_spec(letter * 16, queued_at=100.0 + number))
    store.write("b" * 16, Changes(JobState.FAILED, "no"), now=200.0)
    assert [record.spec.job_id[0] for record in store.list_jobs()] == ["c", "b", "a"]
    assert [record.spec.job_id[0] for record in store.list_jobs(states=[JobState.FAILED])] == ["b"]
    assert [record.spec.job_id[0] for record in store.list_jobs(limit=1)] == ["c"]
    both = [JobState.QUEUED, JobState.FAILED, JobState.QUEUED]
    assert [record.spec.job_id[0] for record in store.list_jobs(states=both)] == ["c", "b", "a"]
    assert [record.spec.job_id[0] for record in store.list_jobs(states=both, limit=2)] == ["c", "b"]
    assert [record.spec.job_id[0] for record in store.list_jobs(since=101.0)] == ["c", "b"]
    assert [record.spec.job_id[0] for record in store.list_jobs(states=both, since=102.0)] == ["c"]
    assert store.list_jobs(rule="another") == ()
    assert WaitingLine(database.engine).count_waiting() == 2
    assert store.count_by_state() == {JobState.QUEUED: 2, JobState.FAILED: 1}
    assert store.count_by_state(unended=True) == {JobState.QUEUED: 2}
    assert list(store.count_by_rule().values()) == [3]
    assert store.waits_since() == 100.0


def test_what_ended_last_comes_first_whenever_it_was_queued(store: JobStore) -> None:
    for job_id, queued_at, state, ended_at in (
        ("a", 100.0, JobState.FAILED, 300.0),
        ("b", 101.0, JobState.DONE, 200.0),
        ("c", 102.0, JobState.EDITING, None),
        ("d", 103.0, JobState.DONE, 250.0),
    ):
        store.add(make_spec(job_id * 16, queued_at=queued_at))
        store.write(job_id * 16, Changes(state, finished_at=ended_at), now=queued_at)
    assert [record.spec.job_id[0] for record in store.list_ended_last(2)] == ["a", "d"]
    failed = store.read("a" * 16)
    assert failed is not None
    store.unpark(failed, attempt=2, now=400.0)
    assert [record.spec.job_id[0] for record in store.list_ended_last(9)] == ["d", "b"]


def test_job_is_found_by_the_beginning_of_its_id(store: JobStore) -> None:
    store.add(make_spec("abc" + "0" * 13))
    store.add(make_spec("abd" + "0" * 13))
    assert len(store.find("ab")) == 2
    assert [record.spec.job_id[:3] for record in store.find("abd")] == ["abd"]
    assert store.find("%") == ()


def test_added_job_makes_its_file_known_after_a_restart(database: Database, store: JobStore) -> None:
    spec = make_spec()
    store.add(spec)
    known = KnownFileBook(database)
    assert known.is_known("shorts", spec.source)
    assert not known.is_known("another", spec.source)
    assert not known.is_known("shorts", replace(spec.source, modified_ns=21))


def test_refusal_is_known_at_once_and_after_a_restart(database: Database) -> None:
    source = SourceFile(Path("/r/notes.mp4"), 1, 2, 3)
    known = KnownFileBook(database)
    known.note("shorts", source)
    assert known.is_known("shorts", source)
    assert not KnownFileBook(database).is_known("shorts", source)
    known.write_refusal("shorts", source, "a text", now=1.0)
    assert KnownFileBook(database).is_known("shorts", source)


def test_marker_is_set_once_and_read_back(database: Database) -> None:
    markers = Markers(database)
    assert markers.read("a", "prompt:1") is None
    markers.set("a", "prompt:1", {"fingerprint": "f"}, now=1.0)
    assert markers.read("a", "prompt:1") == {"fingerprint": "f"}
    with pytest.raises(IntegrityError):
        markers.set("a", "prompt:1", {"fingerprint": "g"}, now=2.0)


def test_marker_is_synced_to_the_disk(database: Database) -> None:
    with database.synced() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1


def test_database_is_readable_by_its_owner_alone(database: Database, tmp_path: Path) -> None:
    assert (tmp_path / "nemowatch.db").stat().st_mode & 0o777 == 0o600


def test_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nemowatch.db"
    Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE nemowatch_schema SET version = 99")
    connection.close()
    with pytest.raises(DatabaseTooNew, match="schema is 99"):
        Database(path)


def test_looking_at_a_database_that_is_just_being_made_finds_nothing(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "nemowatch.db").execute("PRAGMA user_version=1").connection.close()
    with open_book(tmp_path / "nemowatch.db") as book:
        assert book is None


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "nemowatch.db"
    path.write_text("Dear diary, " * 1000)
    with pytest.raises(DatabaseUnusable, match="not a database"), open_book(path):
        pass
    with pytest.raises(DatabaseUnusable, match="not a database"):
        Database(path)


def test_looking_changes_nothing_while_a_daemon_writes(
    database: Database, store: JobStore, tmp_path: Path
) -> None:
    store.add(make_spec())

    def write_through_a_look() -> None:
        with open_book(tmp_path / "nemowatch.db") as book:
            assert book is not None
            assert len(book.list_jobs()) == 1
            book.add(make_spec("b" * 16))

    with pytest.raises(DatabaseUnusable, match="readonly"):
        write_through_a_look()
    assert len(store.list_jobs()) == 1


@pytest.mark.parametrize("name", ["a: b #1", "50 % off?", "caf\udce9"])
def test_state_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    database = Database(folder / "nemowatch.db")
    JobStore(database.engine).add(make_spec())
    with open_book(folder / "nemowatch.db") as book:
        assert book is not None
        assert len(book.list_jobs()) == 1
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_looking_makes_no_database(tmp_path: Path) -> None:
    with open_book(tmp_path / "none.db") as book:
        assert book is None
    assert not (tmp_path / "none.db").exists()


def test_while_the_disk_stalls_nobody_fails_for_want_of_a_connection(tmp_path: Path) -> None:
    database = Database(tmp_path / "nemowatch.db")
    with ExitStack() as waiting:
        for _ in range(20):
            waiting.enter_context(database.engine.connect())
    database.close()
