"""Several jobs, a service that fails at random, and `kill -9` at random: nothing is lost, paid or delivered twice.

Each run is decided by its seed: which calls fail and how, and when the daemon is killed. The counts
stand at the end of the test report (conftest.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from helpers import make_video, wait_until

from nemowatch.jobs.reading import open_book
from nemowatch.jobs.records import Cause, JobRecord
from nemowatch.sandbox.server import Sandbox

RUNS = 40
RUNS_PER_TEST = 2

RULES = """\
nemo: {{api_url: {url}, poll: 1s}}
limits: {{starts: null}}
rules:
  - name: shorts
    watch: {folder}
    prompt: [keep only the first 2 seconds, "add the title {{stem}}"]
    settle: 50ms
"""
TOKEN = "crash-token-0123456789"
"""An anonymous one is given once in 7 days, and a kill before it is kept would be the end of the run."""

NAMES = ("monday", "tuesday", "friday")
PROMPTS = 2

FAULTS = (
    "session:503 {}%",
    "session:lost-answer {}% after",
    "upload:reset {}%",
    "upload:lost-answer {}% after",
    "prompt:503 {}% before",
    "prompt:503 {}% after",
    "prompt:cut=1 {}% after",
    "prompt:lost-answer {}% later=0.1",
    "prompt:closes {}%",
    "prompt:429 {}%",
    "state:malformed {}%",
    "credits:truncated=10 {}%",
    "render:lost-answer {}% after",
    "render:failed {}%",
    "render-status:500 {}%",
    "cdn:reset {}%",
    "cdn:wrong {}%",
)


class Nursery:
    """Starts daemons (nursery.py)."""

    def __init__(self, home: Path) -> None:
        environment = os.environ | {"HOME": str(home), "NEMO_TOKEN": TOKEN}
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("nursery.py")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: object) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(10) == 0
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for seed, name in enumerate(NAMES):
        make_video(folder / f"{name}.mp4", seconds=4, seed=seed)
    return folder


class Run:
    """One seed's run."""

    def __init__(self, root: Path, seed: int, recordings: Path, nursery: Nursery) -> None:
        self.root = root
        self.chance = random.Random(seed)
        self.nursery = nursery
        self.counts: Counter[str] = Counter(runs=1)
        self.watched = root / "talks"
        self.watched.mkdir(parents=True)
        for name in NAMES:
            os.link(recordings / f"{name}.mp4", self.watched / f"{name}.mp4")

    def go(self, seed: int) -> None:
        faults = [text.format(self.chance.choice((5, 10, 20))) for text in self.chance.sample(FAULTS, 5)]
        own = {TOKEN: frozenset("*")}
        with Sandbox(self.root / "service", faults=faults, seed=seed, own_tokens=own) as sandbox:
            (self.root / "rules.yaml").write_text(RULES.format(url=sandbox.url, folder=self.watched))
            for _ in range(self.chance.randint(1, 4)):
                self.kill_after(sandbox, calls=self.chance.randint(0, 40))
            self.finish(sandbox)
            self.check(sandbox.ledger())

    def kill_after(self, sandbox: Sandbox, *, calls: int) -> None:
        """Start a daemon, and kill it when the service has seen so many more calls; it may end before."""
        goal = sandbox.count_calls() + calls
        daemon = self.start()
        wait_until(lambda: sandbox.count_calls() >= goal or self.nursery.ask("ended", daemon), timeout=60)
        with suppress(ProcessLookupError):
            os.kill(daemon, signal.SIGKILL)
        code = self.nursery.ask("wait", daemon)
        assert code in {0, -signal.SIGKILL}, self.log
        self.counts["kills"] += code != 0

    def finish(self, sandbox: Sandbox) -> None:
        """Let a daemon come to its end; what it leaves to the user is decided, and goes on."""
        for _ in range(4):
            assert self.nursery.ask("wait", self.start()) == 0, self.log
            uncertain = [record for record in self.records() if record.state == "attention"]
            if not uncertain:
                return
            # A service without faults: what the user decides now is carried out.
            sandbox.clear_faults()
            self.decide(uncertain)
        raise AssertionError(f"still not at an end: {[record.reason for record in self.records()]}")

    def decide(self, records: list[JobRecord]) -> None:
        """Nobody can tell whether these prompts were carried out; go on with the timeline as it is."""
        for record in records:
            assert record.stop is not None
            assert record.stop.cause is Cause.UNCERTAIN, record.reason
            self.counts["asked"] += 1
            done = subprocess.run(
                [sys.executable, "-m", "nemowatch", "jobs", "release", record.spec.job_id],
                env=os.environ | {"NEMOWATCH_STATE": str(self.root / "state")},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr

    def check(self, ledger: dict[str, Any]) -> None:
        records = self.records()
        assert sorted(record.spec.source.path.stem for record in records) == sorted(NAMES), "a job was lost"
        for record in records:
            assert record.state in {"done", "failed"}, (record.reason, self.log)
            self.counts[record.state.value] += 1
            self.check_output(record)
        names = {session: facts["task_name"] for session, facts in ledger["sessions"].items()}
        charged: Counter[tuple[str, str]] = Counter()
        for prompt in ledger["prompt_totals"]:
            charged[names[prompt["session_id"]], prompt["text"]] += prompt["applied"]
        assert all(times <= 1 for times in charged.values()), f"charged twice: {charged}"
        assert ledger["unattributed_calls"] == ledger["leaked_tokens"] == []
        self.counts["charged"] += sum(charged.values())
        self.counts["faults"] += sum(fault["struck"] for fault in ledger["faults"])
        visible = [path.name for path in self.outputs.iterdir() if not path.name.startswith(".")]
        assert sorted(visible) == sorted(NAMES), f"an output was doubled or lost: {visible}"

    def check_output(self, record: JobRecord) -> None:
        folder = record.output_folder
        assert folder is not None, record.reason
        manifest = json.loads((folder / "job.json").read_text())
        assert manifest["state"] == record.state
        for output in manifest["outputs"]:
            content = (folder / output["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == output["sha256"], f"{output['path']} is partial"
        if record.state == "done":
            assert (folder / record.spec.source.path.name).exists()

    def start(self) -> int:
        return self.nursery.ask(
            "start", self.root / "rules.yaml", self.root / "state", self.root / "daemon.log"
        )

    def records(self) -> list[JobRecord]:
        with open_book(self.root / "state" / "nemowatch.db") as book:
            return [] if book is None else list(book.list_jobs())

    @property
    def outputs(self) -> Path:
        return self.root / "talks-output" / "shorts"

    @property
    def log(self) -> str:
        return (self.root / "daemon.log").read_text()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, RUNS, RUNS_PER_TEST))
def test_nothing_is_lost_paid_twice_or_delivered_in_part(
    tmp_path: Path,
    nursery: Nursery,
    recordings: Path,
    first: int,
    record_property: Callable[[str, object], None],
) -> None:
    counts: Counter[str] = Counter()
    for seed in range(first, first + RUNS_PER_TEST):
        run = Run(tmp_path / str(seed), seed, recordings, nursery)
        run.go(seed)
        counts += run.counts
    record_property("crashes", dict(counts))
