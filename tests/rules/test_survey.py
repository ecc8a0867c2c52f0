"""What `check` finds on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rules_parts import Desk, make_rule

from nemowatch.rules.survey import (
    A_MOUNT_POINT,
    Overlap,
    find_files,
    find_overlaps,
    inspect_folders,
    list_files,
)


def test_rules_that_take_the_same_files_are_found(desk: Desk) -> None:
    book = desk.load("""\
        rules:
          - {watch: ROOT/in, prompt: a, name: a}
          - {watch: ROOT/in, prompt: b, name: b, match: "*.mkv"}
    """)
    assert list(find_overlaps(book)) == [Overlap("a", "b", desk.root / "in", "recording.mkv")]


def test_rules_for_different_files_of_one_folder_do_not_overlap(desk: Desk) -> None:
    book = desk.load("""\
        rules:
          - {name: a, watch: ROOT/in, prompt: a, match: "*.mp4"}
          - {name: b, watch: ROOT/in, prompt: b, match: ["*", "!*.mp4"]}
          - {name: c, watch: ROOT/in, prompt: c, match: "*.mp4", ignore: "*"}
    """)
    assert list(find_overlaps(book)) == []


@pytest.mark.parametrize(("recursive", "count"), [("true", 1), ("false", 0)])
@pytest.mark.parametrize("order", [("in", "in/deep"), ("in/deep", "in")])
def test_folder_inside_another_overlaps_where_the_outer_one_is_recursive(
    desk: Desk, recursive: str, count: int, order: tuple[str, str]
) -> None:
    desk.folder("in/deep")
    book = desk.load(f"""\
        defaults: {{prompt: a, recursive: {recursive}, output: "ROOT/out/{{rule}}/{{stem}}"}}
        rules:
          - {{watch: ROOT/{order[0]}, name: a}}
          - {{watch: ROOT/{order[1]}, name: b}}
    """)
    overlaps = list(find_overlaps(book))
    assert len(overlaps) == count
    assert all(
        (each.first, each.second, each.folder) == ("a", "b", desk.root / "in/deep") for each in overlaps
    )


def test_folder_reached_by_a_link_overlaps(desk: Desk) -> None:
    (desk.root / "link").symlink_to(desk.root / "in")
    book = desk.load("""\
        rules:
          - {watch: ROOT/in, prompt: a, name: a}
          - {watch: ROOT/link, prompt: b, name: b}
    """)
    assert [(each.first, each.second) for each in find_overlaps(book)] == [("a", "b")]


def test_patterns_of_special_names_are_tried(desk: Desk) -> None:
    book = desk.load("""\
        rules:
          - {name: a, watch: ROOT/in, prompt: a, match: "talk-*.mp4"}
          - {name: b, watch: ROOT/in, prompt: b, match: "talk*"}
    """)
    assert [each.example for each in find_overlaps(book)] == ["talk-x.mp4"]


def test_files_are_listed_with_every_rules_answer(desk: Desk) -> None:
    folder = desk.folder("in")
    for name in ("a.mp4", "b.mkv", "notes.txt", "c.mp4.part"):
        (folder / name).touch()
    (folder / "day1").mkdir()
    (folder / "link.mp4").symlink_to(folder / "a.mp4")
    os.mkfifo(folder / "pipe.mp4")
    book = desk.load("""\
        rules:
          - {watch: ROOT/in, prompt: a, name: all}
          - {watch: ROOT/in, prompt: b, name: some, match: "*.mp4"}
    """)
    sightings = {each.path.name: each for each in list_files(book)}
    assert [name for name, _ in sightings["a.mp4"].takers] == ["all", "some"]
    assert [name for name, _ in sightings["b.mkv"].takers] == ["all"]
    assert sightings["b.mkv"].refusals == (("some", "matches none of the rule's patterns"),)
    refused = {name: each.refusals[0][1] for name, each in sightings.items() if not each.takers}
    assert refused == {
        "notes.txt": "the service takes no .txt files",
        "c.mp4.part": "an unfinished download or copy: c.mp4.part",
        "day1": "a subfolder, and the rule is not recursive",
        "link.mp4": "a symbolic link; links are never followed",
        "pipe.mp4": "not a regular file",
    }
    assert sightings["day1"].is_folder


def test_rules_that_take_the_same_lists_of_addresses_are_found(desk: Desk) -> None:
    book = desk.load("""\
        rules:
          - {watch: ROOT/in, prompt: a, name: a, match: "*.urls"}
          - {watch: ROOT/in, prompt: b, name: b}
    """)
    assert [each.example for each in find_overlaps(book)] == ["recording.urls"]


def test_prompt_files_are_told_with_their_recordings(desk: Desk) -> None:
    folder = desk.folder("in")
    for name in ("a.mp4", "b.mp4", "c.mp4", "notes.txt"):
        (folder / name).touch()
    (folder / "d.urls").write_text("https://example.com/talk.mp4\n")
    (folder / "a.mp4.prompt.txt").write_text("make it short\n")
    (folder / "b.mp4.prompt.txt").touch()
    (folder / "c.mp4.prompt.txt").write_text("clip of {stemm}\n")
    (folder / "d.urls.prompt.txt").write_text("make it short\n")
    (folder / "gone.mp4.prompt.txt").touch()
    book = desk.load("rules: [{watch: ROOT/in, prompt: a, name: clips}]")
    sightings = {each.path.name: each for each in list_files(book)}
    assert {name: each.takers[0][1] for name, each in sightings.items() if each.takers} == {
        "a.mp4": "an accepted type (.mp4); prompts from a.mp4.prompt.txt",
        "b.mp4": "an accepted type (.mp4)",
        "d.urls": "a list of addresses; prompts from d.urls.prompt.txt",
    }
    refused = {name: each.refusals[0][1] for name, each in sightings.items() if not each.takers}
    assert set(refused) == {"c.mp4", "gone.mp4.prompt.txt", "notes.txt"}
    assert "c.mp4.prompt.txt, line 1: {stemm} is not a placeholder" in refused["c.mp4"]
    assert refused["gone.mp4.prompt.txt"] == "holds the prompts for gone.mp4, and is no input itself"


def test_wrong_lists_of_addresses_are_told_with_the_line(desk: Desk) -> None:
    folder = desk.folder("in")
    (folder / "good.urls").write_text("https://example.com/talk.mp4\n")
    (folder / "wrong.urls").write_text("# two\nftp://example.com/talk.mp4\n")
    (folder / "none.urls").write_text("# later\n")
    book = desk.load("rules: [{watch: ROOT/in, prompt: a, name: clips}]")
    good, none, wrong = list_files(book)
    assert good.takers == (("clips", "a list of addresses"),)
    assert none.refusals == (("clips", "none.urls holds no address yet."),)
    assert "wrong.urls, line 2" in wrong.refusals[0][1]


def test_mount_points_are_not_looked_into(desk: Desk) -> None:
    stick = desk.folder("in/stick")
    (stick / "a.mp4").touch()
    (desk.folder("in") / "b.mp4").touch()
    book = desk.load("rules: [{watch: ROOT/in, prompt: a, name: clips, recursive: true}]")
    b, mounted = list_files(book, lambda _folder: {stick})
    assert (mounted.path, mounted.is_folder, mounted.refusals) == (stick, True, (("clips", A_MOUNT_POINT),))
    assert b.takers
    assert [path for path, _ in find_files(book.rules[0], (), lambda _folder: {stick})] == [b.path]


def test_first_look_finds_what_a_scan_finds(desk: Desk) -> None:
    folder = desk.folder("in")
    for name in ("a.mp4", "b.mp4", "notes.txt", ".c.mp4", "empty.urls"):
        (folder / name).touch()
    (folder / "b.mp4.prompt.txt").write_text("clip of {stemm}\n")
    (folder / "link.mp4").symlink_to(folder / "a.mp4")
    os.mkfifo(folder / "pipe.mp4")
    book = desk.load("rules: [{watch: ROOT/in, prompt: a}]")
    found = find_files(book.rules[0], (), lambda _folder: ())
    assert {path.name for path, _ in found} == {"a.mp4", "b.mp4", "empty.urls"}


@pytest.mark.usefixtures("as_ordinary_user")
def test_recording_that_cannot_be_read_is_told(desk: Desk) -> None:
    path = desk.folder("in") / "a.mp4"
    path.touch(mode=0)
    (sighting,) = list_files(desk.load("rules: [{watch: ROOT/in, prompt: a, name: clips}]"))
    assert sighting.refusals == (("clips", "it can't be read by this user"),)


def test_missing_folder_is_a_warning_and_no_problem(tmp_path: Path) -> None:
    (report,) = inspect_folders(make_rule(tmp_path / "stick"))
    assert report.problems == ()
    (warning,) = report.warnings
    assert warning.startswith(f"{tmp_path}/stick is not there now. It is watched as soon as it is;")
    assert warning.endswith(f'`mkdir -p "{tmp_path}/stick"` makes it.')


def test_files_of_subfolders_are_listed_for_recursive_rules(desk: Desk) -> None:
    for name in ("day1/a.mp4", "drafts/b.mp4", ".git/c.mp4"):
        (desk.folder("in") / name).parent.mkdir()
        (desk.folder("in") / name).touch()
    book = desk.load("rules: [{watch: ROOT/in, prompt: a, recursive: true, ignore: drafts/}]")
    seen = {str(each.path.relative_to(desk.root / "in")): bool(each.takers) for each in list_files(book)}
    assert seen == {"day1/a.mp4": True, "drafts": False, ".git": False}


def test_output_place_that_is_a_file_is_reported(tmp_path: Path) -> None:
    watch = tmp_path / "talks"
    watch.mkdir()
    (tmp_path / "talks-output").touch()
    (report,) = inspect_folders(make_rule(watch))
    assert report.problems == (f"{tmp_path}/talks-output is a file, so outputs can't be written below it.",)


def test_good_folders_have_no_problems(tmp_path: Path) -> None:
    watch = tmp_path / "talks"
    watch.mkdir()
    (report,) = inspect_folders(make_rule(watch))
    assert (report.watch, report.output, report.problems) == (watch, tmp_path / "talks-output/talks", ())


@pytest.mark.usefixtures("as_ordinary_user")
def test_folders_without_permission_are_reported(tmp_path: Path) -> None:
    watch = tmp_path / "talks"
    watch.mkdir(mode=0o000)
    tmp_path.chmod(0o500)
    try:
        (report,) = inspect_folders(make_rule(watch))
    finally:
        tmp_path.chmod(0o700)
        watch.chmod(0o700)
    assert "can't be read" in report.problems[0]
    assert "can't be written" in report.problems[1]
