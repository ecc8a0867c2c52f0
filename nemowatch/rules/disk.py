"""Looking at the folders that the rules name, without ever waiting long for a disk that does not answer.

Called by the folder checks (`folders.py`). A share whose server is gone may keep whoever asks for its folder waiting
for good, and no signal ends that: so the asking is done in threads that are left behind where they hang. Nothing is
changed on the disk.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

ANSWER_SECONDS = 3.0
"""For one folder, in seconds. A disk that sleeps may need longer: its folder is then compared as it is written."""

_ALL_SECONDS = 12.0


@dataclass(frozen=True)
class Look:
    """What stands at a path.

    Attributes:
        place: the path with its links resolved; as it was written where that can't be found out now.
        is_file: something is there, and it is no folder.
    """

    place: Path
    is_file: bool = False


def look_at(paths: Iterable[Path]) -> Mapping[Path, Look]:
    """Look at each path once; one that does not answer in time is taken as written."""
    asked = list(dict.fromkeys(paths))
    seen: dict[Path, Look] = {}
    deadline = time.monotonic() + _ALL_SECONDS
    rest = asked
    while rest and time.monotonic() < deadline:
        answered = _look_in_turn(rest, deadline)
        seen |= answered
        # The one that hangs is left; those after it are looked at.
        rest = rest[len(answered) + 1 :]
    return {path: seen.get(path, Look(path)) for path in asked}


def _look_in_turn(paths: Sequence[Path], deadline: float) -> dict[Path, Look]:
    """Look until all are seen, or one hangs."""
    answers: SimpleQueue[tuple[Path, Look]] = SimpleQueue()

    def look() -> None:
        for path in paths:
            answers.put((path, _look(path)))

    threading.Thread(target=look, name="rules-look", daemon=True).start()
    seen: dict[Path, Look] = {}
    with suppress(Empty):
        for _ in paths:
            path, answer = answers.get(timeout=min(ANSWER_SECONDS, max(0.0, deadline - time.monotonic())))
            seen[path] = answer
    return seen


def _look(path: Path) -> Look:
    return Look(_resolve(path), is_file=_is_file(path))


def _is_file(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except OSError:  # what can't be looked at now is offline
        return False


def _resolve(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a ring of links, a folder above that can't be read: compare as written
        return path
