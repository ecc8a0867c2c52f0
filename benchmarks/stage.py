"""Where a benchmark plays: a folder with rules and state of its own, and the processes that run on it.

Everything is a process of its own, as it is for a user: the daemon, the service, the peer. The daemon is never
told that it is measured; what it costs is read from outside.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import psutil
import sqlalchemy as sa

from nemowatch.jobs.database import open_for_reading
from nemowatch.jobs.reading import open_book
from nemowatch.jobs.records import JobRecord, JobState
from nemowatch.jobs.tables import jobs_table
from nemowatch.places import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

ONE_START = "1/1d"
"""`limits.starts` with which jobs wait in the book: one starts, so that what comes before a job is measured alone."""

_LOOK_SECONDS = 0.1
_STOP_SECONDS = 15.0
_JOB_SECONDS = 300.0
_SAMPLE_SECONDS = 0.01
# A start takes a whole core. On machines where memory that was not touched for a second is slow to come back, a
# daemon at rest was seen to take up to 13 %.
_AT_REST_CPU = 0.15
_AT_REST_WINDOWS = 2
_AT_REST_WINDOW_SECONDS = 1.0


class BenchmarkBroke(Exception):
    """A process ended before its time, or a job failed: there is nothing to measure."""


class Stage:
    """A folder of its own, with the rules, the state and the logs of one daemon.

    Args:
        root: an empty folder.
        rules: the names of the rules; each watches `root/<name>`.
    """

    def __init__(self, root: Path, *rules: str) -> None:
        self.root = root
        self.state = StateFolder(root / "state")
        self.rules_file = root / "rules.yaml"
        self.watched = {name: root / name for name in rules}
        for folder in (root / "home", *self.watched.values()):
            folder.mkdir(parents=True)

    def write_rules(
        self,
        api_url: str,
        *,
        prompt: str,
        settle: str = "100ms",
        jobs: int = 4,
        starts: str | None = None,
        **keys: object,
    ) -> None:
        """Write the rules: all with the same prompt and the same other keys. JSON is YAML, too."""
        book = {
            "nemo": {"api_url": api_url, "poll": "1s"},
            "limits": {"jobs": jobs, "starts": starts},
            "defaults": {"settle": settle, "prompt": prompt, **keys},
            "rules": [{"name": name, "watch": str(folder)} for name, folder in self.watched.items()],
        }
        self.rules_file.write_text(json.dumps(book, indent=2), encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """The user's environment less their account and their home: a benchmark must not touch them."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("NEMO_", "NEMOWATCH_"))
        }
        return kept | {
            "HOME": str(self.root / "home"),
            "NEMOWATCH_STATE": str(self.state.root),
            "NEMO_CLIENT_ID": "benchmark",
            "PYTHONUNBUFFERED": "1",
        }

    @contextmanager
    def running(self, name: str, *arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run Python with these arguments until the block ends; its stdout is a pipe, its stderr a log."""
        with (self.root / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
            )
        try:
            yield process
        finally:
            _end(process)

    @contextmanager
    def running_server(self, name: str, *arguments: str | Path) -> Iterator[str]:
        """Run a server that says its address on its first line; gives the address."""
        with self.running(name, *arguments) as process:
            yield self.read_line(process, name)

    @contextmanager
    def running_daemon(self, *arguments: str | Path) -> Iterator[psutil.Process]:
        """Run the daemon, or what the arguments name, until it is at rest; gives its process."""
        command = arguments or ("-m", "nemowatch", "run", "--rules", self.rules_file)
        with self.running("daemon", *command) as process:
            daemon = psutil.Process(process.pid)
            self._wait(
                lambda: self.state.database.exists() and _is_at_rest(daemon), lambda: process.poll() is None
            )
            yield daemon

    def read_line(self, process: subprocess.Popen[bytes], name: str) -> str:
        """The next line that a process prints.

        Raises:
            BenchmarkBroke: it ended instead.
        """
        assert process.stdout is not None
        line = process.stdout.readline().decode().strip()
        if not line:
            raise BenchmarkBroke(f"{name} said nothing: {self._tail(name)}")
        return line

    def wait_done(self, count: int) -> tuple[JobRecord, ...]:
        """Wait until so many jobs are done; all of them, the newest first.

        Raises:
            BenchmarkBroke: one failed, or they take for ever.
        """
        deadline = time.monotonic() + _JOB_SECONDS
        with open_book(self.state.database) as store:
            assert store is not None
            while (counts := store.count_by_state()).get(JobState.DONE, 0) < count:
                if counts.get(JobState.FAILED) or time.monotonic() > deadline:
                    reasons = [record.reason for record in store.list_jobs() if record.reason]
                    raise BenchmarkBroke(f"of {count} jobs: {counts}; {reasons[:3]}; {self._tail('daemon')}")
                time.sleep(_LOOK_SECONDS)
            return store.list_jobs()

    def wait_entered(self, count: int) -> None:
        """Wait until so many jobs are in the book, in whatever state.

        Raises:
            BenchmarkBroke: they don't come.
        """
        deadline = time.monotonic() + _JOB_SECONDS
        with open_for_reading(self.state.database) as engine:
            assert engine is not None
            while (entered := _count_jobs(engine)) < count:
                if time.monotonic() > deadline:
                    raise BenchmarkBroke(f"{entered} jobs of {count} were entered; {self._tail('daemon')}")
                time.sleep(_LOOK_SECONDS)

    def wait_at_rest(self, daemon: psutil.Process) -> None:
        """Wait until the daemon does next to nothing.

        Raises:
            BenchmarkBroke: it ended, or never rests.
        """
        self._wait(lambda: _is_at_rest(daemon), daemon.is_running)

    def _wait(self, is_so: Callable[[], bool], lives: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _JOB_SECONDS
        while not is_so():
            if not lives() or time.monotonic() > deadline:
                raise BenchmarkBroke(f"the daemon did not come to rest: {self._tail('daemon')}")
            time.sleep(_LOOK_SECONDS)

    def _tail(self, name: str) -> str:
        return (self.root / f"{name}.log").read_text(errors="replace")[-2000:]


class MemoryWatch:
    """The greatest resident memory of a process while the block runs, looked at every 10 ms."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.peak_bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, self._process.memory_info().rss)


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time that a process has used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def read_json(url: str) -> Any:
    """What stands under an address of one of our servers."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.loads(answer.read())


def run_curl(arguments: Sequence[str]) -> float:
    """Seconds of a transfer as curl tells them, without the start of its process.

    Raises:
        BenchmarkBroke: there is no curl.
        subprocess.CalledProcessError: it failed.
    """
    curl = shutil.which("curl")
    if curl is None:
        raise BenchmarkBroke("curl, the peer of the transfers, is not installed")
    command = [curl, "--silent", "--fail", "--noproxy", "*", "--write-out", "%{time_total}", *arguments]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def _count_jobs(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(jobs_table)).scalar_one()


def _is_at_rest(process: psutil.Process) -> bool:
    """Whether a process has done next to nothing for two seconds, one after the other."""
    for _ in range(_AT_REST_WINDOWS):
        before = cpu_seconds(process)
        time.sleep(_AT_REST_WINDOW_SECONDS)
        if cpu_seconds(process) - before > _AT_REST_CPU * _AT_REST_WINDOW_SECONDS:
            return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
