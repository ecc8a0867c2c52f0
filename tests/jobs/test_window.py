"""What is shown of the jobs stays small, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from job_specs import make_job_spec

from nemowatch.jobs import window
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import Cause, DeliveredFile, JobState, Stop
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.tables import spending_table
from nemowatch.jobs.views import JobView
from nemowatch.jobs.window import Window

SPEC = make_job_spec("")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "nemowatch.db")
    yield database
    database.close()


def test_status_shows_the_newest_that_stand_still_and_counts_and_prices_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "STOPPED_SHOWN", 3)
    store = JobStore(database.engine)
    for number in range(5):
        source = replace(SPEC.source, path=Path(f"/r/{number}.mp4"))
        spec = replace(SPEC, job_id=f"{number:016x}", source=source, queued_at=100.0 + number)
        store.add(spec, stop=Stop(1, "prepare", Cause.BACKLOG), state=JobState.HELD)
    with database.engine.begin() as connection:
        facts = {"job_id": "past", "prompt": "edit-1", "rule": "shorts", "credits": 7, "spent_at": 1.0}
        connection.execute(spending_table.insert().values(facts))
    shown = Window(database.engine, is_running=False)
    status = shown.read_status(daemon=None, state_folder="", standing=None, now=200.0)
    assert [job.file_name for job in status.held] == ["4.mp4", "3.mp4", "2.mp4"]
    assert status.counts == {JobState.HELD: 5}
    assert status.held_cost.startswith("about 35 credits")


def test_job_that_a_later_version_tells_of_is_read_without_what_is_new(database: Database) -> None:
    store = JobStore(database.engine)
    store.add(replace(SPEC, job_id="a" * 16))
    outputs = (DeliveredFile("talk.mp4", "video", 10, 2.0),)
    store.write("a" * 16, Changes(JobState.DONE, outputs=outputs), now=200.0)
    job = Window(database.engine, is_running=False).find_job("a", now=200.0)
    facts = job.to_json()
    later = facts | {"new": 1, "outputs": [output | {"new": 1} for output in facts["outputs"]]}
    assert JobView.from_json(later) == JobView.from_json(facts) == job
