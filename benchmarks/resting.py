"""What a daemon with three rules costs while nothing happens: CPU, memory, threads, wake-ups.

The peer is a Python process that has loaded the same libraries and sleeps; so its memory is what the libraries
take, and the rest is the daemon's own.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks.media import MEGABYTE
from benchmarks.rows import Row
from benchmarks.stage import Stage, cpu_seconds

CPU_BOUND_PERCENT = 1.0

_FULL = (60.0, 3)
_QUICK = (2.0, 1)
_NOWHERE = "http://127.0.0.1:9"
_ASLEEP = "import nemowatch.daemon, time; print('asleep', flush=True); time.sleep(86400)"


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Watch both for a while, at the same time."""
    seconds, repeats = _QUICK if quick else _FULL
    stage = Stage(folder, "webinars", "talks", "interviews")
    stage.write_rules(_NOWHERE, prompt="trim it")
    cpu: list[float] = []
    peer_cpu: list[float] = []
    wakes: list[float] = []
    with ExitStack() as running:
        asleep = running.enter_context(stage.running("asleep", "-c", _ASLEEP))
        stage.read_line(asleep, "asleep")
        peer = psutil.Process(asleep.pid)
        daemon = running.enter_context(stage.running_daemon())
        for _ in range(repeats):
            before, peer_before, woken = cpu_seconds(daemon), cpu_seconds(peer), _count_wakes(daemon)
            time.sleep(seconds)
            cpu.append((cpu_seconds(daemon) - before) / seconds * 100)
            peer_cpu.append((cpu_seconds(peer) - peer_before) / seconds * 100)
            wakes.append((_count_wakes(daemon) - woken) / seconds)
        memory, peer_memory = (process.memory_info().rss / MEGABYTE for process in (daemon, peer))
        threads = daemon.num_threads()
    what = f"CPU at rest, three rules, {seconds:g} s"
    return [
        Row(
            what,
            "% of a core",
            tuple(cpu),
            bound=CPU_BOUND_PERCENT,
            judged="median",
            remark=f"peer: {max(peer_cpu):.2g} %",
        ),
        Row("memory at rest", "MB", (memory,), (peer_memory,), remark="python with the same libraries"),
        Row("threads at rest", "", (threads,)),
        *([Row("wake-ups at rest", "/s", tuple(wakes))] if any(wakes) else []),
    ]


def _count_wakes(process: psutil.Process) -> int:
    """How often the threads of a process have gone to sleep so far; 0 where the system does not tell."""
    total = 0
    for status in Path(f"/proc/{process.pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                total += int(line.split()[1])
    return total
