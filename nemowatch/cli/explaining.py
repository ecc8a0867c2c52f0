"""Puts together what is known of a path: what each rule says to it, where it stands. Called by `explain` alone."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.cli.conditions import Answer, Place, Verdict, judge, look_at, spell_as_watched
from nemowatch.cli.running import find_start_command, read_digest
from nemowatch.cli.scene import open_scene
from nemowatch.cli.screen import show_moment
from nemowatch.cli.whereabouts import Scene, Whereabouts, describe_known, find_whereabouts
from nemowatch.intake.filesystems import mount_points_below
from nemowatch.rules.match import Matcher
from nemowatch.rules.template import keep_out_roots
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import RuleBook
    from nemowatch.standing import Standing


@dataclass(frozen=True)
class RuleAnswer:
    """What one rule says to the path, and where the file stands for it."""

    rule: str
    verdict: Verdict
    whereabouts: Whereabouts


@dataclass(frozen=True)
class Explanation:
    """The whole answer.

    Attributes:
        path: absolute, spelled as a rule's watch folder is.
        kind: `file`, `folder`, `link`, `missing`, `other` (a device, a pipe), or `unknown` where nobody may look.
        headline: the path and what is there, for people.
        notes: what else counts, such as that no daemon runs.
        answers: one for each rule, in the file's order.
        of_earlier_rules: what is known of the file for rules that are no longer there.
    """

    path: Path
    kind: str
    headline: str
    rules_file: Path
    is_running: bool
    notes: tuple[str, ...]
    answers: tuple[RuleAnswer, ...]
    of_earlier_rules: tuple[tuple[str, Whereabouts], ...]

    @property
    def is_taken(self) -> bool:
        """Whether some rule takes it as it stands."""
        return any(answer.verdict.answer is Answer.TAKES for answer in self.answers)


def explain_path(path: Path, book: RuleBook, state: StateFolder) -> Explanation:
    """Explain a path, absolute or relative to the present folder.

    Raises:
        DatabaseTooNew, DatabaseUnusable: the database can't be read.
    """
    folders = [folder for rule in book.rules for folder in rule.watch]
    place = look_at(spell_as_watched(Path(os.path.abspath(path)), folders))  # noqa: PTH100 -- links are kept
    keep_out = keep_out_roots(book.rules)
    with open_scene(book, state) as scene:
        verdicts = [
            (rule, judge(rule, Matcher(rule, keep_out), place, mount_points_below)) for rule in book.rules
        ]
        answers = [
            RuleAnswer(rule.name, verdict, find_whereabouts(scene, rule, place.path, verdict))
            for rule, verdict in verdicts
        ]
        version = next((verdict.version for _, verdict in verdicts if verdict.version is not None), None)
        names = {rule.name for rule in book.rules}
        known = () if scene.history is None else scene.history.read_all(place.path)
        earlier = [
            (each.rule, describe_known(each, version, now=scene.now))
            for each in known
            if each.rule not in names
        ]
        notes = tuple(_list_notes(scene))
    kind = _kind_of(place)
    return Explanation(
        path=place.path,
        kind=kind,
        headline=_headline(place, kind),
        rules_file=book.path,
        is_running=scene.is_running,
        notes=notes,
        answers=tuple(answers),
        of_earlier_rules=tuple(earlier),
    )


def _kind_of(place: Place) -> str:
    if place.status is None:
        return "unknown" if place.trouble else "missing"
    if place.is_folder:
        return "folder"
    if place.is_file:
        return "file"
    return "link" if place.is_link else "other"


def _headline(place: Place, kind: str) -> str:
    status = place.status
    if kind == "file" and status is not None:
        written = show_moment(status.st_mtime)
        return f"{place.path}: a file of {format_bytes(status.st_size)}, last written {written}"
    if kind == "other" and status is not None:
        return f"{place.path}: {_SPECIAL.get(stat.S_IFMT(status.st_mode), 'something else')}"
    return f"{place.path}: {_KINDS[kind] or place.trouble}"


_KINDS = {"folder": "a folder", "link": "a symbolic link", "missing": "nothing is there", "unknown": ""}
_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _list_notes(scene: Scene) -> Iterator[str]:
    """What else counts for all rules."""
    if not scene.is_running:
        yield f"NemoWatch is not running; `{find_start_command()}` starts it."
    elif scene.standing is None:
        yield "NemoWatch has just started, and tells nothing yet."
    else:
        yield from _compare_rules(scene.standing, scene.book.path)


def _compare_rules(standing: Standing, path: Path) -> Iterator[str]:
    if standing.rules_file != str(path):
        yield f"The running NemoWatch follows another rules file, {standing.rules_file}."
    elif standing.rules_error:
        yield "The running NemoWatch follows the rules from before: the file as it stands is wrong."
    elif standing.rules_digest and standing.rules_digest != read_digest(path):
        yield "The running NemoWatch has not read these rules yet; `nemowatch reload` has it do so."
