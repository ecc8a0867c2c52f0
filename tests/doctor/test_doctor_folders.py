"""Folders of the rules: really read, really written, and counted against the limits of the system."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from doctor_house import Installation
from helpers import wait_until

from nemowatch.doctor import folders, room, watching
from nemowatch.doctor.examination import examine
from nemowatch.doctor.finding import Finding, Verdict
from nemowatch.doctor.folders import list_folder_checks
from nemowatch.doctor.room import Room, judge_room
from nemowatch.doctor.watching import count_folders, look_at_watching
from nemowatch.intake import inotify
from nemowatch.intake.filesystems import describe_file_system
from nemowatch.standing import FolderLine, Standing

WATCH_TWO = """
import ctypes, sys
libc = ctypes.CDLL(None)
watcher = libc.inotify_init()
print(sum(libc.inotify_add_watch(watcher, path.encode(), 0x100) > 0 for path in sys.argv[1:]), flush=True)
sys.stdin.read()
"""
OK, WARNING, PROBLEM = Verdict.OK, Verdict.WARNING, Verdict.PROBLEM


def look(place: Installation, **changes: object) -> tuple[Finding, Finding]:
    """What is said of the watch folder, and of the folder of its outputs."""
    watched, target = examine(list(list_folder_checks(place.site(**changes))))
    return watched, target


def test_folders_that_are_well_are_told_with_file_system_and_room(place: Installation) -> None:
    watched, target = look(place)
    assert (watched.verdict, target.verdict) == (OK, OK)
    assert watched.text.startswith(f"{place.watched}: readable, on ")
    assert target.text.startswith(f"{place.root}: writable; ")
    assert "in-output/shorts is made in it with the first output" in target.text
    assert sorted(path.name for path in place.root.iterdir()) == ["in", "rules.yaml"]


def test_watch_folder_that_is_missing_may_come_later(place: Installation) -> None:
    place.watched.rmdir()
    watched, _ = look(place)
    assert watched.verdict is WARNING
    assert f"mkdir -p {place.watched}" in watched.mend


def test_folders_without_permission_are_problems_with_their_cure(
    place: Installation, as_ordinary_user: None
) -> None:
    place.watched.chmod(0o300)
    place.root.chmod(0o555)
    try:
        watched, target = look(place)
    finally:
        place.root.chmod(0o755)
        place.watched.chmod(0o700)
    assert (watched.verdict, watched.mend) == (PROBLEM, f"`chmod u+rx {place.watched}` as its owner.")
    assert target.verdict is PROBLEM
    assert "can't write there: Permission denied" in target.text
    assert "Give the user" in target.mend


def test_watch_folder_whose_names_alone_can_be_read_is_a_problem(
    place: Installation, as_ordinary_user: None
) -> None:
    place.watched.chmod(0o400)
    watched, _ = look(place)
    place.watched.chmod(0o700)
    assert (watched.verdict, watched.mend) == (PROBLEM, f"`chmod u+rx {place.watched}` as its owner.")


def test_recordings_that_are_taken_away_need_a_folder_that_can_be_written(
    place: Installation, as_ordinary_user: None
) -> None:
    place.rules.write_text(place.rules.read_text().replace("recursive: true", "after: trash"))
    assert look(place)[0].verdict is OK
    place.watched.chmod(0o500)
    watched, _ = look(place)
    place.watched.chmod(0o700)
    assert watched.verdict is PROBLEM
    assert "(`after`)" in watched.text


def test_folder_to_which_recordings_are_moved_is_looked_at_too(place: Installation) -> None:
    moved = place.root / "done"
    place.rules.write_text(place.rules.read_text().replace("recursive: true", f"after: {{move: {moved}}}"))
    moved.touch()
    findings = examine(list(list_folder_checks(place.site())))
    assert [finding.verdict for finding in findings] == [OK, OK, PROBLEM]


def test_what_the_daemon_says_of_a_folder_is_told(place: Installation) -> None:
    line = FolderLine(str(place.watched), "scanned only", "Too few watches.")
    standing = Standing(str(place.rules), (line,), (), 0)
    watched, _ = look(place, standing=standing)
    assert watched.verdict is WARNING
    assert watched.text.endswith("the daemon says: scanned only. Too few watches.")


@pytest.mark.parametrize(("free", "verdict"), [(10**6, PROBLEM), (5 * 10**8, WARNING), (10**10, OK)])
def test_little_room_is_a_warning_and_hardly_any_a_problem(free: int, verdict: Verdict) -> None:
    finding = judge_room("output folder", Path("/out"), Room(free, "some room", is_network=False))
    assert finding.verdict is verdict
    assert (finding.mend == "") is (verdict is OK)


def test_network_file_system_is_named(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    share = describe_file_system("nfs4", place.root)
    for module in (folders, room, watching):
        monkeypatch.setattr(module, "file_system_of", lambda path: share)
    watched, target = look(place)
    assert watched.text.endswith("on a network file system (nfs4), scanned often.")
    assert "on a network file system (nfs4)" in target.text


def set_limits(root: Path, monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    """The limits of a system."""
    folder = root / "limits"
    folder.mkdir()
    usual = {"max_user_watches": 65536, "max_user_instances": 4096, "max_queued_events": 16384}
    for name, number in (usual | limits).items():
        (folder / name).write_text(f"{number}\n")
    monkeypatch.setattr(inotify, "_LIMITS", folder)


def test_limits_of_the_system_are_compared_with_what_the_folders_need(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(place.root, monkeypatch)
    (place.watched / "a/b").mkdir(parents=True)
    watches, instances = place.look(look_at_watching)
    assert (watches.verdict, instances.verdict) == (OK, OK)
    assert watches.text.startswith("The folders need 3 watches, other programs of this user have ")
    assert instances.text.startswith("The folders need 1 watcher, ")


def test_limit_that_is_too_low_is_a_problem_with_the_command_that_raises_it(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(place.root, monkeypatch, max_user_watches=2, max_queued_events=100)
    for name in "abc":
        (place.watched / name).mkdir()
    watches, _, queue = place.look(look_at_watching)
    assert watches.verdict is PROBLEM
    assert "`sudo sysctl fs.inotify.max_user_watches=524288`" in watches.mend
    assert queue.verdict is WARNING


def test_nothing_is_said_of_limits_where_there_are_none(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inotify, "_LIMITS", place.root / "none")
    assert place.look(look_at_watching) == []


def test_polling_needs_no_watches(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    set_limits(place.root, monkeypatch, max_user_watches=0)
    place.rules.write_text(f"polling: always\n{place.rules.read_text()}")
    (finding,) = place.look(look_at_watching)
    assert finding.verdict is OK


def test_folders_below_count_only_where_they_are_watched(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert count_folders(tmp_path, recursive=True) == 3
    assert count_folders(tmp_path, recursive=False) == 1
    assert count_folders(tmp_path / "none", recursive=True) == 0


def weigh(process: int) -> tuple[int, int]:
    """How many watchers and watches are fewer without a process."""
    every, without = (inotify.count_used(os.geteuid(), without=each) for each in (None, process))
    return every.instances - without.instances, every.watches - without.watches


def test_watches_of_other_processes_are_counted(tmp_path: Path) -> None:
    """A process that watches two folders, as `tail -f` does, adds one watcher and two watches."""
    watching = subprocess.Popen(
        [sys.executable, "-c", WATCH_TWO, tmp_path, tmp_path.parent],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert watching.stdout is not None
    assert watching.stdout.readline() == b"2\n"
    # Other programs of this user may begin and end to watch meanwhile.
    wait_until(lambda: weigh(watching.pid) == (1, 2))
    watching.communicate()
