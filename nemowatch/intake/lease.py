"""Whether another program still has a file open for writing, as far as the system tells.

Called by the gate, in a thread. On Linux a read lease is asked for and given back at once: the kernel grants
it only while nobody has the file open for writing (fcntl(2), F_SETLEASE), a writing memory map included.
Nothing is read, and no lease is kept: for the instant that it is held, a program that opens the file for
writing waits.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import stat
import sys
from typing import TYPE_CHECKING

from nemowatch.intake.filesystems import file_system_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_CAN_LEASE = sys.platform == "linux"


def is_open_for_writing(path: Path) -> bool | None:
    """Whether any program of this machine has a regular file open for writing.

    Returns:
        None where it can't be known: not on Linux, on file systems without leases and most shares, for files of
        other users (unless with CAP_LEASE), for anything that is not a regular file. On a share, False says
        nothing of other machines.

    Raises:
        OSError: the file can't be opened for reading.
    """
    # A pipe or device must not even be opened; the path may be exchanged until it is, so look again then.
    if not _CAN_LEASE or not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except BlockingIOError:
        return True  # a file server holds a lease for a client that may still have something to write
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with hold_read_lease(descriptor):
            return False
    except BlockingIOError:
        # NFS 4 and CIFS refuse in the same words where the server gave this machine no rights to the file; under FUSE
        # it is this machine's kernel alone that decides.
        place = file_system_of(path)
        return None if place.is_network and not place.is_fuse else True
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS}:
            return None
        raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def hold_read_lease(descriptor: int) -> Iterator[None]:
    """Hold a read lease on an open file.

    Raises:
        BlockingIOError: somebody has the file open for writing.
        OSError: no lease can be had here.
    """
    # A writer that opens the file meanwhile makes the kernel send SIGIO, which ends a process that does not
    # handle it. SIGURG says the same and is ignored by default, also by processes that never heard of leases.
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    try:
        yield
    finally:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
