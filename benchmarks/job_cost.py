"""What the pipeline itself costs: CPU per job of the daemon's process, against the same calls made by hand.

200 tiny recordings go through the embedded service, whose renders are a ready file. The peer is a script that makes
the calls of a job in a row with plain httpx (bare_client.py). Both are processes of their own and take turns in
rounds; the script repeats the calls that the service saw of one job of the daemon, and where the calls of a round
differ after all, the benchmark breaks.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bare_client import TOKEN_CALL
from benchmarks.media import make_small, make_unique
from benchmarks.rows import Row
from benchmarks.stage import BenchmarkBroke, Stage, cpu_seconds, read_json

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path

    import psutil

PROMPT = "keep only the first 1 second"

_FULL = (40, 5)
_QUICK = (3, 1)


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Let the daemon and the bare script take turns, a round of jobs each."""
    jobs, rounds = _QUICK if quick else _FULL
    stage = Stage(folder, "talks")
    small = make_small(folder / "small.mp4")
    bare_files = _make_files(folder / "bare", small, 1 + jobs * rounds)
    ours: list[float] = []
    peers: list[float] = []
    seconds: list[float] = []
    with ExitStack() as running:
        url = running.enter_context(
            stage.running_server("service", "-m", "benchmarks.counted_sandbox", folder / "service", small)
        )
        stage.write_rules(url, prompt=PROMPT)
        daemon = running.enter_context(stage.running_daemon())
        calls = _Calls(url)
        # One job each before anything counts: connections, tokens, and what is loaded at first use.
        _run_in_daemon(stage, daemon, small, 1)
        of_one_job = [call for call in calls.read() if call != TOKEN_CALL]
        script = ("-m", "benchmarks.bare_client", url, PROMPT)
        bare = running.enter_context(stage.running("bare", *script, bare_files, *of_one_job))
        _run_bare(stage, bare, 1)
        calls.read()
        for _ in range(rounds):
            started = time.perf_counter()
            ours.append(_run_in_daemon(stage, daemon, small, jobs) / jobs * 1000)
            seconds.append((time.perf_counter() - started) / jobs * 1000)
            made = calls.read()
            peers.append(_run_bare(stage, bare, jobs) / jobs * 1000)
            _require_same(made, calls.read())
    remark = f"rounds of {jobs} jobs, {len(of_one_job)} calls each; bare httpx script"
    return [
        Row("CPU of the daemon's process per job", "ms", tuple(ours), tuple(peers), remark=remark),
        # The queue starts four jobs a look, so its polling sets this.
        Row("  time per job, four at once", "ms", tuple(seconds)),
    ]


class _Calls:
    """The service's list of calls, read in pieces."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_bench/calls"
        self._seen = 0

    def read(self) -> list[str]:
        """The calls since the last reading, in their order."""
        since: list[str] = read_json(self._url)[self._seen :]
        self._seen += len(since)
        return since


def _require_same(ours: Sequence[str], peers: Sequence[str]) -> None:
    """Compare the calls of a round; the daemon's jobs run side by side, so their order says nothing.

    Raises:
        BenchmarkBroke: they differ, so the comparison would be unfair.
    """
    one, other = Counter(ours), Counter(peers)
    if one != other:
        raise BenchmarkBroke(f"the calls differ: daemon {one - other}, bare script {other - one}")


def _make_files(folder: Path, small: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        make_unique(folder / f"talk-{number:04}.mp4", small)
    return folder


def _run_in_daemon(stage: Stage, daemon: psutil.Process, small: Path, count: int) -> float:
    """CPU seconds of the daemon from the first new file to the last job done."""
    watched = stage.watched["talks"]
    done = sum(1 for _ in watched.iterdir())
    before = cpu_seconds(daemon)
    for number in range(done, done + count):
        make_unique(watched / f"talk-{number:04}.mp4", small)
    stage.wait_done(done + count)
    return cpu_seconds(daemon) - before


def _run_bare(stage: Stage, bare: subprocess.Popen[bytes], count: int) -> float:
    assert bare.stdin is not None
    bare.stdin.write(f"{count}\n".encode())
    bare.stdin.flush()
    return float(stage.read_line(bare, "bare"))
