"""A progress callback that remembers."""

from __future__ import annotations

import threading


class Progress:
    """Notes what it is told, and on which thread."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []
        self.threads: set[threading.Thread] = set()

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))
        self.threads.add(threading.current_thread())
