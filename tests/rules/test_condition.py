"""Conditions on the recording itself: what is read, and what meets them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules_parts import Desk

from nemowatch.rules.condition import (
    check_duration,
    check_resolution,
    check_size,
    describe_when,
    find_unmet,
)
from nemowatch.rules.rule import When
from nemowatch.rules.streams import check_streams
from nemowatch.units import parse_size

RULE = "rules: [{watch: ROOT/in, prompt: a, when: %s}]"


@pytest.mark.parametrize(
    ("condition", "seconds", "meets"),
    [
        (">=10m", 600.0, True),
        (">=10m", 599.9, False),
        (">10m", 600.0, False),
        ("<1h30m", 5399.0, True),
        ("<=90s", 90.0, True),
        ("=90s", 91.0, False),
        (">=1m, <2h", 30.0, False),
        (">=1m, <2h", 7200.0, False),
        (">=1m, <2h", 60.0, True),
        (">0s", None, False),
    ],
)
def test_duration_decides(condition: str, seconds: float | None, meets: bool) -> None:
    unmet = find_unmet(When(duration=condition), duration_seconds=seconds, size_bytes=5)
    assert (unmet == "") is meets


@pytest.mark.parametrize(
    ("condition", "size", "meets"),
    [("<2GB", 1_999_999_999, True), ("<2GB", 2_000_000_000, False), (">=1MiB, <5MB", 1_048_575, False)],
)
def test_size_decides(condition: str, size: int, meets: bool) -> None:
    assert (find_unmet(When(size=condition), duration_seconds=None, size_bytes=size) == "") is meets


@pytest.mark.parametrize(
    ("condition", "width", "height", "meets"),
    [
        (">=720p", 1280, 720, True),
        (">=720p", 720, 1280, True),
        (">=720p", 1279, 719, False),
        ("<720p", 1920, 540, True),
        ("=1080p", 1080, 1920, True),
        (">=720p, <2160p", 3840, 2160, False),
        (">=1280x720", 1280, 720, True),
        (">=1280x720", 1080, 1920, False),
        (">=1280x720", 1920, 719, False),
        ("<1280x720", 1279, 719, True),
        ("<1280x720", 640, 720, False),
        ("=1920x1080", 1920, 1080, True),
        (">=1p", None, None, False),
        (">=1p", 1280, None, False),
    ],
)
def test_picture_as_shown_decides(
    condition: str, width: int | None, height: int | None, *, meets: bool
) -> None:
    unmet = find_unmet(
        When(resolution=condition),
        duration_seconds=None,
        size_bytes=5,
        shown_width=width,
        shown_height=height,
    )
    assert (unmet == "") is meets


@pytest.mark.parametrize(
    ("condition", "held", "meets"),
    [
        ("video", (1, 0, 0), True),
        ("video", (0, 1, 0), False),
        ("video, audio>=2, no subtitles", (1, 2, 0), True),
        ("video, audio>=2, no subtitles", (1, 1, 0), False),
        ("video, audio>=2, no subtitles", (1, 2, 1), False),
        ("audio=1", (0, 1, 3), True),
        ("subtitles<2", (0, 1, 2), False),
        ("no audio", (1, 0, 0), True),
        ("no audio", (None, None, None), False),
    ],
)
def test_streams_decide(condition: str, held: tuple[int | None, ...], *, meets: bool) -> None:
    video, audio, subtitles = held
    unmet = find_unmet(
        When(streams=condition),
        duration_seconds=None,
        size_bytes=5,
        video_streams=video,
        audio_streams=audio,
        subtitle_streams=subtitles,
    )
    assert (unmet == "") is meets


def test_picture_and_streams_that_do_not_meet_it_are_told() -> None:
    held = {"video_streams": 1, "audio_streams": 0, "subtitle_streams": 1}
    shown = {"shown_width": 480, "shown_height": 640}

    def unmet(when: When, **facts: int) -> str:
        return find_unmet(when, duration_seconds=None, size_bytes=5, **facts)

    assert unmet(When(resolution=">=720p"), **shown) == (
        "its picture is 480x640; the rule takes resolution >=720p"
    )
    assert unmet(When(resolution=">=720p")).startswith("it shows no picture, or nobody knows how large one; ")
    assert unmet(When(streams="audio"), **held) == "it holds no audio stream; the rule takes streams audio"
    assert unmet(When(streams="no subtitles"), **held).startswith("it holds 1 subtitle stream; ")
    assert unmet(When(streams="video")).startswith("nobody knows what it holds; ")


def test_conditions_are_told_in_one_line_that_never_changes() -> None:
    # It is kept with what was refused, to know when a rule's conditions have changed.
    assert describe_when(When(">=10m", "<2GB")) == "duration >=10m; size <2GB"
    assert describe_when(When(size="<2GB")) == "size <2GB"
    assert describe_when(When()) == ""
    every = When(">=10m", "<2GB", ">=720p", "video, audio")
    assert describe_when(every) == "duration >=10m; size <2GB; resolution >=720p; streams video, audio"


def test_what_does_not_meet_it_is_told_with_its_value() -> None:
    unmet = find_unmet(When(">=10m", "<2GB"), duration_seconds=312.0, size_bytes=5)
    assert unmet == "it plays 5 min 12 s; the rule takes duration >=10m"
    assert find_unmet(When(">=10m"), duration_seconds=None, size_bytes=5).startswith("nobody knows how long")


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_one_side_of_a_limit_is_taken_and_the_other_is_not(size: int, limit: int) -> None:
    below = find_unmet(When(size=f"<{limit}B"), duration_seconds=None, size_bytes=size)
    above = find_unmet(When(size=f">={limit}B"), duration_seconds=None, size_bytes=size)
    assert (below == "") is not (above == "")


def test_conditions_are_read_in_their_usual_form() -> None:
    assert check_duration(" >= 10 m ,< 2h ") == ">=10m, <2h"
    assert check_size("<2 GB") == "<2GB"
    assert check_resolution(" >= 720P,<1920 × 1080 ") == ">=720p, <1920x1080"
    assert check_streams("Video,audio >= 02, no  Subtitle, sound") == "video, audio>=2, no subtitles, audio"


@pytest.mark.parametrize(
    ("text", "size"), [("500B", 500), ("20MB", 20_000_000), ("1.5 gb", 1_500_000_000), ("2KiB", 2048)]
)
def test_sizes_are_read(text: str, size: float) -> None:
    assert parse_size(text) == size


def test_conditions_of_a_rule_are_read(desk: Desk) -> None:
    rule = desk.load(RULE % '{duration: ">=10m", size: "<2GB"}').rules[0]
    assert rule.when == When(">=10m", "<2GB")
    assert desk.load("rules: [{watch: ROOT/in, prompt: a}]").rules[0].when == When()
    rule = desk.load(RULE % '{resolution: ">= 720p", streams: "video, no audio"}').rules[0]
    assert rule.when == When(resolution=">=720p", streams="video, no audio")


@pytest.mark.parametrize(
    ("when", "where", "words"),
    [
        ("{duration: 10m}", "rules[0].when.duration", "not a comparison; write one of"),
        ('{duration: ">=10 x"}', "rules[0].when.duration", "not a duration"),
        ('{size: "<2 apples"}', "rules[0].when.size", "not a size"),
        ("{resolution: 720p}", "rules[0].when.resolution", "not a comparison; write one of"),
        ('{resolution: ">=720"}', "rules[0].when.resolution", "is not a resolution; write the shorter side"),
        ('{resolution: ">=1280x"}', "rules[0].when.resolution", "720p, 1280x720"),
        ("{streams: pictures}", "rules[0].when.streams", '"pictures" says nothing of streams'),
        ("{streams: no audio>=2}", "rules[0].when.streams", "video, audio>=2, no subtitles"),
        ("{streams: video audio}", "rules[0].when.streams", '"video audio" says nothing of streams'),
        ("{streams: [video]}", "rules[0].when.streams", "expected kinds of streams such as video"),
        ("{lenght: 5}", "rules[0].when.lenght", "unknown key"),
        ("[a]", "rules[0].when", "expected a mapping"),
    ],
)
def test_wrong_condition_is_refused_with_what_is_expected(
    desk: Desk, when: str, where: str, words: str
) -> None:
    problem = desk.problem(RULE % when)
    assert problem.where == where
    assert words in problem.headline
