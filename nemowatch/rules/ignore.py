"""What is never taken, whatever the rules say: hidden and unfinished files, NAS and sync housekeeping.

Asked by the matcher for every path, and read by the reference page. No I/O, no pattern compiled per call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath


class Shape(NamedTuple):
    """Names that no fixed beginning or end tells.

    Attributes:
        example: one of them, for people.
        expression: what is looked for in a name in lower case that has two dots at least.
    """

    example: str
    expression: str


@dataclass(frozen=True)
class IgnoreGroup:
    """Names that are left out for one reason; all are compared without regard to case.

    Attributes:
        reason: words for a person.
        names: whole names of files or folders.
        prefixes: beginnings of names.
        suffixes: ends of names.
        shapes: names of another form.
    """

    reason: str
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    shapes: tuple[Shape, ...] = ()


BUILTIN_IGNORES = (
    IgnoreGroup(
        "an unfinished download or copy",
        names=(".rsync-partial", ".rsync-tmp"),
        prefixes=(
            "unconfirmed ", ".com.google.chrome.", ".org.chromium.chromium.", ".pending-", ".pureftpd-upload",
            "(a document being saved by ",
        ),
        suffixes=(
            ".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload",
            ".!qb", ".!ut", ".bc!", ".az!", ".jc!", ".xltd", ".td",
            ".aria2", "-lftp-pget-status", ".fdmdownload", ".getright",
            ".downloading", ".unfinished", ".incomplete", ".ytdl", ".rsync", ".uploading", ".dtapart",
        ),
        shapes=(
            # Programs that need the type at the end while they write.
            Shape("talk.temp.mp4", r"\.(?:partial|tmp|temp|incomplete|unfinished)\.\w{2,4}$"),
            # yt-dlp keeps picture and sound apart until it has both: one format each, named by its number.
            Shape("talk.f137.mp4", r"\.f\d{3,4}(?:-\w+)?\.(?:mp4|webm|m4a|mkv|mov|mp3|aac)$"),
            Shape("talk.mp4.part-Frag12", r"\.part-frag\d+$"),
            # Documents of macOS are saved in a folder beside their place.
            Shape("talk.mov.sb-1a2b3c4d-Xy12Zz", r"\.sb-[0-9a-f]{8}-\w{6}$"),
        ),
    ),
    IgnoreGroup(
        "a sync program's own file",
        names=(
            ".stfolder", ".stversions", ".stignore", ".sync", ".syncignore", ".dropbox", ".dropbox.cache",
            ".dropbox.attr", ".owncloudsync.log", ".nextcloudsync.log", ".tmp.drivedownload",
            ".tmp.driveupload", ".seafile-data", "desktop.ini", ".synologyworkingdirectory",
            "@synologycloudsync", "@sharebin", "sync.ffs_db", "sync.ffs_lock", ".debris",
        ),
        prefixes=(
            ".syncthing.", "~syncthing~", "._sync_", ".sync_", ".csync_journal.", ".~lock.", ".owncloud",
            ".nextcloud", ".~", ".unison.", ".getxfer.",
        ),
        suffixes=(".!sync", ".bts", ".ffs_tmp", ".ffs_db", ".ffs_lock", ".!seafile", ".unison"),
    ),
    IgnoreGroup(
        "a cloud service's placeholder, its content is not here",
        suffixes=(".icloud", ".nextcloud", ".owncloud"),
    ),
    IgnoreGroup(
        "a NAS's or system's own folder or file",
        names=(
            "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", ".snapshot",
            ".snapshots", "~snapshot", ".zfs", "trashbox", "lost+found", "found.000",
            "system volume information", "$recycle.bin", "recycler", "__macosx", "thumbs.db", "ehthumbs.db",
            ".ds_store", ".spotlight-v100", ".fseventsd", ".temporaryitems", ".appledouble", ".apdisk",
            ".documentrevisions-v100", ".volumeicon.icns", ".metadata_never_index",
            "network trash folder", "temporary items",
        ),
        prefixes=(
            ".trash", "._", ".@__", ".nfs", ".smbdelete", ".fuse_hidden", ".com.apple.timemachine",
            "#synorecycle",
        ),
        suffixes=("@synoeastream", "@synoresource"),
    ),
    IgnoreGroup(
        "a temporary file",
        prefixes=("~$", ".goutputstream-"),
        suffixes=("~", ".tmp", ".temp", ".swp", ".swo", ".swx", ".lock", ".lck", ".bak", ".kate-swp"),
    ),
)  # fmt: skip
"""Every built-in ignore but the plain hidden ones (names that start with a dot), the closest reason first."""

_HIDDEN = "hidden (its name starts with a dot)"
_REASONS_BY_NAME = {name: group.reason for group in BUILTIN_IGNORES for name in group.names}
_ANY_PREFIX = tuple(prefix for group in BUILTIN_IGNORES for prefix in group.prefixes)
_ANY_SUFFIX = tuple(suffix for group in BUILTIN_IGNORES for suffix in group.suffixes)
_ANY_SHAPE = re.compile("|".join(shape.expression for group in BUILTIN_IGNORES for shape in group.shapes))


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
        or (lower.count(".") > 1 and _ANY_SHAPE.search(lower))
    ):
        return _reason_of(lower)
    return _HIDDEN if lower.startswith(".") else None


def _reason_of(lower: str) -> str:
    if lower in _REASONS_BY_NAME:
        return _REASONS_BY_NAME[lower]
    return next(group.reason for group in BUILTIN_IGNORES if _has_form_of(group, lower))


def _has_form_of(group: IgnoreGroup, lower: str) -> bool:
    # `startswith` and `endswith` of no alternatives at all are false.
    return (
        lower.startswith(group.prefixes)
        or lower.endswith(group.suffixes)
        or any(re.search(shape.expression, lower) for shape in group.shapes)
    )
