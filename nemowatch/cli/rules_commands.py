"""`nemowatch check`, `init` and `schema`: the rules file, before the daemon meets it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- Typer reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nemowatch.cli.options import (  # noqa: TC001 -- Typer reads the annotations at run time
    AsJson,
    RulesPath,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from nemowatch.rules.problems import RulesInvalid
    from nemowatch.rules.rule import Rule, RuleBook
    from nemowatch.rules.survey import FolderReport, Overlap, Sighting

_INDENT = 13


def check(
    rules: RulesPath = None,
    *,
    files: Annotated[
        bool,
        typer.Option("--files", help="List which file would make which job, and why others would not."),
    ] = False,
    json_output: AsJson = False,
) -> None:
    """Check the rules, their folders and permissions.

    Ends with 0 when all is well, 1 when a folder can't be read or written, 4 when the rules are invalid.
    """
    from nemowatch.cli.screen import print_json  # noqa: PLC0415 -- rich is not loaded for `--help`
    from nemowatch.rules.load import load_rules  # noqa: PLC0415 -- nor are pydantic and YAML
    from nemowatch.rules.problems import RulesInvalid  # noqa: PLC0415 -- the same

    path = _rules_path(rules)
    try:
        book = load_rules(path)
    except RulesInvalid as error:
        if not json_output:
            raise
        print_json(_invalid_as_json(path, error))
        raise typer.Exit(error.exit_code) from None
    report = _Report(book, with_files=files)
    if json_output:
        print_json(report.as_json())
    else:
        report.show()
    if report.has_problems:
        raise typer.Exit(1)


def init(rules: RulesPath = None) -> None:
    """Write a commented example of the rules and make its folders; never overwrites."""
    from nemowatch.rules.example import write_example  # noqa: PLC0415 -- pydantic is not loaded for `--help`
    from nemowatch.rules.load import load_rules  # noqa: PLC0415 -- the same

    path = _rules_path(rules)
    write_example(path)
    typer.echo(f"Wrote {path}")
    for rule in load_rules(path, require_folders=False).rules:
        for folder in rule.watch:
            folder.mkdir(parents=True, exist_ok=True)
            typer.echo(f"Watch folder {folder}")
    typer.echo("Next: edit the file, look at it with `nemowatch check`, and start with `nemowatch run`.")


def schema() -> None:
    """Print the JSON Schema of the rules file: editors complete and check with it."""
    from nemowatch.cli.screen import print_json  # noqa: PLC0415 -- rich is not loaded for `--help`
    from nemowatch.rules.schema import rules_schema  # noqa: PLC0415 -- nor is pydantic

    print_json(rules_schema())


def _rules_path(named: Path | None) -> Path:
    from nemowatch.places import default_rules_path  # noqa: PLC0415 -- platformdirs is not loaded for `--help`

    return named.expanduser() if named else default_rules_path()


class _Report:
    """What `check` found, to be shown to people or to scripts."""

    def __init__(self, book: RuleBook, *, with_files: bool) -> None:
        from nemowatch.rules.survey import (  # noqa: PLC0415 -- pathspec is not loaded for `--help`
            find_overlaps,
            inspect_folders,
            list_files,
        )

        self._book = book
        self._folders = {rule.name: inspect_folders(rule) for rule in book.rules}
        self._warnings = tuple(_describe_overlap(overlap) for overlap in find_overlaps(book))
        self._files = list_files(book) if with_files else None

    @property
    def has_problems(self) -> bool:
        """Whether a folder can't be read or written."""
        return any(folder.problems for folders in self._folders.values() for folder in folders)

    def as_json(self) -> dict[str, Any]:
        """Everything, with stable keys."""
        listed = {} if self._files is None else {"files": [_sighting_as_json(each) for each in self._files]}
        return {
            "rules_file": str(self._book.path),
            "valid": True,
            "problems": [],
            "warnings": list(self._warnings),
            "rules": [_rule_as_json(rule, self._folders[rule.name]) for rule in self._book.rules],
            **listed,
        }

    def show(self) -> None:
        """Print it for people."""
        from nemowatch.cli.screen import open_console  # noqa: PLC0415 -- rich is not loaded for `--help`

        console = open_console()
        _print_lines(console, "", [f"{self._book.path}: {_count(len(self._book.rules), 'rule')}, all valid."])
        for rule in self._book.rules:
            _show_rule(console, rule, self._folders[rule.name])
        for warning in self._warnings:
            console.print()
            _print_lines(console, "warning", [warning], style="yellow")
        if self._files is not None:
            _show_files(console, self._files)


