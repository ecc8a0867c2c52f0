"""`nemowatch pause` and `resume`: told to the running daemon, and else written down for the next one."""

from __future__ import annotations

import json

from cli_parts import invoke
from fake_daemon import FakeDaemon

from nemowatch.jobs.database import Database
from nemowatch.jobs.switches import SwitchBook
from nemowatch.jobs.views import iso_moment
from nemowatch.places import InstanceLock, StateFolder


def test_running_daemon_is_told_and_its_answer_shown() -> None:
    with FakeDaemon() as daemon:
        daemon.answers["POST /v1/pause"] = {"paused_at": iso_moment(1e9), "why": "disk \x1b[2J swap"}
        daemon.answers["POST /v1/resume"] = {"paused_at": None, "why": ""}
        paused, resumed = invoke("pause", "--why", " disk swap "), invoke("resume")
        assert json.loads(invoke("resume", "--json").stdout) == {"paused_at": None, "why": ""}
    assert paused.exit_code == resumed.exit_code == 0
    assert "(disk \N{REPLACEMENT CHARACTER}[2J swap): no job starts until `nemowatch resume`" in paused.stdout
    assert resumed.stdout == "Jobs may start.\n"
    assert daemon.asked[:2] == [("POST /v1/pause", {"why": "disk swap"}), ("POST /v1/resume", {})]


def test_without_a_daemon_it_is_written_down_and_shown(database: Database) -> None:
    assert invoke("pause", "--why", "holidays").exit_code == 0
    pause = SwitchBook(database.engine).read_pause()
    assert pause is not None
    assert pause.why == "holidays"
    again = json.loads(invoke("pause", "--json").stdout)
    assert again == {"paused_at": iso_moment(pause.since), "why": "holidays"}  # it goes on as it was
    status = invoke("status").stdout
    assert "Paused:       since " in status
    assert "(holidays); no job starts until `nemowatch resume`" in status
    assert json.loads(invoke("status", "--json").stdout)["paused_why"] == "holidays"
    assert invoke("resume").stdout == "Jobs may start.\n"
    assert SwitchBook(database.engine).read_pause() is None
    assert "Paused" not in invoke("status").stdout


def test_daemon_that_takes_no_requests_finds_it_in_the_database(database: Database) -> None:
    with InstanceLock(StateFolder.locate()):
        done = invoke("pause")
    assert done.exit_code == 0
    assert done.stderr == "nemowatch: NemoWatch does not answer; this counts as soon as it does again.\n"
    assert SwitchBook(database.engine).read_pause() is not None


def test_where_no_daemon_has_ever_run_there_is_nothing_to_pause() -> None:
    done = invoke("pause")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no NemoWatch of this version has run here. Start `nemowatch run` once" in done.stderr
