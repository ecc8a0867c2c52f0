import os
from pathlib import Path

import pytest
from intake_parts import make_rule

from nemowatch.intake.scan import FolderOffline, scan_folder
from nemowatch.intake.takers import Takers, outermost


def scan(folder: Path, *rules, start: Path | None = None, unreadable: list | None = None) -> list[str]:
    takers = Takers(rules)
    told = [] if unreadable is None else unreadable
    found = scan_folder(folder, takers.matchers_of(folder), lambda path, error: told.append(path), start)
    return sorted(str(version.path.relative_to(folder)) for version in found)


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
    matchers = Takers([make_rule(tmp_path)]).matchers_of(tmp_path)
    [version] = scan_folder(tmp_path, matchers, lambda path, error: None)
    status = (tmp_path / "talk.mp4").stat()
    assert (version.size, version.mtime_ns, version.inode) == (10, status.st_mtime_ns, status.st_ino)


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
    takers = Takers([make_rule(tmp_path)])
    found = scan_folder(tmp_path, takers.matchers_of(tmp_path), lambda path, error: None)
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
