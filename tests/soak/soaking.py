"""Two hours of a daemon's life in a minute: what happens in them, and what is measured meanwhile.

A cycle stands for five minutes: five recordings are saved, one a minute, and a copy of one of them; every third
cycle something greater happens, in turn: the rules are edited, the folder goes away and comes back, the service is
down, all its tokens end. Meanwhile the service fails a few calls in a hundred. What the daemon leaves to the user is
decided by commands, as a user would.
"""

from __future__ import annotations

import statistics
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from helpers import make_video
from living_house import LivingHouse

from nemowatch.jobs.records import Cause, JobRecord, JobState

RECORDINGS_PER_CYCLE = 5
CYCLES_PER_EVENT = 3
PROMPT = "keep only the first 2 seconds"
FAULTS = (
    "session:503 3%",
    "session:lost-answer 3% after",
    "upload:reset 3%",
    "upload:lost-answer 3% after",
    "prompt:503 3% before",
    "prompt:503 3% after",
    "prompt:cut=1 3% after",
    "prompt:lost-answer 3% later=0.1",
    "prompt:closes 3%",
    "prompt:429 3%",
    "state:malformed 2%",
    "credits:truncated=10 2%",
    "render:lost-answer 3% after",
    "render:failed 2%",
    "render-status:500 3%",
    "cdn:reset 3%",
    "cdn:wrong 2%",
)

_AT_MOST_MEMORY = 1.03
_AT_MOST_MORE_BYTES = 2_000_000
"""Caches fill for some hours: after 400 recordings, 17 MB more than after 10, it takes no more (measured)."""


@dataclass(frozen=True)
class Figures:
    """The daemon's process after a cycle, at rest.

    Attributes:
        memory_bytes: that it has for itself alone.
        files: open ones, sockets among them.
        children: processes of its own.
        jobs: in its book.
        disk_bytes: of its state folder.
    """

    memory_bytes: int
    files: int
    threads: int
    children: int
    jobs: int
    disk_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.jobs:6} jobs  {self.memory_bytes / 1e6:7.1f} MB  {self.files:4} open files  "
            f"{self.threads:4} threads  {self.children} processes  {self.disk_bytes / 1e6:6.1f} MB on disk"
        )


