"""How long a job will still take, as the commands show it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cli_parts import ID, NO_REQUESTS, add_job, invoke, make_spec, number_id, parked, run_on_terminal

from nemowatch.cli.screen import describe_remaining
from nemowatch.jobs.database import Database
from nemowatch.jobs.pace import Pace
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.places import InstanceLock, StateFolder

STEPS = ("prepare", "connect", "upload", "edit-1", "export-1", "download-1", "collect", "deliver-done")
LONG_NAME = "a recording with a name that is longer than any column of a table could ever be.mp4"


@pytest.fixture
def daemon(database: Database) -> Iterator[None]:
    """Its lock on the state folder."""
    with InstanceLock(StateFolder.locate()):
        yield


@pytest.fixture
def pace(database: Database) -> Pace:
    """What an earlier job has taught: each step took two minutes."""
    pace = Pace(database.engine)
    for step in STEPS:
        pace.note(make_spec("e" * 16), step, 120.0)
    return pace


@pytest.fixture
def uploading(store: JobStore, pace: Pace) -> Callable[..., None]:
    def start(job_id: str = ID, path: Path = Path("/r/talk.mp4")) -> None:
        """A job that began its upload just now, and has told a share."""
        now = time.time()
        spec = replace(make_spec(job_id, path=path, queued_at=now), sha256=job_id * 4)
        store.add(spec)
        store.write(job_id, Changes(JobState.UPLOADING, started_at=now), now=now)
        pace.begin(job_id, "upload", now=now)
        store.write_progress(job_id, 0.5, "uploading", now=now)
        pace.move(job_id, 0.5, now=now)

    return start


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "a few seconds left"),
        (9.9, "a few seconds left"),
        (10.0, "about 10 s left"),
        (54.9, "about 50 s left"),
        (55.0, "about 1 min left"),
        (130.0, "about 2 min left"),
        (3540.0, "about 59 min left"),
        (3580.0, "about 1 h 00 min left"),
        (7900.0, "about 2 h 10 min left"),
    ],
)
def test_rest_is_told_no_more_exactly_than_it_is_known(seconds: float, words: str) -> None:
    assert describe_remaining(seconds) == words


def test_every_command_that_shows_a_running_job_tells_how_long_it_will_take(
    uploading: Callable[..., None], daemon: None
) -> None:
    uploading()
    # Half of an upload, and five steps more, of two minutes each.
    for command in (["status"], ["jobs", "list"]):
        assert "uploading, about 11 min left" in invoke(*command).stdout
    assert "about 11 min left" in invoke("jobs", "show", ID).stdout


def test_scripts_are_told_the_seconds(uploading: Callable[..., None], daemon: None) -> None:
    uploading()
    (active,) = json.loads(invoke("status", "--json").stdout)["active"]
    (listed,) = json.loads(invoke("jobs", "list", "--json").stdout)
    shown = json.loads(invoke("jobs", "show", ID, "--json").stdout)
    for job in (active, listed, shown):
        assert 600.0 < job["remaining_seconds"] <= 660.0


def test_where_no_daemon_runs_no_job_goes_on(uploading: Callable[..., None]) -> None:
    uploading()
    for command in (["status"], ["jobs", "list"], ["jobs", "show", ID]):
        assert " left" not in invoke(*command).stdout
        assert '"remaining_seconds": null' in invoke(*command, "--json").stdout


def test_jobs_that_are_not_at_work_are_told_without_it(store: JobStore, pace: Pace, daemon: None) -> None:
    add_job(store, JobState.QUEUED)
    add_job(store, JobState.ATTENTION, job_id=number_id(1), stop=parked(Cause.QUESTION, question="?"))
    add_job(store, JobState.WAITING, job_id=number_id(2))
    add_job(store, JobState.DONE, job_id=number_id(3))
    jobs = json.loads(invoke("jobs", "list", "--json").stdout)
    assert [job["remaining_seconds"] for job in jobs] == [None] * 4
    for command in (["status"], ["jobs", "list"], ["jobs", "show", ID]):
        assert " left" not in invoke(*command).stdout


@pytest.mark.slow
def test_tables_with_it_still_fit_80_columns(uploading: Callable[..., None], daemon: None) -> None:
    uploading()
    uploading(number_id(1), Path("/r") / LONG_NAME)
    for command in (["status"], ["jobs", "list"]):
        lines = [line for line in run_on_terminal(*command) if line != NO_REQUESTS.rstrip()]
        assert max(len(line) for line in lines) <= 80
        assert "…" not in "".join(lines)
        assert any("uploading 50%" in line for line in lines)
        assert " ".join("\n".join(lines).split()).count("left") == 2
