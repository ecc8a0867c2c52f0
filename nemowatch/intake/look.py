"""One look at one path on the disk: what stands there now, and whether a link or another disk lies on the way.

Called in threads by intake and the gate. It opens nothing and follows no link.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from nemowatch.intake.filesystems import mount_points_below
from nemowatch.intake.records import FileVersion


def read_version(path: Path, *, keeps_inodes: bool = True) -> FileVersion | None:
    """The version of the regular file at a path; None when there is none (gone, a link, a folder, a device).

    Args:
        path: absolute.
        keeps_inodes: False where the file system gives a file another inode number at another look; the
            version then has 0 in its place.

    Raises:
        OSError: the path can't be looked at (no permission, the disk or share answers with an error).
    """
    status = read_status(path)
    return None if status is None else version_of(path, status, keeps_inodes=keeps_inodes)


def read_status(path: Path) -> os.stat_result | None:
    """What the system says about the regular file at a path; None when there is none. Raises OSError."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def version_of(path: Path, status: os.stat_result, *, keeps_inodes: bool = True) -> FileVersion:
    """The version that a look at a regular file found."""
    return FileVersion(path, status.st_size, status.st_mtime_ns, status.st_ino if keeps_inodes else 0)


def is_behind_link(folder: Path, subfolder: Path) -> bool:
    """Whether a symbolic link lies between a watch folder and a folder below it, or the folder itself is one.

    The watch folder may be a link, or lie behind one: the rule names it.
    """
    # `Path.resolve` would raise on a link that leads to itself.
    real = Path(os.path.realpath(subfolder))
    return real != Path(os.path.realpath(folder)) / subfolder.relative_to(folder)


def is_behind_mount(folder: Path, path: Path) -> bool:
    """Whether a file lies on something that is mounted below its watch folder, or is itself mounted there.

    Raises:
        OSError: the file or the folder can't be looked at.
    """
    if sys.platform == "darwin" and os.lstat(path).st_dev == folder.stat().st_dev:
        return False  # there are no bind mounts there, and asking for its table of mounts starts a program
    mounted = mount_points_below(folder)
    return bool(mounted) and not mounted.isdisjoint((path, *path.parents))
