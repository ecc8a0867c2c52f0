from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.rules.match import Matcher
from nemowatch.rules.rule import Rule, Skill

ROOT = Path("/in")
PIECES = st.sampled_from(
    [
        "*",
        "**",
        "?",
        "a",
        "b.mp4",
        "*-a.mp4",
        "*.mp4",
        "[ab]*",
        "a*b.mov",
        "É.mp4",
        "*é.mp4",
        "a b.mp4",
        "*a ",
        "\\a",
    ]
)
PATTERNS = st.lists(
    st.builds(
        lambda bang, parts, tail: bang + "/".join(parts) + tail,
        st.sampled_from(["", "", "!", "/"]),
        st.lists(PIECES, min_size=1, max_size=3),
        st.sampled_from(["", "", "/"]),
    ),
    max_size=4,
)
NAMES = st.sampled_from(
    [
        "a",
        "b",
        "a.mp4",
        "b.mp4",
        "x-a.mp4",
        "ab.mov",
        "axb.mov",
        "E\u0301.mp4",
        "xé.mp4",
        "a b.mp4",
        "a.txt",
        "A.MP4",
        "a.flac",
    ]
)
FOLDERS = st.lists(st.sampled_from(["a", "b", "a.mp4", "b.mp4", "-a.mp4"]), max_size=3)


def make_matcher(*, match=(), ignore=(), recursive=True, keep_out=(), convert=False) -> Matcher:
    rule = Rule(
        name="clips",
        watch=(ROOT,),
        match=tuple(match),
        ignore=tuple(ignore),
        recursive=recursive,
        skill=Skill("nemowatch", "0.1.0", None),
        prompts=("make it short",),
        language="en",
        deliver=("video",),
        output="{watch}-output/{stem}",
        settle_seconds=3.0,
        priority=5,
        convert=convert,
    )
    return Matcher(rule, keep_out)


@given(PATTERNS, PATTERNS, FOLDERS, NAMES, st.booleans(), st.booleans())
def test_whatever_a_rule_takes_passes_the_quick_check(match, ignore, parts, name, recursive, convert):
    matcher = make_matcher(match=match, ignore=ignore, recursive=recursive, convert=convert)
    folder = ROOT.joinpath(*parts)
    check = matcher.name_check(str(folder))
    if matcher.match(folder / name).matches:
        assert check is not None
        assert check(name)
        assert matcher.may_match(str(folder / name))


@pytest.mark.parametrize(
    ("match", "name", "passes"),
    [
        ([], "talk.mp4", True),
        ([], "notes.txt", False),
        (["*-final.mp4"], "talk-final.mp4", True),
        (["*-final.mp4"], "talk.mp4", False),
        (["day*/*-final.mp4", "cut?.mov"], "cut1.mov", True),
        (["day*/*-final.mp4", "cut?.mov"], "cut10.mov", False),
    ],
)
def test_most_names_end_at_the_quick_check(match, name, passes):
    assert bool(make_matcher(match=match).name_check("/in")(name)) is passes


def test_convertible_types_pass_the_quick_check_of_rules_that_convert():
    assert make_matcher(convert=True).name_check("/in")("talk.FLAC")
    assert not make_matcher().name_check("/in")("talk.flac")


def test_most_paths_end_at_the_quick_question():
    matcher = make_matcher(match=["*-final.mp4", "day1"])
    assert matcher.may_match("/in/day2/talk-final.mp4")
    assert matcher.may_match("/in/day1/talk.mp4")
    assert not matcher.may_match("/in/day2/talk.mp4")
    assert not matcher.may_match("/elsewhere/talk-final.mp4")


def test_folders_from_which_nothing_is_taken_are_known_at_once():
    matcher = make_matcher(ignore=["drafts/"], keep_out=[ROOT / "out"])
    assert matcher.name_check("/in/drafts") is None
    assert matcher.name_check("/in/.git") is None
    assert matcher.name_check("/in/out") is None
    assert matcher.name_check("/elsewhere") is None
    assert make_matcher(recursive=False).name_check("/in/day1") is None
    assert make_matcher(recursive=False).name_check("/in") is not None
