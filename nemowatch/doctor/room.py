"""Whether a folder can really be written, on which file system it lies, and how much room it has."""

from __future__ import annotations

import getpass
import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import ok, problem, warning
from nemowatch.intake.filesystems import file_system_of
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.doctor.finding import Finding

# A name that no rule takes, and that shows who made it where a crash leaves it behind.
_PREFIX = ".nemowatch-doctor-"
_PROBE = bytes(4096)
_TOO_LITTLE_BYTES = 64 * 1024 * 1024
"""Below it no job writes anything (`outputs/room.py`)."""

_LITTLE_BYTES = 1_000_000_000
"""Two recordings as large as the service takes them."""


@dataclass(frozen=True)
class Room:
    """A folder that can be written.

    Attributes:
        free_bytes: what this user may still write there.
        words: the file system and the room, in words.
        is_network: whether the file system is another machine's.
    """

    free_bytes: int
    words: str
    is_network: bool


def measure_room(folder: Path) -> Room:
    """Write a small file into a folder, take it away again, and see how much room is left.

    Raises:
        OSError: the folder can't be written, or is not there.
    """
    with tempfile.NamedTemporaryFile(prefix=_PREFIX, dir=folder) as probe:
        probe.write(_PROBE)
        probe.flush()
        os.fsync(probe.fileno())
    system = file_system_of(folder)
    free = shutil.disk_usage(folder).free
    kind = f"a network file system ({system.kind})" if system.is_network else system.kind
    return Room(free, f"{format_bytes(free)} free on {kind}", system.is_network)


def judge_room(name: str, folder: Path, room: Room, note: str = "") -> Finding:
    """What is said of a folder that can be written."""
    said = f"{folder}: {'; '.join(filter(None, ('writable', room.words, note)))}."
    if room.free_bytes < _TOO_LITTLE_BYTES:
        return problem(name, said, "Make room on it, or jobs will soon wait for it.")
    if room.free_bytes < _LITTLE_BYTES:
        return warning(name, said, "Make room on it before it is full.")
    return ok(name, said)


def refuse_room(name: str, folder: Path, error: OSError) -> Finding:
    """What is said of a folder that can't be written."""
    user = _own_name()
    return problem(
        name,
        f"{folder}: {user} can't write there: {error.strerror or error}.",
        f"Give {user} write permission there, mount it writable, or choose another folder.",
    )


def _own_name() -> str:

    try:
        return f"the user {getpass.getuser()}"
    except (OSError, KeyError):
        return f"the user {os.geteuid()}"
