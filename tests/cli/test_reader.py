"""Where the commands get what they show: from the running daemon, else from the database; and that is said."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_parts import ID, NO_REQUESTS, add_job, invoke, make_spec, number_id
from fake_daemon import FakeDaemon
from helpers import FakeClock

from nemowatch.cli.reader import Reader
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobRecord, JobState
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.views import JobView, StatusView, view_job
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.standing import FolderLine, Standing


def shown(job_id: str = ID, state: JobState = JobState.DONE) -> JobView:
    spec = make_spec(job_id, path=Path("/r/told by the daemon.mp4"))
    record = JobRecord(
        spec, state, "", None, "", None, (), started_at=1e9, updated_at=1e9 + 8, finished_at=1e9 + 8
    )
    return view_job(record, cost=7)


@pytest.fixture
def daemon(database: Database) -> Iterator[FakeDaemon]:
    with FakeDaemon() as daemon:
        yield daemon


def test_running_daemon_is_asked_and_the_database_is_not(daemon: FakeDaemon) -> None:
    daemon.state.database.write_bytes(b"this is no database")
    job = shown()
    status = StatusView(
        {"pid": 5, "since": "then"},
        str(daemon.state.root),
        Standing("/rules.yaml", (FolderLine("/r", "offline", "Gone."),), (), 0),
        paused_at=1e9,
        paused_why="disk swap",
        credits=40,
        counts={JobState.DONE: 1},
        recent=(job,),
    )
    daemon.answers = {
        "GET /v1/status": status.to_json(),
        "GET /v1/jobs": {"jobs": [job.to_json()]},
        f"GET /v1/jobs/{ID[:6]}": job.to_json(),
        f"GET /v1/jobs/{ID}/log": lambda sent: (
            {"text": "", "next_offset": 5, "ended": True}
            if sent["offset"] == ["5"]
            else {"text": "12:00\n", "next_offset": 5, "ended": True}
        ),
    }
    told = invoke("status")
    assert (told.exit_code, told.stderr) == (0, "")
    for line in ("process 5", "(disk swap); no job starts", "/r (offline: Gone.)", "40 credits when last"):
        assert line in told.stdout
    assert json.loads(invoke("status", "--json").stdout) == json.loads(json.dumps(status.to_json()))
    assert "told by the daemon.mp4" in invoke("jobs", "list").stdout
    assert json.loads(invoke("jobs", "show", ID[:6], "--json").stdout) == json.loads(
        json.dumps(job.to_json())
    )
    assert "cost       7 credits" in invoke("jobs", "show", ID[:6]).stdout
    assert invoke("jobs", "logs", ID[:6]).stdout == "12:00\n"


def test_filters_reach_the_daemon(daemon: FakeDaemon) -> None:
    daemon.answers["GET /v1/jobs"] = {"jobs": []}
    arguments = ("--state", "done", "--state", "failed", "--rule", "shorts", "--limit", "7")
    assert invoke("jobs", "list", *arguments, "--since", "2001-09-09T01:46:40Z").stdout.startswith(
        "No such jobs;"
    )
    asked = {"state": ["done", "failed"], "rule": ["shorts"], "since": ["1000000000.0"], "limit": ["7"]}
    assert daemon.asked == [("GET /v1/jobs", asked)]


def test_refusal_of_the_daemon_ends_a_command_with_its_words_and_its_code(daemon: FakeDaemon) -> None:
    daemon.refuse("GET /v1/jobs/zzz", "no_such_job", "There is no job 'zzz'.", status=404, hint="Look.")
    done = invoke("jobs", "show", "zzz")
    assert (done.exit_code, done.stderr) == (2, "nemowatch: There is no job 'zzz'. Look.\n")


def test_daemon_without_a_socket_leaves_the_database_and_that_is_said_once(store: JobStore) -> None:
    add_job(store, JobState.EDITING)
    (StateFolder.locate().job_logs / f"{ID}.log").write_text("12:00\n")
    with InstanceLock(StateFolder.locate()):
        for command in (["status"], ["jobs", "list"], ["jobs", "show", ID], ["jobs", "logs", ID]):
            done = invoke(*command)
            assert (done.exit_code, done.stderr) == (0, NO_REQUESTS)
        assert "editing" in invoke("jobs", "list").stdout


def test_daemon_that_hangs_is_waited_for_once_and_the_database_is_read(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(store, JobState.EDITING)
    monkeypatch.setattr("nemowatch.cli.reader.PATIENCE_SECONDS", 0.05)
    state, told, clock = StateFolder.locate(), [], FakeClock()
    with InstanceLock(state), socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(state.control))
        hung.listen()
        with Reader(state, clock=clock, say=told.append) as reader:
            assert reader.jobs(limit=5)[0].id == ID
            assert reader.status().counts == {JobState.EDITING: 1}
            assert len(told) == 1
            assert "has not answered" in told[0]
            assert reader.note == told[0]


def test_mistake_in_the_daemon_keeps_nobody_from_looking(store: JobStore) -> None:
    add_job(store, JobState.EDITING)
    with FakeDaemon() as daemon:
        daemon.refuse("GET /v1/jobs", "broken", "It broke.", status=500)
        done = invoke("jobs", "list")
    assert ("editing" in done.stdout, done.exit_code) == (True, 0)
    assert done.stderr == "nemowatch: It broke. What follows is from its database.\n"


def test_without_a_daemon_the_database_is_read_and_nothing_said(store: JobStore) -> None:
    add_job(store, JobState.DONE)
    done = invoke("jobs", "list")
    assert ("done" in done.stdout, done.stderr) == (True, "")


def test_files_that_make_no_job_come_from_the_daemon_and_from_some_moment_on(daemon: FakeDaemon) -> None:
    file = {"source": "/r/a.mp4", "rule": "shorts", "why": "existing", "size_bytes": 5, "state": "skipped"}
    file |= {"duplicate_of": None, "job": None}
    moments = {"new": "2026-01-02T00:00:00+00:00", "old": "2026-01-01T00:00:00+00:00"}
    files = [file | {"source": f"/r/{name}.mp4", "noted_at": at} for name, at in moments.items()]
    daemon.answers["GET /v1/skipped"] = {"files": files}
    listed = invoke("jobs", "list", "--state", "skipped", "--since", "2026-01-01T12:00:00Z", "--json")
    assert [each["source"] for each in json.loads(listed.stdout)] == ["/r/new.mp4"]
    assert daemon.asked == [("GET /v1/skipped", {"limit": ["50"]})]


def test_list_is_narrowed_down_without_a_daemon_too(store: JobStore) -> None:
    for number in range(3):
        add_job(store, JobState.DONE, job_id=number_id(number))
    since = "2001-09-09T01:46:41Z"  # the second of them
    jobs = json.loads(invoke("jobs", "list", "--since", since, "--json").stdout)
    assert [job["id"] for job in jobs] == [number_id(2), number_id(1)]
