import os
from pathlib import Path

import pytest
from intake_parts import make_rule

from nemowatch.intake.scan import FolderOffline, FolderScan
from nemowatch.intake.takers import Takers, outermost


def scan(folder: Path, *rules, start: Path | None = None, unreadable: list | None = None) -> list[str]:
    found = make_scan(folder, *rules, start=start)
    names = sorted(str(version.path.relative_to(folder)) for version in found)
    if unreadable is not None:
        unreadable += found.unreadable
    return names


def make_scan(folder: Path, *rules, **options) -> FolderScan:
    return FolderScan(folder, Takers(rules).matchers_of(folder), **options)


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"some bytes")


def test_scan_finds_what_a_rule_takes_and_nothing_else(tmp_path):
    fill(
        tmp_path,
        "talk.mp4",
        "TALK2.MOV",
        "notes.txt",
        "no-suffix",
        ".hidden.mp4",
        "half.mp4.part",
        "sub/deep.mp4",
        "list.urls",
        "talk.mp4.prompt.txt",
    )
    assert scan(tmp_path, make_rule(tmp_path)) == ["TALK2.MOV", "list.urls", "talk.mp4"]


def test_scan_goes_below_where_any_rule_does(tmp_path):
    fill(tmp_path, "a.mp4", "day1/b.mp4", "day1/x/c.mkv", ".git/d.mp4", "drafts/e.mp4")
    flat = make_rule(tmp_path, name="flat")
    deep = make_rule(tmp_path, name="deep", match=["*.mkv"], ignore=["drafts/"], recursive=True)
    assert scan(tmp_path, flat, deep) == ["a.mp4", "day1/x/c.mkv"]


def test_scan_gives_size_time_and_inode_as_the_system_does(tmp_path):
    fill(tmp_path, "talk.mp4")
    [version] = make_scan(tmp_path, make_rule(tmp_path))
    status = (tmp_path / "talk.mp4").stat()
    assert (version.size, version.mtime_ns, version.inode) == (10, status.st_mtime_ns, status.st_ino)
    [version] = make_scan(tmp_path, make_rule(tmp_path), keeps_inodes=False)
    assert (version.size, version.mtime_ns, version.inode) == (10, status.st_mtime_ns, 0)


def test_scan_leaves_out_output_folders_inside_the_watched_one(tmp_path):
    fill(tmp_path, "in/a.mp4", "in-output/clips/a/a.mp4")
    inner, outer = make_rule(tmp_path / "in"), make_rule(tmp_path, name="all", recursive=True)
    assert scan(tmp_path, inner, outer) == ["in/a.mp4"]


def test_scan_takes_no_links_pipes_or_devices(tmp_path):
    watched, outside = tmp_path / "in", tmp_path / "private"
    fill(outside, "secret.mp4")
    watched.mkdir()
    (watched / "link.mp4").symlink_to(outside / "secret.mp4")
    (watched / "linked-folder").symlink_to(outside)
    (watched / "loop").symlink_to(watched)
    os.mkfifo(watched / "pipe.mp4")
    (watched / "folder.mp4").mkdir()
    assert scan(watched, make_rule(watched, recursive=True)) == []


def test_folder_named_like_a_film_is_looked_into(tmp_path):
    fill(tmp_path, "talk.mp4/part1.mp4")
    assert scan(tmp_path, make_rule(tmp_path, recursive=True)) == ["talk.mp4/part1.mp4"]


def test_watch_folder_may_itself_be_a_link(tmp_path):
    fill(tmp_path / "real", "talk.mp4")
    (tmp_path / "in").symlink_to(tmp_path / "real")
    assert scan(tmp_path / "in", make_rule(tmp_path / "in")) == ["talk.mp4"]


def test_scan_can_begin_below(tmp_path):
    fill(tmp_path, "a.mp4", "day1/b.mp4")
    assert scan(tmp_path, make_rule(tmp_path, recursive=True), start=tmp_path / "day1") == ["day1/b.mp4"]


def test_subfolder_that_is_gone_is_no_error(tmp_path):
    assert scan(tmp_path, make_rule(tmp_path, recursive=True), start=tmp_path / "gone") == []


def test_missing_folder_is_offline_not_empty(tmp_path):
    with pytest.raises(FolderOffline, match=r"gone is offline: No such file or directory"):
        scan(tmp_path / "gone", make_rule(tmp_path / "gone"))


