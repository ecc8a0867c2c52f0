"""Keeps what the daemon takes of the memory level over months.

Called by the daemon's root before it starts threads. Changes nothing but where the C library puts things.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8  # malloc.h of glibc; mallopt(3)


def share_one_arena() -> None:
    """Have all threads take their memory from one place; nothing happens where malloc is not glibc's.

    glibc would give threads up to eight arenas a processor, and each keeps what it once had: with threads that come
    and go the daemon grew twice as fast (`make soak`).
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
