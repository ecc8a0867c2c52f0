"""What has come of a download so far: `<target>.part`, and beside it a note of what it is a part of.

Used by `download.py`. The note lets another call, also of another process, go on where this one stopped. A part
never stands beside a note about anything else: the order of writing sees to it. Both names end in `.part`, by which
`outputs/staging.py` knows what must never be published.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict
from typing import TYPE_CHECKING

from nemowatch.nemo.resuming import ResumePoint, origin_from_json

if TYPE_CHECKING:
    import io
    from pathlib import Path

    from nemowatch.nemo.resuming import Origin


class PartFile:
    """The unfinished file of one target; its methods, but `find`, raise OSError as the disk gives it."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.origin.part")

    def find(self, url: str) -> ResumePoint | None:
        """Where a download from this address can go on; None where it has to begin."""
        try:
            origin = origin_from_json(json.loads(self._note.read_bytes()))
            facts = os.lstat(self._path)
        except (OSError, ValueError, RecursionError):
            return None
        if origin is None or not origin.lies_at(url) or not stat.S_ISREG(facts.st_mode):
            return None
        start = facts.st_size
        if origin.total is not None:
            if start > origin.total:
                return None
            # Of a part that is whole the last byte is asked for again: it may have changed at its origin.
            start = min(start, origin.total - 1)
        return ResumePoint(start, origin) if start > 0 else None

    def begin(self, origin: Origin | None) -> io.FileIO:
        """Open a new one; with an origin, so that it can be gone on with."""
        self.discard()
        if origin is not None:
            self._note.write_text(json.dumps(asdict(origin)), encoding="ascii")
        # A new file, because ext4 writes one that was emptied to the disk as soon as it is closed.
        return self._path.open("xb", buffering=0)

    def go_on(self, start: int) -> io.FileIO:
        """Open it to write after its first `start` bytes."""
        file = self._path.open("r+b", buffering=0)
        try:
            file.truncate(start)
            file.seek(start)
        except BaseException:
            file.close()
            raise
        return file

    def finish(self) -> None:
        """Give it its name: it is whole."""
        self._path.replace(self._target)
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove it."""
        self._note.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
