"""`python -m benchmarks [NAME ...] [--quick]`: run the benchmarks and print one table.

A value over its bound is shown as `OVER` and is no failure of the program: numbers from a busy machine prove
nothing. Only a benchmark that breaks ends with a code other than 0.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from benchmarks import (
    burst,
    compressing,
    cutting,
    first_byte,
    idle_folders,
    job_cost,
    latency,
    listing,
    matching,
    probing,
    resting,
    scanning,
    starting,
    stills,
    transfer_in_daemon,
)
from benchmarks.rows import Row, print_table
from benchmarks.stage import BenchmarkBroke

Benchmark: TypeAlias = Callable[..., list[Row]]

BENCHMARKS: dict[str, Benchmark] = {
    "start": starting.run,
    "rest": resting.run,
    "first-byte": first_byte.run,
    "jobs": job_cost.run,
    "scan": scanning.run,
    "match": matching.run,
    "list": listing.run,
    "latency": latency.run,
    "burst": burst.run,
    "folders": idle_folders.run,
    "transfer": transfer_in_daemon.run,
    "probe": probing.run,
    "stills": stills.run,
    "compress": compressing.run,
    "clips": cutting.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, or everything; the exit code."""
    options = _parse(arguments)
    rows: list[Row] = []
    for name in options.names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="nemowatch-bench-") as folder:
            try:
                rows += BENCHMARKS[name](Path(folder), quick=options.quick)
            except BenchmarkBroke as broken:
                print(f"{name}: {broken}", file=sys.stderr)
                return 1
    print(_describe_machine())
    print_table(rows)
    return 0


def _describe_machine() -> str:
    """When and where it was measured, and how busy the machine was: a busy one proves little."""
    loads = "/".join(f"{load:.1f}" for load in os.getloadavg())
    day = datetime.now(UTC).date().isoformat()
    python, system = platform.python_version(), platform.system()
    return f"{day}, {system}, {os.cpu_count()} cores, Python {python}, load {loads} (1/5/15 minutes)"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="What NemoWatch costs, against a peer in the same run."
    )
    known = ", ".join(BENCHMARKS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {known}; none: all of them")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: whether they run, not what they say"
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {known}")
    return options


if __name__ == "__main__":
    sys.exit(main())
