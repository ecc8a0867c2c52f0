"""The benchmarks still run: every one in its small size, as `make bench` starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEASURED = (
    "nemowatch --version",
    "CPU at rest, three rules",
    "memory at rest",
    "close of a file to its upload, less settling",
    "CPU of the daemon's process per job",
    "first scan of 2,000 files",
    "memory of a daemon that meets them, above idle",
    "100 rules asked about a path, 500 paths",
    "jobs list, 500 jobs: the newest 50",
    "close of a file to its job in the book",
    "300 files at once, until the last is queued",
    "CPU at rest, 500 folders",
    "upload of 20 MB in the daemon",
    "download of 20 MB to disk in the daemon",
    "peak memory of these jobs above idle",
    "event loop's longest standstill, transferring",
    "a probe by the worker",
    "a still every 5 s of 6 s of 180p, key frames 2 s apart: PNG",
    "peak memory of making these stills",
    "6 s of 180p compressed to 80% of its size",
    "off the size aimed at",
    "a clip of 1 s out of 6 s of 180p",
    "4 clips of 1.2 s out of 6 s of 180p",
)


def run_benchmarks(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_benchmark_runs_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run_benchmarks(tmp_path, "--quick")
    assert done.returncode == 0, done.stderr
    for what in MEASURED:
        assert what in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_unknown_benchmark_is_named_together_with_the_known_ones(tmp_path: Path) -> None:
    done = run_benchmarks(tmp_path, "trnsfer")
    assert done.returncode == 2
    assert "no benchmark trnsfer" in done.stderr
    assert "transfer" in done.stderr
