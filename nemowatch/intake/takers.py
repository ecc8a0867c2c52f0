"""Which rules take a file, and which rules look at a folder: the rules as intake asks them.

Made once by intake. Answers from paths alone, without touching the disk.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from nemowatch.rules.match import Matcher
from nemowatch.rules.template import keep_out_roots

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nemowatch.intake.records import Candidate
    from nemowatch.rules.rule import Rule


class Taker(NamedTuple):
    """A rule that takes a file, and its watch folder in which the file lies."""

    rule: Rule
    folder: Path


class Takers:
    """All rules, compiled. Whatever lies in an output folder of any rule, or was moved away, is taken by none."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        keep_out = keep_out_roots(rules)
        self.rules = tuple(rules)
        self._matchers = tuple((rule, Matcher(rule, keep_out)) for rule in rules)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every watch folder once, in the order of the rules."""
        return tuple(dict.fromkeys(folder for rule, _ in self._matchers for folder in rule.watch))

    def is_recursive(self, folder: Path) -> bool:
        """Whether any rule looks below a watch folder."""
        return any(rule.recursive for rule, _ in self._matchers if folder in rule.watch)

    def matchers_of(self, folder: Path) -> tuple[Matcher, ...]:
        """The matchers of the rules that watch a folder."""
        return tuple(matcher for rule, matcher in self._matchers if folder in rule.watch)

    def takers_of(self, path: Path) -> list[Taker]:
        """Every rule that takes a file; each makes its own job of it."""
        text = os.fspath(path)
        return [
            Taker(rule, folder)
            for rule, matcher in self._matchers
            if matcher.may_match(text)
            and (folder := matcher.folder_of(path)) is not None
            and matcher.match(path).matches
        ]

    def taker(self, candidate: Candidate) -> Taker | None:
        """The rule that a candidate names, and its folder; None when there is no such rule that takes the file."""
        takers = self.takers_of(candidate.path)
        return next((taker for taker in takers if taker.rule.name == candidate.rule), None)

    def folders_above(self, path: Path) -> list[Path]:
        """The watch folders that have a rule that looks into this folder."""
        return [
            folder
            for folder in self.folders
            if (path == folder or folder in path.parents)
            and any(matcher.may_contain(path) for matcher in self.matchers_of(folder))
        ]


def outermost(paths: Iterable[str]) -> list[str]:
    """Leave out folders that lie in another one of them: looking through that one finds them too."""
    kept: list[str] = []
    # With a slash at its end, a folder is directly followed by what lies in it.
    for path in sorted({f"{path.rstrip('/')}/" for path in paths}):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return [path.rstrip("/") or "/" for path in kept]
