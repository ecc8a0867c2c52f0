"""`nemowatch check`: what it says of folders and time, and what becomes of every file."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_parts import ID, add_job, invoke, note_first_look, parked, remember

from nemowatch.cli.check_report import make_report
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.store import JobStore
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.rules.load import load_rules
from nemowatch.rules.rule import After, Frames, Trim, When
from nemowatch.standing import FolderLine, Standing, WaitingFile, write_standing

RULES = """\
rules:
  - {name: shorts, watch: ROOT/in, prompt: make clips}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace("ROOT", str(tmp_path)))
    return path


@pytest.fixture
def talk(rules: Path) -> Path:
    path = rules.parent / "in" / "talk.mp4"
    path.write_bytes(b"recorded")
    return path


def check(rules: Path) -> dict[str, Any]:
    done = invoke("check", "--files", "--json", "--rules", str(rules))
    assert done.exit_code == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def only_file(rules: Path) -> dict[str, Any]:
    (file,) = check(rules)["files"]
    return {key: file[key] for key in ("jobs", "refused")}


def files_of(rules: Path, **changes: Any) -> list[dict[str, Any]]:
    """The files, where the rule says something else."""
    book = load_rules(rules)
    book = replace(book, rules=(replace(book.rules[0], **changes),))
    files: list[dict[str, Any]] = make_report(book, with_files=True).as_json()["files"]
    return files


def test_new_recording_would_become_a_job(rules: Path, talk: Path) -> None:
    reason = "an accepted type (.mp4)"
    job = {"rule": "shorts", "reason": reason, "state": "job", "now": None, "job": None}
    assert only_file(rules) == {"jobs": [job], "refused": []}


def test_recording_that_has_a_job_says_which(rules: Path, talk: Path, store: JobStore) -> None:
    add_job(store, JobState.DONE, path=talk)
    (job,) = only_file(rules)["jobs"]
    assert (job["state"], job["job"]) == ("done", ID)
    assert job["now"].endswith(f", job {ID[:8]}")
    shown = invoke("check", "--files", "--rules", str(rules)).stdout
    assert "  job        shorts: an accepted type (.mp4); done on " in shown
    assert "0 new jobs, 1 done, by name and place." in shown


def test_held_recording_says_why(rules: Path, talk: Path, store: JobStore) -> None:
    add_job(store, JobState.HELD, path=talk, reason="One of 120 files.", stop=parked(Cause.BACKLOG))
    (job,) = only_file(rules)["jobs"]
    assert (job["state"], job["now"]) == ("held", f"held, job {ID[:8]}: One of 120 files.")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"skipped": "existing"}, ": it was there before the rule"),
        ({"refusal": "it is no media file"}, ": it is no media file"),
    ],
)
def test_file_that_makes_no_job_says_why(
    rules: Path, talk: Path, database: Database, facts: dict[str, str], reason: str
) -> None:
    remember(database, talk, **facts)
    answer = only_file(rules)
    assert answer["jobs"] == []
    assert answer["refused"][0]["reason"].endswith(reason)
    assert (
        "  no job     shorts: an accepted type (.mp4); "
        in invoke("check", "--files", "--rules", str(rules)).stdout
    )


def test_first_look_that_finds_too_many_would_hold_them(rules: Path, talk: Path, database: Database) -> None:
    for number in range(10):
        (talk.parent / f"{number}.mp4").touch()
    jobs = [file["jobs"][0] for file in check(rules)["files"]]
    assert {(job["state"], job["now"]) for job in jobs} == {
        ("held", "would be held: 11 files, more than limits.backlog (10)")
    }
    note_first_look(database, "shorts", talk.parent)
    assert {file["jobs"][0]["state"] for file in check(rules)["files"]} == {"job"}


def test_rule_that_skips_what_was_there_before_says_so(rules: Path, talk: Path) -> None:
    (file,) = files_of(rules, existing="skip")
    assert file["jobs"] == []
    would = "would be skipped: there before the rule (existing: skip)"
    assert file["refused"] == [{"rule": "shorts", "reason": would}]


def test_rule_with_hours_says_when_its_jobs_start(rules: Path, talk: Path) -> None:
    now = datetime.now().astimezone()
    begin, end = now + timedelta(hours=2), now + timedelta(hours=3)
    (file,) = files_of(rules, schedule=f"{begin:%H:%M}-{end:%H:%M}")
    (job,) = file["jobs"]
    assert job["state"] == "job"
    at = rf"(tomorrow|(tomorrow )?at {begin:%H:%M})"
    assert re.fullmatch(rf"would become a job, which starts {at}", job["now"])


