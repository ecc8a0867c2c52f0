"""`nemowatch jobs list · show · logs · open`: the history, and what became of one job. Nothing is changed by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from nemowatch.cli.options import AsJson  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from rich.console import Console

    from nemowatch.jobs.records import JobRecord

_Job: TypeAlias = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, or its beginning.")]


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
        str | None, typer.Option("--rule", metavar="NAME", help="Only jobs of this rule.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="At most so many, the newest first.")
    ] = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first.

    With `--state skipped` it lists the files that make none: what was there before a rule, and duplicates.
    """
    from nemowatch.cli.book import job_as_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.screen import jobs_table, open_console, print_json, print_table  # noqa: PLC0415
    from nemowatch.cli.selection import parse_states  # noqa: PLC0415
    from nemowatch.cli.skipped import SKIPPED, list_skipped  # noqa: PLC0415
    from nemowatch.cli.time_left import read_remaining  # noqa: PLC0415
    from nemowatch.clock import SystemClock  # noqa: PLC0415
    from nemowatch.jobs.reading import open_books  # noqa: PLC0415
    from nemowatch.places import StateFolder  # noqa: PLC0415

    if state == [SKIPPED]:
        list_skipped(rule, limit, as_json=as_json)
        return
    states = parse_states(state or (), SKIPPED)
    folder = StateFolder.locate()
    with open_books(folder.database) as books:
        store, spending = books or (None, None)
        records = () if store is None else store.list_jobs(states=states, rule=rule, limit=limit)
        remaining = read_remaining(folder, records)
        if as_json:
            print_json(
                [job_as_json(record, spending, remaining.get(record.spec.job_id)) for record in records]
            )
            return
    if records:
        console = open_console()
        print_table(console, jobs_table(records, now=SystemClock().now(), remaining=remaining))
        _print_ways_out(console, records)
    else:
        typer.echo("No jobs.")


def show_job(job: _Job, *, as_json: AsJson = False) -> None:
    """Show all that is known of one job, and its log."""
    from nemowatch.cli.book import find_job, job_as_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.screen import open_console, print_json  # noqa: PLC0415
    from nemowatch.cli.time_left import read_remaining  # noqa: PLC0415
    from nemowatch.jobs.reading import open_books  # noqa: PLC0415
    from nemowatch.outputs.job_log import JobLog  # noqa: PLC0415
    from nemowatch.places import StateFolder  # noqa: PLC0415

    state = StateFolder.locate()
    with open_books(state.database) as books:
        store, spending = books or (None, None)
        record = find_job(store, job)
        remaining = read_remaining(state, [record]).get(record.spec.job_id)
        if as_json:
            print_json(job_as_json(record, spending, remaining))
            return
        cost = None if spending is None else spending.cost_of(record.spec.job_id)
    console = open_console()
    _print_facts(console, record, cost, remaining)
    log = JobLog(state.job_logs / f"{record.spec.job_id}.log").read()
    if log:
        console.print("\n[bold]Log[/]")
        _print_log(log)


def show_log(
    job: _Job,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the job has ended; Ctrl-C stops it.")
    ] = False,
) -> None:
    """Print a job's log."""
    from nemowatch.cli.log_reader import read_log  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.places import StateFolder  # noqa: PLC0415

    is_empty = True
    for text in read_log(StateFolder.locate(), job, follow=follow):
        is_empty = False
        _print_log(text)
    if is_empty:
        typer.echo("Nothing is written in its log yet.", err=True)


def open_project(
    job: _Job,
    *,
    browser: Annotated[bool, typer.Option("--browser", help="Open it in the browser, too.")] = False,
) -> None:
    """Print the link to a job's project on the service's website."""
    from nemowatch.cli.book import find_job  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.project_link import find_project_link  # noqa: PLC0415
    from nemowatch.jobs.reading import open_book, read_project_link  # noqa: PLC0415
    from nemowatch.places import StateFolder  # noqa: PLC0415

    database = StateFolder.locate().database
    with open_book(database) as store:
        record = find_job(store, job)
    link = read_project_link(database, record.spec.job_id) or find_project_link(record)
    typer.echo(link)
    if browser:
        typer.launch(link)


def _print_log(text: str) -> None:
    from nemowatch.cli.screen import printable  # noqa: PLC0415 -- --help must load quickly

    for line in text.rstrip("\n").split("\n"):
        typer.echo(printable(line))


def _print_ways_out(console: Console, records: tuple[JobRecord, ...]) -> None:
    """Below the table, where no line is broken: what to type for the jobs that need the user."""
    from nemowatch.cli.screen import print_below  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.ways_out import find_ways_out, short_id  # noqa: PLC0415
    from nemowatch.jobs.records import Cause, JobState  # noqa: PLC0415

    lines: dict[str, str] = {}
    for record in records:
        if record.state not in {JobState.ATTENTION, JobState.HELD}:
            continue
        is_of_backlog = record.stop is not None and record.stop.cause is Cause.BACKLOG
        # What lets the whole backlog go is told once.
        for way in find_ways_out(record)[: 1 if is_of_backlog else None]:
            lines.setdefault(way.command, f"{short_id(record)}  {way.command}  {way.does}")
    if lines:
        console.print("\n[bold]What helps[/]")
    for line in lines.values():
        print_below(console, line, indent=0)


def _print_facts(console: Console, record: JobRecord, cost: int | None, remaining: float | None) -> None:
    from rich.markup import escape  # noqa: PLC0415 -- --help must load quickly

    from nemowatch.cli.book import seconds_taken  # noqa: PLC0415
    from nemowatch.cli.screen import (  # noqa: PLC0415
        describe_remaining,
        list_outputs,
        printable,
        show_moment,
        show_state,
    )
    from nemowatch.cli.ways_out import describe_wake, find_ways_out  # noqa: PLC0415
    from nemowatch.clock import SystemClock  # noqa: PLC0415
    from nemowatch.units import format_bytes, format_count, format_duration  # noqa: PLC0415

    spec, now = record.spec, SystemClock().now()
    seconds = seconds_taken(record, now=now)
    facts = [
        ("job", spec.job_id),
        ("state", show_state(record)),
        ("why", escape(printable(record.reason))),
        ("", describe_wake(record, now=now)),
        *(("what helps", escape(f"{way.command}  {way.does}")) for way in find_ways_out(record)),
        ("rule", escape(spec.rule)),
        ("recording", escape(printable(f"{spec.source.path} ({format_bytes(spec.source.size_bytes)})"))),
        ("refines", "" if spec.base is None else spec.base.job_id),
        *(("prompt", escape(printable(prompt))) for prompt in spec.prompts),
        ("cost", "" if cost is None else format_count(cost, "credit")),
        ("queued", show_moment(spec.queued_at)),
        ("started", show_moment(record.started_at)),
        ("ended", show_moment(record.finished_at)),
        ("time", "" if seconds is None else format_duration(seconds)),
        ("", "" if remaining is None else describe_remaining(remaining)),
        ("attempt", "" if record.attempt == 1 else str(record.attempt)),
        ("outputs in", escape(printable(str(record.output_folder or "")))),
        *(("", escape(printable(line))) for line in list_outputs(record.outputs)),
    ]
    for name, value in facts:
        if value:
            console.print(f"[bold]{name:<11}[/]{value}", soft_wrap=True)
