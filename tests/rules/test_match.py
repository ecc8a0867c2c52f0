"""Which files a rule takes, and the words for the others."""

from __future__ import annotations

import string
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules_parts import make_rule

from nemowatch.rules.match import ACCEPTED_TYPES, CONVERTIBLE_TYPES, Matcher

TALKS = Path("/r/talks")


def verdict(name: str, **changes: object) -> tuple[bool, str]:
    """Ask a matcher for `/r/talks` about a file in it."""
    answer = Matcher(make_rule(TALKS, **changes)).match(TALKS / name)
    return answer.matches, answer.reason


@pytest.mark.parametrize("suffix", sorted(ACCEPTED_TYPES))
def test_every_accepted_type_is_taken_in_any_case(suffix: str) -> None:
    assert verdict(f"talk{suffix}")[0]
    assert verdict(f"TALK{suffix.upper()}") == (True, f"an accepted type ({suffix})")


@pytest.mark.parametrize("suffix", sorted(CONVERTIBLE_TYPES))
def test_convertible_type_is_taken_where_the_rule_converts(suffix: str) -> None:
    name = f"TALK{suffix.upper()}"
    assert verdict(name) == (
        False,
        f"the service takes no {suffix} files, and the rule converts none (`convert`)",
    )
    assert verdict(name, convert=True) == (True, f"a type that the rule converts ({suffix})")
    assert verdict(f"day1/talk{suffix}", convert=True, match=("day1/",), recursive=True)[0]


def test_rule_that_converts_takes_no_more_than_can_be_converted() -> None:
    assert verdict("talk.txt", convert=True) == (False, "the service takes no .txt files")
    assert verdict("talk.mp4", convert=True) == (True, "an accepted type (.mp4)")
    assert verdict("talk.flac", convert=True, match=("*.mp4",)) == (
        False,
        "matches none of the rule's patterns",
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("talk.txt", "the service takes no .txt files"),
        ("talk", "has no file type in its name"),
        ("talk.mp4.prompt.txt", "holds the prompts for talk.mp4, and is no input itself"),
        ("talk.urls.part", "an unfinished download or copy: talk.urls.part"),
        ("talk.mp4.part", "an unfinished download or copy: talk.mp4.part"),
        (".talk.mp4", "hidden (its name starts with a dot): .talk.mp4"),
        ("._talk.mp4", "a NAS's or system's own folder or file: ._talk.mp4"),
        ("day1/talk.mp4", "lies in a subfolder, and the rule is not recursive"),
    ],
)
def test_file_that_is_not_taken_has_a_reason(name: str, reason: str) -> None:
    assert verdict(name) == (False, reason)


@pytest.mark.parametrize("name", ["talks.urls", "TALKS.URLS"])
def test_list_of_addresses_is_taken(name: str) -> None:
    assert verdict(name) == (True, "a list of addresses")
    assert verdict(name, match=("*.urls", "*.URLS"))[0]
    assert verdict(name, match=("*.mp4",)) == (False, "matches none of the rule's patterns")


def test_prompt_file_is_never_an_input() -> None:
    assert not verdict("talk.mp4.prompt.txt", match=("*",))[0]


def test_file_elsewhere_is_not_taken() -> None:
    matcher = Matcher(make_rule(TALKS))
    assert matcher.match(Path("/r/talks-2/a.mp4")).reason == "lies in none of the rule's folders"
    assert matcher.folder_of(Path("/r/talks-2/a.mp4")) is None


def test_patterns_are_relative_to_the_folder() -> None:
    patterns = {"match": ("/day1/*.mp4",), "recursive": True}
    assert verdict("day1/a.mp4", **patterns) == (True, "matches the rule's pattern '/day1/*.mp4'")
    assert verdict("x/day1/a.mp4", **patterns) == (False, "matches none of the rule's patterns")


def test_folder_pattern_takes_what_is_inside() -> None:
    assert verdict("x/day1/deep/a.mov", match=("day1/",), recursive=True)[0]


def test_later_pattern_wins_over_an_earlier_one() -> None:
    patterns = ("*.mp4", "!rough-*")
    assert verdict("a.mp4", match=patterns)[0]
    assert verdict("rough-a.mp4", match=patterns) == (False, "left out by the rule's pattern '!rough-*'")


def test_pattern_that_fits_but_for_its_case_is_said() -> None:
    assert verdict("A.MP4", match=("*.mp4",)) == (
        False,
        "matches none of the rule's patterns: upper and lower case differ",
    )


def test_pattern_never_widens_the_accepted_types() -> None:
    assert verdict("notes.txt", match=("*",)) == (False, "the service takes no .txt files")


