"""The program, its rules, the daemon, the state folder and its database, the token, the service and the clock."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from doctor_house import Installation
from fake_service import FakeService
from helpers import wait_until
from starlette.responses import JSONResponse

from nemowatch.clock import SystemClock
from nemowatch.doctor.finding import Finding, Verdict
from nemowatch.doctor.instance import find_daemons, is_daemon, look_at_daemon, look_at_others
from nemowatch.doctor.online import look_at_service, look_at_token
from nemowatch.doctor.state_folder import look_at_database, look_at_state
from nemowatch.doctor.version import look_at_rules, look_at_version
from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.nemo.errors import TokenRejected
from nemowatch.places import InstanceLock, StateFolder, read_lock_holder
from nemowatch.standing import Standing

OK, WARNING, PROBLEM = Verdict.OK, Verdict.WARNING, Verdict.PROBLEM
TOKEN = "nmv_usr_doctor_0123456789"


class MovedClock(SystemClock):
    """A machine whose clock is wrong."""

    def __init__(self, ahead_seconds: float) -> None:
        self._ahead = ahead_seconds

    def now(self) -> float:
        return super().now() + self._ahead


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


# The program and its rules


def test_version_names_the_program_and_what_it_runs_on() -> None:
    finding = only(list(look_at_version()))
    assert finding.verdict is OK
    assert f"Python {sys.version.split()[0]}" in finding.text


def test_rules_that_are_missing_or_wrong_are_problems_with_the_next_command(place: Installation) -> None:
    assert only(place.look(look_at_rules)).text == f"{place.rules}: 1 rule, all valid."
    place.rules.write_text("rules: [{watch: 3, promt: x}]\n")
    wrong = only(place.look(look_at_rules))
    assert wrong.verdict is PROBLEM
    assert f"{place.rules}:1:" in wrong.text
    assert f"`nemowatch check --rules {place.rules}`" in wrong.mend
    place.rules.unlink()
    assert only(place.look(look_at_rules)).mend == "`nemowatch init` makes a first one."


def test_daemon_that_goes_by_another_file_is_told(place: Installation) -> None:
    standing = Standing("/other.yaml", (), (), 0)
    assert place.look(look_at_rules, standing=standing)[1].text == "The running daemon goes by /other.yaml."


# The daemon


def test_daemon_that_does_not_run_is_a_warning(place: Installation) -> None:
    finding = only(place.look(look_at_daemon))
    assert finding.verdict is WARNING
    assert "`nemowatch run`" in finding.mend


def test_daemon_without_a_control_socket_is_told_and_so_is_what_holds_it_up(place: Installation) -> None:
    standing = Standing(
        str(place.rules),
        (),
        (),
        0,
        troubles=("NemoVideo does not answer.",),
        rules_error="one problem.\nr:3: no.\n    x: y\n    ^",
    )
    with InstanceLock(place.state):
        holder = read_lock_holder(place.state)
        findings = place.look(look_at_daemon, holder=holder, standing=standing)
    assert [finding.verdict for finding in findings] == [WARNING, PROBLEM, WARNING]
    assert f"process {os.getpid()}" in findings[0].text
    assert findings[1].text.endswith("edit: one problem. r:3: no.")
    assert findings[2].text == "NemoVideo does not answer."


def test_daemon_on_another_machine_is_not_asked(place: Installation) -> None:
    finding = only(place.look(look_at_daemon, holder={"pid": 7, "host": "elsewhere", "since": "noon"}))
    assert finding.verdict is OK
    assert "process 7 on elsewhere since noon" in finding.text


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("nemowatch run", True),
        ("/venv/bin/python /venv/bin/nemowatch run --rules /r.yaml", True),
        ("python -m nemowatch run", True),
        ("/opt/nemowatch/bin/python -P -m nemowatch run --rules /r.yaml", True),  # as units have it
        ("/usr/bin/python3 -m nemowatch status", False),
        ("/venv/bin/nemowatch doctor", False),
        ("sudo nemowatch run", False),
        ("vim nemowatch run", False),
        ("", False),
    ],
)
def test_daemon_is_known_by_its_command_line(line: str, is_one: bool) -> None:
    assert is_daemon(line.split()) is is_one


def test_second_daemon_on_the_machine_is_a_warning(place: Installation) -> None:
    other = subprocess.Popen(
        ["nemowatch", "-c", "input()", "run"], executable=sys.executable, stdin=subprocess.PIPE
    )
    wait_until(lambda: other.pid in find_daemons())
    finding = only(place.look(look_at_others))
    told_as_own = only(place.look(look_at_others, holder={"pid": other.pid}))
    other.communicate(b"\n")
    assert finding.verdict is WARNING
    assert str(other.pid) in finding.text
    assert str(other.pid) not in told_as_own.text


# The state folder and its database


def test_state_folder_that_is_well_is_told_with_its_room(place: Installation) -> None:
    finding = only(place.look(look_at_state))
    assert finding.verdict is OK
    assert " free on " in finding.text
    assert not list(place.state.root.glob(".nemowatch*"))


def test_state_folder_that_is_not_there_yet_is_no_problem(place: Installation) -> None:
    state = StateFolder(place.root / "none" / "state")
    assert only(place.look(look_at_state, state=state)).verdict is OK
    assert only(place.look(look_at_database, state=state)).verdict is OK
    assert not state.root.exists()


def test_state_folder_that_can_not_be_made_is_a_problem(place: Installation, as_ordinary_user: None) -> None:
    place.root.chmod(0o555)
    finding = only(place.look(look_at_state, state=StateFolder(place.root / "state")))
    place.root.chmod(0o755)
    assert finding.verdict is PROBLEM


def test_state_folder_that_others_can_read_is_a_problem_with_its_cure(place: Installation) -> None:
    place.state.root.chmod(0o755)
    finding = only(place.look(look_at_state))
    assert (finding.verdict, finding.mend) == (
        PROBLEM,
        f"`chmod 700 {place.state.root}`, if it is meant for NemoWatch alone.",
    )


def test_sound_database_is_told_with_its_size(place: Installation) -> None:
    place.make_database()
    finding = only(place.look(look_at_database))
    assert finding.verdict is OK
    assert finding.text.startswith(f"{place.state.database}: sound, ")


def test_damaged_database_is_a_problem(place: Installation) -> None:
    place.make_database()
    # The second page of the file: SQLite still opens it, and the walk through all pages meets it.
    with place.state.database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    finding = only(place.look(look_at_database))
    assert finding.verdict is PROBLEM
    assert "is damaged" in finding.text
    assert "restore it from a backup" in finding.mend


def test_file_that_is_no_database_is_told_by_its_error(place: Installation) -> None:
    place.state.database.write_bytes(b"no database at all, " * 500)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        place.look(look_at_database)


def test_database_of_a_later_version_is_a_problem(place: Installation) -> None:
    place.make_database()
    connection = sqlite3.connect(place.state.database)
    connection.execute("UPDATE nemowatch_schema SET version = 99")
    connection.commit()
    connection.close()
    finding = only(place.look(look_at_database))
    assert finding.verdict is PROBLEM
    assert "later version" in finding.text


# The token, the service and the clock


def test_tokens_are_told_with_their_age_and_never_shown(place: Installation, service: FakeService) -> None:
    day, now = 86_400.0, time.time()
    none = only(place.look(look_at_token))
    own = only(place.look(look_at_token, environ={"NEMO_TOKEN": TOKEN}))
    place.keep_token(TOKEN, now + 3.5 * day, service.url)
    kept = only(place.look(look_at_token))
    place.keep_token(TOKEN, now - 60, service.url)
    ended = only(place.look(look_at_token))
    assert {finding.verdict for finding in (none, own, kept, ended)} == {OK}
    assert "There is none yet" in none.text
    assert "Your own, from NEMO_TOKEN" in own.text
    assert "Anonymous, 3 days old, valid until " in kept.text
    assert "it ended on " in ended.text
    assert "doctor_0123" not in str([none, own, kept, ended])
    assert service.seen == []


def test_token_of_the_service_is_found_where_the_shell_has_none(
    place: Installation, service: FakeService
) -> None:
    folder = Path.home() / ".config"
    unit, secrets = folder / "systemd/user/nemowatch.service", folder / "nemowatch/environment"
    for file, text in (
        (unit, f"[Service]\nExecStart=/bin/nemowatch run --rules {place.rules}\n"),
        (secrets, f"NEMO_TOKEN={TOKEN}\n"),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    assert only(place.look(look_at_token)).text == f"Your own, from {secrets}, as the service has it."
    service.answers["GET /api/credits/balance/simple"] = JSONResponse({"code": 1001, "message": "no"}, 401)
    _, refused, _ = place.look(look_at_service)
    assert refused.verdict is PROBLEM
    assert refused.mend == f"Set a new token in {secrets}, then `nemowatch service restart`."


def test_anonymous_token_that_is_refused_is_no_problem(place: Installation, service: FakeService) -> None:
    service.answers["GET /api/credits/balance/simple"] = JSONResponse({"code": 1001, "message": "no"}, 401)
    place.keep_token(TOKEN, time.time() + 86_400, service.url)
    _, refused, _ = place.look(look_at_service)
    assert (refused.name, refused.verdict) == ("token", WARNING)


def test_token_that_can_be_none_is_told_by_its_error(place: Installation) -> None:
    with pytest.raises(TokenRejected, match="spaces"):
        place.look(look_at_token, environ={"NEMO_TOKEN": "two words"})


def test_service_that_answers_takes_the_token_and_has_the_same_time(
    place: Installation, service: FakeService
) -> None:
    service_says, clock = place.look(look_at_service, environ={"NEMO_TOKEN": TOKEN})
    assert (service_says.verdict, clock.verdict) == (OK, OK)
    assert service_says.text.endswith(" ms and takes the token.")
    assert service.last("/api/credits/balance/simple").headers["authorization"] == f"Bearer {TOKEN}"


def test_service_is_asked_without_a_token_where_there_is_none(
    place: Installation, service: FakeService
) -> None:
    service.answers["GET /api/credits/balance/simple"] = JSONResponse({"code": 1001, "message": "no"}, 401)
    place.keep_token(TOKEN, time.time() - 60, service.url)
    service_says, _ = place.look(look_at_service)
    assert service_says.verdict is OK
    assert "authorization" not in service.seen[0].headers
    assert service.paths() == ["GET /api/credits/balance/simple"]


@pytest.mark.parametrize(
    ("status", "code", "names", "verdict", "told"),
    [
        (401, 1001, ["NemoVideo", "token"], PROBLEM, "Set a new token in NEMO_TOKEN"),
        (403, 403, ["NemoVideo", "token"], PROBLEM, "scope"),
        (429, 429, ["NemoVideo"], WARNING, ""),
        (500, 500, ["NemoVideo"], PROBLEM, "try again later"),
    ],
)
def test_refusals_are_told_of_what_they_are_about(
    status: int, code: int, names: list[str], verdict: Verdict, told: str,
    place: Installation, service: FakeService,
) -> None:  # fmt: skip
    service.answers["GET /api/credits/balance/simple"] = JSONResponse({"code": code, "message": "no"}, status)
    *findings, clock = place.look(look_at_service, environ={"NEMO_TOKEN": TOKEN})
    assert [finding.name for finding in findings] == names
    assert findings[-1].verdict is verdict
    assert told in f"{findings[-1].text} {findings[-1].mend}"
    assert clock.name == "clock"


def test_service_that_can_not_be_reached_is_a_problem(place: Installation) -> None:
    finding = only(place.look(look_at_service, api_url="http://127.0.0.1:9"))
    assert finding.verdict is PROBLEM
    assert "can't be reached" in finding.text
    assert "Check the network" in finding.mend


@pytest.mark.parametrize(
    ("ahead", "verdict", "told"),
    [
        (4.0, OK, "within seconds"),
        (95.0, WARNING, " s ahead of the service's"),
        (-7230.0, PROBLEM, "2 h 00 min behind the service's"),
    ],
)
def test_clock_is_compared_with_the_service(
    ahead: float, verdict: Verdict, told: str, place: Installation
) -> None:
    clock = place.look(look_at_service, clock=MovedClock(ahead))[-1]
    assert clock.verdict is verdict
    assert told in clock.text
