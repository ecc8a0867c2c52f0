"""The folders of the rules: whether recordings can be read and outputs written, each by really trying.

Each folder is a check of its own, so that a disk or share that hangs holds up no other.
"""

from __future__ import annotations

import os
import shlex
from functools import partial
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import Check, ok, problem, warning
from nemowatch.doctor.room import judge_room, measure_room, refuse_room
from nemowatch.intake.filesystems import file_system_of
from nemowatch.intake.records import FolderState
from nemowatch.rules.template import move_roots, output_roots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site
    from nemowatch.intake.filesystems import FileSystem

WATCH, OUTPUT = "watch folder", "output folder"

_LIMIT_SECONDS = 10.0
_MEND_SILENCE = (
    "Its disk or server does not answer: mount it again. On macOS it may be waiting for your permission: System "
    "Settings, Privacy & Security, Files and Folders."
)


def list_folder_checks(site: Site) -> Iterator[Check]:
    """One check for each watch folder, and one for each place of outputs and of recordings that are moved."""
    for folder in site.reading.watch_folders:
        yield _make_check(WATCH, folder, partial(_look_at_watched, site, folder))
    for root in dict.fromkeys((*output_roots(site.rules), *move_roots(site.rules))):
        yield _make_check(OUTPUT, root, partial(_look_at_target, root))


def _make_check(name: str, folder: Path, look: partial[Iterator[Finding]]) -> Check:
    return Check(name, look, str(folder), _LIMIT_SECONDS, _MEND_SILENCE)


def _look_at_watched(site: Site, folder: Path) -> Iterator[Finding]:
    try:
        with os.scandir(folder) as entries:
            next(entries, None)
        os.lstat(f"{folder}/.")  # fails where its names can be listed, and none of its files opened
    except FileNotFoundError:
        yield warning(
            WATCH,
            f"{folder} is not there now. It is watched as soon as it is.",
            f"Mount its disk, or make it: `mkdir -p {shlex.quote(str(folder))}`.",
        )
        return
    except PermissionError:
        mend = f"`chmod u+rx {shlex.quote(str(folder))}` as its owner."
        yield problem(WATCH, f"{folder} can't be read by this user.", mend)
        return
    yield _judge_watched(site, folder, file_system_of(folder))


def _judge_watched(site: Site, folder: Path, system: FileSystem) -> Finding:
    takes_away = any(rule.after.does != "keep" for rule in site.rules if folder in rule.watch)
    if takes_away and not os.access(folder, os.W_OK | os.X_OK):
        return problem(
            WATCH,
            f"{folder} can't be written by this user, and a rule takes recordings away from it (`after`).",
            f"`chmod u+wx {shlex.quote(str(folder))}` as its owner, or `after: keep`.",
        )
    kind = f"a network file system ({system.kind}), scanned often" if system.is_network else system.kind
    told = _told_by_daemon(site, folder)
    if told and not system.is_network:
        return warning(WATCH, f"{folder}: readable, on {kind}; the daemon says: {told}")
    return ok(WATCH, f"{folder}: readable, on {kind}.")


def _told_by_daemon(site: Site, folder: Path) -> str:
    """What the running daemon has against a folder; empty where it has nothing."""
    lines = () if site.standing is None else site.standing.folders
    worse = {FolderState.OFFLINE.value, FolderState.SCANNED_ONLY.value}
    if site.book is not None and site.book.polling == "always":
        worse = {FolderState.OFFLINE.value}
    line = next((line for line in lines if line.folder == str(folder) and line.state in worse), None)
    return "" if line is None else f"{line.state}. {line.reason}".rstrip()


def _look_at_target(root: Path) -> Iterator[Finding]:
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    if not place.is_dir():
        yield problem(
            OUTPUT, f"{place} is a file, so nothing can be written below it.", "Choose another `output`."
        )
        return
    try:
        room = measure_room(place)
    except OSError as error:
        yield refuse_room(OUTPUT, place, error)
        return
    note = "" if place == root else f"{root.relative_to(place)} is made in it with the first output"
    yield judge_room(OUTPUT, place, room, note)
