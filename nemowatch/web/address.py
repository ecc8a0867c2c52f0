"""The control socket's address: a path of any length, given to the kernel in a form that it takes.

Used by the server, which binds it, and by the client, which connects to it. A socket's address holds 107 bytes on
Linux (unix(7)) and 103 on macOS; the path of a state folder may be longer. On Linux the folder is named through
/proc/self/fd then, which is short.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_ADDRESS = 107 if sys.platform == "linux" else 103
"""Bytes of a path that the kernel takes as a socket's address."""


class AddressTooLong(OSError):
    """The path is longer than a socket's address may be, and this system has no other name for it."""


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """A name of the path that a socket takes, good for as long as the context is open.

    Raises:
        AddressTooLong: it can't be named.
        OSError: the folder is not there.
    """
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    if sys.platform != "linux":
        raise AddressTooLong(
            f"{path} has more than the {LONGEST_ADDRESS} bytes that a socket's address may have"
        )
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
