"""`kill -9` at every point of a job: nothing is lost, nothing is paid for or delivered twice.

The daemon is a process of its own, killed by itself at a named point (killed_daemon.py), and started again until it
ends by itself. What counts is what the service saw: its ledger counts each side effect.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import make_video

from nemowatch.jobs.reading import open_book
from nemowatch.jobs.records import JobRecord
from nemowatch.sandbox.server import Sandbox

STEPS = (
    *("prepare", "reshape", "connect", "upload", "edit-1", "export-1", "download-1", "collect"),
    *("clips", "frames", "overview", "deliver-done"),
)
EVERY_POINT = tuple(f"{moment}:{step}" for step in STEPS for moment in ("before", "after", "kept"))
HARDEST_POINTS = ("after:upload", "midway:prompt", "after:export-1", "after:deliver-done")

RULES = """\
nemo: {{api_url: {url}, poll: 1s}}
rules:
  - name: shorts
    watch: {folder}
    prompt: extract the top 2 viral short clips from this long video
    settle: 100ms
    trim: {{start: 1s}}
    deliver: [video, clips, frames, media]
    frames: {{every: 1s}}
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "service") as sandbox:
        yield sandbox


class Runs:
    """One recording, and a daemon that may be killed at a point and started again."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.watched = folder / "talks"
        make_video(self.watched / "talk.mp4", seconds=6)
        self.rules = folder / "rules.yaml"
        self.rules.write_text(RULES.format(url=url, folder=self.watched))

    def start(self, point: str) -> int:
        runner = Path(__file__).with_name("killed_daemon.py")
        with (self.folder / "daemon.log").open("ab") as log:
            done = subprocess.run(
                [sys.executable, runner, self.rules, self.folder / "state", point],
                env=os.environ | {"NEMO_CLIENT_ID": "crash-test"},
                stdout=log,
                stderr=log,
                timeout=60,
                check=False,
            )
        return done.returncode

    def kill_at(self, point: str) -> None:
        assert self.start(point) == -signal.SIGKILL, f"the point {point} was never reached"

    def finish(self) -> JobRecord:
        assert self.start("none") == 0, (self.folder / "daemon.log").read_text()
        with open_book(self.folder / "state" / "nemowatch.db") as book:
            assert book is not None
            (record,) = book.list_jobs()
        return record

    @property
    def published(self) -> list[Path]:
        return sorted((self.folder / "talks-output" / "shorts").iterdir())


def assert_everything_happened_once(runs: Runs, sandbox: Sandbox, record: JobRecord) -> None:
    assert record.state == "done", record.reason
    ledger = sandbox.ledger()
    assert (len(ledger["uploads"]), len(ledger["prompts"]), len(ledger["renders"])) == (1, 1, 1)
    (folder,) = runs.published
    assert folder.name == "talk"
    manifest = json.loads((folder / "job.json").read_text())
    assert {"talk.mp4", "job.log"} <= {output["path"] for output in manifest["outputs"]}
    assert (folder / "talk.mp4").stat().st_size > 0


@pytest.mark.slow
def test_daemon_killed_at_the_hardest_points_in_turn_does_everything_once(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    runs = Runs(tmp_path, sandbox.url)
    for point in HARDEST_POINTS:
        runs.kill_at(point)
    assert_everything_happened_once(runs, sandbox, runs.finish())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_daemon_killed_at_every_point_in_turn_does_everything_once(tmp_path: Path, sandbox: Sandbox) -> None:
    runs = Runs(tmp_path, sandbox.url)
    for point in EVERY_POINT:
        runs.kill_at(point)
    assert_everything_happened_once(runs, sandbox, runs.finish())


@pytest.mark.slow
@pytest.mark.parametrize("point", EVERY_POINT)
def test_daemon_killed_once_does_everything_once(tmp_path: Path, sandbox: Sandbox, point: str) -> None:
    runs = Runs(tmp_path, sandbox.url)
    runs.kill_at(point)
    assert_everything_happened_once(runs, sandbox, runs.finish())


@pytest.mark.slow
def test_prompt_that_was_not_sent_before_the_kill_is_sent_once(tmp_path: Path, sandbox: Sandbox) -> None:
    runs = Runs(tmp_path, sandbox.url)
    runs.kill_at("marked:prompt:1")
    assert sandbox.ledger()["prompts"] == []
    assert_everything_happened_once(runs, sandbox, runs.finish())
