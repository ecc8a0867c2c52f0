"""What the rules mean on this machine: permissions, files that exist, files that two rules would take.

Called by `nemowatch check` and `explain`, never by the daemon. Looks at folders and names, opens no recording, and
changes nothing; lists of addresses, and the prompt files beside recordings, are read.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.rules.address_list import NoAddressYet, WrongAddressList, is_address_list, read_addresses
from nemowatch.rules.match import INPUT_TYPES, Matcher
from nemowatch.rules.prompt_file import WrongPromptFile, prompt_file_of, read_prompt_file, recording_of
from nemowatch.rules.template import keep_out_roots, output_root

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from nemowatch.rules.rule import Rule, RuleBook

A_LINK = "a symbolic link; links are never followed"
A_MOUNT_POINT = "another file system is mounted there; name it as a watch folder to have it looked into"
NO_REGULAR_FILE = "not a regular file"


@dataclass(frozen=True)
class FolderReport:
    """One watch folder of one rule.

    Attributes:
        watch: the folder.
        output: the folder under which its outputs land; it may not exist yet.
        problems: what would keep a job from reading or delivering there, in words for a person.
        warnings: what is as it may be, and may not be meant.
    """

    watch: Path
    output: Path
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Overlap:
    """Two rules that take the same files.

    Attributes:
        first: the name of one rule.
        second: the name of the other.
        folder: where they meet.
        example: the name of a file that both would take.
    """

    first: str
    second: str
    folder: Path
    example: str


@dataclass(frozen=True)
class Sighting:
    """A file, or a folder that is not looked into, and what each rule that watches there says about it.

    Attributes:
        path: absolute; a folder's is shown with a slash at its end.
        is_folder: whether it is a folder.
        takers: the names of the rules that would make a job of it, each with its reason.
        refusals: the names of the others, each with its reason.
    """

    path: Path
    is_folder: bool
    takers: tuple[tuple[str, str], ...]
    refusals: tuple[tuple[str, str], ...]


def inspect_folders(rule: Rule) -> tuple[FolderReport, ...]:
    """Check the permissions of each of a rule's folders."""
    return tuple(_inspect(folder, output_root(rule, folder)) for folder in rule.watch)


def find_overlaps(book: RuleBook) -> Iterator[Overlap]:
    """Find pairs of rules that take the same files.

    Patterns can't be compared in general: names made from them, and one of each accepted type, are tried.
    """
    keep_out = keep_out_roots(book.rules)
    found: set[tuple[str, str]] = set()
    for one, other in _meetings(book.rules):
        pair = (one.rule.name, other.rule.name)
        if pair in found:
            continue
        example = next(_names_of_both(one, other, keep_out), "")
        if example:
            found.add(pair)
            yield Overlap(*pair, one.meeting, example)


def list_files(
    book: RuleBook, mount_points: Callable[[Path], Collection[Path]] = lambda _folder: ()
) -> list[Sighting]:
    """Look through every watch folder, and ask each rule that watches there about each file, by its path.

    A folder that can't be read is left out here; `inspect_folders` reports it. So is a prompt file whose recording
    lies beside it: it is told with the recording.

    Args:
        book: the rules.
        mount_points: gives the places below a watch folder at which other file systems are mounted.
    """
    keep_out = keep_out_roots(book.rules)
    answers: dict[tuple[Path, bool], list[tuple[str, str, bool]]] = {}
    for rule in book.rules:
        matcher = Matcher(rule, keep_out)
        for folder in rule.watch:
            mounted = mount_points(folder)
            for path, is_folder, reason, taken in _walk(matcher, folder, mounted):
                said = answers.setdefault((path, is_folder), [])
                if all(name != rule.name for name, _, _ in said):
                    said.append((rule.name, reason, taken))
    return [
        Sighting(
            path,
            is_folder,
            tuple((name, reason) for name, reason, taken in said if taken),
            tuple((name, reason) for name, reason, taken in said if not taken),
        )
        for (path, is_folder), said in sorted(answers.items())
    ]


def find_files(
    rule: Rule, keep_out: Collection[Path], mount_points: Callable[[Path], Collection[Path]]
) -> Iterator[tuple[Path, Path]]:
    """Find the files that a rule takes by their name and place, each with its watch folder, as a scan finds them."""
    matcher = Matcher(rule, keep_out)
    for folder in rule.watch:
        mounted = mount_points(folder)
        for path, is_folder, reason, _ in _walk(matcher, folder, mounted):
            if not is_folder and reason not in {A_LINK, NO_REGULAR_FILE} and matcher.match(path).matches:
                yield path, folder


