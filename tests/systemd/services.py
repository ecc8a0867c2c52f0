"""NemoWatch as a service of a machine: its folders, its rules, and what systemd says of it."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from helpers import make_video, wait_until
from living_house import EXPORT
from machine import NEMOWATCH, Machine

from nemowatch.sandbox.server import Sandbox

UNIT = "nemowatch.service"
_HANGING = Path("/usr/local/lib/hanging.py")
# Hangs the thread of the event loop, and it alone, when it is told to: it never comes back from a signal's handler.
_HANGING_TEXT = """\
import signal
import sys
import threading
from nemowatch.__main__ import main

def hang_here(number, frame):
    threading.Event().wait()

signal.signal(signal.SIGUSR1, hang_here)
sys.exit(main())
"""


class Service:
    """The service of the whole machine, or that of a user, with a folder to watch.

    Args:
        machine: where it is installed.
        sandbox: the NemoVideo that it speaks to, on the machine's loopback.
        samples: a folder outside for recordings.
        user: whose it is; empty for the service of the whole machine.
    """

    def __init__(self, machine: Machine, sandbox: Sandbox, samples: Path, *, user: str = "") -> None:
        self.machine = machine
        self.sandbox = sandbox
        self.user = user
        self._samples = samples
        films = Path(f"/home/{user}/films" if user else "/srv/films")
        self._talks = films / "talks"
        self.rules = Path(
            f"/home/{user}/.config/nemowatch/rules.yaml" if user else "/etc/nemowatch/rules.yaml"
        )
        self.watched = machine.path(self._talks)
        self.outputs = machine.path(films / "talks-output")
        self._make(self._talks, self.rules.parent)
        if not user:
            # The service's own user, who is not there yet, makes the outputs.
            machine.path(films).chmod(0o1777)

    def _make(self, *folders: Path) -> None:
        self._run("mkdir", "-p", *folders)

    def _run(self, *command: str | Path) -> str:
        return self.machine.run_as(self.user, *command) if self.user else self.machine.run(*command)

    def command(self, *words: str) -> str:
        """Run `nemowatch service …` as the one whose service it is; what it prints."""
        return self._run(NEMOWATCH, "service", *words, *(() if self.user else ("--system",)))

    def rule(self, name: str = "shorts", **keys: Any) -> dict[str, Any]:
        """A rule for the watched folder that is done in a moment; `keys` say what is special about it."""
        usual = {"prompt": EXPORT, "settle": "200ms", "deliver": ["video"]}
        return {"name": name, "watch": str(self._talks)} | usual | keys

    def write_rules(self, *rules: dict[str, Any]) -> None:
        """Replace the rules file, if that changes it."""
        text = {
            "nemo": {"api_url": self.sandbox.url, "poll": "100ms"},
            "limits": {"starts": None},
            "scan": "1s",
            "rules": list(rules),
        }
        file, written = self.machine.path(self.rules), yaml.safe_dump(text, sort_keys=False)
        if not file.exists() or file.read_text() != written:
            file.write_text(written)

    def override(self, name: str, *lines: str) -> None:
        """Change the unit by a drop-in, as a user would; the next start follows it."""
        above = f"/home/{self.user}/.config/systemd/user" if self.user else "/etc/systemd/system"
        folder = Path(above, f"{UNIT}.d")
        self._make(folder)
        self.machine.path(folder / f"{name}.conf").write_text("\n".join(("[Service]", *lines, "")))
        self.systemctl("daemon-reload")

    def let_hang_on_demand(self) -> None:
        """Let SIGUSR1 hang the event loop, and systemd wait a second for it."""
        self.machine.path(_HANGING).write_text(_HANGING_TEXT)
        start = f"ExecStart=/opt/nemowatch/bin/python -P {_HANGING} run --rules {self.rules}"
        self.override("hanging", "ExecStart=", start, "WatchdogSec=1")

    def save(self, name: str, *, seed: int) -> None:
        """Save a recording into the watched folder; another seed, another content."""
        sample = make_video(self._samples / f"{seed}.mp4", seconds=1, seed=seed)
        saved = shutil.copyfile(sample, self.watched / name)
        if self.user:
            os.chown(saved, self.watched.stat().st_uid, self.watched.stat().st_gid)

    def systemctl(self, *words: str) -> str:
        """Have systemd do something, which succeeds; what it says."""
        command = ("systemctl", *(("--user",) if self.user else ()), *words)
        done = self.machine.try_as(self.user, *command) if self.user else self.machine.try_(*command)
        assert done.returncode == 0, f"{words}: {done.stderr}\n{self.said()}"
        return done.stdout

    def show(self, name: str) -> str:
        """What systemd says of the service under this name."""
        return self.systemctl("show", UNIT, f"--property={name}", "--value").strip()

    @property
    def status(self) -> str:
        """What the service says of itself in `systemctl status`."""
        return self.show("StatusText")

    @property
    def pid(self) -> int:
        return int(self.show("MainPID"))

    def is_running(self) -> bool:
        """Whether it has said that it is ready, and neither stops nor reads its rules anew."""
        return self.show("SubState") == "running"

    def wait_started_anew(self, before: int) -> None:
        """Wait until it is ready again, in another process than this one, which may have been killed a moment ago."""
        self.wait_until(lambda: self.pid not in (0, before) and self.is_running())

    def kill(self, signal: str) -> None:
        """Send its main process a signal."""
        self.systemctl("kill", "--kill-whom=main", f"--signal={signal}", UNIT)

    def said(self) -> str:
        """What it has written into the journal, and what systemd has written of it."""
        # `--user-unit` would ask for those of the user who asks, and that is root.
        whose = (f"_SYSTEMD_USER_UNIT={UNIT}", "+", f"USER_UNIT={UNIT}") if self.user else (f"--unit={UNIT}",)
        return self.machine.run("journalctl", "--output=cat", "--all", *whose)

    def output(self, name: str) -> Path:
        """The output folder of a recording; there as soon as its job is done."""
        return self.outputs / "shorts" / Path(name).stem

    def wait_done(self, *names: str) -> None:
        """Wait until the jobs of these recordings are done."""
        self.wait_until(lambda: all((self.output(name) / "job.json").exists() for name in names))

    def wait_until(self, predicate: Callable[[], object], timeout: float = 100) -> None:
        """Wait until something holds; when it never does, show what the service has written."""
        try:
            wait_until(predicate, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.status}\n{self.said()}") from error

    def asked(self) -> Counter[str]:
        """How often NemoVideo was asked for what takes time or money."""
        ledger = self.sandbox.ledger()
        return Counter({what: len(ledger[what]) for what in ("uploads", "prompts", "renders")})
