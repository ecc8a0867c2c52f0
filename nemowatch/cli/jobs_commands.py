"""`nemowatch jobs list · show · logs · open`: the history, and what became of one job. Nothing is changed by it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from nemowatch.cli.options import AsJson, JobId, check_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from nemowatch.jobs.views import JobView
    from nemowatch.web.bodies import SkippedFile

_MOST = 2**53
"""Neither the database nor the control API takes a number of any size; nobody has so many jobs."""


def _bound(limit: int) -> int:
    return min(limit, _MOST)


def list_jobs(
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only jobs in this state; may be repeated. `skipped`: files that make no job.",
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="NAME", help="Only jobs of this rule.", callback=check_text),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="Only jobs that were queued since then: `2d`, `1h30m`, `2026-11-01`, `14:00`.",
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", metavar="N", min=1, help="At most so many, the newest first.", callback=_bound
        ),
    ] = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first.

    With `--state skipped` it lists the files that make none: what was there before a rule, and duplicates.
    """
    from nemowatch.cli.moments import parse_since
    from nemowatch.cli.reader import Reader
    from nemowatch.cli.screen import jobs_table, open_console, print_json, print_table
    from nemowatch.cli.skipped import SKIPPED, show_skipped
    from nemowatch.cli.states import parse_states
    from nemowatch.clock import SystemClock
    from nemowatch.places import StateFolder

    now = SystemClock().now()
    since_moment = None if since is None else parse_since(since, now=now)
    with Reader(StateFolder.locate()) as reader:
        if state == [SKIPPED]:
            files = reader.skipped(rule=rule, limit=limit)
            show_skipped([file for file in files if _is_since(file, since_moment)], as_json=as_json)
            return
        states = parse_states(state or (), SKIPPED)
        found = reader.jobs(states=states, rule=rule, since=since_moment, limit=limit)
    if as_json:
        print_json([job.to_json() for job in found])
    elif found:
        console = open_console()
        print_table(console, jobs_table(found, now=now))
        _print_ways_out(console, found)
    else:
        is_narrowed = bool(states or rule or since)
        typer.echo("No such jobs; `nemowatch jobs list` shows all." if is_narrowed else "No jobs.")


def _is_since(file: SkippedFile, moment: float | None) -> bool:
    return moment is None or (file.noted_at is not None and file.noted_at >= moment)


def show_job(job: JobId, *, as_json: AsJson = False) -> None:
    """Show all that is known of one job, and its log."""
    from nemowatch.cli.log_reader import read_log
    from nemowatch.cli.reader import Reader
    from nemowatch.cli.screen import open_console, print_json
    from nemowatch.places import StateFolder

    with Reader(StateFolder.locate()) as reader:
        found = reader.job(job)
        if as_json:
            print_json(found.to_json())
            return
        console = open_console()
        _print_facts(console, found)
        for number, text in enumerate(read_log(reader, found.id, follow=False)):
            if number == 0:
                console.print("\n[bold]Log[/]")
            _print_log(text)


def show_log(
    job: JobId,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the job has ended; Ctrl-C stops it.")
    ] = False,
) -> None:
    """Print a job's log."""
    from nemowatch.cli.log_reader import read_log
    from nemowatch.cli.reader import Reader
    from nemowatch.places import StateFolder

    is_empty = True
    with Reader(StateFolder.locate()) as reader:
        for text in read_log(reader, job, follow=follow):
            is_empty = False
            _print_log(text)
            sys.stdout.flush()
    if is_empty:
        typer.echo("Nothing is written in its log yet.", err=True)


def open_project(
    job: JobId,
    *,
    browser: Annotated[bool, typer.Option("--browser", help="Open it in the browser, too.")] = False,
) -> None:
    """Print the link to a job's project on the service's website."""
    from nemowatch.cli.project_link import find_project_link
    from nemowatch.cli.reader import Reader
    from nemowatch.jobs.reading import read_project_link
    from nemowatch.places import StateFolder

    state = StateFolder.locate()
    with Reader(state) as reader:
        found = reader.job(job)
    link = read_project_link(state.database, found.id) or find_project_link(found)
    typer.echo(link)
    if browser:
        typer.launch(link)


def _print_log(text: str) -> None:
    from nemowatch.cli.screen import printable

    for line in text.rstrip("\n").split("\n"):
        typer.echo(printable(line))


def _print_ways_out(console: Console, jobs: Iterable[JobView]) -> None:
    """Below the table, where no line is broken: what to type for the jobs that need the user."""
    from nemowatch.cli.screen import print_below
    from nemowatch.cli.ways_out import find_ways_out
    from nemowatch.jobs.records import Cause, JobState

    lines: dict[str, str] = {}
    for job in jobs:
        if job.state not in {JobState.ATTENTION, JobState.HELD}:
            continue
        # What lets the whole backlog go is told once.
        for way in find_ways_out(job)[: 1 if job.cause is Cause.BACKLOG else None]:
            lines.setdefault(way.command, f"{job.short_id}  {way.command}  {way.does}")
    if lines:
        console.print("\n[bold]What helps[/]")
    for line in lines.values():
        print_below(console, line, indent=0)


def _print_facts(console: Console, job: JobView) -> None:
    from rich.markup import escape

    from nemowatch.cli.screen import (
        describe_remaining,
        list_outputs,
        printable,
        seconds_taken,
        show_moment,
        show_state,
    )
    from nemowatch.cli.ways_out import describe_wake, find_ways_out
    from nemowatch.clock import SystemClock
    from nemowatch.units import format_bytes, format_count, format_duration

    now = SystemClock().now()
    seconds, remaining = seconds_taken(job, now=now), job.remaining_seconds
    facts = [
        ("job", job.id),
        ("state", show_state(job)),
        ("why", escape(printable(job.reason))),
        ("", describe_wake(job, now=now)),
        *(("what helps", escape(f"{way.command}  {way.does}")) for way in find_ways_out(job)),
        ("rule", escape(job.rule)),
        ("recording", escape(printable(f"{job.source} ({format_bytes(job.size_bytes)})"))),
        ("refines", job.refines),
        *(("prompt", escape(printable(prompt))) for prompt in job.prompts),
        ("cost", "" if job.cost is None else format_count(job.cost, "credit")),
        ("queued", show_moment(job.queued_at)),
        ("started", show_moment(job.started_at)),
        ("ended", show_moment(job.finished_at)),
        ("time", "" if seconds is None else format_duration(seconds)),
        ("", "" if remaining is None else describe_remaining(remaining)),
        ("attempt", "" if job.attempt == 1 else str(job.attempt)),
        ("outputs in", escape(printable(job.output_folder or ""))),
        *(("", escape(printable(line))) for line in list_outputs(job.outputs)),
    ]
    for name, value in facts:
        if value:
            console.print(f"[bold]{name:<11}[/]{value}", soft_wrap=True)
