"""A house whose rules a test writes, and whose jobs and folders it can look at many times a second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from daemon_house import House
from helpers import wait_until

from nemowatch.jobs.reading import open_book
from nemowatch.jobs.records import JobRecord, JobState
from nemowatch.places import StateFolder
from nemowatch.sandbox.server import Sandbox
from nemowatch.standing import Standing, read_standing

EXPORT = "export 1080p MP4"
"""A prompt that the service is not asked for: a job of it uploads, exports and downloads, and costs nothing."""

PLENTY = 1_000_000
"""Credits that never run out."""

_OVERRIDE = "-dac_override,-dac_read_search"
_WITHOUT_OVERRIDE = ("setpriv", f"--bounding-set={_OVERRIDE}", f"--inh-caps={_OVERRIDE}")
"""Runs a program as root to whom permissions mean something (setpriv(1), capabilities(7))."""


class LivingHouse(House):
    """A house in which folders, files and rules come and go while the daemon lives in it.

    Where `House` asks the commands, this one reads the book of jobs and the standing themselves: they can be looked
    at while a test waits for something.
    """

    def __init__(self, root: Path, sandbox: Sandbox) -> None:
        super().__init__(root, sandbox.url)
        self.sandbox = sandbox
        self.state = StateFolder(root / "state")

    def rule(self, name: str = "shorts", *watched: Path, **keys: Any) -> dict[str, Any]:
        """A rule that is done in a moment; `keys` say what is special about it."""
        watch = [str(folder) for folder in watched or (self.watched,)]
        return {
            "name": name,
            "watch": watch,
            "prompt": EXPORT,
            "settle": "200ms",
            "deliver": ["video"],
        } | keys

    def rules_text(self, *rules: Mapping[str, Any], **sections: Any) -> str:
        """A rules file with these rules."""
        own = {
            "nemo": {"api_url": self.sandbox.url, "poll": "100ms"},
            "log": {"level": "DEBUG"},
            "limits": {"starts": None},
            "scan": "1s",
        }
        return yaml.safe_dump(own | sections | {"rules": list(rules)}, sort_keys=False)

    def write_rules(self, *rules: Mapping[str, Any], **sections: Any) -> None:
        """Write the rules file in place."""
        self.rules.write_text(self.rules_text(*rules, **sections))

    @contextmanager
    def daemon(
        self, *, obeys_permissions: bool = False, wrapper: tuple[str, ...] = ()
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run the daemon, and wait until it listens.

        Args:
            obeys_permissions: permissions count for it even where the tests run as root.
            wrapper: a command that runs the one that follows it.
        """
        if obeys_permissions and os.geteuid() == 0:
            wrapper = _WITHOUT_OVERRIDE
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*wrapper, sys.executable, "-m", "nemowatch", "run"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(lambda: b" watches " in self.log_since(before) or process.poll() is not None)
            assert process.poll() is None, self.log.read_text()
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(15)
                finally:
                    process.kill()
            process.wait()

    def log_since(self, start: int) -> bytes:
        """What was written into the daemon's log from a place on."""
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read()

    def jobs(self) -> tuple[JobRecord, ...]:
        """Every job, the newest first."""
        with open_book(self.state.database) as store:
            return () if store is None else store.list_jobs()

    def job_names(self) -> Counter[str]:
        """How many jobs each recording has, by its name."""
        return Counter(job.spec.source.path.name for job in self.jobs())

    def states(self) -> dict[str, JobState]:
        """How the job of each recording stands, by its name."""
        return {job.spec.source.path.name: job.state for job in self.jobs()}

    def is_done(self, *names: str) -> bool:
        """Whether the jobs of these recordings are done."""
        states = self.states()
        return all(states.get(name) is JobState.DONE for name in names)

    def wait_jobs(self, *names: str) -> None:
        """Wait until these recordings have jobs."""
        self.wait_until(lambda: self.job_names().keys() >= {*names})

    def wait_done(self, *names: str) -> None:
        """Wait until the jobs of these recordings are done."""
        self.wait_until(lambda: self.is_done(*names))

    def wait_folder(self, *states: str, folder: Path | None = None) -> None:
        """Wait until a watch folder is told to stand so."""
        self.wait_until(lambda: self.folder_state(folder) in states)

    def wait_until(self, predicate: Callable[[], object], timeout: float = 100) -> None:
        """Wait until something holds; when it never does, tell how everything stands."""
        try:
            wait_until(predicate, timeout)
        except AssertionError as error:
            standing = self.standing()
            jobs = [(job.spec.source.path.name, job.state.value, job.reason) for job in self.jobs()]
            raise AssertionError(
                f"{error}\njobs: {jobs}\nstanding: {standing}\n{self.log.read_text()}"
            ) from error

    def standing(self) -> Standing | None:
        """How the daemon says that it stands."""
        return read_standing(self.state.standing)

    def folder_state(self, folder: Path | None = None) -> str:
        """How a watch folder is looked after, in the word of `nemowatch status`."""
        standing = self.standing()
        lines = standing.folders if standing is not None else ()
        return next((line.state for line in lines if line.folder == str(folder or self.watched)), "not told")

    def uploads(self) -> Counter[str]:
        """How often each file name was uploaded."""
        return Counter(upload["filename"] for upload in self.sandbox.ledger()["uploads"])

    def manifest(self, name: str, rule: str = "shorts") -> Any:
        """The `job.json` of a recording of the first watch folder."""
        return json.loads((self.root / "talks-output" / rule / name / "job.json").read_text())


def save_sound(target: Path, seed: int) -> Path:
    """Write a complete recording of a few kilobytes; another seed, another content."""
    noise = np.random.default_rng(seed).integers(-9_000, 9_000, 2_000, dtype=np.int16)
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(noise.tobytes())
    return target
