"""Which folders a service reads and writes, as its rules have it: what a unit must allow, and no more.

Used by the plan of a service, and where an installed unit is held against new rules. Looks at devices and mount
points; changes nothing.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.rules.disk import ANSWER_SECONDS
from nemowatch.rules.template import keep_out_roots
from nemowatch.service.in_time import InTime

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nemowatch.rules.rule import RuleBook

CLIENT_ID_FOLDER = Path(".config/nemovideo")
"""Within the home: the client id that is shared with the vendor's other tools."""

HOME_TRASH = Path(".local/share/Trash")
"""Within the home: where the trash is (freedesktop.org, "Trash specification")."""

# Folders in which everybody keeps things: one made writable as a whole would give away too much.
_SHARED = frozenset(
    Path(folder)
    for folder in (
        "/run/media",
        "/run/user",
        "/usr/local",
        "/var/lib",
        "/var/local",
        "/var/spool",
        "/var/tmp",  # noqa: S108 -- a place to keep out of
    )
)


def list_read(book: RuleBook) -> tuple[Path, ...]:
    """Every folder that rules watch, and every one that outputs and recordings go to."""
    watched = (folder for rule in book.rules for folder in rule.watch)
    return tuple(dict.fromkeys((*watched, *keep_out_roots(book.rules))))


def list_needed(book: RuleBook, *, home: Path, uid: int | None) -> tuple[Path, ...]:
    """Every folder that rules have written: outputs, what recordings are moved into and taken out of, the trash."""
    taken_from = [folder for rule in book.rules if rule.after.does != "keep" for folder in rule.watch]
    trashes = find_trashes(book, home=home, uid=uid)
    return tuple(dict.fromkeys((*keep_out_roots(book.rules), *taken_from, *trashes)))


def find_trashes(book: RuleBook, *, home: Path, uid: int | None, only_here: bool = False) -> tuple[Path, ...]:
    """The folders that rules need for putting recordings into the trash; none for a folder that hangs.

    Args:
        book: the rules.
        home: of the user whose trash it is.
        uid: of that user; None while there is no such user.
        only_here: leave out folders that are not there: of one that is away, such as a share, it is a guess.
    """
    trashed_from = [folder for rule in book.rules if rule.after.does == "trash" for folder in rule.watch]
    looks = [
        InTime(partial(_find_trash, folder, home, uid))
        for folder in trashed_from
        if not only_here or InTime(partial(_is_folder, folder)).wait(ANSWER_SECONDS)
    ]
    found = (look.wait(ANSWER_SECONDS) for look in looks)
    return tuple(dict.fromkeys(trash for trash in found if trash is not None))


def list_written(book: RuleBook, *, state: Path, home: Path, uid: int | None) -> tuple[Path, ...]:
    """What a unit allows to be written, sorted, no folder named within another one.

    Where outputs and moved recordings go, it is the folder above them: what a person removes is then made again,
    and a recording is moved by a rename, which never works from one allowed folder to another one. A folder in
    which everybody keeps things (the home, /srv …) is never allowed.
    """
    watched = [folder for rule in book.rules for folder in rule.watch]
    allowed = {state, home / CLIENT_ID_FOLDER, *list_needed(book, home=home, uid=uid)}
    allowed.update(_widen(folder, watched, home) for folder in keep_out_roots(book.rules))
    return tuple(sorted(folder for folder in allowed if not is_within(folder.parent, allowed)))


def list_made(book: RuleBook, *, state: Path, home: Path, uid: int | None) -> tuple[Path, ...]:
    """Which of them are made before the start: a folder that is not there can't be allowed.

    Not those of a rule whose watch folders may lie on a share that is away: one that is made below a bare mount point
    would be in the share's way.
    """
    here = [rule for rule in book.rules if any(map(_is_here, rule.watch))]
    trash = [home / HOME_TRASH] if home / HOME_TRASH in list_needed(book, home=home, uid=uid) else []
    return tuple(dict.fromkeys((state, home / CLIENT_ID_FOLDER, *trash, *keep_out_roots(here))))


def is_within(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path is one of these folders, or lies below one."""
    known = set(folders)
    return path in known or any(parent in known for parent in path.parents)


def _widen(folder: Path, watched: Iterable[Path], home: Path) -> Path:
    """The folder in which this one and a watch folder stand side by side, else the one that holds it, else itself."""
    beside = (watch.parent for watch in watched if watch.parent in folder.parents)
    wider = (above for above in (*beside, folder.parent) if not _is_shared(above, home))
    return next(wider, folder)


def _is_shared(folder: Path, home: Path) -> bool:
    is_a_home = folder == home or folder.parent == Path("/home")
    return is_a_home or len(folder.parts) <= 2 or folder in _SHARED or folder in home.parents


def _is_here(watch: Path) -> bool:
    """Whether a folder's file system is mounted: the folder is there, or something else is beside its place."""
    try:
        return watch.is_dir() or (watch.parent.is_dir() and any(watch.parent.iterdir()))
    except PermissionError:
        return True  # root itself is kept out of some shares, and the service's user is not


def _find_trash(folder: Path, home: Path, uid: int | None) -> Path:
    """Where the trash of a folder is: in the home on the home's file system, else at the top of the folder's own."""
    if uid is None or _device_of(folder) == _device_of(home):
        return home / HOME_TRASH
    top = Path(os.path.realpath(folder))
    while not os.path.ismount(top):
        top = top.parent
    own = top / f".Trash-{uid}"
    return own if _is_folder(own) else top


def _device_of(path: Path) -> int:
    """The device of the nearest folder that is there, as far as this user may look."""
    return next(folder for folder in (path, *path.parents) if _is_folder(folder)).stat().st_dev


def _is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as this user may look."""
    try:
        return path.is_dir()
    except OSError:
        return False
