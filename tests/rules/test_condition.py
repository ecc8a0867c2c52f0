"""Conditions on the recording itself: what is read, and what meets them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules_parts import Desk

from nemowatch.rules.condition import check_duration, check_size, find_unmet
from nemowatch.rules.rule import When
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


@pytest.mark.parametrize(
    ("text", "size"), [("500B", 500), ("20MB", 20_000_000), ("1.5 gb", 1_500_000_000), ("2KiB", 2048)]
)
def test_sizes_are_read(text: str, size: float) -> None:
    assert parse_size(text) == size


def test_conditions_of_a_rule_are_read(desk: Desk) -> None:
    rule = desk.load(RULE % '{duration: ">=10m", size: "<2GB"}').rules[0]
    assert rule.when == When(">=10m", "<2GB")
    assert desk.load("rules: [{watch: ROOT/in, prompt: a}]").rules[0].when == When()


@pytest.mark.parametrize(
    ("when", "where", "words"),
    [
        ("{duration: 10m}", "rules[0].when.duration", "not a comparison; write one of"),
        ('{duration: ">=10 x"}', "rules[0].when.duration", "not a duration"),
        ('{size: "<2 apples"}', "rules[0].when.size", "not a size"),
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
