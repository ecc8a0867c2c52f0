"""How far a watch may reach: over a whole folder, or in pieces around what is mounted inside it.

Used by the watcher. One watch over everything would go into each disk and share that is mounted below: it would walk
them, and use up what the system allows to be watched.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_MOST_PIECES = 50
"""Each piece costs a thread."""


class Piece(NamedTuple):
    """A folder to be watched, with all that lies below it or alone."""

    path: str
    is_recursive: bool


def plan_pieces(folder: str, *, recursive: bool, left_out: Collection[str]) -> tuple[Piece, ...]:
    """The watches that cover a folder without entering what is left out. Blocks.

    Args:
        folder: its real path.
        recursive: whether the folders below are watched too.
        left_out: real paths of what is mounted somewhere; those that lie elsewhere don't matter.

    Raises:
        OSError: a folder on the way to a mount point can't be read, or too many lie beside them.
    """
    if not recursive:
        return (Piece(folder, is_recursive=False),)
    pieces: list[Piece] = []
    for piece in _plan_recursive(folder, frozenset(left_out)):
        pieces.append(piece)
        if len(pieces) > _MOST_PIECES:
            reason = "other file systems are mounted inside it, among too many folders to watch one by one"
            raise OSError(errno.E2BIG, reason)
    return tuple(pieces)


def _plan_recursive(folder: str, left_out: frozenset[str]) -> Iterator[Piece]:
    prefix = folder if folder.endswith("/") else f"{folder}/"
    if not any(place.startswith(prefix) for place in left_out):
        yield Piece(folder, is_recursive=True)
        return
    yield Piece(folder, is_recursive=False)
    with os.scandir(folder) as listing:
        below = [entry.path for entry in listing if entry.is_dir(follow_symlinks=False)]
    for path in below:
        if path not in left_out:
            yield from _plan_recursive(path, left_out)
