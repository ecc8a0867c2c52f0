"""What is never taken, whatever the rules say: hidden and unfinished files, NAS and sync housekeeping.

Asked by the matcher for every path, and read by the reference page. No I/O, no pattern compiled per call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath


@dataclass(frozen=True)
class IgnoreGroup:
    """Names that are left out for one reason; all are compared without regard to case.

    Attributes:
        reason: words for a person.
        names: whole names of files or folders.
        prefixes: beginnings of names.
        suffixes: ends of names.
    """

    reason: str
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


BUILTIN_IGNORES = (
    IgnoreGroup(
        "an unfinished download or copy",
        suffixes=(
            ".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload",
            ".!qb", ".!ut", ".bc!",
            ".aria2",
            ".downloading", ".unfinished", ".incomplete", ".ytdl", ".rsync", ".uploading", ".dtapart",
        ),
        prefixes=("unconfirmed ",),
    ),
    IgnoreGroup(
        "a sync program's own file",
        names=(
            ".stfolder", ".stversions", ".stignore", ".sync", ".syncignore", ".dropbox", ".dropbox.cache",
            ".dropbox.attr", ".owncloudsync.log", ".nextcloudsync.log", ".tmp.drivedownload",
            ".tmp.driveupload", ".seafile-data", "desktop.ini",
        ),
        prefixes=(".syncthing.", "~syncthing~", "._sync_", ".~lock.", ".owncloud", ".nextcloud", ".~"),
        suffixes=(".!sync", ".bts"),
    ),
    IgnoreGroup(
        "a NAS's or system's own folder or file",
        names=(
            "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", ".snapshot",
            ".snapshots", ".zfs", "lost+found", "system volume information", "$recycle.bin", "recycler",
            "__macosx", "thumbs.db",
            "ehthumbs.db", ".ds_store", ".spotlight-v100", ".fseventsd", ".temporaryitems", ".appledouble",
            ".documentrevisions-v100", "network trash folder", "temporary items",
        ),
        prefixes=(".trash", "._", ".nfs", ".smbdelete", ".fuse_hidden"),
    ),
    IgnoreGroup(
        "a temporary file",
        prefixes=("~$", ".goutputstream-"),
        suffixes=("~", ".tmp", ".temp", ".swp", ".swo", ".swx", ".lock", ".lck", ".bak", ".kate-swp"),
    ),
)  # fmt: skip
"""Every built-in ignore but the plain hidden ones (names that start with a dot), the closest reason first."""

_HIDDEN = "hidden (its name starts with a dot)"
# `talk.temp.mp4`: programs that need the type at the end while they write.
_UNFINISHED_INSIDE = re.compile(r"\.(?:partial|tmp|temp)\.\w{2,4}$")
_REASONS_BY_NAME = {name: group.reason for group in BUILTIN_IGNORES for name in group.names}
_ANY_PREFIX = tuple(prefix for group in BUILTIN_IGNORES for prefix in group.prefixes)
_ANY_SUFFIX = tuple(suffix for group in BUILTIN_IGNORES for suffix in group.suffixes)


def is_builtin_ignored(relative: PurePath) -> str | None:
    """Say why a path, given relative to its watch folder, is never taken; None when it may be.

    Folders count: everything inside an ignored folder is ignored.
    """
    return ignored_part(relative.parts)


def ignored_part(names: Sequence[str]) -> str | None:
    """The same for the names along the path."""
    for name in names:
        reason = ignored_name(name)
        if reason:
            return f"{reason}: {name}"
    return None


def ignored_name(name: str) -> str | None:
    """Say why a file or folder of this name is never taken; None when it may be."""
    lower = name.lower()
    if (
        lower in _REASONS_BY_NAME
        or lower.startswith(_ANY_PREFIX)
        or lower.endswith(_ANY_SUFFIX)
        or _UNFINISHED_INSIDE.search(lower)
    ):
        return _reason_of(lower)
    return _HIDDEN if lower.startswith(".") else None


def _reason_of(lower: str) -> str:
    if lower in _REASONS_BY_NAME:
        return _REASONS_BY_NAME[lower]
    for group in BUILTIN_IGNORES:
        if lower.startswith(group.prefixes or ("\0",)) or lower.endswith(group.suffixes or ("\0",)):
            return group.reason
    return BUILTIN_IGNORES[0].reason
