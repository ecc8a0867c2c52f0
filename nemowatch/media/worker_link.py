"""The parent's end of one worker process: starts it, asks it, hears it, ends it.

Used by `workers.py` alone, in the event loop. A link does one piece of work at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, cast

from nemowatch.media.messages import BEGUN, ERROR, RESULT, SHARE
from nemowatch.media.worker import GENTLE, QUICK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemowatch.clock import Clock
    from nemowatch.media.progress import Report

_END_SECONDS = 1.0
_TAIL_BYTES = 4096
_LONGEST_LINE = 64 * 1024 * 1024
_PASSED_ON = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV"},
)
_PASSED_ON_PREFIXES = ("DYLD_", "LC_", "MALLOC_", "PYTHON")


class WorkerEnded(Exception):
    """The process is gone.

    Attributes:
        code: as `subprocess` has it: the exit code, or a signal's number below zero.
        had_begun: it had begun with the work it was asked for.
        last_words: the end of what it wrote to standard error.
    """

    def __init__(self, code: int, *, had_begun: bool, last_words: str) -> None:
        super().__init__(code)
        self.code = code
        self.had_begun = had_begun
        self.last_words = last_words


class WorkerLink(asyncio.SubprocessProtocol):
    """A worker process, from start to end.

    Attributes:
        is_gentle: it leaves the processor to others.
        heard_at: when it last said something, or was asked or put aside; by the clock.
        is_stalled: it was ended because it said nothing for too long.
    """

    def __init__(self, clock: Clock, *, is_gentle: bool) -> None:
        self.is_gentle = is_gentle
        self.heard_at = clock.monotonic()
        self.is_stalled = False
        self._clock = clock
        self._transport: asyncio.SubprocessTransport
        self._gone = asyncio.Event()
        self._unread = bytearray()
        self._tail = bytearray()
        self._answer: asyncio.Future[dict[str, Any]] | None = None
        self._report: Report | None = None
        self._had_begun = False
        self._has_exited = False

    @classmethod
    async def start(cls, clock: Clock, *, is_gentle: bool) -> WorkerLink:
        """Start a process; it takes work at once, and gets to it a tenth of a second later.

        Raises:
            OSError: no process can be started.
        """
        loop = asyncio.get_running_loop()
        # `-P`: the folder that this process happens to stand in is no place to load modules from.
        command = (sys.executable, "-P", "-m", "nemowatch.media.worker", str(os.getpid()))
        _, link = await loop.subprocess_exec(
            lambda: cls(clock, is_gentle=is_gentle),
            *command,
            GENTLE if is_gentle else QUICK,
            env=choose_environment(os.environ, sys.path),
            start_new_session=True,
        )
        return link

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self._gone.is_set()

    @property
    def is_busy(self) -> bool:
        """Whether it has been asked, and has not answered."""
        return self._answer is not None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._transport.get_pid()

    async def ask(self, line: bytes, report: Report | None) -> dict[str, Any]:
        """Have one piece of work done.

        Returns:
            A message with a result or an error.

        Raises:
            WorkerEnded: before it had answered.
        """
        if self.is_gone:
            raise self._describe_end()
        stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
        self.heard_at = self._clock.monotonic()
        self._had_begun = False
        self._report = report
        self._answer = asyncio.get_running_loop().create_future()
        try:
            stdin.write(line)
            return await self._answer
        finally:
            self._answer = self._report = None
            self.heard_at = self._clock.monotonic()

    def kill(self) -> None:
        """End it at once, whatever it does."""
        # Not by the transport: that looks first whether it has ended, and takes the answer from whoever waits for it.
        if not self._has_exited:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def end(self) -> None:
        """End it, and wait until it is gone, but not for ever: what waits for a dead disk can't even be killed."""
        self.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await self._gone.wait()
        if not self.is_gone:
            self._transport.close()
            self._tell_end()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process runs."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """The process wrote something."""
        if fd != 1:
            self._tail += data
            del self._tail[:-_TAIL_BYTES]
            return
        self.heard_at = self._clock.monotonic()
        self._unread += data
        if b"\n" in data:
            *lines, rest = self._unread.split(b"\n")
            self._unread = rest
            for line in lines:
                self._hear(bytes(line))
        elif len(self._unread) > _LONGEST_LINE:
            self.kill()

    def process_exited(self) -> None:
        """The process has ended; what it wrote before may still have to be read."""
        self._has_exited = True
        stdin = self._transport.get_pipe_transport(0)
        if stdin is not None:
            stdin.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The process has ended and all that it wrote was read."""
        self._transport.close()
        self._gone.set()
        self._tell_end()

    def _hear(self, line: bytes) -> None:
        if self._answer is None or self._answer.done():
            return
        try:
            message: Mapping[str, Any] = json.loads(line)
            if BEGUN in message:
                self._had_begun = True
            elif SHARE in message:
                if self._report is not None:
                    self._report(message[SHARE])
            elif RESULT in message or ERROR in message:
                self._answer.set_result(dict(message))
        except Exception as error:  # noqa: BLE001  whatever it is, whoever waits for the answer is told
            self._answer.set_exception(error)

    def _tell_end(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(self._describe_end())

    def _describe_end(self) -> WorkerEnded:
        code = self._transport.get_returncode()
        words = self._tail.decode(errors="replace").strip()
        return WorkerEnded(code if code is not None else 0, had_begun=self._had_begun, last_words=words)


def choose_environment(environ: Mapping[str, str], module_path: list[str]) -> dict[str, str]:
    """What a worker is told of this process's environment: how to run, and none of its secrets.

    Args:
        environ: this process's.
        module_path: where it finds its modules; the worker looks there too.
    """
    chosen = {
        name: value
        for name, value in environ.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    chosen["PYTHONPATH"] = os.pathsep.join(folder for folder in module_path if folder)
    return chosen
