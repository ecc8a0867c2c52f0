"""Placeholders: found, checked, filled in once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules_parts import make_rule

from nemowatch.rules.template import PLACEHOLDERS, names_in, output_root, output_roots, render, source_values

TALKS = Path("/r/talks")


def test_placeholders_are_found_in_order() -> None:
    assert names_in("{a} {{no}} {b}{a}") == ("a", "b", "a")


@pytest.mark.parametrize("template", ["{", "a } b", "{{{", "{a}}", "{a{b}}"])
def test_single_braces_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match="stands alone"):
        names_in(template)


def test_values_are_filled_in_and_doubled_braces_become_plain() -> None:
    assert render("{stem}: {{stem}} {x}", {"stem": "talk", "x": "1"}) == "talk: {stem} 1"


@given(st.text(max_size=40))
def test_value_is_never_read_as_a_template(value: str) -> None:
    assert render("<{stem}>", {"stem": value, "job": "secret"}) == f"<{value}>"


@given(st.text(max_size=40))
def test_any_text_can_be_written_with_doubled_braces(text: str) -> None:
    written = text.replace("{", "{{").replace("}", "}}")
    assert names_in(written) == ()
    assert render(written, {}) == text


def test_every_placeholder_has_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    try:
        values = source_values(
            make_rule(TALKS, name="shorts"),
            TALKS,
            TALKS / "day1" / "morning" / "My Talk.v2.MP4",
            duration_seconds=185.0,
            modified=1_769_900_759.0,
            job="abc123",
        )
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert values == {
        "watch": "/r/talks",
        "rule": "shorts",
        "dir": f"day1{os.sep}morning",
        "stem": "My Talk.v2",
        "name": "My Talk.v2.MP4",
        "ext": "mp4",
        "date": "2026-02-01",
        "time": "01-05-59",
        "duration": "3 min 05 s",
        "job": "abc123",
    }
    assert set(values) == set(PLACEHOLDERS)


def test_file_at_the_top_has_no_subfolder_and_an_image_no_length() -> None:
    values = source_values(
        make_rule(TALKS), TALKS, TALKS / "a.png", duration_seconds=None, modified=0.0, job="j"
    )
    assert (values["dir"], values["duration"]) == ("", "unknown length")


@pytest.mark.parametrize(
    ("output", "root"),
    [
        ("{watch}-output/{rule}/{dir}/{stem}", "/r/talks-output/shorts"),
        ("{watch}-{stem}", "/r"),
        ("/out/{stem}-clips/x", "/out"),
        ("/out/{rule}/{rule}-{date}/{name}", "/out/shorts"),
        ("/{stem}", "/"),
        ("/out/{{x}}/{job}", "/out/{x}"),
        ("/out//a/{name}", "/out/a"),
    ],
)
def test_output_root_is_what_all_outputs_share(output: str, root: str) -> None:
    assert output_root(make_rule(TALKS, name="shorts", output=output), TALKS) == Path(root)


def test_output_roots_are_listed_once() -> None:
    rule = make_rule(TALKS, output="/out/{stem}", watch=(TALKS, Path("/r/b")))
    assert output_roots([rule, rule]) == (Path("/out"),)
