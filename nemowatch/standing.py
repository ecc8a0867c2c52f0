"""How the running daemon stands: its rules file, its folders, and the files that are on their way to a job.

Written by the daemon into the state folder whenever it has changed, read by `nemowatch status`, `explain` and
`reload`. The jobs are not in it: they are in the database. A file that a dead daemon left says nothing: ask for the
lock's holder first.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nemowatch.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_WAITING = 1000
"""So many waiting files are named; of ten thousand dropped at once, the number says enough."""


@dataclass(frozen=True)
class FolderLine:
    """A watch folder: how it is looked after, in the words of intake's `FolderState`, and why."""

    folder: str
    state: str
    reason: str


@dataclass(frozen=True)
class WaitingFile:
    """A file that is not yet a job: `settling`, `checking`, `incomplete` or `retrying`, and why.

    `next_look_at` is when it is looked at next, in seconds since the epoch; None while that is going on.
    """

    path: str
    rule: str
    state: str
    reason: str
    next_look_at: float | None = None


@dataclass(frozen=True)
class RuleLine:
    """A rule in force, and a fingerprint of all that it says: another one means that the rule was changed."""

    name: str
    fingerprint: str


@dataclass(frozen=True)
class Standing:
    """What is known of the daemon beside its jobs; `waiting` holds the first of `waiting_in_all`.

    Attributes:
        troubles: sentences about what holds up the whole queue, such as a service that does not answer, or what an
            edit of the rules needs a restart for.
        rules_error: what is wrong with an edit of the rules that is therefore not in force; empty where they are.
        rules_loaded_at: when the rules in force were read, seconds since the epoch.
        rules_digest: `digest_rules` of the file when they were; empty from a daemon of an earlier version, which
            reads them at its start only.
        rules: the rules in force.
    """

    rules_file: str
    folders: tuple[FolderLine, ...]
    waiting: tuple[WaitingFile, ...]
    waiting_in_all: int
    troubles: tuple[str, ...] = ()
    rules_error: str = ""
    rules_loaded_at: float = 0.0
    rules_digest: str = ""
    rules: tuple[RuleLine, ...] = ()


def digest_rules(content: bytes) -> str:
    """What tells one content of a rules file from another: its SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_standing(path: Path, standing: Standing) -> None:
    """Replace what is told.

    Raises:
        OSError: the state folder can't be written.
    """
    write_atomically(path, json.dumps(asdict(standing)).encode(), mode=0o600)


def read_standing(path: Path) -> Standing | None:
    """What the daemon told last; None where it told nothing, or in a form of another version."""
    try:
        return standing_from_json(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def standing_from_json(facts: Mapping[str, Any]) -> Standing:
    """What `asdict` made of a standing, read back.

    Raises:
        KeyError, TypeError, ValueError: it is none, or that of another version.
    """
    return Standing(
        rules_file=facts["rules_file"],
        folders=tuple(FolderLine(**line) for line in facts["folders"]),
        waiting=tuple(WaitingFile(**line) for line in facts["waiting"]),
        waiting_in_all=facts["waiting_in_all"],
        troubles=tuple(str(line) for line in facts.get("troubles", ())),
        rules_error=str(facts.get("rules_error", "")),
        rules_loaded_at=float(facts.get("rules_loaded_at", 0.0)),
        rules_digest=str(facts.get("rules_digest", "")),
        rules=tuple(RuleLine(**line) for line in facts.get("rules", ())),
    )
