"""Moments as they are typed after `--since`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import typer

from nemowatch.cli.moments import parse_since

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


NOW = at("2026-11-21T10:30:00")


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2d", NOW - 2 * 86400),
        ("1h30m", NOW - 5400),
        ("10min", NOW - 600),
        ("2026-11-01", at("2026-11-01T00:00:00")),
        ("2026-07-01", at("2026-07-01T00:00:00")),  # in summer time, unlike now
        ("2026-11-01 14:00", at("2026-11-01T14:00:00")),
        ("2026-11-01T14:00:05", at("2026-11-01T14:00:05")),
        ("2026-11-01T14:00Z", datetime.fromisoformat("2026-11-01T14:00:00+00:00").timestamp()),
        ("9:05", at("2026-11-21T09:05:00")),
        (" 10:30 ", NOW),
        ("14:00", at("2026-11-20T14:00:00")),  # today it is still to come
        ("14:00:01", at("2026-11-20T14:00:01")),
    ],
)
def test_moment_is_read_as_a_person_means_it(typed: str, moment: float) -> None:
    assert parse_since(typed, now=NOW) == moment


@pytest.mark.parametrize("typed", ["", "yesterday", "25:00", "14:60", "2026-13-01", "2026-11", "5", "-2d"])
def test_what_is_no_moment_is_told_with_examples(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"is no moment; write how long ago \(2d, 1h30m\)"):
        parse_since(typed, now=NOW)


@pytest.mark.parametrize("typed", ["2026-11-22", "2027-01-01T00:00"])
def test_moment_to_come_is_refused(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match="is still to come"):
        parse_since(typed, now=NOW)
