"""Hints from the system that something happened in a folder: quick, and never trusted to be complete.

Used by intake alone, which scans for the truth. The system's events arrive in watchdog's threads; here they
are gathered and handed to the event loop in one call, however many they are. What the system says of events that it
lost is handed on too.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
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

from nemowatch.intake.canary import CANARY_PREFIX
from nemowatch.intake.presence import Root, look_at_root
from nemowatch.intake.reach import plan_pieces
from nemowatch.intake.scan import FolderOffline

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection

    from watchdog.observers.api import BaseObserver, ObservedWatch

    from nemowatch.intake.reach import Piece

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

_LIMITS_REACHED = (errno.ENOSPC, errno.EMFILE)

# Watchdog has no call for it: it only writes that the kernel's queue has overflowed.
_WATCHDOGS_LOG = logging.getLogger("watchdog.observers.inotify_c")


class Hint(NamedTuple):
    """Something happened at a path, which was a folder or a file when it happened."""

    path: str
    is_folder: bool


@dataclass(frozen=True)
class _Attachment:
    """A watch, and the very folder it was put on: it does not see a folder made anew under the same name."""

    pieces: tuple[Piece, ...]
    watches: tuple[ObservedWatch, ...]
    handler: _Handler
    root: Root


class FolderWatcher:
    """Watches folders and calls `on_hints` in the event loop with all that happened since its last call.

    Args:
        on_hints: called with what happened.

    Attributes:
        on_lost: called in the event loop when the system has lost events, so that scans must find what happened.
        on_canary: called in the event loop with the path of each canary that was heard.
    """

    def __init__(self, on_hints: Callable[[Collection[Hint]], None]) -> None:
        self._on_hints = on_hints
        self.on_lost: Callable[[], None] = _do_nothing
        self.on_canary: Callable[[str], None] = _do_nothing
        self._gathered: set[Hint] = set()
        self._lock = threading.Lock()
        self._turn = threading.RLock()
        self._attachments: dict[Path, _Attachment] = {}
        self._observer: BaseObserver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._overflows = _OverflowListener(lambda: self._call(self.on_lost))

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; hints go to this loop."""
        self._loop = loop
        _WATCHDOGS_LOG.addHandler(self._overflows)

    def stop(self) -> None:
        """End all watches. Blocks until watchdog's threads have ended, a matter of milliseconds."""
        _WATCHDOGS_LOG.removeHandler(self._overflows)
        with self._turn:
            observer, self._observer = self._observer, None
            self._loop = None
            self._attachments.clear()
        if observer is not None:
            observer.stop()
            observer.join()

    def attach(
        self, folder: Path, *, recursive: bool, left_out: Collection[Path] = (), anew: bool = False
    ) -> None:
        """Watch a folder; again, if it is another folder than last time or its watch has died.

        Blocks while the folders below are walked: call it in a thread.

        Args:
            folder: absolute; may be a link.
            recursive: whether the folders below are watched too.
            left_out: what is mounted below it; neither watched nor hinted at.
            anew: put on a new watch even if there is one.

        Raises:
            FolderOffline: the folder is missing or can't be read.
            OSError: it is there, and the system can't watch it.
        """
        with self._turn:
            if self._loop is not None:
                self._attach(folder, recursive=recursive, left_out=left_out, anew=anew)

    def detach(self, folder: Path) -> None:
        """End the watch of a folder, if it has one. Blocks until its thread has ended."""
        with self._turn:
            attached = self._attachments.pop(folder, None)
            if attached is not None:
                self._unschedule(attached.watches)

    def _attach(self, folder: Path, *, recursive: bool, left_out: Collection[Path], anew: bool) -> None:
        # The system watches what stands at the end of links, and reports its events under that name.
        real = Path(os.path.realpath(folder))
        try:
            root = look_at_root(folder)
        except OSError as error:
            self.detach(folder)
            raise FolderOffline(folder, error) from error
        mounted = [os.fspath(real / place.relative_to(folder)) for place in left_out]
        pieces = plan_pieces(os.fspath(real), recursive=recursive, left_out=mounted)
        attached = self._attachments.get(folder)
        is_as_wanted = (
            attached is not None
            and attached.root.is_same_as(root)
            and attached.pieces == pieces
            and self.is_alive(folder)
        )
        if anew or not is_as_wanted:
            self.detach(folder)
            handler = _Handler(self._gather, self._tell_canary, os.fspath(real), os.fspath(folder))
            watches = self._schedule(handler, pieces)
            self._attachments[folder] = _Attachment(pieces, watches, handler, root)
        self.leave_out(folder, left_out)

    def _schedule(self, handler: _Handler, pieces: Collection[Piece]) -> tuple[ObservedWatch, ...]:
        """All of the watches or, when the system refuses one, none."""
        observer = self._observe()
        watches: list[ObservedWatch] = []
        try:
            for path, is_recursive in pieces:
                watches.append(observer.schedule(handler, path, recursive=is_recursive, event_filter=_WANTED))
        except OSError:
            self._unschedule(watches)
            raise
        return tuple(watches)

    def _unschedule(self, watches: Collection[ObservedWatch]) -> None:
        if self._observer is not None:
            for watch in watches:
                # Two names of one folder share a watch, which may have ended with the other name.
                with contextlib.suppress(KeyError):
                    self._observer.unschedule(watch)

    def is_alive(self, folder: Path) -> bool:
        """Whether a folder has a watch, all of whose threads still run."""
        attached, observer = self._attachments.get(folder), self._observer
        if attached is None or observer is None:
            return False
        alive = {emitter.watch for emitter in list(observer.emitters) if emitter.is_alive()}
        return alive.issuperset(attached.watches)

    def is_in_pieces(self, folder: Path) -> bool:
        """Whether a folder is watched around what is mounted in it: a folder that appears needs a watch then."""
        attached = self._attachments.get(folder)
        return attached is not None and len(attached.pieces) > 1

    def has_room(self, place: Path) -> bool:
        """Whether the system lets one more folder be watched, or watches this one already. Blocks."""
        with self._turn:
            if self._loop is None:
                return True
            try:
                observer = self._observe()
                # With a slash at its end it is not taken for the watch of a watch folder that it may be.
                watch = observer.schedule(FileSystemEventHandler(), f"{place}/", event_filter=_WANTED)
            except OSError as error:
                return error.errno not in _LIMITS_REACHED
            observer.unschedule(watch)
            return True

    def leave_out(self, folder: Path, places: Collection[Path]) -> None:
        """Nothing that happens at or below these places is hinted at: other disks are mounted there."""
        attached = self._attachments.get(folder)
        if attached is not None:
            attached.handler.left_out = tuple(f"{place}/" for place in places)

    def _observe(self) -> BaseObserver:
        observer = self._observer
        if observer is None:
            # Fails where too many watchers run on this machine; then the next scan tries again.
            observer = Observer()
            observer.start()
            self._observer = observer
        return observer

    def _gather(self, hint: Hint) -> None:
        with self._lock:
            is_first = not self._gathered
            self._gathered.add(hint)
        if is_first:
            self._call(self._hand_over)

    def _hand_over(self) -> None:
        with self._lock:
            hints, self._gathered = self._gathered, set()
        self._on_hints(hints)

    def _tell_canary(self, path: str) -> None:
        self._call(lambda: self.on_canary(path))

    def _call(self, function: Callable[[], None]) -> None:
        """Have a function called in the event loop, from any thread."""
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(function)
            except RuntimeError:
                return  # the loop was closed while this event was on its way: nobody is left to tell


class _Handler(FileSystemEventHandler):
    """Turns events of one watch into hints under the folder's name in the rules, in watchdog's thread."""

    def __init__(
        self, gather: Callable[[Hint], None], tell_canary: Callable[[str], None], real: str, shown: str
    ) -> None:
        self._gather = gather
        self._tell_canary = tell_canary
        self._real = real
        self._shown = shown
        self.left_out: tuple[str, ...] = ()

    def on_any_event(self, event: FileSystemEvent) -> None:
        moved = isinstance(event, FileMovedEvent | DirMovedEvent)
        path = os.fsdecode(event.dest_path if moved else event.src_path)
        if not path.startswith(self._real):
            return
        path = self._shown + path[len(self._real) :]
        if CANARY_PREFIX in path:
            self._tell_canary(path)
        elif not (self.left_out and f"{path}/".startswith(self.left_out)):
            self._gather(Hint(path, event.is_directory))


class _OverflowListener(logging.Handler):
    """Hears watchdog say that events were lost."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._tell()


def _do_nothing(*_: object) -> None:
    """Nobody wants to know."""
