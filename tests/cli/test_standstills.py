"""What is shown of jobs that stand still: what needs the user first, why, until when, and what helps."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cli_parts import ID, NOW, add_job, ended, invoke, number_id, parked, run_on_terminal, spend

from nemowatch.cli.run_command import choose_exit_code, describe_left
from nemowatch.cli.ways_out import describe_wake, find_ways_out
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import Cause, JobState, Stop
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.views import view_job
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.standing import FolderLine, RuleLine, Standing, WaitingFile, read_standing, write_standing

ASKED = (
    'The service asks: "Which of the two speakers do you want to see, the one on the left or the other one?"'
)
TROUBLE = "NemoVideo can't be reached since 12:03; 4 jobs wait."
STANDING = Standing(
    "/r.yaml",
    (FolderLine("/r", "watched", ""),),
    (),
    0,
    (TROUBLE,),
    "",
    NOW,
    "5e",
    (RuleLine("shorts", "1"),),
)
NOON = datetime(2024, 3, 1, 12, 0).astimezone()


def at(moment: datetime) -> float:
    return moment.timestamp()


@pytest.fixture
def stopped(store: JobStore) -> None:
    """One job for each way of standing still, and one of each of the others."""
    tomorrow = at(datetime.now().astimezone() + timedelta(days=3))
    question = parked(Cause.QUESTION, clears="step", question="Which of the two?")
    add_job(store, JobState.DONE, job_id=number_id(1))
    add_job(
        store,
        JobState.WAITING,
        job_id=number_id(2),
        reason="A call fails.",
        stop=parked(Cause.FAULT, wake_at=tomorrow),
    )
    add_job(store, JobState.WAITING, job_id=number_id(3), reason="NemoVideo does not answer.")
    add_job(
        store, JobState.HELD, job_id=number_id(4), reason="3 credits are left.", stop=parked(Cause.CREDITS)
    )
    add_job(store, JobState.ATTENTION, job_id=number_id(5), reason=ASKED, stop=question)
    add_job(store, JobState.QUEUED, job_id=number_id(6))
    add_job(store, JobState.CANCELLED, job_id=number_id(7))  # fmt: skip


@pytest.mark.usefixtures("stopped")
def test_status_shows_first_what_needs_the_user() -> None:
    shown = invoke("status").stdout
    assert "Jobs:         1 attention, 1 held, 2 waiting, 1 queued, 1 done, 1 cancelled.\n" in shown
    headings = [
        line for line in shown.splitlines() if line in {"Needs you", "Held", "Waiting", "Now", "Last"}
    ]
    assert headings == ["Needs you", "Held", "Waiting", "Now", "Last"]
    assert f"00000005  talk.mp4, rule shorts: attention\n  {ASKED}\n" in shown
    assert '    nemowatch jobs answer 00000005 "…"  answers it\n' in shown
    assert "  3 credits are left.\n    nemowatch credits  says where to get more\n" in shown
    assert "    nemowatch jobs release 00000004  lets it go past the limit\n" in shown
    assert "  NemoVideo does not answer.\n00000002" in shown  # it keeps its place; no command is needed
    assert "nobody knows what it costs: no job of this rule has been paid yet." in shown


@pytest.mark.usefixtures("stopped")
def test_held_jobs_are_shown_with_what_they_may_cost(database: Database) -> None:
    spend(database, 12)
    assert "What they may cost when they go on: about 12 credits, as earlier jobs" in invoke("status").stdout


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("command", [["status"], ["jobs", "list"]])
def test_lines_on_a_terminal_fit_80_columns_and_commands_stay_whole(command: list[str]) -> None:
    lines = run_on_terminal(*command)
    assert max(len(line) for line in lines) <= 80
    assert any('nemowatch jobs answer 00000005 "…"' in line for line in lines)
    words = " ".join(" ".join(lines).split())
    assert all(word in words for word in ASKED.split())


def test_crowd_that_is_held_is_counted_and_not_listed(store: JobStore) -> None:
    for number in range(8):
        add_job(store, JobState.HELD, job_id=number_id(number), stop=parked(Cause.CREDITS))
    shown = invoke("status").stdout
    assert shown.count("rule shorts: held") == 5
    assert "3 more: nemowatch jobs list --state held --limit 8\n" in shown


def test_backlog_of_a_rule_is_told_once(store: JobStore) -> None:
    for number in range(12):
        add_job(
            store,
            JobState.HELD,
            job_id=number_id(number),
            reason="One of many.",
            stop=parked(Cause.BACKLOG),
        )
    add_job(store, JobState.HELD, job_id=number_id(90), stop=parked(Cause.CREDITS))
    shown = invoke("status").stdout
    assert (
        "12 jobs of rule shorts: held\n  One of many.\n"
        "    nemowatch jobs release --rule shorts  lets all of its rule go\n"
    ) in shown
    assert shown.count("One of many.") == 1
    assert "0000005a  talk.mp4, rule shorts: held" in shown
    assert "more:" not in shown
    assert invoke("jobs", "list").stdout.count("nemowatch jobs release --rule shorts") == 1


@pytest.mark.usefixtures("stopped")
def test_list_is_narrowed_down_to_the_new_states() -> None:
    def ids(*states: str) -> list[str]:
        named = [part for state in states for part in ("--state", state)]
        return [job["id"][:8] for job in json.loads(invoke("jobs", "list", "--json", *named).stdout)]

    assert ids("attention") == ["00000005"]
    assert ids("held", "cancelled") == ["00000007", "00000004"]


def test_json_of_a_job_that_stands_still_says_why_and_until_when(store: JobStore, database: Database) -> None:
    stop = parked(Cause.QUESTION, wake_at=NOW + 60, question="Which?")
    add_job(store, JobState.ATTENTION, reason="The service asks.", stop=stop)
    job = json.loads(invoke("jobs", "show", ID, "--json").stdout)
    assert (job["state"], job["cause"], job["question"]) == ("attention", "question", "Which?")
    assert job["wake_at"] == "2023-11-14T22:14:20.000+00:00"
    assert (job["attempt"], job["cost"]) == (1, None)
    assert json.loads(invoke("status", "--json").stdout)["active"] == [job]


def test_job_that_goes_on_again_shows_nothing_of_its_stop(store: JobStore) -> None:
    record = add_job(store, JobState.FAILED, stop=ended())
    store.unpark(record, attempt=2, now=NOW)
    job = json.loads(invoke("jobs", "show", ID, "--json").stdout)
    assert (job["cause"], job["wake_at"], job["question"], job["attempt"]) == (None, None, None, 2)
    assert "attempt    2\n" in invoke("jobs", "show", ID).stdout


@pytest.mark.usefixtures("stopped")
def test_all_that_is_known_of_a_stopped_job_has_the_commands_that_help() -> None:
    shown = invoke("jobs", "show", "00000005").stdout
    assert f"why        {ASKED}\n" in shown
    assert 'what helps nemowatch jobs answer 00000005 "…"  answers it\n' in shown


@pytest.mark.parametrize(
    ("wake_at", "told"),
    [
        (NOON, "goes on now"),
        (NOON - timedelta(hours=1), "goes on now"),
        (NOON + timedelta(hours=2, minutes=5), "goes on at 14:05"),
        (NOON + timedelta(hours=12), "goes on tomorrow"),
        (NOON + timedelta(hours=14, minutes=5), "goes on tomorrow at 02:05"),
        (NOON + timedelta(days=3), "goes on on 2024-03-04 at 12:00"),
    ],
)
def test_moment_at_which_a_job_goes_on_is_told_in_short(
    wake_at: datetime, told: str, store: JobStore
) -> None:
    record = add_job(store, JobState.WAITING, stop=parked(Cause.FAULT, wake_at=at(wake_at)))
    assert describe_wake(view_job(record), now=at(NOON)) == told


@pytest.mark.parametrize(
    ("cause", "wake_at", "told"),
    [
        (Cause.SCHEDULE, NOON + timedelta(hours=10), "starts at 22:00"),
        (Cause.FOLDER, None, "goes on when the folder is back"),
        (Cause.TURN, None, "goes on when that job has ended"),
        (Cause.BACKLOG, None, ""),
    ],
)
def test_cause_has_its_own_words_for_when_it_goes_on(
    cause: Cause, wake_at: datetime | None, told: str, store: JobStore
) -> None:
    wake = None if wake_at is None else at(wake_at)
    record = add_job(store, JobState.WAITING, stop=parked(cause, wake_at=wake))
    assert describe_wake(view_job(record), now=at(NOON)) == told


def test_rule_with_blanks_in_its_name_is_quoted_for_the_shell(store: JobStore) -> None:
    record = add_job(store, JobState.HELD, rule="day's end", stop=parked(Cause.BACKLOG))
    assert find_ways_out(view_job(record))[0].command == "nemowatch jobs release --rule 'day'\"'\"'s end'"


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_its_ways_out(cause: Cause, store: JobStore) -> None:
    record = add_job(store, JobState.ATTENTION, stop=parked(cause))
    assert bool(find_ways_out(view_job(record))) is (cause not in {Cause.TURN, Cause.FOLDER})
    for way in find_ways_out(view_job(record)):
        assert len(f"    {way.command}  {way.does}") <= 80


def test_trouble_of_the_whole_queue_stands_at_the_top(database: Database) -> None:
    state = StateFolder.locate()
    write_standing(state.standing, STANDING)
    with InstanceLock(state):
        lines = invoke("status").stdout.splitlines()
        as_json = json.loads(invoke("status", "--json").stdout)
    assert lines[0].startswith("NemoWatch runs: process ")
    assert lines[1] == f"Trouble:      {TROUBLE}"
    assert as_json["standing"]["troubles"] == [TROUBLE]
    assert TROUBLE not in invoke("status").stdout  # what a dead daemon left says nothing


def test_wrong_edit_of_the_rules_stands_at_the_top_with_its_lines(database: Database) -> None:
    state = StateFolder.locate()
    problem = "/r.yaml:3:5: rules[0].promt: unknown key."
    error = f"the rules can't be used: one problem.\n{problem}\n    - promt: a\n      ^"
    write_standing(state.standing, replace(STANDING, troubles=(), rules_error=error, rules_loaded_at=NOW))
    with InstanceLock(state):
        lines = invoke("status").stdout.splitlines()
    before = "Trouble:      The rules were edited, and those from before stay in force: "
    assert lines[1] == f"{before}the rules can't be used: one problem."
    assert lines[2] == f"              {problem}"
    assert any(line.startswith("Rules:        /r.yaml (read 2023-11-1") for line in lines)


def test_folders_that_need_the_user_come_first(database: Database) -> None:
    state = StateFolder.locate()
    folders = (
        FolderLine("/well", "watched", ""),
        FolderLine("/share", "scanned only", "every 30 s: network file system (cifs)"),
        FolderLine("/gone", "offline", "No such file or directory."),
    )
    write_standing(state.standing, replace(STANDING, folders=folders))
    with InstanceLock(state):
        shown = [line for line in invoke("status").stdout.splitlines() if line.startswith("Folder:")]
    assert shown == [
        "Folder:       /gone (offline: No such file or directory.)",
        "Folder:       /share (scanned only: every 30 s: network file system (cifs))",
        "Folder:       /well (watched)",
    ]


def test_crowd_of_waiting_files_is_counted_and_not_listed(database: Database) -> None:
    state = StateFolder.locate()
    waiting = tuple(WaitingFile(f"/r/{number}.mp4", "shorts", "settling", "", NOW) for number in range(1000))
    write_standing(state.standing, replace(STANDING, waiting=waiting, waiting_in_all=5000))
    with InstanceLock(state):
        shown = [line for line in invoke("status").stdout.splitlines() if line.startswith("Waiting:")]
    assert len(shown) == 11
    assert shown[-1] == "Waiting:      4990 more"


def test_standing_of_an_earlier_version_has_no_troubles(tmp_path: Path) -> None:
    write_standing(tmp_path / "standing.json", STANDING)
    assert read_standing(tmp_path / "standing.json") == STANDING
    facts = json.loads((tmp_path / "standing.json").read_bytes())
    for key in ("troubles", "rules_error", "rules_loaded_at", "rules_digest", "rules"):
        del facts[key]
    facts["waiting"] = [{"path": "/r/a.mp4", "rule": "shorts", "state": "settling", "reason": ""}]
    (tmp_path / "standing.json").write_text(json.dumps(facts))
    read = read_standing(tmp_path / "standing.json")
    assert read is not None
    assert (read.troubles, read.rules_error, read.rules_digest, read.rules) == ((), "", "", ())
    assert read.waiting[0].next_look_at is None


@pytest.mark.parametrize("text", ["", "[]", '{"rules_file": 1}', '{"folders": [{"mode": 1}]}', "null"])
def test_standing_in_another_form_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "standing.json").write_text(text)
    assert read_standing(tmp_path / "standing.json") is None


@pytest.mark.parametrize(
    ("causes", "failed", "code"),
    [
        ([], 0, 0),
        ([], 1, 3),
        ([Cause.TOKEN], 1, 5),
        ([Cause.CREDITS, Cause.SCOPE], 0, 5),
        ([Cause.CREDITS], 2, 6),
        ([Cause.BUDGET], 0, 6),
        ([Cause.UNCERTAIN, Cause.PLAN], 0, 6),
        ([Cause.QUESTION], 0, 3),
        ([Cause.SESSION], 1, 3),
    ],
)
def test_run_once_ends_with_the_code_of_what_is_left(
    causes: list[Cause], failed: int, code: int, store: JobStore
) -> None:
    left = [
        add_job(store, JobState.ATTENTION, job_id=number_id(number), stop=parked(cause))
        for number, cause in enumerate(causes)
    ]
    assert choose_exit_code(failed=failed, left=left) == code


def test_run_once_tells_of_each_job_that_is_left_why_and_what_helps(store: JobStore) -> None:
    stop = Stop(4, "edit-1", Cause.SESSION, clears="all")
    left = [add_job(store, JobState.ATTENTION, reason="The session is gone.\nReally.", stop=stop)]
    (line,) = describe_left(left)
    assert line == (
        f"{ID[:8]} talk.mp4: attention. The session is gone.\N{REPLACEMENT CHARACTER}Really. "
        f"`nemowatch jobs retry {ID[:8]}` makes the edit again, and pays again"
    )
    assert describe_left([]) == []


def test_looking_at_stopped_jobs_changes_nothing(stopped: None, database: Database) -> None:
    database.close()
    root = Path(os.environ["NEMOWATCH_STATE"])
    before = {path: path.read_bytes() for path in root.iterdir() if path.is_file()}
    for command in (["status"], ["jobs", "list"], ["jobs", "show", "00000005"], ["jobs", "logs", "00000005"]):
        assert invoke(*command).exit_code == 0
    after = {path: path.read_bytes() for path in root.iterdir() if path.is_file()}
    assert {path: data for path, data in after.items() if path.suffix == ".db"} == {
        path: data for path, data in before.items() if path.suffix == ".db"
    }
