"""What Linux says about its file watches: which folders this process watches, and what the limits are.

Asked by the watch folders, because a watch that could not be put on a subfolder is not reported. Only looks; the
watches themselves are watchdog's. On other systems every answer is empty: they have no such limits.

Source: proc_pid_fdinfo(5), "inotify wd:… ino:… sdev:…" in hexadecimal; inotify(7), /proc/sys/fs/inotify.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROCESSES = Path("/proc")
_OWN_FILES = Path("/proc/self/fd")
_OWN_FILES_INFO = Path("/proc/self/fdinfo")
_LIMITS = Path("/proc/sys/fs/inotify")
_WATCHED_INODE = re.compile(r"^inotify wd:[0-9a-f]+ ino:([0-9a-f]+) ", re.MULTILINE)

_RAISED_WATCHES = 524_288
_RAISED_INSTANCES = 1024


class Usage(NamedTuple):
    """How many watchers there are, and how many folders or files they watch together."""

    instances: int
    watches: int


def watched_inodes() -> frozenset[int] | None:
    """The inode numbers of all folders that this process watches; None where the system does not tell."""
    inodes: set[int] = set()
    try:
        for number in _watching_files(_OWN_FILES):
            inodes.update(parse_watched_inodes((_OWN_FILES_INFO / number).read_text()))
    except OSError:
        return None
    return frozenset(inodes)


def parse_watched_inodes(text: str) -> Iterator[int]:
    """The inode numbers in what /proc/self/fdinfo says of one inotify descriptor."""
    return (int(number, 16) for number in _WATCHED_INODE.findall(text))


def explain_refusal(error: OSError) -> str:
    """Why a folder can't be watched, in whole sentences for a person, with the way out if there is one."""
    if error.errno == errno.ENOSPC:
        return explain_watches_limit()
    if error.errno == errno.EMFILE:
        return _explain_limit("max_user_instances", "watchers may run at once", _RAISED_INSTANCES)
    return f"The system can't watch it: {error.strerror or error}."


def explain_watches_limit() -> str:
    """That there are more folders than the system allows to watch, and how to allow more."""
    return _explain_limit("max_user_watches", "folders may be watched at once", _RAISED_WATCHES)


def _explain_limit(name: str, words: str, raised: int) -> str:
    present = read_limit(name)
    number = "too few" if present is None else f"only {present}"
    wanted = max(raised, 2 * (present or 0))
    return (
        f"Not all of it can be watched: {number} {words} (fs.inotify.{name}). "
        f"`sudo sysctl fs.inotify.{name}={wanted}` raises that; the line `fs.inotify.{name}={wanted}` "
        "in a file in /etc/sysctl.d/ keeps it raised."
    )


def count_used(user: int, *, without: int | None = None) -> Usage:
    """What all processes of a user that can be looked into use of the limits; they hold for all of them together.

    Args:
        user: the user's number.
        without: a process that does not count.
    """
    instances = watches = 0
    for process in _PROCESSES.glob("[1-9]*"):
        try:
            if process.name == str(without) or process.stat().st_uid != user:
                continue
            for number in _watching_files(process / "fd"):
                instances += 1
                watches += (process / "fdinfo" / number).read_text().count("inotify wd:")
        except OSError:
            continue  # it has just ended, or belongs to another
    return Usage(instances, watches)


def read_limit(name: str) -> int | None:
    """One of the limits in /proc/sys/fs/inotify, such as `max_user_watches`; None where there is none."""
    try:
        return int((_LIMITS / name).read_text())
    except (OSError, ValueError):
        return None


def _watching_files(files: Path) -> Iterator[str]:
    for descriptor in list(files.iterdir()):
        try:
            if os.fspath(descriptor.readlink()) == "anon_inode:inotify":
                yield descriptor.name
        except OSError:
            continue  # closed in between, like the descriptor of this very listing
