"""What makes two files one job: the rule and the content, whatever the file is called and wherever it lies."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PIECE_BYTES = 1 << 18


class ReadingStopped(Exception):
    """Nobody needs the content any more: the daemon is stopping."""


def hash_content(path: Path, is_stopped: Callable[[], bool] = lambda: False) -> str:
    """The SHA-256 of a file's content, in hexadecimal. Reads it all: call it in a thread.

    Args:
        path: the file.
        is_stopped: asked before every piece of 256 KiB.

    Raises:
        OSError: the file is gone or can't be read.
        ReadingStopped: `is_stopped` said so.
    """
    digest, piece = hashlib.sha256(), memoryview(bytearray(_PIECE_BYTES))
    with path.open("rb", buffering=0) as file:
        while True:
            if is_stopped():
                raise ReadingStopped
            count = file.readinto(piece)
            if not count:
                return digest.hexdigest()
            digest.update(piece[:count])


def make_job_id(rule: str, sha256: str, attempt: int = 1, *, place: str = "") -> str:
    """The id of the job that this rule makes of this content: 16 hexadecimal digits, always the same.

    Args:
        rule: the rule's name.
        sha256: the content's.
        attempt: a later one, after one that failed and cost nothing, is another job.
        place: the path, where the same content makes a job of its own in each place.
    """
    parts = [rule, sha256]
    if attempt > 1 or place:
        parts.append(str(attempt))
    if place:
        parts.append(place)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
