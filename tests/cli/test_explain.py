"""`nemowatch explain`: every condition on a path, and what a start would do."""

from __future__ import annotations

import json
import os
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from cli_parts import invoke, note_first_look, remember
from explain_desk import Desk

from nemowatch.cli.explaining import explain_path
from nemowatch.jobs.database import Database
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.rules.load import load_rules


@pytest.mark.parametrize(
    ("name", "shorts", "deep"),
    [
        ("talk.mkv", "nothing is there; its name would do", "matches none of the rule's patterns"),
        (
            "day/talk.mp4",
            "lies in a subfolder, and the rule is not recursive",
            "nothing is there; its name would do",
        ),
        (
            ".talk.mp4",
            "hidden (its name starts with a dot): .talk.mp4",
            "hidden (its name starts with a dot): .talk.mp4",
        ),
        (
            "talk.mp4.part",
            "an unfinished download or copy: talk.mp4.part",
            "an unfinished download or copy: talk.mp4.part",
        ),
        ("draft1.mp4", "ignored by the rule's pattern 'draft*'", "nothing is there; its name would do"),
        ("notes.txt", "the service takes no .txt files", "the service takes no .txt files"),
        ("../talk.mp4", "lies in none of the rule's folders", "lies in none of the rule's folders"),
        (
            "talk.mp4.prompt.txt",
            "holds the prompts for talk.mp4, and is no input itself",
            "holds the prompts for talk.mp4, and is no input itself",
        ),
    ],
)
def test_first_condition_that_a_path_fails_is_told(desk: Desk, name: str, shorts: str, deep: str) -> None:
    answer = desk.explain(desk.folder / name)
    assert answer["kind"] == "missing"
    assert {each["rule"]: each["reason"] for each in answer["rules"]} == {"shorts": shorts, "deep": deep}
    assert {each["answer"] for each in answer["rules"]} == {"leaves"}


def test_recording_that_a_rule_takes_is_told_with_what_a_start_would_do(desk: Desk) -> None:
    path = desk.record()
    answer = desk.explain(path)
    assert (answer["kind"], answer["taken"], answer["is_running"]) == ("file", True, False)
    assert answer["notes"] == ["NemoWatch is not running; `nemowatch run` starts it."]
    shorts, deep = answer["rules"]
    assert (shorts["answer"], shorts["reason"]) == ("takes", "an accepted type (.mp4)")
    assert (deep["answer"], deep["reason"]) == ("takes", "matches the rule's pattern '*.mp4'")
    assert shorts["now"] == deep["now"] == ["at the next start it would become a job"]


def test_rule_that_skips_what_was_there_before_it_says_so(desk: Desk) -> None:
    path, book = desk.record(), load_rules(desk.rules)
    book = replace(book, rules=(replace(book.rules[0], existing="skip"),))
    (answer,) = explain_path(path, book, StateFolder.locate()).answers
    would = "at the next start it would be skipped: there before the rule (existing: skip)"
    assert answer.whereabouts.lines == (would,)


@pytest.mark.slow
def test_first_look_that_finds_too_many_would_hold_them(desk: Desk, database: Database) -> None:
    path = desk.record()
    for number in range(10):
        (desk.folder / f"{number}.mp4").touch()
    would = "at the next start it would be held: 11 files, more than limits.backlog (10)"
    assert desk.ask(path)["now"] == [would]
    remember(database, desk.folder / "1.mp4")
    assert desk.ask(path)["now"] == ["at the next start it would become a job"]
    assert desk.ask(path, "deep")["now"] == [would]
    note_first_look(database, "deep", desk.folder)
    assert desk.ask(path, "deep")["now"] == ["at the next start it would become a job"]


def test_what_stands_there_decides_after_the_name(desk: Desk) -> None:
    recording = desk.record()
    (desk.folder / "link.mp4").symlink_to(recording)
    os.mkfifo(desk.folder / "pipe.mp4")
    (desk.folder / "empty.mp4").touch()
    (desk.folder / "noise.mp4").write_bytes(os.urandom(4096))
    (desk.folder / "cut.mp4").write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(desk.folder / "s.mp4"))
    assert desk.ask(desk.folder / "link.mp4")["reason"] == "a symbolic link; links are never followed"
    assert desk.ask(desk.folder / "pipe.mp4")["reason"] == "not a regular file"
    assert desk.explain(desk.folder / "s.mp4")["kind"] == "other"
    empty, noise, cut = (desk.ask(desk.folder / f"{name}.mp4") for name in ("empty", "noise", "cut"))
    assert (empty["answer"], noise["answer"], cut["answer"]) == ("not yet", "leaves", "not yet")
    assert "empty" in empty["reason"]
    assert "not a media file" in noise["reason"]
    assert empty["now"] == ["after its next start NemoWatch would wait for it"]


