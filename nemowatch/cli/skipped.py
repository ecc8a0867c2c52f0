"""Files that make no job, for `nemowatch jobs list --state skipped` and `status`: which, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from nemowatch.cli.book import iso_moment
from nemowatch.cli.screen import open_console, print_below, print_json, print_table, printable, show_moment
from nemowatch.jobs.database import DUPLICATE, EXISTING
from nemowatch.jobs.file_history import open_history
from nemowatch.places import StateFolder
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nemowatch.jobs.file_history import KnownFile

SKIPPED = "skipped"
"""Typed as if it were a job's state."""


def list_skipped(rule: str | None, limit: int, *, as_json: bool) -> None:
    """Print the files that make no job, those that were found last come first.

    Args:
        rule: only those of this rule.
        limit: at most so many.
        as_json: for scripts.
    """
    with open_history(StateFolder.locate().database) as history:
        files = () if history is None else history.list_skipped(rule=rule, limit=limit)
    if as_json:
        print_json([_as_json(file) for file in files])
    elif files:
        _print(files)
    else:
        typer.echo("No files were skipped.")


def describe_counts(counts: Mapping[str, int]) -> str:
    """How many files were skipped, in words; empty where none was."""
    words = []
    if counts.get(EXISTING):
        words.append(f"{format_count(counts[EXISTING], 'file')} that were there before their rule")
    if counts.get(DUPLICATE):
        words.append(format_count(counts[DUPLICATE], "duplicate"))
    return ", ".join(words)


def _print(files: Sequence[KnownFile]) -> None:
    console = open_console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("file", overflow="fold", ratio=2)
    table.add_column("rule", overflow="fold")
    table.add_column("found", no_wrap=True)
    table.add_column("why no job", overflow="fold", ratio=2)
    for file in files:
        path, rule = escape(printable(str(file.source.path))), escape(printable(file.rule))
        table.add_row(path, rule, show_moment(file.noted_at), escape(printable(_why(file))))
    print_table(console, table)
    print_below(console, "`nemowatch explain FILE` says more, and what helps.", indent=0)


def _why(file: KnownFile) -> str:
    if file.skipped == EXISTING:
        return "there before the rule"
    return "duplicate" if file.job is None else f"duplicate of {file.job.spec.source.path}"


def _as_json(file: KnownFile) -> dict[str, Any]:
    of = file.job if file.skipped == DUPLICATE else None
    return {
        "source": str(file.source.path),
        "rule": file.rule,
        "state": SKIPPED,
        "why": file.skipped,
        "duplicate_of": None if of is None else str(of.spec.source.path),
        "job": None if of is None else of.spec.job_id,
        "size_bytes": file.source.size_bytes,
        "noted_at": iso_moment(file.noted_at),
    }
