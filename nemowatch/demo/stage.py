"""The demo's folders, its rules, and the two processes that it runs: the embedded service and the true daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.places import StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STOP_SECONDS = 12.0

RULES = """\
# The rules of the demo: one for each skill.
nemo:
  api_url: {api_url}
  poll: 1s
defaults:
  settle: 2s
rules:
  - name: highlights
    watch: {highlights}
    skill: video-extractor
    prompt: extract the key highlights and save them as separate clips
  - name: shorts
    watch: {shorts}
    skill: opusclip
    prompt:
      - extract the top 3 viral short clips from this long video
      - export 1080p MP4
  - name: stills
    watch: {stills}
    skill: ai-video-frames
    prompt: extract one frame every 5 seconds and save them as images
    deliver: [media]
"""


class DemoFailed(NemoWatchError):
    """One of the demo's processes did not start, or ended before its time."""


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: everything lies under `root`."""

    root: Path

    @property
    def rules_file(self) -> Path:
        """The demo's rules."""
        return self.root / "rules.yaml"

    @property
    def state(self) -> StateFolder:
        """The daemon's state."""
        return StateFolder(self.root / "state")

    @property
    def watch_folders(self) -> dict[str, Path]:
        """The watched folder of each rule, by the rule's name, in the order of the rules."""
        recordings = self.root / "Recordings"
        return {
            "highlights": recordings / "webinars",
            "shorts": recordings / "talks",
            "stills": recordings / "interviews",
        }

    @property
    def daemon_log(self) -> Path:
        """What the daemon said."""
        return self.root / "daemon.log"

    def build(self) -> None:
        """Make the folders.

        Raises:
            DemoFailed: there is something in the folder already.
        """
        if self.root.exists() and (not self.root.is_dir() or any(self.root.iterdir())):
            raise DemoFailed(f"{self.root} is there already, and not empty.", hint="Name a new folder.")
        for folder in self.watch_folders.values():
            folder.mkdir(parents=True)


@contextmanager
def running_service(stage: Stage) -> Iterator[str]:
    """Run the embedded service as a process of its own; gives its address."""
    command = [
        sys.executable,
        "-m",
        "nemowatch",
        "sandbox",
        "--port",
        "0",
        "--folder",
        str(stage.root / "service"),
    ]
    with (stage.root / "service.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own program
            command, stdout=subprocess.PIPE, stderr=log, env=_environment(stage), start_new_session=True
        )
    try:
        assert process.stdout is not None  # noqa: S101 -- for the type checker: it was asked for above
        yield _read_address(process.stdout, stage)
    finally:
        _end(process)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def running_daemon(stage: Stage, api_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Write the rules and run the daemon on them, as a process of its own, as any user would."""
    folders = {rule: json.dumps(str(folder)) for rule, folder in stage.watch_folders.items()}
    stage.rules_file.write_text(RULES.format(api_url=api_url, **folders), encoding="utf-8")
    command = [sys.executable, "-m", "nemowatch", "run", "--rules", str(stage.rules_file)]
    with stage.daemon_log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own program
            command, stdout=log, stderr=log, env=_environment(stage), start_new_session=True
        )
    try:
        yield process
    finally:
        _end(process)


def _environment(stage: Stage) -> dict[str, str]:
    """The user's environment less their account, which stays untouched, and less proxies: nothing leaves here."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NEMO_", "NEMOWATCH_")) and not name.lower().endswith("_proxy")
    }
    return kept | {
        "NEMOWATCH_STATE": str(stage.state.root),
        "NEMO_CLIENT_ID": str(uuid.uuid5(uuid.NAMESPACE_URL, str(stage.root))),
        "PYTHONUNBUFFERED": "1",
    }


def _read_address(output: IO[bytes], stage: Stage) -> str:
    for line in output:
        for word in line.decode("utf-8", "replace").split():
            if word.startswith("http://"):
                return word
    raise DemoFailed("The embedded service did not start.", hint=f"See {stage.root / 'service.log'}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make it end if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