def _show_rule(console: Console, rule: Rule, folders: Iterable[FolderReport]) -> None:
    from nemowatch.cli.screen import printable  # noqa: PLC0415 -- rich is not loaded for `--help`

    console.print()
    console.print(printable(rule.name), style="bold", markup=False)
    depth = " and its subfolders" if rule.recursive else ""
    _print_lines(console, "  watches", [f"{folder}{depth}" for folder in rule.watch])
    _print_lines(console, "  takes", [", ".join(rule.match) or "every accepted type, and lists of addresses"])
    _print_lines(console, "  leaves out", [", ".join(rule.ignore)] if rule.ignore else [])
    _print_lines(console, "  asks", [" ".join(prompt.split()) for prompt in rule.prompts])
    _print_lines(
        console, "  as skill", [f"{rule.skill.source} {rule.skill.version}, language {rule.language}"]
    )
    _print_lines(console, "  delivers", [", ".join(rule.deliver)])
    _print_lines(console, "  outputs", [_show_output(rule, folder) for folder in rule.watch])
    for folder in folders:
        _print_lines(console, "  problem", folder.problems, style="red")


def _show_output(rule: Rule, folder: Path) -> str:
    return rule.output.replace("{watch}", str(folder)).replace("{rule}", rule.name)


def _show_files(console: Console, files: Iterable[Sighting]) -> None:
    jobs = 0
    for sighting in files:
        console.print()
        _print_lines(console, "", [f"{sighting.path}{'/' if sighting.is_folder else ''}"])
        _print_lines(console, "  job", map(": ".join, sighting.takers), style="green")
        _print_lines(console, "  no job", map(": ".join, sighting.refusals), style="dim")
        jobs += len(sighting.takers)
    console.print()
    _print_lines(
        console, "", [f"{_count(jobs, 'job')} by name and place; contents are looked at by the daemon."]
    )


def _print_lines(console: Console, label: str, values: Iterable[str], *, style: str = "") -> None:
    """Print a label and its values below each other; what is too long goes on below, nothing is cut."""
    from rich.text import Text  # noqa: PLC0415 -- rich is not loaded for `--help`

    from nemowatch.cli.screen import printable  # noqa: PLC0415 -- the same

    indent = _INDENT if label else 0
    for value in values:
        room = max(20, console.width - indent)
        for line in Text(printable(value)).wrap(console, room, overflow="fold"):
            line.rstrip()
            console.print(Text.assemble((label.ljust(indent), style), line))
            label = ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _describe_overlap(overlap: Overlap) -> str:
    return (
        f'"{overlap.first}" and "{overlap.second}" take the same files in {overlap.folder} '
        f"(for example {overlap.example}): each of them is a job of its own, and paid for."
    )


def _invalid_as_json(path: Path, error: RulesInvalid) -> dict[str, Any]:
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


def _rule_as_json(rule: Rule, folders: Iterable[FolderReport]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "folders": [
            {"watch": str(each.watch), "output": str(each.output), "problems": list(each.problems)}
            for each in folders
        ],
        "match": list(rule.match),
        "ignore": list(rule.ignore),
        "recursive": rule.recursive,
        "skill": {"source": rule.skill.source, "version": rule.skill.version},
        "prompts": list(rule.prompts),
        "language": rule.language,
        "deliver": list(rule.deliver),
        "output": rule.output,
        "settle_seconds": rule.settle_seconds,
        "priority": rule.priority,
    }


def _sighting_as_json(sighting: Sighting) -> dict[str, Any]:
    return {
        "path": str(sighting.path),
        "is_folder": sighting.is_folder,
        "jobs": [{"rule": name, "reason": reason} for name, reason in sighting.takers],
        "refused": [{"rule": name, "reason": reason} for name, reason in sighting.refusals],
    }
