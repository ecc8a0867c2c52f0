"""Time and memory of a piece of work on films: in the worker process that ships, and by the `ffmpeg` program.

Called by the benchmarks of stills, clips and compressing. The worker is kept, as the daemon keeps it, and has done a
piece of work before it is measured; ffmpeg's start is in its time, some 50 ms. Our work runs at the priority of a
quick look, not at the low one that an encode has in the daemon: a busy machine would make that a matter of luck.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

from benchmarks.media import MEGABYTE, make_small
from benchmarks.rows import Row
from benchmarks.stage import BenchmarkBroke
from nemowatch.media.probe import probe
from nemowatch.media.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOOK_SECONDS = 0.01
_WORKER = "nemowatch.media.worker"
_FORGET_PEAK = "5"
"""What, written to `clear_refs`, sets the greatest memory so far back to the present one (Linux, proc(5))."""


@dataclass(frozen=True)
class Cost:
    """What one piece of work took; `peak` is the greatest resident memory of who did it, in megabytes."""

    seconds: float
    peak: float


class Worker:
    """The worker process of the product, told what to do from a plain program.

    Args:
        folder: for a small recording.

    Attributes:
        small: that recording. With it the worker is started, and may do beforehand what is to be measured, so that
            loading its parts is not.
    """

    def __init__(self, folder: Path) -> None:
        self.small = make_small(folder / "first.mp4")
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._workers = Workers(idle_seconds=3600.0)
        self.run(probe, self.small)
        return self

    def __exit__(self, *_failure: object) -> None:
        self._runner.run(self._workers.close())
        self._runner.close()

    def run(self, work: Callable[..., Any], *args: Any, **named: Any) -> tuple[Any, Cost]:
        """Do it once; its answer and what it took."""
        for process in find_workers():
            _file(process, "clear_refs").write_text(_FORGET_PEAK)
        started = time.perf_counter()
        answer = self._runner.run(self._workers.run(work, *args, **named))
        seconds = time.perf_counter() - started
        return answer, Cost(seconds, max((_read_peak(process) for process in find_workers()), default=0.0))


class Ffmpeg:
    """The `ffmpeg` program.

    Args:
        quick: whether it may be missing; then it costs nothing, and the rows have no peer.

    Raises:
        BenchmarkBroke: it is missing and may not be.
    """

    def __init__(self, *, quick: bool) -> None:
        self._program = shutil.which("ffmpeg")
        if self._program is None and not quick:
            raise BenchmarkBroke("ffmpeg, the peer, is not installed (Debian: ffmpeg)")

    @property
    def is_there(self) -> bool:
        """Whether it is installed."""
        return self._program is not None

    def run(self, *arguments: str | Path) -> tuple[Cost, ...]:
        """Run it once; nothing where there is no ffmpeg.

        Raises:
            BenchmarkBroke: it failed.
        """
        if self._program is None:
            return ()
        command = [self._program, "-v", "error", "-nostdin", "-y", *map(str, arguments)]
        started = time.perf_counter()
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process, _PeakWatch(process) as watch:
            _, complaint = process.communicate()
            seconds = time.perf_counter() - started
        if process.returncode:
            raise BenchmarkBroke(f"ffmpeg failed: {complaint.decode(errors='replace')[-500:]}")
        return (Cost(seconds, watch.peak),)

    def run_all(self, commands: Sequence[Sequence[str | Path]]) -> tuple[Cost, ...]:
        """Run it once for each, one after the other; what they took together, and the most memory that one took."""
        costs = [cost for command in commands for cost in self.run(*command)]
        if not costs:
            return ()
        return (Cost(sum(cost.seconds for cost in costs), max(cost.peak for cost in costs)),)


def seconds_row(
    what: str, ours: Sequence[Cost], peers: Sequence[Cost], bound: float | None = None, remark: str = ""
) -> Row:
    """How long it took."""
    times = (tuple(cost.seconds for cost in ours), tuple(cost.seconds for cost in peers))
    return Row(what, "s", *times, bound=bound, remark=remark)


def memory_row(what: str, ours: Sequence[Cost], peers: Sequence[Cost]) -> Row:
    """How much memory it took."""
    return Row(
        what, "MB", tuple(cost.peak for cost in ours), tuple(cost.peak for cost in peers), judged="worst"
    )


class _PeakWatch:
    """The greatest resident memory of a process while the block runs.

    Asked of the running process: what `wait4` tells of one that has ended is never less than its parent's memory.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = psutil.Process(process.pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.peak = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            self.peak = max(self.peak, _read_peak(self._process))


def find_workers() -> list[psutil.Process]:
    """The worker processes that this process has started."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if _WORKER in process.cmdline():
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def _read_peak(process: psutil.Process) -> float:
    """The greatest resident memory so far, in megabytes; 0 of a process that has ended."""
    try:
        lines = _file(process, "status").read_text().splitlines()
    except OSError:
        return 0.0
    kilobytes = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return next(kilobytes, 0) * 1024 / MEGABYTE


def _file(process: psutil.Process, name: str) -> Path:
    return Path("/proc", str(process.pid), name)