def test_file_behind_a_link_says_where_the_link_is(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    shutil.copy(desk.record(), tmp_path / "other" / "talk.mp4")
    (desk.folder / "day").symlink_to(tmp_path / "other")
    told = desk.ask(desk.folder / "day" / "talk.mp4", "deep")["reason"]
    assert told == f"behind the symbolic link {desk.folder}/day; links are never followed"


def test_mount_point_is_not_looked_into(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.record("stick/talk.mp4")
    monkeypatch.setattr("nemowatch.cli.explaining.mount_points_below", lambda folder: {folder / "stick"})
    assert (
        f"behind the mount point {desk.folder}/stick: another file system" in desk.ask(path, "deep")["reason"]
    )
    assert "another file system is mounted there" in desk.ask(path.parent, "deep")["reason"]


@pytest.mark.usefixtures("as_ordinary_user")
def test_file_that_cannot_be_read_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMOWATCH_STATE", str(desk.root / "state"))
    path = desk.record()
    path.chmod(0)
    answer = desk.ask(path)
    assert answer["answer"] == "not yet"
    assert "can't be read: Permission denied" in answer["reason"]


def test_file_that_is_open_for_writing_is_not_taken_yet(desk: Desk) -> None:
    path = desk.record()
    with path.open("ab"):
        assert "open for writing" in desk.ask(path)["reason"]
    assert desk.ask(path)["answer"] == "takes"


def test_prompt_file_beside_a_recording_counts(desk: Desk) -> None:
    path = desk.record()
    prompts = path.with_name("talk.mp4.prompt.txt")
    prompts.write_text("make it short\n")
    assert desk.ask(path)["reason"].endswith("; prompts from talk.mp4.prompt.txt")
    prompts.write_text("clip of {stemm}\n")
    assert desk.ask(path)["answer"] == "not yet"
    assert "{stemm} is not a placeholder" in desk.ask(path)["reason"]


def test_missing_watch_folder_is_offline(desk: Desk) -> None:
    desk.folder.rmdir()
    answer = desk.ask(desk.folder / "talk.mp4")
    assert answer["reason"] == f"the watch folder {desk.folder} is offline: No such file or directory"


def test_folders_are_explained_too(desk: Desk) -> None:
    desk.record("day/talk.mp4")
    answer = desk.explain(f"{desk.folder}/day/")
    assert (answer["kind"], answer["path"]) == ("folder", f"{desk.folder}/day")
    assert [each["reason"] for each in answer["rules"]] == [
        "a subfolder, and the rule is not recursive",
        "looks into it and its subfolders",
    ]
    assert desk.ask(desk.folder)["reason"] == "a watch folder; looks into it"
    desk.stand(folder="offline")
    with InstanceLock(StateFolder.locate()):
        assert desk.ask(desk.folder)["state"] == "offline"


@pytest.mark.slow
def test_path_may_be_typed_in_any_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.record()
    monkeypatch.setenv("HOME", str(desk.root))
    monkeypatch.chdir(desk.folder)
    for typed in ("talk.mp4", "./talk.mp4", "~/in/talk.mp4", f"{path}/", "../in/talk.mp4"):
        assert desk.explain(typed)["path"] == str(path)
        assert desk.explain(typed)["taken"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("~nobody-of-this-name.mp4", "nothing is there; its name would do"),
        (f"{'x' * 300}.mp4", "can't be looked at: File name too long"),
        ("-rf.mp4", "nothing is there; its name would do"),
        ("\N{FILM FRAMES}\n.mp4", "nothing is there; its name would do"),
    ],
)
def test_odd_names_are_explained(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, told: str) -> None:
    monkeypatch.chdir(desk.folder)
    done = invoke("explain", "--json", "--rules", str(desk.rules), "--", name)
    assert json.loads(done.stdout)["rules"][0]["reason"] == told


def test_link_that_leads_to_itself_is_told(desk: Desk) -> None:
    (desk.folder / "loop").symlink_to("loop")
    told = desk.ask(desk.folder / "loop" / "talk.mp4", "deep")["reason"]
    assert told == f"behind the symbolic link {desk.folder}/loop; links are never followed"


@pytest.mark.usefixtures("as_ordinary_user")
def test_subfolder_that_cannot_be_searched_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMOWATCH_STATE", str(desk.root / "state"))
    path = desk.record("day/talk.mp4")
    path.parent.chmod(0)
    assert desk.ask(path, "deep")["reason"] == "can't be looked at: Permission denied"
    path.parent.chmod(0o700)


def test_folder_that_a_rule_names_by_a_link_is_known_by_its_real_name(desk: Desk) -> None:
    path = desk.record()
    desk.folder.rename(desk.root / "real")
    desk.folder.symlink_to(desk.root / "real")
    answer = desk.explain(desk.root / "real" / "talk.mp4")
    assert (answer["path"], answer["taken"]) == (str(path), True)
