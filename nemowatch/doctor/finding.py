"""What a check says, and what a check is. Used by every check, the examination that runs them, and the command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Verdict(StrEnum):
    """How it stands: only a `problem` keeps recordings from becoming outputs, or will soon."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what was looked at, the same words each time; several folders share one.
        verdict: how it stands.
        text: what was found, in a sentence or two.
        mend: what helps, mostly a command; empty where nothing is to be done.
    """

    name: str
    verdict: Verdict
    text: str
    mend: str = ""


@dataclass(frozen=True)
class Check:
    """Something to look at.

    Attributes:
        name: as in its findings.
        look: gives them. May block, and is left alone when it takes too long; changes nothing.
        about: what is looked at, for the finding of a check that gave none; empty where the name says it.
        limit_seconds: how long is waited for it.
        mend_silence: what helps where it did not come to an end.
    """

    name: str
    look: Callable[[], Iterable[Finding]]
    about: str = ""
    limit_seconds: float = 10.0
    mend_silence: str = ""


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name, Verdict.OK, text)


def warning(name: str, text: str, mend: str = "") -> Finding:
    """It works, and may not be as it is meant."""
    return Finding(name, Verdict.WARNING, text, mend)


def problem(name: str, text: str, mend: str = "") -> Finding:
    """It does not work, or soon will not."""
    return Finding(name, Verdict.PROBLEM, text, mend)
