"""Takes a recording away from where it lies: into another folder, or into the trash.

Used by the aftercare, in threads: everything here blocks. Never overwrites anything, and at each instant the whole
content lies on the disk under at least one name: a copy counts when it was read back, synced and has its name.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from send2trash import send2trash

from nemowatch.atomic import sync_folder
from nemowatch.jobs.hashing import ChangedMeanwhile, check_unchanged
from nemowatch.jobs.identity import ReadingStopped, hash_content
from nemowatch.jobs.records import SourceFile
from nemowatch.jobs.source import is_version
from nemowatch.outputs.names import clip_bytes, split_suffix
from nemowatch.outputs.staging import make_folder
from nemowatch.rules.prompt_file import prompt_file_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PIECE_BYTES = 1 << 20
_LONGEST_NAME_BYTES = 255
# What file systems without hard links say: FAT, many network shares, and those that protect what belongs to others.
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@dataclass(frozen=True)
class Move:
    """One file on its way.

    Attributes:
        recording: the file, in the version that was looked at.
        target: its new path.
        aside: where it is copied to first, where it has to be copied; hidden, in the target's folder.
    """

    recording: SourceFile
    target: Path
    aside: Path

    @classmethod
    def of(cls, recording: SourceFile, target: Path, job_id: str) -> Move:
        """The move of a job's file; the same one gets the same path aside every time."""
        mark = f".{job_id}.part"
        name = clip_bytes(recording.path.name, _LONGEST_NAME_BYTES - len(mark) - 1)
        return cls(recording, target, target.with_name(f".{name}{mark}"))


def look_at(path: Path) -> SourceFile | None:
    """The regular file that lies there now; None where there is none.

    Raises:
        OSError: nobody can tell.
    """
    try:
        facts = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(facts.st_mode):
        return None
    return SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


def choose_target(folder: Path, name: str) -> Path:
    """A path for a file in a folder, which is made, under the first number that is free.

    Free is what leaves room for the file's prompts beside it, too.

    Raises:
        OSError: the folder can't be made or looked at.
    """
    make_folder(folder)
    stem, suffix = split_suffix(name)
    for number in itertools.count(1):
        ending = suffix if number == 1 else f" ({number}){suffix}"
        room = _LONGEST_NAME_BYTES - len(os.fsencode(ending))
        candidate = folder / (name if number == 1 else f"{clip_bytes(stem, room)}{ending}")
        if not os.path.lexists(candidate) and not os.path.lexists(prompt_file_of(candidate)):
            return candidate
    raise AssertionError("there is always a next number")


def move_file(move: Move, *, sha256: str | None, is_stopped: Callable[[], bool]) -> None:
    """Move a file, on its file system or to another one, or finish a move that was cut off.

    Args:
        move: from where to where.
        sha256: what its content must be; None where anything will do.
        is_stopped: asked before every MiB that is copied.

    Raises:
        FileExistsError: something else has the target's name; nothing was done.
        ChangedMeanwhile: the file is being written again; it stays, and nothing is left elsewhere.
        ReadingStopped: `is_stopped` said so.
        OSError: it can't be done; the file is still where it was.
    """
    if os.path.lexists(move.target):
        if not _holds_content(move, sha256, is_stopped):
            raise _taken(move.target)
        _finish(move)
        return
    try:
        _give_name(move.recording, move.target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = _copy_aside(move, sha256, is_stopped)
        try:
            _give_name(copy, move.target)
        except FileExistsError:
            move.aside.unlink()
            raise
        _finish(move)


def trash_file(path: Path) -> None:
    """Put a file into the system's trash.

    Raises:
        OSError: there is none for it; the file is still where it was.
    """
    send2trash(str(path))


def _finish(move: Move) -> None:
    """Remove what is left of a file whose content stands, whole and synced, under the target's name.

    A new file that has taken the old name meanwhile stays.
    """
    move.aside.unlink(missing_ok=True)
    _remove_name(move.recording)


def _holds_content(move: Move, sha256: str | None, is_stopped: Callable[[], bool]) -> bool:
    """Whether the target has the file's content, from a move that was cut off; it is synced then."""
    path, there = move.recording.path, look_at(move.target)
    if there is None or there.size_bytes != move.recording.size_bytes:
        return False
    if not move.target.samefile(path):
        wanted = sha256 or hash_content(path, is_stopped)
        if hash_content(move.target, is_stopped) != wanted:
            return False
    sync_folder(move.target.parent)
    return True


def _give_name(file: SourceFile, target: Path) -> None:
    """Give a file another name on its file system, for good, in place of its own.

    A hard link never replaces anything, and the new name stands before the old one goes. Where there are none, a
    plain rename has to do: another program may take the name between the look and the rename.
    """
    if not _link(file.path, target):
        if os.path.lexists(target):
            raise _taken(target)
        check_unchanged(file)
        file.path.rename(target)
        sync_folder(target.parent)
        sync_folder(file.path.parent)
        return
    if not is_version(target.lstat(), file):
        # Replaced between the look and the link: what is new is the intake's again.
        if target.samefile(file.path):
            target.unlink()
        raise ChangedMeanwhile(f"{file.path} is being written again.")
    sync_folder(target.parent)
    _remove_name(file)


def _link(path: Path, target: Path) -> bool:
    """Give a file a second name; False where its file system has no such thing."""
    try:
        target.hardlink_to(path)
    except FileExistsError:
        # A share may carry out a call of which the answer is lost, and be asked again.
        if not target.samefile(path):
            raise
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        return False
    return True


def _remove_name(file: SourceFile) -> None:
    with suppress(FileNotFoundError):
        if is_version(file.path.lstat(), file):
            file.path.unlink()
            sync_folder(file.path.parent)


def _copy_aside(move: Move, sha256: str | None, is_stopped: Callable[[], bool]) -> SourceFile:
    """Copy a file to the path aside, read it back, and see that the original was still while it was read."""
    recording, aside = move.recording, move.aside
    aside.unlink(missing_ok=True)
    if shutil.disk_usage(aside.parent).free < recording.size_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(aside.parent))
    try:
        read = _write_copy(recording.path, aside, is_stopped)
        check_unchanged(recording)
        return _check_copy(aside, read, sha256 or read, is_stopped)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _check_copy(aside: Path, read: str, sha256: str, is_stopped: Callable[[], bool]) -> SourceFile:
    """See that what was read is what was meant, and that it arrived."""
    if read != sha256:
        raise ChangedMeanwhile(f"{aside.parent}: what was copied is not what the job was made of.")
    copy = look_at(aside)
    if copy is None or hash_content(aside, is_stopped) != read:
        raise OSError(errno.EIO, "The copy differs from what was written", str(aside))
    return copy


def _write_copy(path: Path, aside: Path, is_stopped: Callable[[], bool]) -> str:
    """Write a synced copy with the original's times and permissions; returns the SHA-256 of what was read."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as source, aside.open("xb", buffering=0) as copy:
        while piece := source.read(_PIECE_BYTES):
            if is_stopped():
                raise ReadingStopped
            digest.update(piece)
            _write_all(copy.fileno(), piece)
        # Not every file system keeps them all, and the content is what counts.
        with suppress(OSError):
            shutil.copystat(path, aside, follow_symlinks=False)
        os.fsync(copy.fileno())
    return digest.hexdigest()


def _write_all(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _taken(target: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
