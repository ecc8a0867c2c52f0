"""Memory for what is written next, so that all who write find the same.

A virtual machine hands free memory back to its host within seconds, and to get it again costs several times as
much as to fill it. A download would be fast or slow by what its pages were used for just before, and not by who
downloads. So before each one, by NemoWatch or by the peer, a file of its size is written and removed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = b"x" * 1_000_000


def warm_pages(scratch: Path, size: int) -> None:
    """Write and remove a file of this many bytes.

    Args:
        scratch: a name that is free, on the file system that is written to next.
        size: bytes.
    """
    with scratch.open("wb", buffering=0) as file:
        while size > 0:
            size -= file.write(_PIECE[:size])
    scratch.unlink()
