"""The daemon and the commands as users run them: processes of their own, in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers import wait_until

from nemowatch.places import StateFolder
from nemowatch.standing import read_standing

RULES = """\
nemo: {{api_url: {url}, poll: 200ms}}
log: {{level: DEBUG}}
rules:
  - name: shorts
    watch: {folder}
    prompt: extract the top 2 viral short clips from this long video
    settle: 200ms
"""


class House:
    """A folder with rules, recordings and state, and the ways to run the program in it."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.watched = root / "talks"
        self.watched.mkdir()
        self.log = root / "daemon.log"
        self.rules = root / "rules.yaml"
        self.rules.write_text(RULES.format(url=url, folder=self.watched))
        own = {name: value for name, value in os.environ.items() if not name.startswith("NEMO")}
        self.environment = own | {
            "HOME": str(root),
            "NEMOWATCH_STATE": str(root / "state"),
            "NEMOWATCH_RULES": str(self.rules),
            "NEMO_CLIENT_ID": "daemon-test",
        }

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "nemowatch", *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "nemowatch", "run"], env=self.environment, stdout=log, stderr=log
            )
        try:
            wait_until(lambda: b"watches 1 folder" in self.log.read_bytes() or process.poll() is not None)
            assert process.poll() is None, self.log.read_text()
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def job(self, *wanted: str) -> dict[str, object]:
        (job,) = json.loads(self.run("jobs", "list", "--json").stdout)
        assert not wanted or job["state"] in wanted, job
        return dict(job)

    def status(self) -> Any:
        return json.loads(self.run("status", "--json").stdout)

    def waiting(self) -> list[str]:
        """The files that wait, as the daemon has written them down: quicker than to ask with a command."""
        standing = read_standing(StateFolder(self.root / "state").standing)
        return [] if standing is None else [file.path for file in standing.waiting]

    @property
    def output(self) -> Path:
        return self.root / "talks-output" / "shorts" / "talk"
