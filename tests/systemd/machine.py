"""A machine with a real systemd, as tests see it from outside."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from booting import PREFIX, SYSTEMD
from helpers import wait_until

from nemowatch.sandbox.server import Sandbox

_NEEDED = ("nsenter", "setpriv", "systemctl", "journalctl", "dbus-daemon", "pivot_root", "useradd")
_CLONE_NEWNET = 0x4000_0000
_POWER_OFF = signal.SIGRTMIN + 4
"""Asks systemd to power off (systemd(1), "Signals")."""

NEMOWATCH = PREFIX / "bin/nemowatch"
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "SYSTEMD_PAGER": "",
    "SYSTEMD_COLORS": "0",
    "COLUMNS": "200",
}


class Machine:
    """Boots in `place`, an empty folder; everything in it is gone when it is left."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> Self:
        missing = [program for program in _NEEDED if shutil.which(program) is None]
        assert SYSTEMD, "These tests boot a systemd: install the packages systemd, dbus and libpam-systemd."
        assert not missing, f"These tests boot a systemd, and need {', '.join(missing)}."
        assert os.geteuid() == 0, "These tests boot a systemd in namespaces of its own: run them as root."
        self._log = self._place / "boot.log"
        with self._log.open("wb") as log:
            self._boot = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("booting.py"), self._place],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            self._wait_until_up()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._first, _POWER_OFF)
        self._end(10)

    def _wait_until_up(self) -> None:
        process = self._place / "process"
        wait_until(lambda: (process.exists() and process.read_text()) or self._boot.poll() is not None)
        assert self._boot.poll() is None, self._log.read_text()
        self._first = int(process.read_text())
        private = Path(f"/proc/{self._first}/root/run/systemd/private")
        wait_until(lambda: private.is_socket() or self._boot.poll() is not None)
        assert self._boot.poll() is None, self._log.read_text()
        state = self.try_("systemctl", "is-system-running", "--wait").stdout.strip()
        assert state == "running", self.run("systemctl", "--failed") + self.run("journalctl", "-b", "-p", "4")

    def _end(self, patience_seconds: float = 0) -> None:
        try:
            self._boot.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self._boot.kill()
            self._boot.wait()

    @property
    def root(self) -> Path:
        """The machine's files, seen from outside."""
        return Path(f"/proc/{self._first}/root")

    def path(self, inside: Path | str) -> Path:
        """A file of the machine, seen from outside."""
        return self.root / str(inside).lstrip("/")

    def try_(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as root."""
        return self._enter(*command, environment=environment)

    def run(self, *command: str | Path, **environment: str) -> str:
        """Run a command as root that succeeds; what it prints."""
        return _succeeded(self.try_(*command, **environment))

    def try_as(self, user: str, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user who is logged in."""
        number = self.run("id", "-u", user).strip()
        own = {
            "HOME": f"/home/{user}",
            "USER": user,
            "LOGNAME": user,
            "XDG_RUNTIME_DIR": f"/run/user/{number}",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/run/user/{number}/bus",
        }
        become = ("setpriv", f"--reuid={number}", f"--regid={number}", "--init-groups", "--reset-env", "env")
        told = [f"{name}={value}" for name, value in (_ENVIRONMENT | own | environment).items()]
        return self._enter(*become, *told, *command, environment={})

    def run_as(self, user: str, *command: str | Path, **environment: str) -> str:
        """The same, of a command that succeeds; what it prints."""
        return _succeeded(self.try_as(user, *command, **environment))

    def _enter(self, *command: str | Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        names = ("mount", "uts", "ipc", "net", "pid", "cgroup")
        return subprocess.run(
            ["nsenter", f"--target={self._first}", *(f"--{name}" for name in names), "--wd=/", *command],
            env=_ENVIRONMENT | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    @contextmanager
    def service(self, folder: Path, **switches: Any) -> Iterator[Sandbox]:
        """An embedded NemoVideo service on this machine's loopback; its files stay outside."""
        sandbox = Sandbox(folder, **switches)
        with Path(f"/proc/{self._first}/ns/net").open() as network:
            thread = threading.Thread(target=_enter_network_and_start, args=(network.fileno(), sandbox))
            thread.start()
            thread.join()
        assert sandbox.url, "the sandbox did not start"
        try:
            yield sandbox
        finally:
            sandbox.close()


def _enter_network_and_start(network: int, sandbox: Sandbox) -> None:
    """In a thread of its own: a socket belongs for good to the network of the thread that made it."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.setns(network, _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    sandbox.__enter__()


def _succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, f"{done.args} returned {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
