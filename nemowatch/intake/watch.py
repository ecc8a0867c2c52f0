"""Hints from the system that something happened in a folder: quick, and never trusted to be complete.

Used by intake alone, which scans for the truth. The system's events arrive in watchdog's threads; here they
are gathered and handed to the event loop in one call, however many they are.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from nemowatch.intake.scan import FolderOffline

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection
    from pathlib import Path

    from watchdog.observers.api import BaseObserver, ObservedWatch

# Without a filter a burst of files overflows the kernel's queue far sooner. A modified folder says nothing
# that its files don't say themselves.
_WANTED: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]


class Hint(NamedTuple):
    """Something happened at a path, which was a folder or a file when it happened."""

    path: str
    is_folder: bool


@dataclass(frozen=True)
class _Attachment:
    """A watch, and the very folder it was put on: it does not see a folder made anew under the same name."""

    watch: ObservedWatch
    identity: tuple[int, int]


class FolderWatcher:
    """Watches folders and calls `on_hints` in the event loop with all that happened since its last call."""

    def __init__(self, on_hints: Callable[[Collection[Hint]], None]) -> None:
        self._on_hints = on_hints
        self._gathered: set[Hint] = set()
        self._lock = threading.Lock()
        self._attachments: dict[Path, _Attachment] = {}
        self._observer: BaseObserver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; hints go to this loop."""
        self._loop = loop
        self._observer = Observer()
        self._observer.start()

    def stop(self) -> None:
        """End all watches. Blocks until watchdog's threads have ended, a matter of milliseconds."""
        observer, self._observer = self._observer, None
        self._loop = None
        self._attachments.clear()
        if observer is not None:
            observer.stop()
            observer.join()

    def attach(self, folder: Path, *, recursive: bool) -> None:
        """Watch a folder; again, if it is another folder than last time or its watch has died.

        Blocks while the folders below are walked: call it in a thread.

        Raises:
            FolderOffline: the folder is missing or can't be read.
            OSError: it is there, and the system can't watch it.
        """
        observer = self._observer
        if observer is None:
            return
        # The system watches what stands at the end of links, and reports its events under that name.
        real = os.path.realpath(folder)
        try:
            status = folder.stat()
            os.scandir(real).close()
        except OSError as error:
            self._detach(folder)
            raise FolderOffline(folder, error) from error
        identity = (status.st_dev, status.st_ino)
        attached = self._attachments.get(folder)
        if attached is not None and attached.identity == identity and self._is_alive(observer, attached):
            return
        self._detach(folder)
        handler = _Handler(self._gather, real, os.fspath(folder))
        watch = observer.schedule(handler, real, recursive=recursive, event_filter=_WANTED)
        self._attachments[folder] = _Attachment(watch, identity)

    def _detach(self, folder: Path) -> None:
        attached = self._attachments.pop(folder, None)
        if attached is not None and self._observer is not None:
            self._observer.unschedule(attached.watch)

    @staticmethod
    def _is_alive(observer: BaseObserver, attached: _Attachment) -> bool:
        return any(emitter.watch == attached.watch and emitter.is_alive() for emitter in observer.emitters)

    def _gather(self, hint: Hint) -> None:
        with self._lock:
            is_first = not self._gathered
            self._gathered.add(hint)
        loop = self._loop
        if is_first and loop is not None:
            try:
                loop.call_soon_threadsafe(self._hand_over)
            except RuntimeError:
                return  # the loop was closed while this event was on its way: nobody is left to tell

    def _hand_over(self) -> None:
        with self._lock:
            hints, self._gathered = self._gathered, set()
        self._on_hints(hints)


class _Handler(FileSystemEventHandler):
    """Turns events of one watch into hints under the folder's name in the rules, in watchdog's thread."""

    def __init__(self, gather: Callable[[Hint], None], real: str, shown: str) -> None:
        self._gather = gather
        self._real = real
        self._shown = shown

    def on_any_event(self, event: FileSystemEvent) -> None:
        moved = isinstance(event, FileMovedEvent | DirMovedEvent)
        path = os.fsdecode(event.dest_path if moved else event.src_path)
        if path.startswith(self._real):
            self._gather(Hint(self._shown + path[len(self._real) :], event.is_directory))
