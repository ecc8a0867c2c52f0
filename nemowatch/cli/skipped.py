"""Files that make no job, for `nemowatch jobs list --state skipped` and `status`: which, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from nemowatch.cli.screen import open_console, print_below, print_json, print_table, printable, show_moment
from nemowatch.jobs.records import DUPLICATE, EXISTING
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nemowatch.web.bodies import SkippedFile

SKIPPED = "skipped"
"""Typed as if it were a job's state."""


def show_skipped(files: Sequence[SkippedFile], *, as_json: bool) -> None:
    """Print files that make no job, as they come; for scripts as JSON."""
    if as_json:
        print_json([file.to_json() for file in files])
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


def _print(files: Sequence[SkippedFile]) -> None:
    console = open_console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("file", overflow="fold", ratio=2)
    table.add_column("rule", overflow="fold")
    table.add_column("found", no_wrap=True)
    table.add_column("why no job", overflow="fold", ratio=2)
    for file in files:
        path, rule = escape(printable(file.source)), escape(printable(file.rule))
        table.add_row(path, rule, show_moment(file.noted_at), escape(printable(_why(file))))
    print_table(console, table)
    print_below(console, "`nemowatch explain FILE` says more, and what helps.", indent=0)


def _why(file: SkippedFile) -> str:
    if file.why == EXISTING:
        return "there before the rule"
    return "duplicate" if file.duplicate_of is None else f"duplicate of {file.duplicate_of}"
