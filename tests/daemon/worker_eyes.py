"""Looking at the daemon's worker processes from outside, as `ps` does."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

ENCODES, LOOKS = "gentle", "quick"
"""The two manners in which a worker is started."""

_MODULE = b"nemowatch.media.worker"
_LOOK_SECONDS = 0.02


def find_workers(daemon: int, *manners: str) -> list[int]:
    """The process ids of a daemon's workers, also of those that have outlived it."""
    wanted = manners or (ENCODES, LOOKS)
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if _MODULE in words:
                    parent, manner = words[words.index(_MODULE) + 1 :][:2]
                    if int(parent) == daemon and manner.decode() in wanted:
                        found.append(int(folder.name))
    return found


def is_writing(worker: int) -> bool:
    """Whether a worker has a file open that is not finished."""
    with suppress(OSError):
        return any(link.readlink().name.endswith(".part") for link in Path(f"/proc/{worker}/fd").iterdir())
    return False


def read_memory(process: int, measure: str = "VmRSS") -> int:
    """The memory of a process in bytes; 0 where it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(f"{measure}:"):
                return int(line.split()[1]) * 1024
    return 0


class Watch:
    """What was seen of a daemon's workers, fifty times a second.

    Attributes:
        most_encoding: how many of them were there for encodes at one time.
        most_memory: the most that one of them had, in bytes.
        most_in_daemon: the most that the daemon itself had.
    """

    def __init__(self, daemon: int) -> None:
        self.most_encoding = self.most_memory = self.most_in_daemon = 0
        self._daemon = daemon
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.most_encoding = max(self.most_encoding, len(find_workers(self._daemon, ENCODES)))
            seen = [read_memory(worker, "VmHWM") for worker in find_workers(self._daemon)]
            self.most_memory = max(self.most_memory, *seen, 0)
            self.most_in_daemon = max(self.most_in_daemon, read_memory(self._daemon, "VmHWM"))
