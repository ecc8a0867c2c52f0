"""One look at one path on the disk: what stands there now, and whether a link leads to it.

Called in threads by intake and the gate. It opens nothing and follows no link.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from nemowatch.intake.records import FileVersion


def read_version(path: Path) -> FileVersion | None:
    """The version of the regular file at a path; None when there is none (gone, a link, a folder, a device).

    Raises:
        OSError: the path can't be looked at (no permission, the disk or share answers with an error).
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return FileVersion(path, status.st_size, status.st_mtime_ns, status.st_ino)


def is_behind_link(folder: Path, subfolder: Path) -> bool:
    """Whether a symbolic link lies between a watch folder and a folder below it, or the folder itself is one.

    The watch folder may be a link, or lie behind one: the rule names it.
    """
    # `Path.resolve` would raise on a link that leads to itself.
    real = Path(os.path.realpath(subfolder))
    return real != Path(os.path.realpath(folder)) / subfolder.relative_to(folder)