def test_running_daemon_says_what_it_waits_for(rules: Path, talk: Path) -> None:
    waiting = WaitingFile(str(talk), "shorts", "incomplete", "it has no index")
    standing = Standing(str(rules), (FolderLine(str(talk.parent), "watched", ""),), (waiting,), 1)
    state = StateFolder.locate().create()
    write_standing(state.standing, standing)
    with InstanceLock(state):
        (job,) = only_file(rules)["jobs"]
    assert (job["state"], job["now"]) == ("incomplete", "incomplete: it has no index")


def test_wrong_text_files_are_told(rules: Path, talk: Path) -> None:
    (talk.parent / "list.urls").write_text("nonsense\n")
    talk.with_name("talk.mp4.prompt.txt").write_text("clip of {stemm}\n")
    told = [file["refused"][0]["reason"] for file in check(rules)["files"]]
    assert "list.urls, line 1" in told[0]
    assert "talk.mp4.prompt.txt, line 1" in told[1]


def test_missing_folder_is_a_warning(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules.parent / "in").rmdir()
    report = make_report(load_rules(rules), with_files=False)
    assert not report.has_problems
    (warning,) = report.warnings
    assert warning.startswith(f"{rules.parent}/in is not there now.")
    report.show()
    assert f"warning      {rules.parent}/in is not there now." in capsys.readouterr().out


def test_keys_of_folders_and_time_are_shown(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = load_rules(rules)
    rule = replace(
        book.rules[0],
        existing="skip",
        duplicates="process",
        schedule="22:00-06:00",
        after=After("move", "{watch}-done/{rule}"),
    )
    book = replace(book, rules=(rule,), polling="always", limits=replace(book.limits, per_rule=2))
    report = make_report(book, with_files=False)
    report.show()
    shown = capsys.readouterr().out.splitlines()
    assert (
        shown[1]
        == "4 jobs at once, 2 of one rule. Folders are looked through every 5 min 00 s; polling: always."
    )
    assert "  existing   files that were there before the rule are skipped" in shown
    assert "  duplicates made anew, and paid for again" in shown
    assert "  starts     22:00-06:00" in shown
    assert f"  afterwards the recording is moved to {rules.parent}/in-done/shorts" in shown
    answer = report.as_json()
    assert answer["polling"] == "always"
    assert answer["limits"] == {"jobs": 4, "per_rule": 2, "backlog": 10, "encodes": 1}
    (told,) = answer["rules"]
    assert (told["existing"], told["duplicates"], told["schedule"]) == ("skip", "process", "22:00-06:00")
    assert told["after"] == {"does": "move", "folder": "{watch}-done/{rule}"}


def test_keys_of_what_is_made_on_this_machine_are_shown(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = load_rules(rules)
    rule = replace(
        book.rules[0],
        when=When(resolution=">=720p", streams="video, audio"),
        deliver=("video", "frames"),
        frames=Frames(5.0, (90.0, -10.0), "jpg"),
        trim=Trim(30.0, -60.0),
        oversize="split",
        convert=True,
    )
    report = make_report(replace(book, rules=(rule,)), with_files=False)
    report.show()
    shown = capsys.readouterr().out.splitlines()
    assert "  converts   what the service does not take, but can be decoded here" in shown
    assert "  only if    resolution >=720p; streams video, audio" in shown
    assert "  uploads    the part from 0:30 to 1:00 before the end" in shown
    assert "  too large  what is larger than the service takes is cut into parts" in shown
    assert "  stills     one every 5.0 s; at 1:30, 0:10 before the end; as JPG" in shown
    (told,) = report.as_json()["rules"]
    assert told["frames"] == {"every_seconds": 5.0, "at": (90.0, -10.0), "format": "jpg"}
    assert told["trim"] == {"start": 30.0, "end": -60.0}
    assert (told["oversize"], told["convert"]) == ("split", True)
    assert told["when"] == {"duration": "", "size": "", "resolution": ">=720p", "streams": "video, audio"}


def test_keys_that_change_nothing_are_not_shown(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = make_report(load_rules(rules), with_files=False)
    report.show()
    shown = capsys.readouterr().out
    for label in ("  converts", "  uploads", "  too large", "  stills"):
        assert label not in shown
    (told,) = report.as_json()["rules"]
    assert (told["frames"], told["trim"], told["oversize"], told["convert"]) == (
        None,
        None,
        "compress",
        False,
    )


def test_looking_makes_nothing(rules: Path, talk: Path) -> None:
    check(rules)
    assert not Path(os.environ["NEMOWATCH_STATE"]).exists()