class Soak:
    """A house in which a daemon lives for as many cycles as are asked for."""

    def __init__(self, house: LivingHouse) -> None:
        self.house = house
        self.figures: list[Figures] = []
        self.counts: Counter[str] = Counter()
        self._recording = make_video(house.root / "sample.mp4", seconds=4).read_bytes()
        self._saved: list[str] = []
        self._events: tuple[Callable[[], None], ...] = (
            self._edit_rules,
            self._take_folder_away,
            self._stop_service,
            self._end_tokens,
        )

    def rules(self, settle: str = "100ms") -> None:
        """Write the rules."""
        rule = self.house.rule(prompt=PROMPT, settle=settle, deliver=["video"])
        self.house.write_rules(
            rule, log={"level": "INFO"}, nemo={"api_url": self.house.sandbox.url, "poll": "1s"}
        )

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """Run the daemon."""
        with self.house.log.open("ab") as log:
            script = Path(__file__).with_name("hasty_daemon.py")
            self._process = subprocess.Popen(
                [sys.executable, script, self.house.rules, self.house.state.root],
                env=self.house.environment,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait(lambda: b" watches 1 folder" in self.house.log.read_bytes())
            yield
            self._process.terminate()
            assert self._process.wait(15) == 0, "it did not end well"
        finally:
            self._process.kill()
            self._process.wait()

    def cycle(self, number: int) -> None:
        """Live through five minutes, and measure."""
        self.house.sandbox.order(*FAULTS, replace=True, seed=number)
        if number % CYCLES_PER_EVENT == 0:
            self._events[number // CYCLES_PER_EVENT % len(self._events)]()
            self.counts["events"] += 1
        for index in range(RECORDINGS_PER_CYCLE):
            self._save(f"talk {number}-{index}.mp4", number * RECORDINGS_PER_CYCLE + index)
        copy = self.house.watched / f"copy {number}.mp4"
        copy.write_bytes((self.house.watched / self._saved[-1]).read_bytes())
        self._settle()
        self.figures.append(self._measure())

    def expect_nothing_lost(self) -> None:
        """Each recording has one job, done and charged once at most; each output is there, and nothing else."""
        jobs = self.house.jobs()
        assert Counter(job.spec.sha256 for job in jobs).most_common(1)[0][1] == 1
        assert len(jobs) == len(self._saved)
        assert {job.state for job in jobs} == {JobState.DONE}
        ledger = self.house.sandbox.ledger()
        charged: Counter[str] = Counter()
        names = {session: facts["task_name"] for session, facts in ledger["sessions"].items()}
        for prompt in ledger["prompt_totals"]:
            charged[names[prompt["session_id"]]] += prompt["applied"]
        assert max(charged.values()) == 1, charged.most_common(3)
        # Where nobody can tell whether a prompt was carried out, the user has let the job go on without it.
        assert sum(charged.values()) >= len(jobs) - self.counts["decisions"]
        assert ledger["unattributed_calls"] == ledger["leaked_tokens"] == []
        outputs = self.house.root / "talks-output" / "shorts"
        for job in jobs:
            assert job.output_folder is not None
            assert {path.name for path in job.output_folder.iterdir()} >= {
                "job.json",
                job.spec.source.path.name,
            }
        # A second attempt has a folder of its own, beside what the first one delivered.
        attempts = sum(job.attempt for job in jobs)
        visible = [path for path in outputs.iterdir() if not path.name.startswith(".")]
        assert len(list(outputs.iterdir())) == len(visible) == attempts, "something is left over"
        self.counts["faults"] += sum(fault["struck"] for fault in ledger["faults"])

    def expect_flat(self) -> None:
        """The last third of the time takes no more than the one before it."""
        third = len(self.figures) // 3
        before, last = self.figures[third : 2 * third], self.figures[2 * third :]
        memory = [statistics.median(each.memory_bytes for each in part) for part in (before, last)]
        assert memory[1] <= memory[0] * _AT_MOST_MEMORY + _AT_MOST_MORE_BYTES, memory
        for what in ("files", "threads", "children"):
            # Of a moment's connections the highest number tells nothing; of a leak the middle one tells, too.
            usual = [statistics.median(getattr(each, what) for each in part) for part in (before, last)]
            assert usual[1] <= usual[0] + 2, (what, usual)

    def report(self) -> list[str]:
        """The figures, a line each."""
        shown = self.figures[:: max(1, len(self.figures) // 12)]
        lines = [f"Soak: {figures}" for figures in (*shown, self.figures[-1])]
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        return [*lines, f"Soak: {len(self.figures) * 5} minutes in {len(self.figures)} cycles: {counts}."]

    def _save(self, name: str, number: int) -> None:
        """A recording like no other: what an MP4 file may hold beside its film says which."""
        (self.house.watched / name).write_bytes(self._recording + struct.pack(">I4sQ", 16, b"free", number))
        self._saved.append(name)
        self.counts["recordings"] += 1

    def _settle(self) -> None:
        """Wait until every recording is done, and decide meanwhile what is left to the user."""
        self._wait(lambda: len(self.house.jobs()) == len(self._saved))
        while True:
            self._wait(lambda: all(job.state.is_final or _needs_a_person(job) for job in self.house.jobs()))
            left = [job for job in self.house.jobs() if job.state is not JobState.DONE]
            if not left:
                return
            # What is decided now is carried out.
            self.counts["faults"] += sum(fault["struck"] for fault in self.house.sandbox.faults()["faults"])
            self.house.sandbox.clear_faults()
            for job in left:
                self._decide(job)

    def _decide(self, job: JobRecord) -> None:
        if job.state is JobState.ATTENTION:
            assert job.stop is not None
            assert job.stop.cause is Cause.UNCERTAIN, job.reason
        order = "retry" if job.state is JobState.FAILED else "release"
        done = self.house.run("jobs", order, job.spec.job_id, "--yes")
        assert done.returncode == 0, done.stderr
        self.counts["decisions"] += 1
        self._wait(lambda: self._job(job.spec.job_id).round > job.round)

    def _job(self, job_id: str) -> JobRecord:
        return next(job for job in self.house.jobs() if job.spec.job_id == job_id)

    def _measure(self) -> Figures:
        process = psutil.Process(self._process.pid)
        return Figures(
            memory_bytes=process.memory_full_info().uss,
            files=process.num_fds(),
            threads=process.num_threads(),
            children=len(process.children()),
            jobs=len(self.house.jobs()),
            disk_bytes=sum(
                path.stat().st_size for path in self.house.state.root.rglob("*") if path.is_file()
            ),
        )

    def _edit_rules(self) -> None:
        before = self.house.log.read_bytes().count(b"New rules are in force")
        self.rules("150ms" if b"100ms" in self.house.rules.read_bytes() else "100ms")
        self._wait(lambda: self.house.log.read_bytes().count(b"New rules are in force") > before)

    def _take_folder_away(self) -> None:
        away = self.house.root / "away"
        self.house.watched.rename(away)
        self.house.wait_folder("offline")
        away.rename(self.house.watched)
        self.house.wait_folder("watched")

    def _stop_service(self) -> None:
        self.house.sandbox.order("any:503 always", replace=True)
        self._save(f"stopped {len(self._saved)}.mp4", 1_000_000 + len(self._saved))
        self._wait(lambda: b"all jobs wait" in self.house.log.read_bytes())
        self.house.sandbox.order(*FAULTS, replace=True, seed=len(self._saved))

    def _end_tokens(self) -> None:
        assert self.house.sandbox.expire_tokens() > 0

    def _wait(self, predicate: Callable[[], object]) -> None:
        self.house.wait_until(lambda: predicate() or self._process.poll() is not None, 60)
        assert self._process.poll() is None, self.house.log.read_text()[-5000:]


def _needs_a_person(job: JobRecord) -> bool:
    return job.state in {JobState.ATTENTION, JobState.HELD}
