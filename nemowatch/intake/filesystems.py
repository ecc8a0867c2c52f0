"""On which file system a path lies, and what is mounted below a folder: as the system's table of mounts tells.

Asked by intake when it looks at a watch folder, and by the gate. Reading the table touches no disk and no share, so
it answers also while a file server hangs.

Source: Linux /proc/self/mountinfo, proc_pid_mountinfo(5); macOS mount(8).
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOUNTINFO = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre",
        "ncpfs", "nfs", "nfs3", "nfs4", "orangefs", "panfs", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf",
        "virtiofs", "vmhgfs", "webdav", "wekafs",
    }
)  # fmt: skip
"""What other machines, or the host of a virtual one, may write to without an event here."""

_LOCAL_FUSE = frozenset(
    {"fuseblk", "fuse.ntfs-3g", "fuse.ntfs", "fuse.exfat", "fuse.lxcfs", "fuse.ext2", "fuse.apfs"}
)
"""Disks of this machine that a program serves: every write passes its kernel, so events come."""

_WITHOUT_INODES = frozenset(
    {
        "vfat",
        "fuseblk",
        "msdos",
        "exfat",
        "cifs",
        "smb2",
        "smb3",
        "smbfs",
        "webdav",
        "vboxsf",
        "vmhgfs",
        "prl_fs",
        "fuse.exfat",
    }
)
"""File systems that make inode numbers up, and may make up others after they are mounted again."""

_BY_UUID = Path("/dev/disk/by-uuid")
_ESCAPE = re.compile(r"\\([0-7]{3})")
_MACOS_LINE = re.compile(r"^(?P<source>.+?) on (?P<point>/.*) \((?P<kind>[^,)]+)")
_UNKNOWN = "unknown"


class Mount(NamedTuple):
    """One line of the table of mounts: where, what type, and of which device or server."""

    point: str
    kind: str
    source: str


@dataclass(frozen=True)
class FileSystem:
    """A mounted file system.

    Attributes:
        kind: its type as the system names it, such as `ext4` or `fuse.sshfs`; `unknown` where it does not tell.
        is_network: others may write to it without an event on this machine.
        is_fuse: a program serves it.
        keeps_inodes: a file keeps its inode number, also after it was mounted again.
        mount_point: where it is mounted.
        source: the device, or the server and its folder, as the system names it; empty where it does not tell.
    """

    kind: str
    is_network: bool
    is_fuse: bool
    keeps_inodes: bool
    mount_point: Path
    source: str = ""

    def device_name(self) -> str:
        """A name of the device that is the same after a restart; empty where there is none.

        Names such as /dev/sdb1 go round among disks, so a disk is called by the mark of its file system.
        """
        if not self.source.startswith("/dev/"):
            return self.source if self.is_network else ""
        device = os.path.realpath(self.source)
        try:
            marks = [entry.name for entry in os.scandir(_BY_UUID) if os.path.realpath(entry.path) == device]
        except OSError:
            return ""
        return min(marks, default="")


def file_system_of(path: Path) -> FileSystem:
    """The file system on which a path lies, links resolved; the path need not exist. Never raises."""
    real = Path(os.path.realpath(path))
    return find_file_system(real, _read_mounts())


def mount_points_below(folder: Path) -> frozenset[Path]:
    """Every path below a folder, as seen through it, at which something is mounted. Never raises."""
    real = os.path.realpath(folder)
    prefix = real if real.endswith("/") else f"{real}/"
    return frozenset(
        folder / mount.point[len(prefix) :] for mount in _read_mounts() if mount.point.startswith(prefix)
    ) - {folder}


def find_file_system(real: Path, mounts: Iterable[Mount]) -> FileSystem:
    """The file system that holds a path, among mounts in the order of mounting."""
    best = Mount("", _UNKNOWN, "")
    places = {os.fspath(real), *map(os.fspath, real.parents)}
    for mount in mounts:
        # What is mounted later over the same place hides the earlier.
        if mount.point in places and len(mount.point) >= len(best.point):
            best = mount
    return describe_file_system(best.kind, Path(best.point or "/"), best.source)


def describe_file_system(kind: str, mount_point: Path, source: str = "") -> FileSystem:
    """What is known of a type of file system."""
    is_fuse = kind == "fuse" or kind.startswith(("fuse.", "osxfuse", "macfuse", "fuseblk"))
    is_served = is_fuse and kind not in _LOCAL_FUSE
    return FileSystem(
        kind=kind,
        is_network=kind in _NETWORK or is_served,
        is_fuse=is_fuse,
        keeps_inodes=kind not in _WITHOUT_INODES and not is_served,
        mount_point=mount_point,
        source=source,
    )


class MountChanges:
    """Tells whether anything was mounted or unmounted since it was last asked.

    Source: proc_pid_mounts(5), a poll on the open table answers POLLPRI after each change. Where there is no such
    table the answer is always no.
    """

    def __init__(self) -> None:
        try:
            self._table = os.open(_MOUNTINFO, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._table = -1
            return
        self._poll = select.poll()
        self._poll.register(self._table, select.POLLPRI)

    def has_changed(self) -> bool:
        """Whether the table changed since the last call, or since this was made."""
        return self._table >= 0 and bool(self._poll.poll(0))

    def close(self) -> None:
        """Give the open table back."""
        if self._table >= 0:
            os.close(self._table)
            self._table = -1


def parse_mountinfo(text: str) -> Iterator[Mount]:
    """The mounts of /proc/self/mountinfo; lines of another form are passed over."""
    for line in text.split("\n"):
        before, dash, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if dash and len(fields) >= 6 and kinds[0]:
            yield Mount(_unescape(fields[4]), kinds[0], _unescape(kinds[1]) if len(kinds) > 1 else "")


def parse_macos_mounts(text: str) -> Iterator[Mount]:
    """The mounts as macOS's `mount` prints them."""
    for line in text.split("\n"):
        found = _MACOS_LINE.match(line)
        if found:
            yield Mount(found["point"], found["kind"], found["source"])


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


def _read_mounts() -> tuple[Mount, ...]:
    try:
        if sys.platform == "darwin":
            # S603: a fixed program of the system, without any input.
            said = subprocess.run(["/sbin/mount"], capture_output=True, check=False, timeout=10)
            return tuple(parse_macos_mounts(os.fsdecode(said.stdout)))
        # Bytes that are no UTF-8 stay what they are in file names.
        return tuple(parse_mountinfo(os.fsdecode(_MOUNTINFO.read_bytes())))
    except (OSError, subprocess.SubprocessError):
        return ()
