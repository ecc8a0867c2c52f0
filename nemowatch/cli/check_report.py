"""What `nemowatch check` found, for people and for scripts. Called by that command alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nemowatch.cli.screen import open_console, print_labelled, printable
from nemowatch.cli.telling_check import (
    describe_hooks,
    describe_notices,
    find_doubts,
    hooks_as_json,
    notices_as_json,
)
from nemowatch.places import StateFolder
from nemowatch.rules.condition import describe_when
from nemowatch.rules.moment import describe_moment
from nemowatch.rules.survey import find_overlaps, inspect_folders
from nemowatch.service.installed import list_installed
from nemowatch.units import format_count, format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from nemowatch.cli.file_list import FileList
    from nemowatch.rules.problems import RulesInvalid
    from nemowatch.rules.rule import Rule, RuleBook, Trim
    from nemowatch.rules.survey import FolderReport, Overlap


@dataclass(frozen=True)
class CheckReport:
    """What was found.

    Attributes:
        book: the rules, all valid.
        folders: of each rule, by its name.
        warnings: what is as it may be, and may not be meant.
        forbidden: which folders an installed service may not use, and what allows them.
        files: what becomes of each file; None where that was not asked for.
    """

    book: RuleBook
    folders: Mapping[str, tuple[FolderReport, ...]]
    warnings: tuple[str, ...]
    forbidden: tuple[str, ...]
    files: FileList | None

    @property
    def has_problems(self) -> bool:
        """Whether a folder can't be read or written."""
        return any(folder.problems for folders in self.folders.values() for folder in folders)

    def as_json(self) -> dict[str, Any]:
        """Everything, with stable keys."""
        book, limits = self.book, self.book.limits
        return {
            "rules_file": str(book.path),
            "valid": True,
            "problems": [],
            "warnings": list(self.warnings),
            "forbidden": list(self.forbidden),
            "limits": {
                "jobs": limits.jobs,
                "per_rule": limits.per_rule,
                "backlog": limits.backlog,
                "encodes": limits.encodes,
            },
            "scan_seconds": book.scan_seconds,
            "polling": book.polling,
            "notices": notices_as_json(book),
            "rules": [_rule_as_json(rule, self.folders[rule.name]) for rule in book.rules],
            **({} if self.files is None else {"files": self.files.as_json()}),
        }

    def show(self) -> None:
        """Print it for people."""
        console, book = open_console(), self.book
        print_labelled(console, "", [f"{book.path}: {format_count(len(book.rules), 'rule')}, all valid."])
        print_labelled(console, "", [_describe_book(book)])
        print_labelled(console, "tells", describe_notices(book))
        for rule in book.rules:
            _show_rule(console, rule, self.folders[rule.name], backlog=book.limits.backlog)
        for warning in (*self.warnings, *self.forbidden):
            console.print()
            print_labelled(console, "warning", [warning], style="yellow")
        if self.files is not None:
            self.files.show(console)


def make_report(book: RuleBook, *, with_files: bool) -> CheckReport:
    """Look at the folders of these rules, and if asked at the files in them.

    Raises:
        DatabaseTooNew, DatabaseUnusable: the database, which knows what became of files, can't be read.
    """
    folders = {rule.name: inspect_folders(rule) for rule in book.rules}
    missing = dict.fromkeys(
        warning for each in folders.values() for folder in each for warning in folder.warnings
    )
    overlaps = (_describe_overlap(overlap) for overlap in find_overlaps(book))
    forbidden = tuple(
        f"{folder}: the installed service may not use it; `{service.mending_command}` allows it."
        for service in list_installed()
        if service.unit.rules == book.path
        for folder in service.forbidden
    )
    warnings = (*missing, *overlaps, *find_doubts(book))
    return CheckReport(book, folders, warnings, forbidden, _list_files(book) if with_files else None)


def invalid_as_json(path: Path, error: RulesInvalid) -> dict[str, Any]:
    """The same for rules that can't be used: every problem, with stable keys."""
    problems = [
        {
            "line": problem.line,
            "column": problem.column,
            "where": problem.where,
            "message": problem.message,
            "suggestion": problem.suggestion or None,
        }
        for problem in error.problems
    ]
    return {"rules_file": str(path), "valid": False, "problems": problems}


def _list_files(book: RuleBook) -> FileList:
    # The database and the media library are loaded only where files are asked about.
    from nemowatch.cli.file_list import list_fates
    from nemowatch.cli.scene import open_scene

    with open_scene(book, StateFolder.locate()) as scene:
        return list_fates(scene)


def _describe_book(book: RuleBook) -> str:
    limits = book.limits
    of_one = "" if limits.per_rule is None else f", {limits.per_rule} of one rule"
    return (
        f"{format_count(limits.jobs, 'job')} at once{of_one}. Folders are looked through every "
        f"{format_duration(book.scan_seconds)}; polling: {book.polling}."
    )


