"""The values that travel through intake: what was seen, what is complete, what is still waited for.

All frozen. `Ready` is what leaves intake; `PendingFile` and `FolderStatus` are what `status` shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.media.probe import MediaInfo
    from nemowatch.rules.rule import Rule


@dataclass(frozen=True)
class FileVersion:
    """One file as it stood at one look: if any of size, time or inode differs, it is another version.

    Attributes:
        path: absolute, below a watch folder.
        size: in bytes.
        mtime_ns: nanoseconds since the epoch as the file system gives them. Only ever compared for equality:
            files from the future are files like others.
        inode: tells a replaced file from a changed one; 0 on file systems that keep none (FAT, many shares).
    """

    path: Path
    size: int
    mtime_ns: int
    inode: int


class Candidate(NamedTuple):
    """A file as one rule sees it: every rule that matches a file settles and takes it by itself."""

    rule: str
    path: Path


@dataclass(frozen=True)
class Ready:
    """A complete file that is to become a job.

    Attributes:
        version: what was checked; the file may have changed since, as any file may.
        rule: the rule that takes it.
        folder: the watch folder of that rule in which it lies.
        media: what probing it found; None for a list of addresses, which holds no media itself.
        is_held: it is one of many that the rule found on its first look, and waits for the user.
    """

    version: FileVersion
    rule: Rule
    folder: Path
    media: MediaInfo | None
    is_held: bool = False

    @property
    def duration_seconds(self) -> float | None:
        """How long it plays; None for what does not play, and where nobody knows."""
        return None if self.media is None else self.media.duration_seconds


class PendingState(StrEnum):
    """Where a file stands on its way to becoming a job."""

    SETTLING = "settling"
    CHECKING = "checking"
    INCOMPLETE = "incomplete"
    RETRYING = "retrying"


@dataclass(frozen=True)
class PendingFile:
    """A file that is on its way to becoming a job, for people.

    Attributes:
        seconds_left: until it is looked at next; None while that is going on.
        reason: why it is still waited for, where there is more to say than the state does.
    """

    path: Path
    rule: str
    state: PendingState
    seconds_left: float | None
    reason: str


class FolderState(StrEnum):
    """How a watch folder is looked after."""

    NOT_SCANNED = "not scanned yet"
    WATCHED = "watched"
    SCANNED_ONLY = "scanned only"
    OFFLINE = "offline"


@dataclass(frozen=True)
class FolderStatus:
    """A watch folder, for people. `SCANNED_ONLY` says that events don't come from it; `reason` says why."""

    folder: Path
    state: FolderState
    reason: str = ""
