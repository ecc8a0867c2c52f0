"""What is wrong with a rules file: each problem with its place, shown like a compiler shows it.

Made while the rules are read; the commands print them. A problem never shows a secret, even if one was
written into the file.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.logs import redact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_SHOWN = 50
_MAX_EXCERPT = 100
# After the host where the service is the web's, else after the service's name.
_ADDRESS = re.compile(
    r"""(https?://[^/?#\s"'@]*(?=[/?#])|(?!https?:)\b[A-Za-z][A-Za-z0-9+.-]*://|https?://(?=\S*@))([^\s"']+)"""
)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]|[\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        file: the rules file.
        line: counted from 1; 0 when the problem is the file itself.
        column: in characters, counted from 1; 0 when the problem is the file itself.
        where: the key, written as a path (`rules[2].promt`); empty when the problem is in the YAML itself.
        message: what was expected and what was found.
        source_line: the line as it stands in the file; empty when there is none to show.
        suggestion: the nearest key or value that would have been right; empty when none is near.
    """

    file: Path
    line: int
    column: int
    where: str
    message: str
    source_line: str = ""
    suggestion: str = ""

    @property
    def headline(self) -> str:
        """`rules.yaml:14:5: rules[2].promt: unknown key. Did you mean "prompt"?`."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)
        parts = [place, self.where, self.message] if self.where else [place, self.message]
        question = f' Did you mean "{self.suggestion}"?' if self.suggestion else ""
        return _printable(redact(": ".join(parts))) + question

    def __str__(self) -> str:
        if not self.source_line:
            return self.headline
        excerpt, caret = _excerpt(redact(_mask_addresses(self.source_line)), self.column)
        return f"{self.headline}\n    {excerpt}\n    {' ' * caret}^"


class RulesInvalid(NemoWatchError):
    """The rules file can't be used as it is; its text shows every problem, in the file's order."""

    exit_code = 4

    def __init__(self, problems: Iterable[Problem], *, hint: str = "") -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=lambda each: (each.line, each.column)))
        shown = [str(problem) for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            shown.append(f"… and {len(self.problems) - MAX_SHOWN} more problems.")
        count = len(self.problems)
        summary = f"the rules can't be used: {'one problem' if count == 1 else f'{count} problems'}."
        super().__init__("\n".join([summary, *shown]), hint=hint)

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}".rstrip()


def nearest(word: str, known: Iterable[str]) -> str:
    """Find the known word that a person most likely meant; empty when none is near."""
    by_lower_case = {each.lower(): each for each in known}
    found = difflib.get_close_matches(word.lower(), by_lower_case, n=1, cutoff=0.6)
    return by_lower_case[found[0]] if found else ""


def without_excerpts(told: str) -> str:
    """The text of `RulesInvalid` in one line, without the lines of the file that come with its problems."""
    return " ".join(line for line in told.splitlines() if not line.startswith(" "))


def _mask_addresses(line: str) -> str:
    """Blank out what may be a secret in an address of `notify`, which may not have been understood as one yet.

    The line keeps its length, so that the caret below it stays where it belongs.
    """
    return _ADDRESS.sub(lambda found: found[1] + "*" * len(found[2]), line)


def _excerpt(line: str, column: int) -> tuple[str, int]:
    """Cut a long line around the column; the caret's place in what is left is counted from 0."""
    start = max(0, column - 1 - _MAX_EXCERPT // 2) if len(line) > _MAX_EXCERPT else 0
    end = start + _MAX_EXCERPT
    before, after = ("…" if start else ""), ("…" if end < len(line) else "")
    return before + _printable(line[start:end]) + after, column - 1 - start + len(before)


def _printable(text: str) -> str:
    """Replace each character that would move the cursor or speak to the terminal by one that does not."""
    return _UNPRINTABLE.sub(lambda found: " " if found[0] == "\t" else "\N{REPLACEMENT CHARACTER}", text)
