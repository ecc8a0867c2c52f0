"""Folders that are away, as when a share has dropped or a disk was unplugged: jobs wait for them, they don't fail.

Asked by jobs at work and by the aftercare, when something is not where it was. Never makes a folder: what is made
under the name of a share that is not mounted fills the wrong disk, and hides below the share when it is back.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nemowatch.jobs.records import JobSpec

PLACE_MARKER = "place"
"""Keeps on which mount a job has opened the place of its outputs."""

_NOBODY_ANSWERS = frozenset(
    {
        errno.EIO,
        errno.ENXIO,
        errno.ENODEV,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ETIMEDOUT,
    }
)


def look_offline(folder: Path) -> str:
    """Why a watch folder is offline, in a sentence that names it; empty where it can be read."""
    try:
        with os.scandir(folder):
            return ""
    except OSError as error:
        return f"The folder {folder} is offline: {error.strerror or error}."


def is_absence(error: BaseException | None) -> bool:
    """Whether a file system's refusal, or what caused the given error, says that nobody answers for the place."""
    if isinstance(error, OSError):
        return error.errno in _NOBODY_ANSWERS
    return error is not None and error.__cause__ is not None and is_absence(error.__cause__)


def mount_point_of(path: Path) -> Path:
    """Where the file system begins that holds a path, or would, if the path were made now."""
    while not os.path.ismount(path) and path != path.parent:
        path = path.parent
    return path


def why_place_is_away(
    spec: JobSpec, place: Mapping[str, str] | None, offline_reason: Callable[[Path], str]
) -> str:
    """Why the place of a job's outputs can't be there just now, in a sentence; empty where nothing speaks for it.

    Args:
        spec: the job.
        place: the facts of its `PLACE_MARKER`; None where it has opened none yet.
        offline_reason: why a watch folder is offline.
    """
    if place is not None and not os.path.ismount(place["mount"]):
        return f"The disk or share {place['mount']}, which takes the outputs, is not there."
    if spec.folder is not None and spec.output_folder.is_relative_to(spec.folder.parent):
        return offline_reason(spec.folder)
    return ""
