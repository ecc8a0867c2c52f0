"""Checks run side by side, each within its time, and none takes the others' answers away."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator

import pytest

from nemowatch.doctor.examination import examine
from nemowatch.doctor.finding import Check, Finding, Verdict, ok
from nemowatch.errors import NemoWatchError
from nemowatch.logs import hide_secret


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Something to hang on until the test is over."""
    event = threading.Event()
    yield event
    event.set()


def raising(error: Exception) -> Check:
    def look() -> Iterator[Finding]:
        yield ok("folder", "never told")
        raise error

    return Check("folder", look, "/in")


def test_check_that_hangs_is_told_and_not_waited_for(gate: threading.Event) -> None:
    def hang() -> list[Finding]:
        gate.wait()
        return []

    hung = [Check("folder", hang, f"/share{number}", 0.2, "Mount it again.") for number in range(5)]
    began = time.monotonic()
    findings = examine([*hung, Check("rules", lambda: [ok("rules", "valid")])])
    assert time.monotonic() - began < 1
    assert findings[0] == Finding(
        "folder", Verdict.PROBLEM, "/share0: no answer within 0.2 s.", "Mount it again."
    )
    assert findings[-1] == ok("rules", "valid")


def test_findings_stand_in_the_order_of_the_checks() -> None:
    second_is_done = threading.Event()

    def first() -> list[Finding]:
        second_is_done.wait(10)
        return [ok("one", "a"), ok("one", "b")]

    def second() -> list[Finding]:
        second_is_done.set()
        return [ok("two", "c")]

    assert [f.text for f in examine([Check("one", first), Check("two", second)])] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("error", "text", "mend"),
    [
        (NemoWatchError("It is none.", hint="Take another."), "It is none.", "Take another."),
        (OSError(errno.ESTALE, "Stale file handle"), "/in: Stale file handle.", ""),
        (KeyError("x"), "/in: the check itself broke: KeyError: 'x'.", ""),
    ],
)
def test_check_that_breaks_is_a_problem_in_words(error: Exception, text: str, mend: str) -> None:
    broken, well = examine([raising(error), Check("rules", lambda: [ok("rules", "valid")])])
    assert (broken.verdict, broken.text, broken.mend) == (Verdict.PROBLEM, text, mend)
    assert well.verdict is Verdict.OK


def test_secret_in_an_error_is_not_told() -> None:
    hide_secret("horse-battery-staple")
    (finding,) = examine([raising(ValueError("sent horse-battery-staple"))])
    assert "horse" not in finding.text
