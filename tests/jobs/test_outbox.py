"""The outbox: in it is what happened, no more and no less, whatever breaks in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from job_specs import make_job_spec
from sqlalchemy.exc import IntegrityError

from nemowatch.jobs.database import Database
from nemowatch.jobs.outbox import TOLD_STATES, Change, Outbox, OutboxUnusable, Reader
from nemowatch.jobs.records import Cause, DeliveredFile, JobSpec, JobState, Stop
from nemowatch.jobs.store import Changes, JobStore

JOB = "a" * 16
ALL = Reader("all", TOLD_STATES)


def make_spec(job_id: str = JOB, *, path: Path = Path("/r/talk.mp4")) -> JobSpec:
    return make_job_spec(job_id, path=path)


class Office:
    """A book, and its outbox."""

    def __init__(self, database: Database) -> None:
        self.engine = database.engine
        self.store = JobStore(database.engine)
        self.outbox = Outbox(database.engine)
        self.calls = 0
        self.store.on_news = self._count

    def _count(self) -> None:
        self.calls += 1

    def write(self, state: JobState, reason: str = "", job: str = JOB) -> bool:
        return self.store.write(job, Changes(state, reason), now=200.0)

    def news(self, *readers: Reader, of: str = "all") -> list[Change]:
        self.outbox.sort(readers or (ALL,))
        return list(self.outbox.read(of, limit=1000))

    def states(self) -> list[str]:
        return [change.state.value for change in self.news()]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = Database(tmp_path / "nemowatch.db")
    yield Office(database)
    database.close()


def test_end_of_a_job_is_in_the_outbox_with_all_that_is_told(office: Office) -> None:
    office.store.add(make_spec())
    outputs = (DeliveredFile("talk.mp4", "video", 10, 2.0),)
    done = Changes(JobState.DONE, "", finished_at=300.0, output_folder=Path("/o/talk"), outputs=outputs)
    office.store.write(JOB, done, now=300.0)
    (change,) = office.news()
    assert change == Change(
        number=change.number,
        job_id=JOB,
        attempt=1,
        state=JobState.DONE,
        reason="",
        happened_at=300.0,
        rule="shorts",
        source=Path("/r/talk.mp4"),
        output_folder=Path("/o/talk"),
        outputs=outputs,
    )
    assert office.calls == 1


def test_steps_on_the_way_are_no_news(office: Office) -> None:
    office.store.add(make_spec())
    for state in (JobState.PREPARING, JobState.EDITING, JobState.WAITING, JobState.DELIVERING):
        office.write(state)
    assert office.states() == []
    assert office.calls == 0


def test_same_end_written_again_is_no_news(office: Office) -> None:
    office.store.add(make_spec())
    office.write(JobState.FAILED, "once")
    office.write(JobState.FAILED, "twice")
    assert [change.reason for change in office.news()] == ["once"]


def test_job_that_has_ended_and_is_not_brought_back_is_no_news(office: Office) -> None:
    office.store.add(make_spec())
    office.write(JobState.CANCELLED)
    assert not office.write(JobState.ATTENTION)
    assert office.states() == ["cancelled"]


def test_each_attempt_of_a_job_is_told(office: Office) -> None:
    office.store.add(make_spec())
    office.write(JobState.FAILED)
    record = office.store.read(JOB)
    assert record is not None
    office.store.unpark(record, attempt=2, now=210.0)
    office.write(JobState.DONE)
    assert [(change.state, change.attempt) for change in office.news()] == [("failed", 1), ("done", 2)]


def test_job_that_stops_for_the_same_cause_again_and_again_is_told_once(office: Office) -> None:
    office.store.add(make_spec())
    for times in (1, 2, 3):
        stop = Stop(1, "edit-1", Cause.TOKEN, wake_at=300.0, times=times)
        office.store.park(JOB, JobState.HELD, "no token", stop, now=200.0)
        record = office.store.read(JOB)
        assert record is not None
        office.store.unpark(record, attempt=1, now=310.0)
        office.write(JobState.PREPARING)
    assert office.states() == ["held"]


@pytest.mark.parametrize("cause", [Cause.QUESTION, Cause.UNCERTAIN, Cause.SESSION])
def test_what_only_the_user_can_decide_is_told_each_time_it_is_asked(office: Office, cause: Cause) -> None:
    office.store.add(make_spec())
    for times in (1, 2):
        stop = Stop(1, "edit-1", cause, times=times)
        office.store.park(JOB, JobState.ATTENTION, f"asked {times}", stop, now=200.0)
        record = office.store.read(JOB)
        assert record is not None
        office.store.unpark(record, attempt=1, now=310.0)
        office.write(JobState.EDITING)
    assert [change.reason for change in office.news()] == ["asked 1", "asked 2"]


def test_job_that_is_held_from_the_beginning_and_one_cancelled_before_it_began_are_told(
    office: Office,
) -> None:
    office.store.add(make_spec(), stop=Stop(1, "prepare", Cause.BACKLOG), state=JobState.HELD, reason="many")
    office.store.add(make_spec(), stop=Stop(1, "prepare", Cause.BACKLOG), state=JobState.HELD, reason="many")
    assert office.store.cancel_queued(JOB, "unwanted", now=220.0)
    assert not office.store.cancel_queued(JOB, "unwanted", now=220.0)
    assert office.states() == ["held", "cancelled"]


def test_secret_in_a_reason_does_not_get_in(office: Office) -> None:
    office.store.add(make_spec())
    office.write(JobState.FAILED, "Bearer abcdefgh")
    assert office.news()[0].reason == "Bearer [secret]"


def test_state_that_is_not_written_is_not_told(office: Office, tmp_path: Path) -> None:
    office.store.add(make_spec())
    with office.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE UPDATE ON nemowatch_jobs BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(IntegrityError):
        office.write(JobState.FAILED)
    assert office.states() == []
    assert office.calls == 0


def test_news_that_can_not_be_kept_keeps_the_state_from_being_written(office: Office) -> None:
    office.store.add(make_spec())
    with office.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON nemowatch_outbox BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(IntegrityError):
        office.write(JobState.FAILED)
    record = office.store.read(JOB)
    assert record is not None
    assert record.state is JobState.QUEUED


def test_each_reader_gets_what_he_asked_for_and_keeps_it_until_it_is_struck(office: Office) -> None:
    other = replace(make_spec("b" * 16, path=Path("/r/b.mp4")), rule="other")
    office.store.add(make_spec())
    office.store.add(other)
    office.write(JobState.FAILED)
    office.write(JobState.DONE, job="b" * 16)
    readers = (
        Reader("people", frozenset({JobState.FAILED, JobState.DONE})),
        Reader("hooks", frozenset({JobState.DONE}), "other"),
        Reader("hooks", frozenset({JobState.DONE}), "shorts"),
    )
    assert [change.rule for change in office.news(*readers, of="people")] == ["shorts", "other"]
    (for_hook,) = office.news(*readers, of="hooks")
    assert for_hook.rule == "other"
    office.outbox.strike([for_hook.number])
    assert office.news(*readers, of="hooks") == []
    assert len(office.news(*readers, of="people")) == 2


def test_what_is_for_nobody_or_for_readers_that_are_gone_is_dropped(office: Office) -> None:
    office.store.add(make_spec())
    office.write(JobState.FAILED)
    assert office.news(Reader("happy", frozenset({JobState.DONE})), of="happy") == []
    office.store.add(make_spec("b" * 16, path=Path("/r/b.mp4")))
    office.write(JobState.FAILED, job="b" * 16)
    assert len(office.news()) == 1
    office.outbox.sort(())
    with office.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM nemowatch_outbox")).scalar_one() == 0


def test_what_could_not_be_told_for_too_long_is_dropped(office: Office) -> None:
    office.store.add(make_spec())
    office.write(JobState.FAILED)
    assert len(office.news()) == 1
    assert office.outbox.drop_older("all", 200.0) == 0
    assert office.outbox.drop_older("all", 201.0) == 1
    assert office.news() == []


def test_news_of_many_threads_are_all_there(office: Office) -> None:
    names = [f"{number:016x}" for number in range(60)]
    for name in names:
        office.store.add(make_spec(name, path=Path(f"/r/{name}.mp4")))

    def end(mine: list[str]) -> None:
        for name in mine:
            office.write(JobState.DONE, job=name)

    threads = [threading.Thread(target=end, args=(names[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    heard: list[str] = []
    while any(thread.is_alive() for thread in threads) or len(heard) < len(names):
        news = office.news()
        office.outbox.strike([change.number for change in news])
        heard += [change.job_id for change in news]
    assert sorted(heard) == names


def test_database_that_is_gone_is_told_as_such(office: Office) -> None:
    with office.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE nemowatch_outbox")
    with pytest.raises(OutboxUnusable, match="no such table"):
        office.outbox.sort((ALL,))


def test_number_of_a_change_that_was_told_is_never_that_of_another(office: Office) -> None:
    office.store.add(make_spec())
    office.write(JobState.FAILED)
    (told,) = office.news()
    office.outbox.strike([told.number])
    office.write(JobState.DONE)
    (later,) = office.news()
    assert later.number > told.number
