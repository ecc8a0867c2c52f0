"""How long a file that was just closed waits for its job in the book, against `inotifywait` and a shell loop.

The peer is what people write first: `inotifywait -m -e close_write` in a pipe to a loop that appends each name to a
list. It looks into no file and keeps nothing through a crash. Files come one after the other, with pauses, for one
and the other in turn; what is waited for is looked at every half millisecond, and the rule's `settle` is 0.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from benchmarks.media import make_small, make_sound
from benchmarks.rows import Row
from benchmarks.stage import ONE_START, BenchmarkBroke, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FULL = 200
_QUICK = 10
_PAUSES = (0.05, 0.25)
_LOOK_SECONDS = 0.0005
_PATIENCE_SECONDS = 30.0
_LOOP = 'inotifywait -m -e close_write --format %w%f "$1" | while read -r name; do echo "$name" >>"$2"; done'
_READY = b"Watches established."


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Close files in both folders in turn."""
    count = _QUICK if quick else _FULL
    what = "close of a file to its job in the book"
    has_peer = shutil.which("inotifywait") is not None
    if not (has_peer or quick):
        raise BenchmarkBroke("inotifywait, the peer, is not installed (Debian: inotify-tools)")
    ours, peers = _measure(folder, count, has_peer=has_peer)
    peer = "inotifywait -m and a shell loop" if has_peer else "none, inotifywait is not installed"
    remark = f"settle: 0s; peer: {peer}"
    return [
        Row(what, "ms", ours, peers, remark=remark),
        Row("  99 of 100 files", "ms", ours, peers, judged="p99"),
    ]


def _measure(folder: Path, count: int, *, has_peer: bool) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Milliseconds from the close of each file until it is known, of the daemon and of the loop."""
    stage = Stage(folder, "talks")
    heard, names = folder / "heard", folder / "names"
    heard.mkdir()
    names.touch()
    ours: list[float] = []
    peers: list[float] = []
    with ExitStack() as running:
        url = running.enter_context(
            stage.running_server("service", "-m", "benchmarks.raw_service", make_small(folder / "small.mp4"))
        )
        stage.write_rules(url, prompt="trim it", settle="0s", starts=ONE_START)
        running.enter_context(stage.running_daemon())
        if has_peer:
            running.enter_context(_running_loop(heard, names))
        # The one job that starts, and what is loaded at first use.
        make_sound(stage.watched["talks"] / "first.wav")
        stage.wait_done(1)
        book = running.enter_context(closing(sqlite3.connect(stage.state.database)))
        for number in range(count):
            time.sleep(random.uniform(*_PAUSES))
            ours.append(_time(stage.watched["talks"] / f"take-{number}.wav", _asks(book)))
            if not has_peer:
                continue
            time.sleep(random.uniform(*_PAUSES))
            peers.append(_time(heard / f"take-{number}.wav", lambda: names.stat().st_size))
    return tuple(ours), tuple(peers)


def _asks(book: sqlite3.Connection) -> Callable[[], int]:
    """Counts the jobs; a count that nothing has changed costs a few microseconds."""

    def count() -> int:
        [(jobs,)] = book.execute("SELECT count(*) FROM nemowatch_jobs")
        return int(jobs)

    return count


def _time(file: Path, count: Callable[[], int]) -> float:
    """Milliseconds from the close of a file until a count goes up.

    Raises:
        BenchmarkBroke: it does not.
    """
    before = count()
    make_sound(file)
    closed = time.perf_counter()
    while count() == before:
        if time.perf_counter() - closed > _PATIENCE_SECONDS:
            raise BenchmarkBroke(f"nothing was heard of {file.name}")
        time.sleep(_LOOK_SECONDS)
    return (time.perf_counter() - closed) * 1000


@contextmanager
def _running_loop(folder: Path, names: Path) -> Iterator[None]:
    """Run the peer from when it listens until the block ends."""
    with subprocess.Popen(
        ["sh", "-c", _LOOP, "loop", folder, names], stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            assert process.stderr is not None
            if not any(_READY in line for line in process.stderr):
                raise BenchmarkBroke("inotifywait ended")
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