def test_ignored_file_names_its_pattern() -> None:
    assert verdict("rough.mp4", ignore=("rough*",)) == (False, "ignored by the rule's pattern 'rough*'")


def test_exception_from_ignore_is_taken() -> None:
    assert verdict("rough-1.mp4", ignore=("rough*", "!rough-1.*"))[0]


def test_nothing_inside_an_ignored_folder_is_taken_not_even_an_exception() -> None:
    rule = make_rule(TALKS, ignore=("drafts/", "!drafts/keep.mp4"), recursive=True)
    matcher = Matcher(rule)
    assert matcher.match(TALKS / "drafts/keep.mp4").reason == "ignored by the rule's pattern 'drafts/'"
    assert not matcher.may_contain(TALKS / "drafts")


def test_accents_match_however_they_are_written() -> None:
    assert verdict("caf\u0065\u0301.mp4", match=("caf\u00e9.*",))[0]
    assert verdict("caf\u00e9.mp4", ignore=("cafe\u0301.*",))[1] == "ignored by the rule's pattern 'café.*'"


def test_decomposed_names_in_subfolders_are_judged_in_their_folder() -> None:
    matcher = Matcher(make_rule(TALKS, recursive=True, ignore=("drafts/",)))
    assert matcher.match(TALKS / "e\u0301t\u0301/a\u0301.mp4").matches
    assert not matcher.match(TALKS / "drafts/e\u0301.mp4").matches


def test_output_folders_are_kept_out() -> None:
    matcher = Matcher(make_rule(TALKS, recursive=True), keep_out=[TALKS / "out"])
    assert matcher.match(TALKS / "out/talk/talk.mp4").reason == "lies in an output folder"
    assert matcher.match(TALKS / "outside/talk.mp4").matches
    assert not matcher.may_contain(TALKS / "out")
    assert not matcher.may_contain(TALKS / "out/talk")


def test_deepest_folder_holds_the_file() -> None:
    rule = make_rule(TALKS, watch=(TALKS, TALKS / "day1"), recursive=True)
    assert Matcher(rule).folder_of(TALKS / "day1/a.mp4") == TALKS / "day1"
    assert Matcher(rule).folder_of(TALKS / "day2/a.mp4") == TALKS


def test_folder_inside_another_is_looked_at_without_recursion() -> None:
    matcher = Matcher(make_rule(TALKS, watch=(TALKS, TALKS / "day1")))
    assert matcher.match(TALKS / "day1/a.mp4").matches
    assert matcher.folder_of(TALKS / "day1/a.mp4") == TALKS / "day1"
    assert matcher.folder_of(TALKS / "day2/a.mp4") is None


def test_scan_may_leave_out_what_holds_nothing() -> None:
    flat, deep = Matcher(make_rule(TALKS)), Matcher(make_rule(TALKS, recursive=True))
    assert flat.may_contain(TALKS)
    assert deep.may_contain(TALKS)
    assert flat.refuse_folder(TALKS / "day1") == "a subfolder, and the rule is not recursive"
    assert deep.may_contain(TALKS / "day1/morning")
    assert not deep.may_contain(TALKS / ".git")
    assert not deep.may_contain(TALKS / "day1/@eaDir/x")
    assert not deep.may_contain(Path("/r/other"))


def test_root_of_the_file_system_can_be_watched() -> None:
    matcher = Matcher(make_rule(Path("/"), recursive=True))
    assert matcher.match(Path("/a/b.mp4")).matches
    assert matcher.may_contain(Path("/a"))


NAMES = st.text(alphabet=string.ascii_letters + ".~#@$- é", min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)


@given(parts=st.lists(NAMES, min_size=1, max_size=4), recursive=st.booleans())
def test_scan_never_leaves_out_a_folder_that_holds_a_taken_file(parts: list[str], *, recursive: bool) -> None:
    matcher = Matcher(make_rule(TALKS, recursive=recursive, ignore=("a*/", "b")), keep_out=[TALKS / "c"])
    path = TALKS.joinpath(*parts[:-1], f"{parts[-1]}.mp4")
    if matcher.match(path).matches:
        above = [folder for folder in path.parents if folder == TALKS or TALKS in folder.parents]
        assert all(matcher.may_contain(folder) for folder in above)
        assert matcher.folder_of(path) == TALKS


@pytest.mark.slow
def test_hundred_thousand_paths_are_matched_in_seconds() -> None:
    matcher = Matcher(make_rule(TALKS, match=("*.mp4", "*.mkv"), ignore=("drafts/",), recursive=True))
    paths = [TALKS / f"day{number % 100}" / f"talk{number}.mp4" for number in range(100_000)]
    started = time.thread_time()
    assert all(matcher.match(path).matches for path in paths)
    assert time.thread_time() - started < 10  # measured: 0.5 s