def _inspect(watch: Path, output: Path) -> FolderReport:
    problems, warnings = [], []
    if not os.path.lexists(watch):
        warnings.append(
            f'{watch} is not there now. It is watched as soon as it is; `mkdir -p "{watch}"` makes it.'
        )
    elif not os.access(watch, os.R_OK | os.X_OK):
        problems.append(
            f"{watch} can't be read by this user. Give it read and search permission (chmod u+rx)."
        )
    try:
        problems += _inspect_output(output)
    except OSError as error:
        problems.append(f"the output folder {output} can't be looked at: {error.strerror}.")
    return FolderReport(watch, output, tuple(problems), tuple(warnings))


def _inspect_output(output: Path) -> Iterator[str]:
    """Look at the folder, or while it does not exist at the one in which it will be made."""
    place = next(folder for folder in (output, *output.parents) if folder.exists())
    if not place.is_dir():
        yield f"{place} is a file, so outputs can't be written below it."
    elif not os.access(place, os.W_OK | os.X_OK):
        yield f"{place} can't be written by this user, so outputs have no place. Choose another `output`."


@dataclass(frozen=True)
class _Visitor:
    """A rule that looks into a folder: through which of its watch folders, and the folder, links resolved."""

    rule: Rule
    watch: Path
    meeting: Path

    @property
    def meeting_as_watched(self) -> Path:
        """The folder as the rule sees it, by the links that it follows."""
        return self.watch / self.meeting.relative_to(self.watch.resolve())


def _meetings(rules: Iterable[Rule]) -> Iterator[tuple[_Visitor, _Visitor]]:
    """Each watch folder into which two rules look, with both, the one named first in the file first."""
    places = [(number, rule, watch) for number, rule in enumerate(rules) for watch in rule.watch]
    by_place: dict[Path, list[tuple[int, Rule, Path]]] = {}
    for number, rule, watch in places:
        by_place.setdefault(watch.resolve(), []).append((number, rule, watch))
    for meeting, visitors in by_place.items():
        above = (each for folder in meeting.parents for each in by_place.get(folder, ()) if each[1].recursive)
        looking = sorted([*visitors, *above], key=lambda each: each[0])
        for (_, first, one), (_, second, other) in itertools.combinations(looking, 2):
            if first is not second:
                yield _Visitor(first, one, meeting), _Visitor(second, other, meeting)


def _names_of_both(one: _Visitor, other: _Visitor, keep_out: Collection[Path]) -> Iterator[str]:
    matchers = [(Matcher(each.rule, keep_out), each.meeting_as_watched) for each in (one, other)]
    for name in _sample_names(one.rule, other.rule):
        if all(matcher.match(folder / name).matches for matcher, folder in matchers):
            yield name


def _sample_names(*rules: Rule) -> Iterator[str]:
    yield from (f"recording{suffix}" for suffix in (".mp4", *sorted(INPUT_TYPES)))
    for rule in rules:
        for pattern in rule.match:
            name = pattern.lstrip("!/").replace("**/", "").replace("*", "x").replace("?", "x")
            yield f"{name}recording.mp4" if name.endswith("/") else name


def _walk(matcher: Matcher, top: Path, mounted: Collection[Path]) -> Iterator[tuple[Path, bool, str, bool]]:
    """Each file, and each subfolder that is not looked into: path, whether a folder, reason, whether taken."""
    waiting = [top]
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.is_symlink():
                yield path, False, A_LINK, False
            elif entry.is_dir(follow_symlinks=False):
                reason = matcher.refuse_folder(path) or (A_MOUNT_POINT if path in mounted else "")
                if reason:
                    yield path, True, reason, False
                else:
                    waiting.append(path)
            elif not _is_told_with_its_recording(path):
                yield path, False, *_judge(matcher, path, is_file=entry.is_file(follow_symlinks=False))


def _is_told_with_its_recording(path: Path) -> bool:
    recording = recording_of(path)
    return recording is not None and recording.is_file()


def _judge(matcher: Matcher, path: Path, *, is_file: bool) -> tuple[str, bool]:
    verdict = matcher.match(path)
    if not verdict.matches:
        return verdict.reason, False
    if not is_file:
        return NO_REGULAR_FILE, False
    try:
        if not os.access(path, os.R_OK):
            return "it can't be read by this user", False
        if is_address_list(path):
            read_addresses(path)
        prompts = read_prompt_file(path)
    except (WrongAddressList, NoAddressYet, WrongPromptFile) as error:
        return str(error), False
    except OSError as error:
        return f"it can't be read: {error.strerror or error}", False
    beside = f"; prompts from {prompt_file_of(path).name}" if prompts else ""
    return f"{verdict.reason}{beside}", True
