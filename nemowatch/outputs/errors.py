"""Why outputs can't be written or read.

    OutputError
    ├── BadFolderName    a rule's output template gives no usable folder
    ├── FolderUnusable   the file system refuses: no space, no permission, read-only, gone
    └── ManifestBroken   a job.json that can't be read

Raised by this package only. The job runner turns them into a failed job; what was already fetched stays in the
job's staging folder.
"""

from __future__ import annotations

import errno
from types import MappingProxyType
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NO_SPACE = "Free some space there; what was fetched already is kept."
_NOT_ALLOWED = "Let the user who runs NemoWatch write there, or change the rule's `output`."
_ELSEWHERE = "Name another folder in the rule's `output`."

HINTS: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: _NO_SPACE,
        errno.EDQUOT: _NO_SPACE,
        errno.EFBIG: "The file system can't hold a file as large as this. " + _ELSEWHERE,
        errno.EACCES: _NOT_ALLOWED,
        errno.EPERM: _NOT_ALLOWED,
        errno.EROFS: "Mount it writable, or change the rule's `output`.",
        errno.ENOTDIR: "A part of this path is a file. " + _ELSEWHERE,
        errno.EEXIST: "A file has the name of a folder that is needed. Move it away, or change the rule's `output`.",
        errno.ENAMETOOLONG: "The path is too long for this file system. " + _ELSEWHERE,
        errno.ENOENT: "See whether the disk or share is still there.",
        errno.ESTALE: "Mount the share again.",
        errno.EIO: "The disk reports an error: look at the system's log.",
    }
)
"""What to do about each refusal of a file system that a user can do something about."""


class OutputError(NemoWatchError):
    """Outputs can't be written or read."""


class BadFolderName(OutputError):
    """A rule's output template gives no usable folder."""


class FolderUnusable(OutputError):
    """The file system refuses to take the outputs."""

    @classmethod
    def because(cls, error: OSError, folder: Path) -> FolderUnusable:
        """Put the file system's refusal into words; `folder` is the one that the outputs were meant for."""
        return cls(
            f"The outputs can't be written to {folder}: {error.strerror or error}.",
            hint=HINTS.get(error.errno or 0, ""),
        )


class ManifestBroken(OutputError):
    """A `job.json` that is missing or no manifest."""
