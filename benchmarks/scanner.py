"""Looks through a watch folder as intake does, in a process of its own: `python -m benchmarks.scanner RULES`.

Used by scanning.py. Prints one JSON object: seconds of the first scan and of a second one, how much memory the two
took at most above what the process had before, in bytes, how many files each found, and the seconds of two plain
walks over the same tree.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.intake.filesystems import mount_points_below
from nemowatch.intake.scan import FolderScan
from nemowatch.intake.takers import Takers
from nemowatch.rules.load import load_rules

if TYPE_CHECKING:
    from collections.abc import Callable

_STATUS = Path("/proc/self/status")
_FORGET_PEAK = "5"
"""What, written to `clear_refs`, sets the greatest memory so far back to the present one (Linux, proc(5))."""


def main(rules_file: Path) -> None:
    """Scan twice with the same compiled rules, then walk."""
    book = load_rules(rules_file)
    [folder] = book.rules[0].watch
    Path("/proc/self/clear_refs").write_text(_FORGET_PEAK)
    idle = _read_memory("VmRSS")
    takers = Takers(book.rules)
    first, found = _time(lambda: _scan(takers, folder))
    rescan, found_again = _time(lambda: _scan(takers, folder))
    memory = _read_memory("VmHWM") - idle
    walk, _ = _time(lambda: _walk(folder))
    rglob, _ = _time(lambda: _glob(folder))
    passes = {"first": first, "rescan": rescan, "walk": walk, "rglob": rglob}
    print(json.dumps(passes | {"memory": memory, "found": min(found, found_again)}))


def _scan(takers: Takers, folder: Path) -> int:
    """One scan as the watch folders make it; how many files it gave."""
    left_out = mount_points_below(folder)
    return len(list(FolderScan(folder, takers.matchers_of(folder), left_out=left_out)))


def _walk(folder: Path) -> int:
    """A walk with `os.scandir` and a stat of everything, as `find` makes it; how many entries there are."""
    count = 0
    stack = [os.fspath(folder)]
    while stack:
        with os.scandir(stack.pop()) as listing:
            for entry in listing:
                entry.stat(follow_symlinks=False)
                count += 1
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
    return count


def _glob(folder: Path) -> int:
    count = 0
    for path in folder.rglob("*"):
        path.lstat()
        count += 1
    return count


def _time(work: Callable[[], int]) -> tuple[float, int]:
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def _read_memory(field: str) -> int:
    """A size from the process's status, in bytes."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"{_STATUS} has no {field}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
