"""The state folder and the database in it: whether they can be used, are sound, and have room."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import ok, problem, warning
from nemowatch.doctor.room import judge_room, measure_room, refuse_room
from nemowatch.jobs.database import SCHEMA_VERSION
from nemowatch.jobs.health import examine_database
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site

STATE, DATABASE = "state folder", "database"

_LARGE_BYTES = 1_000_000_000


def look_at_state(site: Site) -> Iterator[Finding]:
    """Whether the state folder can be written, by this user alone, on a disk of this machine."""
    root = site.state.root
    if not root.exists():
        above = next(folder for folder in root.parents if folder.exists())
        is_good = above.is_dir() and os.access(above, os.W_OK | os.X_OK)
        another = f"Let this user write to {above}, or set NEMOWATCH_STATE to a folder that it can write."
        yield (
            ok(STATE, f"{root}: made at the first start.")
            if is_good
            else problem(STATE, f"{root} is not there, and can't be made in {above}.", another)
        )
        return
    mode = root.stat().st_mode & 0o777
    if mode & 0o077:
        yield problem(
            STATE,
            f"{root} can be read by others (mode {mode:o}), and it holds the token.",
            f"`chmod 700 {shlex.quote(str(root))}`, if it is meant for NemoWatch alone.",
        )
        return
    yield _judge_state(root)


def look_at_database(site: Site) -> Iterator[Finding]:
    """Whether the database is sound, of a version that this one reads, and no larger than it should be.

    Raises:
        DatabaseUnusable: it can't be opened, or is none.
    """
    path = site.state.database
    health = examine_database(path)
    if health is None:
        yield ok(DATABASE, f"{path}: made at the first start.")
        return
    if health.faults:
        yield problem(
            DATABASE,
            f"{path} is damaged: {'; '.join(health.faults)}.",
            "Stop NemoWatch, then restore it from a backup, or put it aside: the next start makes a new one, which "
            "knows of no earlier jobs.",
        )
        return
    if health.version is not None and health.version > SCHEMA_VERSION:
        yield problem(
            DATABASE,
            f"{path} was written by a later version: its schema is {health.version}, this one knows "
            f"{SCHEMA_VERSION}.",
            "Install the later version again.",
        )
        return
    said = f"{path}: sound, {format_bytes(health.size_bytes)}"
    if health.version is not None and health.version < SCHEMA_VERSION:
        yield ok(DATABASE, f"{said}, of an earlier version; the next start brings it up to date.")
    elif health.size_bytes - health.free_bytes > _LARGE_BYTES:
        yield warning(DATABASE, f"{said}, which is large.", "Let `history` in the rules keep fewer jobs.")
    else:
        yield ok(DATABASE, f"{said}.")


def _judge_state(root: Path) -> Finding:
    try:
        room = measure_room(root)
    except OSError as error:
        return refuse_room(STATE, root, error)
    if room.is_network:
        return warning(
            STATE,
            f"{root}: writable; {room.words}. A database that several machines reach can be damaged.",
            "Set NEMOWATCH_STATE to a folder on a disk of this machine.",
        )
    return judge_room(STATE, root, room)
