"""Work for the tests of the workers: called in their processes."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from nemowatch.media.errors import IncompleteMedia
from nemowatch.media.progress import Report, ignore_progress


@dataclass(frozen=True)
class Shape:
    name: str
    sides: tuple[float, ...]
    inside: Shape | None = None
    place: Path | None = None


@dataclass(frozen=True)
class Circumstances:
    pid: int
    niceness: int
    scheduler: int
    folder: str
    environment: tuple[str, ...]


def describe_circumstances() -> Circumstances:
    return Circumstances(
        os.getpid(),
        os.nice(0),
        os.sched_getscheduler(0) if sys.platform == "linux" else 0,
        str(Path.cwd()),
        tuple(f"{name}={value}" for name, value in os.environ.items()),
    )


def turn(shape: Shape, *, times: int = 1) -> tuple[Shape, int]:
    return shape, times


def report_for_ever(note: Path, report: Report = ignore_progress) -> None:
    """Write down who does it, then report often until somebody ends it."""
    _write(note)
    pause = threading.Event()
    while not pause.wait(0.02):
        report(0.5)


def be_silent(note: Path) -> None:
    _write(note)
    while True:
        signal.pause()


def count_to_one(report: Report = ignore_progress) -> int:
    """Report far more often than anybody wants to know."""
    for step in range(2001):
        report(step / 2000)
    return 2001


def raise_number(number: int, path: Path) -> None:
    raise OSError(number, os.strerror(number), str(path))


def raise_incomplete(path: Path) -> None:
    raise IncompleteMedia(f"{path.name} ends too early.", hint="Wait.")


def raise_defect(path: Path) -> None:
    raise ValueError(f"nobody thought of {path.name}")


def crash(path: Path) -> None:
    faulthandler.disable()
    os.kill(os.getpid(), signal.SIGSEGV)


def crash_once(note: Path) -> int:
    if not note.exists():
        _write(note)
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def want_everything(path: Path) -> int:
    return len(bytearray(1 << 40))


def make_noise() -> str:
    print('{"result":"from Python"}', flush=True)
    os.write(1, b'{"result":"from a library"}\n')
    return "from the work"


def leave(code: int) -> None:
    os._exit(code)


def _write(note: Path) -> None:
    aside = note.with_suffix(".aside")
    aside.write_text(str(os.getpid()))
    aside.replace(note)
