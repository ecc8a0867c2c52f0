"""How soon a command answers: the installed `nemowatch --version` and `--help`, against an empty Python program."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rows import Row
from benchmarks.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION_BOUND = 3.0

_FULL = 25
_QUICK = 3


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Start the three commands in turn; one round before that counts for nothing."""
    stage = Stage(folder)
    script = str(Path(sys.executable).with_name("nemowatch"))
    commands = {
        "python": (sys.executable, "-c", "pass"),
        "version": (script, "--version"),
        "help": (script, "--help"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(1 + (_QUICK if quick else _FULL)):
        for name, command in commands.items():
            taken = _time(command, stage.environment())
            if number:
                seconds[name].append(taken * 1000)
    python = tuple(seconds["python"])
    peer = "python -c pass"
    return [
        Row("nemowatch --version", "ms", tuple(seconds["version"]), python, VERSION_BOUND, remark=peer),
        Row("nemowatch --help", "ms", tuple(seconds["help"]), python, remark=peer),
    ]


def _time(command: Sequence[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started
