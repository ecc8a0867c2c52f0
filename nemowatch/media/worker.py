"""The worker: a process that looks into media files and makes new ones, because a broken file may crash it.

Started by `worker_link.py` as `python -m nemowatch.media.worker`; it reads one piece of work a line from its standard
input and writes what comes of it to what was its standard output. It ends with the process that started it, however
that ends. It knows no token, and must never be trusted with one: it reads what strangers made.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import inspect
import os
import resource
import signal
import sys
import threading
import time
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from nemowatch.media.messages import (
    BEGUN,
    ERROR,
    RESULT,
    SHARE,
    pack_error,
    pack_value,
    unpack_work,
    write_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable

GENTLE, QUICK = "gentle", "quick"
"""How a worker goes about it: encodes leave the processor to everybody else; a quick look is waited for."""

_GENTLE_NICENESS = 10
_REPORT_SECONDS = 0.1
_GIB = 1024**3
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIKELY_VICTIM = b"500"  # of -1000 to 1000, proc(5): oom_score_adj


def main() -> None:
    """Work until the parent says no more. Arguments: its process id, and how to go about it."""
    parent, manner = int(sys.argv[1]), sys.argv[2]
    _end_with_parent(parent)
    _leave_signals_to_parent()
    faulthandler.enable()
    _bound_resources(is_gentle=manner == GENTLE)
    answers = _Answers(_take_standard_output())
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read_lines, args=(lines,), daemon=True).start()
    # What every piece of work needs takes a tenth of a second to load: done before the first is there.
    import_module("nemowatch.media.probe")
    while True:
        answers.write(_work_on(lines.get(), answers))


def _work_on(line: bytes, answers: _Answers) -> dict[str, Any]:
    answers.write({BEGUN: True})
    try:
        work, args, named = unpack_work(line)
        if _takes_report(work):
            named["report"] = answers.report
        return {RESULT: pack_value(work(*args, **named))}
    except BaseException as error:  # noqa: BLE001  all of them are told to the parent, which raises them there
        return {ERROR: pack_error(error)}


@lru_cache
def _takes_report(work: Callable[..., Any]) -> bool:
    return "report" in inspect.signature(work).parameters


class _Answers:
    """The way back to the parent; may be used by the threads of one piece of work."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._reported_at = 0.0

    def write(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._file.write(write_line(message))
            self._file.flush()

    def report(self, share: float, /) -> None:
        """How far the work is; told ten times a second at most."""
        now = time.monotonic()
        if now - self._reported_at >= _REPORT_SECONDS:
            self._reported_at = now
            self.write({SHARE: min(1.0, max(0.0, float(share)))})


def _read_lines(lines: SimpleQueue[bytes]) -> None:
    """Pass lines on; with the last of them the parent is gone, and whatever is going on is of no use to anybody."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


def _end_with_parent(parent: int) -> None:
    # On Linux the system sees to it, also while this process is stopped or deep in a decoder. It watches the thread
    # that started this process, which therefore is the one of the event loop, and no thread of a pool.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that was asked for
        os._exit(0)


def _leave_signals_to_parent() -> None:
    """A Ctrl+C, or a service manager, means all processes; the parent may want to see this piece of work done."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _take_standard_output() -> IO[bytes]:
    """Keep it for answers alone: what a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _bound_resources(*, is_gentle: bool) -> None:
    # A file may announce any size; the rest of the machine must not suffer for it. Address space is no measure: the
    # threads of a decoder reserve far more than they use.
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    most = max(2 * _GIB, memory // 2) if is_gentle else max(_GIB, memory // 4)
    with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # nobody's film belongs into a core dump
    with contextlib.suppress(OSError):  # other systems than Linux have no such file
        Path("/proc/self/oom_score_adj").write_bytes(_LIKELY_VICTIM)
    if is_gentle:
        with contextlib.suppress(OSError):  # a sandbox forbids it
            os.nice(
                _GENTLE_NICENESS
            )  # the disk follows: it goes by this where it is told nothing (ioprio_set(2))
            if sys.platform == "linux":
                os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


if __name__ == "__main__":
    main()
