"""What it costs to look through a large folder: the first time and again, against `find` on the same tree.

The tree is like that of a team with years of recordings: nearly all are of an accepted type, and the rule's pattern
takes one in a thousand. Both sides find it in the system's cache. Each repeat of ours is a process of its own
(scanner.py), so that its first scan is a first one; its start is not counted, and `find`'s is, some milliseconds.
Memory is also that of a true daemon, into whose watch folder the whole tree is moved.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.media import MEGABYTE, make_small, make_unique
from benchmarks.rows import Row
from benchmarks.stage import ONE_START, BenchmarkBroke, MemoryWatch, Stage
from nemowatch.rules.match import ACCEPTED_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIME_BOUND = 2.0
MEMORY_BOUND_MB = 60.0

_FULL = (1000, 9)
_QUICK = (20, 1)
_NOWHERE = "http://127.0.0.1:9"
_BY_END = "*-final.mp4"
_BY_SHAPE = "[it]*-????-final.mp4"
"""Takes the same files, and can't be told by the end of a name alone."""

_ALL = "none, so that nearly all are taken"

_FILES_A_FOLDER = 100
_FOLDERS_A_GROUP = 100
_FOLDERS_A_TAKEN_FILE = 10
_TYPES = (
    (".MP4",) * 53 + (".mov",) * 20 + (".jpg",) * 10 + (".wav",) * 5 + (".XML", ".THM", ".LRF", ".txt") * 3
)


@dataclass(frozen=True)
class _Measured:
    """One run of the scanner: seconds of each pass, and bytes."""

    first: float
    rescan: float
    memory: int
    walk: float
    rglob: float
    found: int


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Scan and find in turn; then let a daemon meet the tree."""
    folders, repeats = _QUICK if quick else _FULL
    stage = Stage(folder, "talks")
    tree = stage.watched["talks"]
    files = fill(tree, make_small(folder / "small.mp4"), folders)
    taken = folders // _FOLDERS_A_TAKEN_FILE
    accepted = folders * sum(suffix.lower() in ACCEPTED_TYPES for suffix in _TYPES)
    patterns = {_BY_END: taken, _BY_SHAPE: taken, _ALL: accepted}
    runs: dict[str, list[_Measured]] = {pattern: [] for pattern in patterns}
    find: list[float] = []
    _find(tree)
    for _ in range(repeats):
        for pattern, expected in patterns.items():
            runs[pattern].append(_scan(stage, pattern, expected))
            find.append(_find(tree))
    of_daemon = _measure_daemon(stage, taken)
    return _rows(f"{files:,} files", tuple(find), runs, of_daemon)


def fill(tree: Path, small: Path, folders: int) -> int:
    """Make so many folders in two storeys with 100 files each; one folder in ten has a file that is taken.

    Returns:
        How many files there are.
    """
    for number, place in enumerate(itertools.islice(_make_folders(tree), folders)):
        for index, suffix in enumerate(_TYPES[:_FILES_A_FOLDER]):
            (place / f"C{number:04}-{index:04}{suffix}").touch()
        if number % _FOLDERS_A_TAKEN_FILE == 0:
            (place / f"C{number:04}-0000{_TYPES[0]}").unlink()
            make_unique(place / f"interview-{number:04}-final.mp4", small)
    return folders * _FILES_A_FOLDER


def _make_folders(tree: Path) -> Iterator[Path]:
    for number in itertools.count():
        group = tree / f"client {number // _FOLDERS_A_GROUP}"
        place = group / f"day {number}" if number % _FOLDERS_A_GROUP else group
        place.mkdir(parents=True)
        yield place


def _scan(stage: Stage, pattern: str, expected: int) -> _Measured:
    match: dict[str, Any] = {} if pattern == _ALL else {"match": pattern}
    stage.write_rules(_NOWHERE, prompt="trim it", recursive=True, **match)
    command = [sys.executable, "-m", "benchmarks.scanner", str(stage.rules_file)]
    done = subprocess.run(command, check=True, capture_output=True, env=stage.environment())
    measured = _Measured(**json.loads(done.stdout))
    if measured.found != expected:
        raise BenchmarkBroke(f"the scan found {measured.found} files, not {expected}")
    return measured


def _find(tree: Path) -> float:
    command = ["find", str(tree), "-printf", "%p %s %T@\n"]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _measure_daemon(stage: Stage, expected: int) -> float:
    """Megabytes that a daemon takes above idle while the whole tree, moved in, becomes watched, found and queued."""
    tree, aside = stage.watched["talks"], stage.root / "aside"
    tree.rename(aside)
    tree.mkdir()
    stage.write_rules(_NOWHERE, prompt="trim it", recursive=True, match=_BY_END, starts=ONE_START)
    with stage.running_daemon() as daemon:
        idle = daemon.memory_info().rss
        with MemoryWatch(daemon) as memory:
            aside.rename(tree / "all")
            stage.wait_entered(expected)
    return (memory.peak_bytes - idle) / MEGABYTE


def _rows(
    what: str, find: tuple[float, ...], runs: dict[str, list[_Measured]], of_daemon: float
) -> list[Row]:
    every = tuple(itertools.chain.from_iterable(runs.values()))
    rows: list[Row] = []
    for pattern, of_pattern in runs.items():
        bound = None if pattern == _ALL else TIME_BOUND
        remark = f"match: {pattern}; peer: find -printf"
        first, rescan = (tuple(run.first for run in of_pattern), tuple(run.rescan for run in of_pattern))
        rows += [
            Row(f"first scan of {what}", "s", first, find, bound, remark=remark),
            Row("  once more", "s", rescan, find, bound),
            _memory_row("  memory of both above idle", tuple(run.memory / MEGABYTE for run in of_pattern)),
        ]
    remark = "watched, scanned, the files that it takes checked and queued"
    return [
        *rows,
        Row("  os.scandir and a stat of each", "s", tuple(run.walk for run in every), find),
        Row("  Path.rglob and a stat of each", "s", tuple(run.rglob for run in every), find),
        _memory_row("  memory of a daemon that meets them, above idle", (of_daemon,), remark),
    ]


def _memory_row(what: str, megabytes: tuple[float, ...], remark: str = "") -> Row:
    return Row(what, "MB", megabytes, bound=MEMORY_BOUND_MB, judged="worst", remark=remark)
