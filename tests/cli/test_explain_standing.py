"""`nemowatch explain`: every place where a file may stand, as the database and the running daemon tell it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time

import pytest
from cli_parts import ID, PROGRAM, add_job, invoke, parked, remember, run_on_terminal
from explain_desk import Desk

from nemowatch.jobs.database import Database
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.store import JobStore
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.standing import WaitingFile


def test_job_of_a_file_is_told_with_its_outputs_and_what_helps(desk: Desk, store: JobStore) -> None:
    path = desk.record()
    add_job(store, JobState.DONE, path=path)
    answer = desk.ask(path)
    assert (answer["answer"], answer["state"], answer["job"]) == ("takes", "done", ID)
    assert answer["now"][0].startswith("done on 2023-11-1")
    assert answer["now"][0].endswith(f", job {ID[:8]}")
    assert answer["helps"][-1]["command"] == f"nemowatch jobs rerun {ID[:8]}"


def test_held_job_says_why(desk: Desk, store: JobStore) -> None:
    path = desk.record()
    reason = "120 files were there on the rule's first look."
    add_job(store, JobState.HELD, path=path, reason=reason, stop=parked(Cause.BACKLOG))
    answer = desk.ask(path)
    assert answer["now"] == [f"held, job {ID[:8]}: {reason}"]
    assert [way["command"] for way in answer["helps"]] == [
        "nemowatch jobs release --rule shorts",
        f"nemowatch jobs release {ID[:8]}",
    ]


def test_duplicate_says_of_what_and_when_that_was_done(
    desk: Desk, store: JobStore, database: Database
) -> None:
    first, copy = desk.record(), desk.record("copy.mp4")
    add_job(store, JobState.DONE, path=first)
    remember(database, copy, job_id=ID, skipped="duplicate")
    answer = desk.ask(copy)
    assert (answer["state"], answer["job"]) == ("skipped", ID)
    assert answer["now"][0].startswith(f"duplicate of {first}, done on 2023-11-1")


def test_file_that_was_there_before_its_rule_has_a_way_out(desk: Desk, database: Database) -> None:
    path = desk.record("it's.mp4")
    remember(database, path, skipped="existing")
    answer = desk.ask(path)
    assert answer["state"] == "skipped"
    assert answer["now"][0].endswith(": it was there before the rule")
    assert answer["helps"][0]["command"] == f"touch '{desk.folder}/it'\"'\"'s.mp4'"


def test_refused_file_says_when_and_why(desk: Desk, database: Database) -> None:
    path = desk.folder / "noise.mp4"
    path.write_bytes(os.urandom(100))
    remember(database, path, refusal="it is no media file")
    answer = desk.ask(path)
    assert answer["state"] == "refused"
    assert answer["now"][0].endswith(": it is no media file")


def test_another_version_than_the_known_one_has_changed_since(desk: Desk, store: JobStore) -> None:
    path = desk.record()
    add_job(store, JobState.DONE, path=path)
    os.utime(path, ns=(0, 0))
    answer = desk.ask(path)
    assert answer["state"] == "changed"
    assert answer["now"][0].startswith("changed since: it is looked at again")
    assert answer["now"][1].startswith("before: done on ")


def test_file_that_is_gone_is_still_remembered(desk: Desk, store: JobStore) -> None:
    path = desk.record()
    add_job(store, JobState.DONE, path=path)
    path.unlink()
    answer = desk.ask(path)
    assert (answer["answer"], answer["state"]) == ("leaves", "done")


def test_job_of_a_rule_that_is_gone_is_told(desk: Desk, store: JobStore) -> None:
    path = desk.record()
    add_job(store, JobState.DONE, path=path, rule="bygone")
    (earlier,) = desk.explain(path)["earlier_rules"]
    assert (earlier["rule"], earlier["state"]) == ("bygone", "done")


@pytest.mark.parametrize(
    ("state", "reason", "seconds", "told"),
    [
        ("settling", "", 2.0, r"settling, 2\.0 s left|settling, 1\.\d s left"),
        ("incomplete", "it has no index", 12.0, r"incomplete, looked at again in 1[12] s: it has no index"),
        ("checking", "", None, "checking"),
    ],
)
def test_running_daemon_says_where_a_file_stands(
    desk: Desk, state: str, reason: str, seconds: float | None, told: str
) -> None:
    path = desk.record()
    next_look_at = None if seconds is None else time.time() + seconds
    desk.stand(WaitingFile(str(path), "shorts", state, reason, next_look_at))
    with InstanceLock(StateFolder.locate()):
        answer = desk.explain(path)
    assert answer["notes"] == []
    assert answer["rules"][0]["state"] == state
    assert re.fullmatch(told, answer["rules"][0]["now"][0])
    assert answer["rules"][1]["now"] == [
        "not seen yet: a look through the folder, every 5 min 00 s, finds it"
    ]


def test_daemon_with_a_crowd_of_waiting_files_may_have_seen_it(desk: Desk) -> None:
    path = desk.record()
    desk.stand(in_all=7)
    with InstanceLock(StateFolder.locate()):
        assert desk.ask(path)["now"] == ["not seen yet, or one of 7 more files that wait"]


def test_folder_that_the_daemon_finds_offline_is_told(desk: Desk) -> None:
    path = desk.record()
    desk.stand(folder="offline")
    with InstanceLock(StateFolder.locate()):
        answer = desk.ask(path)
    assert (answer["state"], answer["now"]) == (
        "offline",
        [f"the folder {desk.folder} is offline: Stale file handle."],
    )


def test_rules_that_are_not_in_force_are_told(desk: Desk) -> None:
    desk.stand()
    with InstanceLock(StateFolder.locate()):
        desk.rules.write_text(desk.rules.read_text() + "# edited\n")
        assert "`nemowatch reload`" in desk.explain(desk.folder)["notes"][0]
        desk.stand(rules_error="line 3: wrong")
        assert "the rules from before" in desk.explain(desk.folder)["notes"][0]
        other = desk.rules.with_name("other.yaml")
        other.write_text(desk.rules.read_text())
        desk.rules = other
        assert "follows another rules file" in desk.explain(desk.folder)["notes"][0]


def test_rules_file_may_be_typed_in_any_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stand()
    monkeypatch.chdir(desk.root)
    with InstanceLock(StateFolder.locate()):
        done = invoke("explain", "in", "--rules", "rules.yaml", "--json")
    assert json.loads(done.stdout)["notes"] == []


def test_rules_of_the_running_daemon_are_the_usual_ones(desk: Desk) -> None:
    desk.stand()
    with InstanceLock(StateFolder.locate()):
        done = invoke("explain", str(desk.record()), "--json")
    assert json.loads(done.stdout)["rules_file"] == str(desk.rules)


@pytest.mark.slow
def test_answer_fits_80_columns_and_never_speaks_to_the_terminal(desk: Desk, store: JobStore) -> None:
    path = desk.record(f"{'long-name-' * 15}\x1b[31m\n.mp4")
    add_job(store, JobState.DONE, path=path)
    lines = run_on_terminal("explain", str(path), "--rules", str(desk.rules))
    assert max(map(len, lines)) <= 80
    assert "long-name-" * 15 in "".join(lines).replace(" ", "")
    assert "\x1b" not in "".join(lines)
    assert any(line.startswith("  takes it   an accepted type") for line in lines)
    assert any(line.startswith("  what helps nemowatch jobs") for line in lines)


@pytest.mark.slow
def test_name_that_is_no_text_is_explained(desk: Desk) -> None:
    path = desk.record("caf\udce9.mp4")
    done = subprocess.run(
        [PROGRAM, "explain", path, "--rules", desk.rules], capture_output=True, text=True, check=True
    )
    assert f"{desk.folder}/caf\N{REPLACEMENT CHARACTER}.mp4: a file of " in done.stdout


def test_wrong_use_ends_with_2_and_wrong_rules_with_4(desk: Desk) -> None:
    assert invoke("explain").exit_code == 2
    assert invoke("explain", "", "--rules", str(desk.rules)).exit_code == 2
    desk.rules.write_text("rules: []")
    assert invoke("explain", "x.mp4", "--rules", str(desk.rules)).exit_code == 4


def test_looking_makes_nothing(desk: Desk) -> None:
    desk.explain(desk.record())
    assert not StateFolder.locate().root.exists()
