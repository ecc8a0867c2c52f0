"""What stands under a watch folder's name: the folder that is known, another one, or nothing.

Used by the watch folders; all functions block, and are called in threads. A disk that is not mounted leaves an empty
folder behind. Nothing must be concluded from such a folder, so a watch folder has an identity that is remembered.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from nemowatch.intake.filesystems import FileSystem, file_system_of, mount_points_below
from nemowatch.intake.scan import FolderOffline

_MOUNTED = "mounted"


class Known(NamedTuple):
    """A watch folder as it stood at its last complete scan.

    Attributes:
        identity: as `Stand.identity` says it.
        had_files: it held files that a rule takes.
    """

    identity: str
    had_files: bool


class FolderMemory(Protocol):
    """Which folders stood under the names of watch folders, over restarts. Both block; called in threads."""

    def read(self, folder: Path) -> Known | None:
        """What is known of a watch folder; None when it was never looked through."""
        ...

    def write(self, folder: Path, known: Known) -> None:
        """Keep what stands there."""
        ...


class ForgetfulMemory:
    """For those who keep none, as in tests: every start begins anew."""

    def __init__(self) -> None:
        self._known: dict[Path, Known] = {}

    def read(self, folder: Path) -> Known | None:
        """As the protocol says."""
        return self._known.get(folder)

    def write(self, folder: Path, known: Known) -> None:
        """As the protocol says."""
        self._known[folder] = known


class Root(NamedTuple):
    """A quick look at a watch folder: what one call to the system tells."""

    device: int
    inode: int
    mtime_ns: int

    def is_same_as(self, other: Root) -> bool:
        """Whether it is the same folder, whatever lies in it."""
        return (self.device, self.inode) == (other.device, other.inode)


@dataclass(frozen=True)
class Stand:
    """What stands under a watch folder's name.

    Attributes:
        root: the quick look at it.
        file_system: on which it lies.
        identity: the same after a restart or another mount, if it is the same folder; another one, most often, if
            it is not.
        mount_points: what is mounted below it.
    """

    root: Root
    file_system: FileSystem
    identity: str
    mount_points: frozenset[Path]

    def replaces(self, known: Known | None) -> bool:
        """Whether this folder, in which no file of ours lies, stands in the place of the one that is known."""
        if known is None or known.identity == self.identity:
            return False
        was_mounted = known.identity.endswith(_MOUNTED) and not self.identity.endswith(_MOUNTED)
        return known.had_files or was_mounted


def look_at_root(folder: Path) -> Root:
    """The folder that a name leads to now.

    Raises:
        OSError: it is missing or can't be read.
    """
    status = folder.stat()
    os.scandir(folder).close()
    return Root(status.st_dev, status.st_ino, status.st_mtime_ns)


def look_at_folder(folder: Path) -> Stand:
    """What stands under a watch folder's name.

    Raises:
        FolderOffline: it is missing or can't be read.
    """
    try:
        root = look_at_root(folder)
    except OSError as error:
        raise FolderOffline(folder, error) from error
    file_system = file_system_of(folder)
    is_mounted = file_system.mount_point == Path(os.path.realpath(folder))
    marks = (
        file_system.kind,
        file_system.device_name(),
        str(root.inode) if file_system.keeps_inodes else "",
        _MOUNTED if is_mounted else "",
    )
    return Stand(root, file_system, "|".join(marks), mount_points_below(folder))
