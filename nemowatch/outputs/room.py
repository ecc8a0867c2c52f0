"""Whether there is room for what is about to be written, asked before the work instead of in its middle.

Called by the steps that make large files on this machine. A disk that fills up meanwhile stops the write.
"""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

from nemowatch.outputs.errors import HINTS, FolderUnusable
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from pathlib import Path

_MARGIN_BYTES = 64 * 1024 * 1024
"""What stays free in any case: the disk is the user's, and the state may lie on it."""


def require_room(folder: Path, size_bytes: int) -> None:
    """Return where a folder's file system can take so many bytes more. Blocks.

    Raises:
        FolderUnusable: it can't; its cause is an OSError with ENOSPC, as if the write had been tried.
        OSError: nobody can tell, because the folder is gone.
    """
    free = shutil.disk_usage(folder).free
    if free >= size_bytes + _MARGIN_BYTES:
        return
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    raise FolderUnusable(
        f"About {format_bytes(size_bytes)} are needed in {folder}, and {format_bytes(free)} are free there.",
        hint=HINTS[errno.ENOSPC],
    ) from error