def test_file_in_the_place_of_the_folder_is_offline(tmp_path):
    fill(tmp_path, "in")
    with pytest.raises(FolderOffline):
        scan(tmp_path / "in", make_rule(tmp_path / "in"))


@pytest.mark.usefixtures("as_ordinary_user")
def test_unreadable_subfolder_is_told_and_the_rest_is_found(tmp_path):
    fill(tmp_path, "closed/a.mp4", "open/b.mp4")
    (tmp_path / "closed").chmod(0)
    told: list[Path] = []
    try:
        assert scan(tmp_path, make_rule(tmp_path, recursive=True), unreadable=told) == ["open/b.mp4"]
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert told == [tmp_path / "closed"]


def test_names_in_any_encoding_are_found(tmp_path):
    names = [b"caf\xe9.mp4", "naïve 🎬.mp4".encode(), b"-rf.mp4", b"two\nlines.mp4"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    found = make_scan(tmp_path, make_rule(tmp_path))
    assert sorted(os.fsencode(version.path.name) for version in found) == sorted(names)


def test_outermost_folders_stand_for_those_in_them():
    assert outermost(["/r/a", "/r/a-b", "/r/a/c", "/r/a/c/d", "/r/b/"]) == ["/r/a-b", "/r/a", "/r/b"]


def test_each_matching_rule_takes_a_file(tmp_path):
    takers = Takers(
        [
            make_rule(tmp_path, name="one"),
            make_rule(tmp_path / "day1", name="two"),
            make_rule(tmp_path, name="three", recursive=True),
        ]
    )
    taken = [(taker.rule.name, taker.folder) for taker in takers.takers_of(tmp_path / "day1" / "talk.mp4")]
    assert taken == [("two", tmp_path / "day1"), ("three", tmp_path)]


def test_subfolder_that_cannot_be_looked_at_is_told(tmp_path):
    impossible = tmp_path / ("x" * 300)
    told: list[Path] = []
    assert scan(tmp_path, make_rule(tmp_path, recursive=True), start=impossible, unreadable=told) == []
    assert told == [impossible]


def test_other_file_system_mounted_in_the_folder_is_not_entered(tmp_path):
    fill(tmp_path, "a.mp4", "disk/b.mp4", "disk2/c.mp4", ".hidden/d.mp4")
    disks = [tmp_path / "disk", tmp_path / ".hidden", tmp_path / "elsewhere"]
    found = make_scan(tmp_path, make_rule(tmp_path, recursive=True), left_out=disks)
    assert sorted(version.path.name for version in found) == ["a.mp4", "c.mp4"]
    assert found.mount_points == [tmp_path / "disk"], "only what the rules would have looked into"


def test_mount_point_in_a_folder_whose_subfolders_no_rule_wants_is_not_spoken_of(tmp_path):
    fill(tmp_path, "disk/b.mp4")
    found = make_scan(tmp_path, make_rule(tmp_path), left_out=[tmp_path / "disk"])
    assert list(found) == []
    assert found.mount_points == []


def test_scan_tells_which_folders_it_looked_into_and_what_an_earlier_daemon_left(tmp_path):
    fill(tmp_path, "day1/x/a.mp4", ".git/b.mp4", "day1/.nemowatch-canary-0123")
    found = make_scan(tmp_path, make_rule(tmp_path, recursive=True))
    assert (len(list(found)), found.count) == (1, 1)
    assert {(folder.path, folder.inode) for folder in found.folders} == {
        (str(place), place.stat().st_ino) for place in (tmp_path / "day1", tmp_path / "day1" / "x")
    }
    assert found.canaries == [str(tmp_path / "day1" / ".nemowatch-canary-0123")]


def test_watch_folder_that_goes_away_during_its_scan_is_offline(tmp_path):
    folder = tmp_path / "in"
    fill(folder, "a.mp4")
    found = make_scan(folder, make_rule(folder))
    found._list_folder = lambda place, stack: list(os.scandir(tmp_path / "gone"))
    with pytest.raises(FolderOffline):
        list(found)


def test_patterns_of_a_folder_take_all_that_lies_in_it(tmp_path):
    fill(tmp_path, "final/a.mp4", "final/x/b.mp4", "raw/c.mp4", "raw/final.mp4", "raw/d-final.mov")
    rule = make_rule(tmp_path, match=["final", "*-final.mov", "!b.mp4"], recursive=True)
    assert scan(tmp_path, rule) == ["final/a.mp4", "raw/d-final.mov"]
