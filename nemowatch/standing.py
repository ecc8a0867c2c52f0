"""How the running daemon stands: its rules file, its folders, and the files that are on their way to a job.

Written by the daemon into the state folder whenever it has changed, read by `nemowatch status`. The jobs are not in
it: they are in the database. A file that a dead daemon left says nothing: ask for the lock's holder first.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nemowatch.atomic import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

MOST_WAITING = 100
"""So many waiting files are named; of ten thousand dropped at once, the number says enough."""


@dataclass(frozen=True)
class FolderLine:
    """A watched folder: `watched`, `scanned only` or `offline`, and why."""

    folder: str
    state: str
    reason: str


@dataclass(frozen=True)
class WaitingFile:
    """A file that is not yet a job: `settling`, `checking`, `incomplete` or `retrying`, and why."""

    path: str
    rule: str
    state: str
    reason: str


@dataclass(frozen=True)
class Standing:
    """All that `status` shows beside the jobs; `waiting` holds the first of `waiting_in_all`.

    `troubles` are sentences about what holds up the whole queue, such as a service that does not answer.
    """

    rules_file: str
    folders: tuple[FolderLine, ...]
    waiting: tuple[WaitingFile, ...]
    waiting_in_all: int
    troubles: tuple[str, ...] = ()


def write_standing(path: Path, standing: Standing) -> None:
    """Replace what is told.

    Raises:
        OSError: the state folder can't be written.
    """
    write_atomically(path, json.dumps(asdict(standing)).encode(), mode=0o600)


def read_standing(path: Path) -> Standing | None:
    """What the daemon told last; None where it told nothing, or in a form of another version."""
    try:
        facts = json.loads(path.read_bytes())
        return Standing(
            rules_file=facts["rules_file"],
            folders=tuple(FolderLine(**line) for line in facts["folders"]),
            waiting=tuple(WaitingFile(**line) for line in facts["waiting"]),
            waiting_in_all=facts["waiting_in_all"],
            troubles=tuple(str(line) for line in facts.get("troubles", ())),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
