"""The file systems on which the tests watch a folder: how each is made, mounted, unmounted and mounted again.

Everything is mounted in a mount namespace of the tests' own: this machine's other programs see none of it, and the
kernel takes it all away when the tests end, however they end. What keeps the content stays below the place that is
given, so a file system that is mounted again holds what it held.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from helpers import wait_until

_CLONE_NEWNS = 0x0002_0000
_SFTP_SERVERS = (Path("/usr/lib/openssh/sftp-server"), Path("/usr/libexec/openssh/sftp-server"))


def enter_own_mount_namespace() -> None:
    """Let what is mounted from now on be seen by this process and its children alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise AssertionError(
            f"These tests mount file systems, and may not ({reason}): run them as root, outside of containers "
            "that forbid it."
        )
    _run("mount", "--make-rprivate", "/")


class Disk:
    """A file system that can be mounted at one place, again and again.

    Args:
        place: an empty folder for what the file system needs.
        point: where it is mounted; an empty folder.
    """

    scanned = False
    """Whether events can't be trusted here, so that the folder is scanned."""

    def __init__(self, place: Path, point: Path) -> None:
        self.place = place
        self.point = point
        self.make()

    def make(self) -> None:
        """Make the file system, once."""

    def mount(self) -> None:
        """Mount it."""
        raise NotImplementedError

    def unmount(self) -> None:
        """Unmount it as a person would: what uses it at this moment makes them try again."""
        wait_until(self._is_unmounted)

    def _is_unmounted(self) -> bool:
        return subprocess.run(["umount", self.point], capture_output=True, check=False).returncode == 0

    def close(self) -> None:
        """Leave nothing mounted."""
        subprocess.run(["umount", "--lazy", self.point], capture_output=True, check=False)


class Tmpfs(Disk):
    """Memory. The content lives in one mount; the watched one shows it, and can go."""

    def make(self) -> None:
        _run("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", self.place)
        self.content = self.place / "content"
        self.content.mkdir()

    def mount(self) -> None:
        _run("mount", "--bind", self.content, self.point)

    def close(self) -> None:
        super().close()
        subprocess.run(["umount", "--lazy", self.place], capture_output=True, check=False)


class Ext4Image(Disk):
    """A disk as Linux machines have them, in an image."""

    def make(self) -> None:
        self.image = self.place / "disk.img"
        _make_image(self.image)
        _run("mkfs.ext4", "-q", "-F", self.image)

    def mount(self) -> None:
        _run("mount", "-o", "loop", self.image, self.point)


class ExfatImage(Disk):
    """A memory card: a file system that keeps no inode numbers, served by a program of this machine."""

    def make(self) -> None:
        image = self.place / "card.img"
        _make_image(image)
        _run("mkfs.exfat", image)
        self.device = _run("losetup", "--find", "--show", image).strip()

    def mount(self) -> None:
        _run("mount.exfat-fuse", "-o", "nonempty", self.device, self.point)

    def unmount(self) -> None:
        super().unmount()
        # The program writes what is left after its folder has gone.
        wait_until(lambda: _can_be_opened_alone(self.device))

    def close(self) -> None:
        super().close()
        subprocess.run(["losetup", "--detach", self.device], capture_output=True, check=False)


class Overlay(Disk):
    """Layers, as containers have them."""

    def make(self) -> None:
        for layer in ("lower", "upper", "work"):
            (self.place / layer).mkdir()

    def mount(self) -> None:
        layers = ",".join(
            f"{name}={self.place / folder}"
            for name, folder in (("lowerdir", "lower"), ("upperdir", "upper"), ("workdir", "work"))
        )
        _run("mount", "-t", "overlay", "-o", layers, "overlay", self.point)


class Bindfs(Disk):
    """A folder shown elsewhere by a program (FUSE)."""

    scanned = True

    def make(self) -> None:
        self.content = self.place / "content"
        self.content.mkdir()

    def mount(self) -> None:
        _run("bindfs", "-o", "nonempty", self.content, self.point)


class Sshfs(Disk):
    """A folder of another machine, by SFTP (FUSE); the other machine's server runs here, without a network."""

    scanned = True

    def make(self) -> None:
        self.content = self.place / "content"
        self.content.mkdir()
        self.programs: list[subprocess.Popen[bytes]] = []

    def mount(self) -> None:
        server = next(path for path in _SFTP_SERVERS if path.exists())
        theirs, ours = socket.socketpair()
        client = ["sshfs", f":{self.content}", str(self.point), "-f", "-o", "passive"]
        with theirs, ours:
            self.programs = [
                subprocess.Popen([str(server)], stdin=theirs, stdout=theirs),
                subprocess.Popen(client, stdin=ours, stdout=ours),
            ]
        wait_until(lambda: os.path.ismount(self.point) or self.programs[1].poll() is not None)
        assert self.programs[1].poll() is None, "sshfs can't mount here"

    def unmount(self) -> None:
        super().unmount()
        self._end_programs()

    def close(self) -> None:
        super().close()
        self._end_programs()

    def _end_programs(self) -> None:
        for program in reversed(self.programs):
            with suppress(subprocess.TimeoutExpired):
                program.wait(2)
            program.kill()
            program.wait()


@dataclass(frozen=True)
class Kind:
    """A kind of file system, by its name in the test report."""

    name: str
    make: Callable[[Path, Path], Disk]

    def __str__(self) -> str:
        return self.name


KINDS = (
    Kind("tmpfs", Tmpfs),
    Kind("ext4", Ext4Image),
    Kind("exfat", ExfatImage),
    Kind("overlay", Overlay),
    Kind("bindfs", Bindfs),
    Kind("sshfs", Sshfs),
)


@contextmanager
def mounted_disk(kind: Kind, place: Path, point: Path) -> Iterator[Disk]:
    """A disk of a kind, mounted; nothing is left of it in the end."""
    place.mkdir()
    disk = kind.make(place, point)
    try:
        disk.mount()
        yield disk
    finally:
        disk.close()


def tells_writers(folder: Path) -> bool:
    """Whether the kernel can tell here that a file is open for writing: then it gives no read lease for it."""
    probe = folder / "lease.probe"
    try:
        with probe.open("wb"):
            is_told_open = not _gives_lease(probe)
        return is_told_open and _gives_lease(probe)
    finally:
        probe.unlink()


def _gives_lease(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError:
            return False
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True


def _make_image(image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(32 * 1024 * 1024)


def _can_be_opened_alone(device: str) -> bool:
    try:
        os.close(os.open(device, os.O_RDWR | os.O_EXCL))
    except OSError:
        return False
    return True


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr or done.stdout}"
    return done.stdout
