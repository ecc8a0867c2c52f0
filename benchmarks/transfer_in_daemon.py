"""Up and down inside the running daemon, against curl, with the same bare service at the other end.

Each repeat is one whole job of the true daemon on a recording of 500 MB, then `curl -F` of the same file and
`curl -o` of the same render. Transfer time is the call of the daemon's API client from its beginning to the
service's answer; hashing, probing and checking are not in it. For uploads the service tells besides when the
first and the last byte came, which needs no clock of either client.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.media import MEGABYTE, make_large, make_small, stir
from benchmarks.pages import warm_pages
from benchmarks.rows import Row
from benchmarks.stage import MemoryWatch, Stage, read_json, run_curl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import psutil

UPLOAD_BOUND, DOWNLOAD_BOUND = 1.5, 1.3
MEMORY_BOUND_MB, STANDSTILL_BOUND_MS = 60.0, 50.0

_FULL = (500, 7)
_QUICK = (20, 2)


@dataclass
class _Times:
    """Seconds, one value per repeat."""

    curl_up: list[float] = field(default_factory=list)
    curl_down: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Let the daemon and curl take turns."""
    megabytes, repeats = _QUICK if quick else _FULL
    stage = Stage(folder, "talks")
    recording = make_large(folder / "recording.mp4", make_small(folder / "small.mp4"), megabytes * MEGABYTE)
    render = make_large(folder / "render.mp4", folder / "small.mp4", megabytes * MEGABYTE)
    report = folder / "report.jsonl"
    with ExitStack() as running:
        url = running.enter_context(stage.running_server("service", "-m", "benchmarks.raw_service", render))
        stage.write_rules(url, prompt="trim it", jobs=1)
        runner = ("-m", "benchmarks.probed_daemon", stage.rules_file, stage.state.root, report)
        daemon = running.enter_context(stage.running_daemon(*runner))
        idle_mb = daemon.memory_info().rss / MEGABYTE
        times = _Times()
        for number in range(1, repeats + 1):
            times.peak_mb.append(_run_job(stage, recording, number, daemon) - idle_mb)
            times.curl_up.append(_curl_up(url, recording))
            times.curl_down.append(_curl_down(url, folder))
        arrivals = _arrivals(url)
    return _rows(megabytes, times, _read_report(report), arrivals, idle_mb)


def _run_job(stage: Stage, recording: Path, number: int, daemon: psutil.Process) -> float:
    """One job on a recording that is new to the daemon; its peak memory in MB."""
    stir(recording)
    watched = stage.watched["talks"] / f"talk-{number}.mp4"
    with MemoryWatch(daemon) as memory:
        recording.rename(watched)
        (record, *_) = stage.wait_done(number)
    watched.rename(recording)
    if record.output_folder is not None:
        shutil.rmtree(record.output_folder)
    return memory.peak_bytes / MEGABYTE


def _curl_up(url: str, recording: Path) -> float:
    address = f"{url}/api/upload-video/nemo_agent/me/curl"
    return run_curl(["--output", os.devnull, "-F", f"files=@{recording}", address])


def _curl_down(url: str, folder: Path) -> float:
    target = folder / "fetched.mp4"
    # The service does the same before it tells the daemon that a render is ready.
    warm_pages(target, (folder / "render.mp4").stat().st_size)
    seconds = run_curl(["--output", str(target), f"{url}/cdn/render.mp4"])
    target.unlink()
    return seconds


def _arrivals(url: str) -> Mapping[bool, list[float]]:
    """Seconds from each upload's first byte to its last, as the service saw them; by whether they were curl's."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for upload in read_json(f"{url}/_bench/uploads"):
        seconds[upload["session_id"] == "curl"].append(upload["last_byte"] - upload["first_byte"])
    return seconds


@dataclass(frozen=True)
class _Report:
    """What the probe in the daemon noted, by the kind of call."""

    seconds: Mapping[str, Sequence[float]]
    gaps_ms: Mapping[str, Sequence[float]]


def _read_report(path: Path) -> _Report:
    seconds: dict[str, list[float]] = defaultdict(list)
    gaps: dict[str, list[float]] = defaultdict(list)
    for line in path.read_text().splitlines():
        note = json.loads(line)
        seconds[note["call"]].append(note["seconds"])
        gaps[note["call"]].append(note["longest_gap"] * 1000)
    return _Report(seconds, gaps)


def _rows(
    megabytes: int, times: _Times, report: _Report, arrivals: Mapping[bool, list[float]], idle_mb: float
) -> list[Row]:
    size = f"{megabytes} MB"
    up, down, gaps = report.seconds["upload"], report.seconds["download"], report.gaps_ms
    moving = (*gaps["upload"], *gaps["download"])
    return [
        Row(
            f"upload of {size} in the daemon",
            "s",
            tuple(up),
            tuple(times.curl_up),
            UPLOAD_BOUND,
            remark="curl -F",
        ),
        Row(
            "  the same, first to last byte at the service",
            "s",
            tuple(arrivals[False]),
            tuple(arrivals[True]),
            UPLOAD_BOUND,
            remark="curl -F",
        ),
        Row(
            f"download of {size} to disk in the daemon",
            "s",
            tuple(down),
            tuple(times.curl_down),
            DOWNLOAD_BOUND,
            remark="curl -o",
        ),
        Row(
            "peak memory of these jobs above idle",
            "MB",
            tuple(times.peak_mb),
            bound=MEMORY_BOUND_MB,
            judged="worst",
            remark=f"idle: {idle_mb:.0f} MB",
        ),
        Row(
            "event loop's longest standstill, transferring",
            "ms",
            moving,
            bound=STANDSTILL_BOUND_MS,
            judged="worst",
        ),
        # The first covers the daemon's start.
        Row("  the same, in the rest of these jobs", "ms", tuple(gaps["between"][1:]), judged="worst"),
    ]
