"""What it costs that media files are looked into by a process of its own: the same probe here and there.

The peer is the same function, called in this process; the difference is the way there and back. The first probe of
all waits for the worker to start, which a file that settles hides (`Workers.warm`): so it is shown by itself.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.film_work import find_workers
from benchmarks.media import MEGABYTE, make_small
from benchmarks.rows import Row
from nemowatch.media.probe import probe
from nemowatch.media.workers import Workers

if TYPE_CHECKING:
    from pathlib import Path

_FULL = (300, 7)
_QUICK = (5, 1)


@dataclass
class _Measured:
    """Milliseconds of each, and the memory of a worker in megabytes."""

    there: list[float] = field(default_factory=list)
    here: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Probe a small recording here and there, in turn."""
    probes, starts = _QUICK if quick else _FULL
    measured = asyncio.run(_measure(make_small(folder / "small.mp4"), probes, starts))
    there, here = tuple(measured.there), tuple(measured.here)
    peer = "the same call in the process that asks"
    return [
        Row("a probe by the worker", "ms", there, here, remark=peer),
        Row("  99 of 100 probes", "ms", there, here, judged="p99"),
        Row("  the first one, with the worker's start", "ms", tuple(measured.first)),
        Row("  memory of a worker that has probed", "MB", tuple(measured.memory)),
    ]


async def _measure(small: Path, probes: int, starts: int) -> _Measured:
    measured = _Measured()
    probe(small)
    for _ in range(starts):
        workers = Workers()
        try:
            measured.first.append(await _time(workers, small))
            for _ in range(probes // starts):
                measured.there.append(await _time(workers, small))
                started = time.perf_counter()
                probe(small)
                measured.here.append((time.perf_counter() - started) * 1000)
            measured.memory += [worker.memory_info().rss / MEGABYTE for worker in find_workers()]
        finally:
            await workers.close()
    return measured


async def _time(workers: Workers, small: Path) -> float:
    """Milliseconds until its answer is there."""
    started = time.perf_counter()
    await workers.run(probe, small)
    return (time.perf_counter() - started) * 1000
