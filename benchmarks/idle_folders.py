"""What a daemon costs at rest that watches ten thousand folders with one recursive rule, against one with three.

Both daemons run at the same time, so that a busy machine strikes both. At rest nothing is looked through: the scan
that the timer makes every five minutes is measured by itself, brought about by a change of the rules.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.media import MEGABYTE
from benchmarks.rows import Row
from benchmarks.stage import Stage, cpu_seconds

if TYPE_CHECKING:
    from pathlib import Path

    import psutil

_FULL = (10_000, 60.0, 3)
_QUICK = (500, 2.0, 1)
_FEW = 3
_FOLDERS_A_GROUP = 100
_RELOAD_SECONDS = 2.0
"""Within this time the daemon has noticed that its rules have changed, and begun to scan."""

_NOWHERE = "http://127.0.0.1:9"


class _Idler:
    """A daemon that watches so many folders and finds nothing in them."""

    def __init__(self, root: Path, folders: int, running: ExitStack) -> None:
        self._stage = Stage(root, "talks")
        _make_folders(self._stage.watched["talks"], folders)
        self._write_rules(settle="100ms")
        self.process: psutil.Process = running.enter_context(self._stage.running_daemon())
        self.start_seconds = cpu_seconds(self.process)

    def change_rules(self) -> None:
        """Have the daemon read its rules again, and scan."""
        self._write_rules(settle="200ms")

    def wait_at_rest(self) -> None:
        """Wait until the daemon does next to nothing."""
        self._stage.wait_at_rest(self.process)

    def _write_rules(self, settle: str) -> None:
        self._stage.write_rules(_NOWHERE, prompt="trim it", settle=settle, recursive=True)


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Start both daemons, watch them at rest, then let both scan."""
    folders, seconds, repeats = _QUICK if quick else _FULL
    with ExitStack() as running:
        many, few = _Idler(folder / "many", folders, running), _Idler(folder / "few", _FEW, running)
        both = (many, few)
        at_rest = [_measure_rest(both, seconds) for _ in range(repeats)]
        sizes = [_sizes(idler.process) for idler in both]
        scans = _measure_scan(both)
    remark = f"one recursive rule; peer: {_FEW} folders"
    cpu, few_cpu = zip(*at_rest, strict=True)
    names = ("memory", "threads", "open files")
    units = ("MB", "", "")
    return [
        Row(f"CPU at rest, {folders:,} folders, {seconds:g} s", "% of a core", cpu, few_cpu, remark=remark),
        *(
            Row(f"  {name}", unit, (ours,), (peers,))
            for name, unit, ours, peers in zip(names, units, *sizes, strict=True)
        ),
        Row("  CPU to start", "s", (many.start_seconds,), (few.start_seconds,)),
        Row("  CPU of a look through all of them", "s", (scans[0],), (scans[1],), remark="every 5 minutes"),
    ]


def _make_folders(root: Path, count: int) -> None:
    """So many folders altogether, the watched one among them, in two storeys."""
    made = 1
    while made < count:
        group = root / f"group {made}"
        group.mkdir()
        inside = min(_FOLDERS_A_GROUP, count - made) - 1
        for number in range(inside):
            (group / f"day {number}").mkdir()
        made += 1 + inside


def _measure_rest(idlers: tuple[_Idler, ...], seconds: float) -> tuple[float, ...]:
    """Percent of a core that each uses, in the same time."""
    before = [cpu_seconds(idler.process) for idler in idlers]
    time.sleep(seconds)
    return tuple(
        (cpu_seconds(idler.process) - then) / seconds * 100
        for idler, then in zip(idlers, before, strict=True)
    )


def _measure_scan(idlers: tuple[_Idler, ...]) -> list[float]:
    """CPU seconds that each uses to put changed rules in force and scan, a little rest included."""
    before = [cpu_seconds(idler.process) for idler in idlers]
    for idler in idlers:
        idler.change_rules()
    time.sleep(_RELOAD_SECONDS)
    # The one with most to look through is the last to be done.
    idlers[0].wait_at_rest()
    return [cpu_seconds(idler.process) - then for idler, then in zip(idlers, before, strict=True)]


def _sizes(process: psutil.Process) -> tuple[float, float, float]:
    """Megabytes of memory, threads, open files."""
    return process.memory_info().rss / MEGABYTE, process.num_threads(), process.num_fds()
