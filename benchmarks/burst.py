"""Ten thousand tiny recordings dropped at once: how long until each has its job, against bare inserts.

The recordings are made aside and renamed into the watched folder of a running daemon, one after the other, as fast
as the kernel goes. Jobs wait in the book: only one may start in a day, so that nothing else is measured. The peer
writes the very same rows into a book of the same form in a bare loop, a transaction for each, as the daemon's
connection is set (WAL, `synchronous=NORMAL`); once more with `FULL`, where each waits for the disk.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from benchmarks.media import make_small, make_sound
from benchmarks.rows import Row
from benchmarks.stage import ONE_START, BenchmarkBroke, Stage, cpu_seconds
from nemowatch.jobs.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FULL = (10_000, 3)
_QUICK = (300, 1)
_PEER = "peer: sqlite3, an insert and a commit each"
_TABLE = "nemowatch_jobs"


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Drop and insert in turn, each round with a daemon and a book of its own."""
    count, repeats = _QUICK if quick else _FULL
    queued: list[float] = []
    cpu: list[float] = []
    bare: list[float] = []
    synced: list[float] = []
    for number in range(repeats):
        stage = Stage(folder / f"round-{number}", "talks")
        seconds, used = _drop(stage, count)
        queued.append(seconds)
        cpu.append(used / count * 1000)
        bare.append(_insert(stage, "NORMAL"))
        synced.append(_insert(stage, "FULL"))
    return [
        Row(
            f"{count:,} files at once, until the last is queued",
            "s",
            tuple(queued),
            tuple(bare),
            remark=_PEER,
        ),
        Row("  against inserts that wait for the disk", "s", tuple(queued), tuple(synced)),
        Row("  files a second", "/s", tuple(count / seconds for seconds in queued)),
        Row("  CPU of the daemon's process, a file", "ms", tuple(cpu)),
    ]


def _drop(stage: Stage, count: int) -> tuple[float, float]:
    """Seconds until all are in the book, and CPU seconds of the daemon's process.

    Raises:
        BenchmarkBroke: a file has no job, or two.
    """
    aside = stage.root / "aside"
    aside.mkdir()
    files = [make_sound(aside / f"take-{number:05}.wav") for number in range(count)]
    watched = stage.watched["talks"]
    with ExitStack() as running:
        small = make_small(stage.root / "small.mp4")
        url = running.enter_context(stage.running_server("service", "-m", "benchmarks.raw_service", small))
        stage.write_rules(url, prompt="trim it", settle="0s", starts=ONE_START)
        daemon = running.enter_context(stage.running_daemon())
        before, started = cpu_seconds(daemon), time.perf_counter()
        for file in files:
            file.rename(watched / file.name)
        stage.wait_entered(count)
        seconds, used = time.perf_counter() - started, cpu_seconds(daemon) - before
        # What comes twice comes late.
        stage.wait_at_rest(daemon)
    _require_one_each(stage, [watched / file.name for file in files])
    return seconds, used


def _require_one_each(stage: Stage, files: Sequence[Path]) -> None:
    with closing(sqlite3.connect(stage.state.database)) as connection:
        entered = Counter(path for (path,) in connection.execute(f"SELECT source_path FROM {_TABLE}"))
    if entered != Counter(map(str, files)):
        raise BenchmarkBroke(f"{len(files)} files have {entered.total()} jobs; {entered.most_common(3)}")


def _insert(stage: Stage, synchronous: str) -> float:
    """Seconds to write the rows of the daemon's book into a new one, each in a transaction of its own."""
    with closing(sqlite3.connect(stage.state.database)) as connection:
        rows = connection.execute(f"SELECT * FROM {_TABLE}").fetchall()
    book = stage.root / f"bare-{synchronous}.db"
    Database(book).close()
    with closing(sqlite3.connect(book, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        insert = f"INSERT INTO {_TABLE} VALUES ({','.join('?' * len(rows[0]))})"
        started = time.perf_counter()
        for row in rows:
            connection.execute(insert, row)
        return time.perf_counter() - started
