"""The files of every watch folder, and what becomes of each: the list of `nemowatch check --files`.

Judges by name and place, by the text files among the recordings, and by what the database and the running daemon
know; no recording is opened. The words are those of `nemowatch explain`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nemowatch.cli.conditions import Answer, Verdict, folder_of
from nemowatch.cli.screen import print_labelled
from nemowatch.cli.whereabouts import PLAIN_JOB, find_whereabouts, forecast
from nemowatch.intake.filesystems import file_system_of, mount_points_below
from nemowatch.intake.look import read_version
from nemowatch.rules.survey import list_files
from nemowatch.units import format_count

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from nemowatch.cli.whereabouts import Scene
    from nemowatch.intake.records import FileVersion
    from nemowatch.rules.rule import Rule
    from nemowatch.rules.survey import Sighting

_MAKE_NO_JOB = frozenset({"skipped", "refused"})


@dataclass(frozen=True)
class Fate:
    """What becomes of a file for a rule that takes it.

    Attributes:
        rule: the rule's name.
        reason: why it takes it.
        state: `job` where a new job would come of it, else as in `Whereabouts`.
        told: the same for people; empty for a plain new job.
        job: the id of the job that it has.
    """

    rule: str
    reason: str
    state: str
    told: str = ""
    job: str | None = None

    @property
    def makes_job(self) -> bool:
        """Whether it has a job, or one would come of it."""
        return self.state not in _MAKE_NO_JOB

    @property
    def line(self) -> str:
        """All of it in one line."""
        return f"{self.rule}: {self.reason}; {self.told}" if self.told else f"{self.rule}: {self.reason}"


@dataclass(frozen=True)
class ListedFile:
    """A file, or a folder that is not looked into, and what becomes of it."""

    sighting: Sighting
    fates: tuple[Fate, ...]


@dataclass(frozen=True)
class FileList:
    """Every file of every watch folder, sorted by path."""

    files: tuple[ListedFile, ...]

    def show(self, console: Console) -> None:
        """Print it for people."""
        for each in self.files:
            console.print()
            print_labelled(console, "", [f"{each.sighting.path}{'/' if each.sighting.is_folder else ''}"])
            print_labelled(
                console, "  job", [fate.line for fate in each.fates if fate.makes_job], style="green"
            )
            no_job = [fate.line for fate in each.fates if not fate.makes_job]
            print_labelled(
                console, "  no job", [*no_job, *map(": ".join, each.sighting.refusals)], style="dim"
            )
        console.print()
        print_labelled(console, "", [self._summary()])

    def as_json(self) -> list[dict[str, Any]]:
        """The list with stable keys."""
        return [
            {
                "path": str(each.sighting.path),
                "is_folder": each.sighting.is_folder,
                "jobs": [_fate_as_json(fate) for fate in each.fates if fate.makes_job],
                "refused": [
                    *({"rule": rule, "reason": reason} for rule, reason in each.sighting.refusals),
                    *({"rule": fate.rule, "reason": fate.told} for fate in each.fates if not fate.makes_job),
                ],
            }
            for each in self.files
        ]

    def _summary(self) -> str:
        counts = Counter(fate.state for each in self.files for fate in each.fates)
        told = [format_count(counts.pop("job", 0), "new job")]
        told += [f"{count} {state}" for state, count in sorted(counts.items())]
        return (
            f"{', '.join(told)}, by name and place. Contents are looked at by the daemon, and by "
            "`nemowatch explain FILE`."
        )


def list_fates(scene: Scene) -> FileList:
    """Look through every watch folder."""
    rules = {rule.name: rule for rule in scene.book.rules}
    folders = {folder for rule in scene.book.rules for folder in rule.watch}
    keeps_inodes = {folder: file_system_of(folder).keeps_inodes for folder in folders}

    def find_fate(path: Path, rule: Rule, reason: str) -> Fate:
        folder = folder_of(rule, path)
        version = _read_version(path, keeps_inodes=folder is None or keeps_inodes[folder])
        return _find_fate(scene, rule, path, Verdict(Answer.TAKES, reason, folder, version))

    def find_fates(sighting: Sighting) -> tuple[Fate, ...]:
        return tuple(find_fate(sighting.path, rules[name], reason) for name, reason in sighting.takers)

    sightings = list_files(scene.book, mount_points_below)
    return FileList(tuple(ListedFile(sighting, find_fates(sighting)) for sighting in sightings))


def _find_fate(scene: Scene, rule: Rule, path: Path, verdict: Verdict) -> Fate:
    found = find_whereabouts(scene, rule, path, verdict)
    if found.state == "unseen" and verdict.folder is not None:
        state, sentence = forecast(scene, rule, verdict.folder)
        return Fate(rule.name, verdict.reason, state, "" if sentence == PLAIN_JOB else sentence)
    job = None if found.job is None else found.job.id
    return Fate(rule.name, verdict.reason, found.state, found.lines[0] if found.lines else "", job)


def _read_version(path: Path, *, keeps_inodes: bool) -> FileVersion | None:
    try:
        return read_version(path, keeps_inodes=keeps_inodes)
    except OSError:
        return None  # it went away, or can't be looked at: what the database knows is told all the same


def _fate_as_json(fate: Fate) -> dict[str, Any]:
    told = fate.told or None
    return {"rule": fate.rule, "reason": fate.reason, "state": fate.state, "now": told, "job": fate.job}
