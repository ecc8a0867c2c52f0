"""`nemowatch jobs list · show`: the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nemowatch.cli.options import AsJson  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from rich.console import Console

    from nemowatch.jobs.records import JobRecord


def list_jobs(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only jobs in this state; may be repeated."),
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
    """List jobs, the newest first."""
    from nemowatch.cli.book import job_as_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.screen import jobs_table, open_console, print_json, print_table  # noqa: PLC0415
    from nemowatch.clock import SystemClock  # noqa: PLC0415
    from nemowatch.jobs.reading import open_book  # noqa: PLC0415
    from nemowatch.jobs.records import JobState  # noqa: PLC0415
    from nemowatch.places import StateFolder  # noqa: PLC0415

    known = [known.value for known in JobState]
    wrong = [name for name in state or [] if name not in known]
    if wrong:
        raise typer.BadParameter(
            f"{wrong[0]!r} is no job state; there are {', '.join(known)}", param_hint="--state"
        )
    with open_book(StateFolder.locate().database) as store:
        states = [JobState(name) for name in state or []]
        records = () if store is None else store.list_jobs(states=states, rule=rule, limit=limit)
    if as_json:
        print_json([job_as_json(record) for record in records])
    elif records:
        print_table(open_console(), jobs_table(records, now=SystemClock().now()))
    else:
        typer.echo("No jobs.")


def show_job(
    job: Annotated[str, typer.Argument(metavar="JOB", help="The job's id, or its beginning.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of one job, and its log."""
    from nemowatch.cli.book import find_job, job_as_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.screen import open_console, print_json, printable  # noqa: PLC0415
    from nemowatch.jobs.reading import open_book  # noqa: PLC0415
    from nemowatch.outputs.job_log import JobLog  # noqa: PLC0415
    from nemowatch.places import StateFolder  # noqa: PLC0415

    state = StateFolder.locate()
    with open_book(state.database) as store:
        record = find_job(store, job)
    if as_json:
        print_json(job_as_json(record))
        return
    console = open_console()
    _print_facts(console, record)
    log = JobLog(state.job_logs / f"{record.spec.job_id}.log").read()
    if log:
        console.print("\n[bold]Log[/]")
        for line in log.rstrip("\n").split("\n"):
            console.print(printable(line), markup=False, soft_wrap=True)


def _print_facts(console: Console, record: JobRecord) -> None:
    from rich.markup import escape  # noqa: PLC0415 -- --help must load quickly

    from nemowatch.cli.book import seconds_taken  # noqa: PLC0415
    from nemowatch.cli.screen import describe_output, printable, show_moment, show_state  # noqa: PLC0415
    from nemowatch.clock import SystemClock  # noqa: PLC0415
    from nemowatch.units import format_bytes, format_duration  # noqa: PLC0415

    spec = record.spec
    seconds = seconds_taken(record, now=SystemClock().now())
    facts = [
        ("job", spec.job_id),
        ("state", show_state(record)),
        ("why", escape(printable(record.reason))),
        ("rule", escape(spec.rule)),
        ("recording", escape(printable(f"{spec.source.path} ({format_bytes(spec.source.size_bytes)})"))),
        *(("prompt", escape(printable(prompt))) for prompt in spec.prompts),
        ("queued", show_moment(spec.queued_at)),
        ("started", show_moment(record.started_at)),
        ("ended", show_moment(record.finished_at)),
        ("time", "" if seconds is None else format_duration(seconds)),
        ("outputs in", escape(printable(str(record.output_folder or "")))),
        *(("", escape(printable(describe_output(output)))) for output in record.outputs),
    ]
    for name, value in facts:
        if value:
            console.print(f"[bold]{name:<11}[/]{value}", soft_wrap=True)
