"""How long a hundred rules take to say which of them take a file, against the patterns alone.

All rules watch the same folder, so each is asked about each path, as intake asks for every event and for every file
that a scan finds. A rule knows more than its patterns: hidden, unfinished and foreign files, types, output folders.
The peers know only these: `pathspec`, which NemoWatch uses itself, asked for each rule's `match` and `ignore`, and
`fnmatch` from the standard library, with patterns that it can express. All must agree on how many files are taken.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from benchmarks.rows import Row
from benchmarks.stage import BenchmarkBroke, Stage
from nemowatch.intake.takers import Takers
from nemowatch.rules.load import load_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_RULES = 100
_FULL = (100_000, 5)
_QUICK = (500, 1)
_NOWHERE = "http://127.0.0.1:9"
_IGNORE = "drafts/"
_PATTERNS = ("*-{:02}-final.mp4", "take-??-{:02}-*.mp4", "client {:02}/*/*.MOV", "talk-[0-9]*-{:02}.wav")
_NAMES = ("walk-{:02}-final.mp4", "take-07-{:02}-wide.mp4", "C{:02}.MOV", "talk-2024-{:02}.wav", "C{:02}.MP4")
_NAMES_OF_NO_RULE = ("C{:02}.XML", "walk-{:02}-final.mp4.part", "still-{:02}.jpg")
_DAYS = 100


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Ask about all paths, a part of them in each round, ours and the peers in turn."""
    count, rounds = _QUICK if quick else _FULL
    stage = Stage(folder, "talks")
    root = stage.watched["talks"]
    patterns = [_PATTERNS[number % len(_PATTERNS)].format(number) for number in range(_RULES)]
    takers = _make_takers(stage, patterns)
    askers: dict[str, Callable[[Sequence[Path]], int]] = {
        "ours": lambda paths: sum(len(takers.takers_of(path)) for path in paths),
        "pathspec": _asks_pathspec(root, patterns),
        "fnmatch": _asks_fnmatch(root, patterns),
    }
    seconds: dict[str, list[float]] = {name: [] for name in askers}
    for _ in range(rounds):
        paths = [root / _make_name() for _ in range(count // rounds)]
        taken = {name: _time(asker, paths, seconds[name]) for name, asker in askers.items()}
        if len(set(taken.values())) > 1:
            raise BenchmarkBroke(f"they don't agree on what is taken: {taken}")
    return _rows(count, rounds, seconds)


def _make_takers(stage: Stage, patterns: Sequence[str]) -> Takers:
    """The rules, as the daemon compiles them: all watch the same folder."""
    stage.write_rules(_NOWHERE, prompt="trim it", recursive=True, ignore=_IGNORE)
    book = load_rules(stage.rules_file)
    [rule] = book.rules
    return Takers(
        [replace(rule, name=f"rule {number}", match=(pattern,)) for number, pattern in enumerate(patterns)]
    )


def _make_name() -> str:
    """A path as it might come: two in five are such that a rule takes them."""
    client, day = random.randrange(_RULES), random.randrange(_DAYS)
    name = random.choice((*_NAMES, *_NAMES_OF_NO_RULE)).format(random.randrange(_RULES))
    return f"client {client:02}/{'drafts' if day == 0 else f'day {day}'}/{name}"


def _asks_pathspec(root: Path, patterns: Sequence[str]) -> Callable[[Sequence[Path]], int]:
    matches = [GitIgnoreSpec.from_lines([pattern]) for pattern in patterns]
    ignore = GitIgnoreSpec.from_lines([_IGNORE])
    start = len(str(root)) + 1

    def ask(paths: Sequence[Path]) -> int:
        taken = 0
        for path in paths:
            relative = str(path)[start:]
            taken += sum(match.match_file(relative) and not ignore.match_file(relative) for match in matches)
        return taken

    return ask


def _asks_fnmatch(root: Path, patterns: Sequence[str]) -> Callable[[Sequence[Path]], int]:
    whole = [pattern for pattern in patterns if "/" in pattern]
    last = [pattern for pattern in patterns if "/" not in pattern]
    start = len(str(root)) + 1

    def ask(paths: Sequence[Path]) -> int:
        taken = 0
        for path in paths:
            relative = str(path)[start:]
            folder, _, name = relative.rpartition("/")
            if _IGNORE.rstrip("/") in folder.split("/"):
                continue
            taken += sum(fnmatchcase(relative, pattern) for pattern in whole)
            taken += sum(fnmatchcase(name, pattern) for pattern in last)
        return taken

    return ask


def _time(ask: Callable[[Sequence[Path]], int], paths: Sequence[Path], seconds: list[float]) -> int:
    started = time.perf_counter()
    taken = ask(paths)
    seconds.append(time.perf_counter() - started)
    return taken


def _rows(count: int, rounds: int, seconds: dict[str, list[float]]) -> list[Row]:
    each = {name: tuple(taken / (count // rounds) * 1e6 for taken in of) for name, of in seconds.items()}
    rates = tuple(1e6 / microseconds for microseconds in each["ours"])
    what = f"{_RULES} rules asked about a path, {count:,} paths"
    remark = "peer: pathspec, match and ignore of each rule"
    return [
        Row(what, "µs", each["ours"], each["pathspec"], remark=remark),
        Row(
            "  against fnmatch",
            "µs",
            each["ours"],
            each["fnmatch"],
            remark="peer: fnmatch, a folder ruled out once",
        ),
        Row("  paths a second", "/s", rates),
    ]
