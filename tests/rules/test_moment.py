"""Moments of a recording: how they are written, and shown so that they can be typed back in."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.rules.moment import describe_moment, format_moment, parse_moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:30", 30.0),
        ("0:30.5", 30.5),
        ("1:02:03", 3723.0),
        ("1:02:03.5", 3723.5),
        ("90:00", 5400.0),
        ("90s", 90.0),
        (" 1m 30s ", 90.0),
        ("250ms", 0.25),
        ("-1m", -60.0),
        ("-0:30", -30.0),
        ("- 1:00:00", -3600.0),
        ("0:00", 0.0),
        ("0s", 0.0),
    ],
)
def test_moments_are_read(text: str, seconds: float) -> None:
    assert parse_moment(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("90", '"90" is not a time of a recording; write one as 0:30, 1:02:03.5, 90s, or -1m'),
        ("", "is not a time of a recording"),
        ("--1m", '"--1m" is not a time'),
        ("+1m", '"+1m" is not a time'),
        (":30", "is not a time"),
        ("1:2:3:4", "is not a time"),
        ("1,5s", "is not a time"),
        ("0:75", '"0:75" has a part above 59'),
        ("1:75:00", '"1:75:00" has a part above 59'),
        ("-0s", '"-0s" is the end itself'),
        ("-0:00", "write a time before it, such as -1s"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_one_looks_like(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_moment(text)
    assert words in str(caught.value)


@given(st.integers(-400_000_000, 400_000_000))
def test_what_is_shown_can_be_typed_back_in(millis: int) -> None:
    assert parse_moment(format_moment(millis / 1000)) == pytest.approx(millis / 1000)


@given(st.text(alphabet="0123456789:.-smhd ", max_size=12))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert math.isfinite(parse_moment(text))


def test_moment_before_the_end_is_told_in_words() -> None:
    assert [describe_moment(seconds) for seconds in (0, 90.5, 3723, -60)] == [
        "0:00",
        "1:30.5",
        "1:02:03",
        "1:00 before the end",
    ]