def _show_rule(console: Console, rule: Rule, folders: tuple[FolderReport, ...], *, backlog: int) -> None:
    console.print()
    console.print(printable(rule.name), style="bold", markup=False)
    depth = " and its subfolders" if rule.recursive else ""
    lines = {
        "watches": [f"{folder}{depth}" for folder in rule.watch],
        "takes": [", ".join(rule.match) or "every accepted type, and lists of addresses"],
        "converts": [_CONVERTED] if rule.convert else [],
        "leaves out": [", ".join(rule.ignore)] if rule.ignore else [],
        "existing": [_describe_existing(rule, backlog)],
        "duplicates": ["made anew, and paid for again"] if rule.duplicates == "process" else [],
        "only if": [describe_when(rule.when)] if describe_when(rule.when) else [],
        "starts": [rule.schedule] if rule.schedule else [],
        "asks": [" ".join(prompt.split()) for prompt in rule.prompts],
        "as skill": [f"{rule.skill.source} {rule.skill.version}, language {rule.language}"],
        "uploads": _describe_trim(rule.trim),
        "too large": [_OVERSIZE[rule.oversize]] if rule.oversize != "compress" else [],
        "delivers": [", ".join(rule.deliver)],
        "stills": _describe_frames(rule),
        "outputs": [_fill_in(rule.output, rule, folder) for folder in rule.watch],
        "afterwards": _describe_after(rule),
        "runs": describe_hooks(rule),
    }
    for label, values in lines.items():
        print_labelled(console, f"  {label}", values)
    for folder in folders:
        print_labelled(console, "  problem", folder.problems, style="red")


def _describe_existing(rule: Rule, backlog: int) -> str:
    """What becomes of files that were there before the rule."""
    if rule.existing == "skip":
        return "files that were there before the rule are skipped"
    if rule.existing == "process":
        return "files that were there before the rule are taken"
    return (
        f"files that were there before the rule are taken; more than {format_count(backlog, 'file')} are held"
    )


_CONVERTED = "what the service does not take, but can be decoded here"
_OVERSIZE = {
    "split": "what is larger than the service takes is cut into parts",
    "reject": "what is larger than the service takes is refused",
}


def _describe_trim(trim: Trim | None) -> list[str]:
    if trim is None:
        return []
    end = "the end" if trim.end is None else describe_moment(trim.end)
    return [f"the part from {describe_moment(trim.start)} to {end}"]


def _describe_frames(rule: Rule) -> list[str]:
    if "frames" not in rule.deliver:
        return []
    every, at = rule.frames.every_seconds, rule.frames.at
    regular = [] if every is None else [f"one every {format_duration(every)}"]
    named = [f"at {', '.join(map(describe_moment, at))}"] if at else []
    return [f"{'; '.join([*regular, *named])}; as {rule.frames.format.upper()}"]


def _describe_after(rule: Rule) -> list[str]:
    if rule.after.does == "move":
        places = dict.fromkeys(_fill_in(rule.after.folder, rule, folder) for folder in rule.watch)
        return [f"the recording is moved to {place}" for place in places]
    return ["the recording is put into the trash"] if rule.after.does == "trash" else []


def _fill_in(template: str, rule: Rule, folder: Path) -> str:
    return template.replace("{watch}", str(folder)).replace("{rule}", rule.name)


def _describe_overlap(overlap: Overlap) -> str:
    return (
        f'"{overlap.first}" and "{overlap.second}" take the same files in {overlap.folder} '
        f"(for example {overlap.example}): each of them is a job of its own, and paid for."
    )


def _rule_as_json(rule: Rule, folders: tuple[FolderReport, ...]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "folders": [
            {
                "watch": str(each.watch),
                "output": str(each.output),
                "problems": list(each.problems),
                "warnings": list(each.warnings),
            }
            for each in folders
        ],
        "match": list(rule.match),
        "ignore": list(rule.ignore),
        "recursive": rule.recursive,
        "existing": rule.existing,
        "duplicates": rule.duplicates,
        "when": asdict(rule.when),
        "schedule": rule.schedule,
        "skill": {"source": rule.skill.source, "version": rule.skill.version},
        "prompts": list(rule.prompts),
        "language": rule.language,
        "deliver": list(rule.deliver),
        "frames": asdict(rule.frames) if "frames" in rule.deliver else None,
        "trim": None if rule.trim is None else asdict(rule.trim),
        "oversize": rule.oversize,
        "convert": rule.convert,
        "output": rule.output,
        "after": {"does": rule.after.does, "folder": rule.after.folder or None},
        "hooks": hooks_as_json(rule),
        "settle_seconds": rule.settle_seconds,
        "priority": rule.priority,
    }
