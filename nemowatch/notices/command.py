"""Runs a command of the user's: no shell, a time limit, an end to everything that it started, no secret of ours.

Used by the daemon for hooks.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nemowatch.logs import redact
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_OUTPUT_BYTES = 64 * 1024
_KILL_SECONDS, _DRAIN_SECONDS = 0.5, 1.0

_OURS_ALONE = frozenset(
    {
        "NEMO_TOKEN",
        # What systemd tells the service itself (systemd.exec(5), sd_notify(3), sd_watchdog_enabled(3)).
        "NOTIFY_SOCKET",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
        "LISTEN_PID",
        "LISTEN_FDS",
        "LISTEN_FDNAMES",
        "JOURNAL_STREAM",
        "INVOCATION_ID",
        "CREDENTIALS_DIRECTORY",
    }
)


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes:
        trouble: what went wrong, in words; empty when it ended with exit code 0.
        output: the beginning of what it wrote, standard output and error together.
        seconds: how long it ran.
    """

    trouble: str
    output: str
    seconds: float


def environment_without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what is the daemon's own, and without every variable that holds a known secret."""
    return {
        name: value for name, value in environ.items() if name not in _OURS_ALONE and redact(value) == value
    }


def find_program(program: str, environ: Mapping[str, str]) -> str | None:
    """Where the program of a command is; None where it is not, or can't be run."""
    return shutil.which(program, path=environ.get("PATH", os.defpath))


async def run_command(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    facts: bytes,
    timeout_seconds: float,
    grace_seconds: float = 1.0,
) -> Outcome:
    """Run a command to its end, in the home folder. When the task that waits for it is cancelled, it is ended.

    Args:
        command: the program and its arguments.
        environment: all of it.
        facts: what it finds on its standard input.
        timeout_seconds: how long it may take.
        grace_seconds: how long it has after SIGTERM, before it is killed.
    """
    began = time.monotonic()
    arguments = [argument.replace("\0", "\N{REPLACEMENT CHARACTER}") for argument in command]
    try:
        transport, listener = await asyncio.get_running_loop().subprocess_exec(
            _Listener,
            *arguments,
            env=dict(environment),
            cwd=_home(environment),
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return Outcome(f"can't be started: {error.strerror or error}", "", 0.0)
    child = _Child(transport, listener)
    try:
        child.feed(facts)
        trouble = await child.wait(timeout_seconds)
    finally:
        await child.end(grace_seconds)
    return Outcome(trouble, listener.read(), time.monotonic() - began)


class _Listener(asyncio.SubprocessProtocol):
    """Hears when the process ends, and keeps the beginning of what it writes."""

    def __init__(self) -> None:
        self.exited = asyncio.Event()
        self.drained = asyncio.Event()
        self._output = bytearray()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 -- both go into one pipe
        self._output += data[: _MOST_OUTPUT_BYTES - len(self._output)]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        if fd == 1:
            self.drained.set()

    def process_exited(self) -> None:
        self.exited.set()

    def read(self) -> str:
        return self._output.decode("utf-8", "replace")


class _Child:
    """A running command, the first of a process group of its own."""

    def __init__(self, transport: asyncio.SubprocessTransport, listener: _Listener) -> None:
        self._transport = transport
        self._listener = listener

    def feed(self, facts: bytes) -> None:
        stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
        stdin.write(facts)
        stdin.close()  # after what was written; one that does not read it is none the worse

    async def wait(self, seconds: float) -> str:
        """Wait for its end; what went wrong, in words."""
        if not await _happens(self._listener.exited, seconds):
            return f"was ended: it took longer than {format_duration(seconds)}"
        # What it left running in the background may hold the pipe open for ever.
        await _happens(self._listener.drained, _DRAIN_SECONDS)
        code = self._transport.get_returncode() or 0
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}" if code else ""

    async def end(self, grace_seconds: float) -> None:
        """End it, and all that it started, where it still runs."""
        if not self._listener.exited.is_set():
            self._signal(signal.SIGTERM)
            await _happens(self._listener.exited, grace_seconds)
            # Its children too, which may live on although it has gone.
            self._signal(signal.SIGKILL)
            await _happens(self._listener.exited, _KILL_SECONDS)
        self._transport.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._transport.get_pid(), number)


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def _home(environment: Mapping[str, str]) -> Path:
    """Where commands are run: a folder that neither goes away nor is kept from being unmounted."""
    home = Path(environment.get("HOME") or "/")
    return home if home.is_dir() else Path("/")
