"""Whether a file's content lies somewhere else: the placeholders of cloud services, told without opening them.

Opening such a file, even for its first byte, makes the service fetch all of it. Asked by the gate before a
file is opened for the first time; neither scans nor matching open anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from nemowatch.intake.filesystems import FileSystem

_SF_DATALESS = 0x40000000  # sys/stat.h of macOS: the file's content is fetched when somebody opens it
_LARGEST_INLINE_BYTES = 4096
"""Small files may lie in their directory entry and take no block: NTFS, Btrfs, ext4 with inline data."""


def may_be_online_only(status: os.stat_result) -> bool:
    """The cheap half of the question, without the file system: whether it is worth asking."""
    flags = getattr(status, "st_flags", None)
    if flags is not None:
        # Compressed files of macOS take no block either, so where there are flags, they alone count.
        return bool(flags & _SF_DATALESS)
    return status.st_blocks == 0 and status.st_size > _LARGEST_INLINE_BYTES


def is_online_only(status: os.stat_result, file_system: FileSystem) -> bool:
    """Whether a file's content is not on this disk.

    On Linux a file that has a size and no block: a placeholder, or space that was only reserved. Network and
    FUSE file systems may count no blocks at all, so there it says nothing. ZFS and others count none for a few
    seconds after writing: look again.
    """
    if not may_be_online_only(status):
        return False
    if getattr(status, "st_flags", None) is not None:
        return True
    return not (file_system.is_network or file_system.is_fuse)
