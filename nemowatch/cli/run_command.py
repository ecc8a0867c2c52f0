"""`nemowatch run`: the daemon, in the foreground."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from nemowatch.cli.options import RulesPath  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.jobs.records import JobRecord

SOME_FILES_FAILED = 3
NEEDS_A_TOKEN = 5
NEEDS_CREDITS = 6


def run(
    rules: RulesPath = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Work through what is there, then end.")] = False,
) -> None:
    """Watch the folders and work, in the foreground.

    Ctrl-C or SIGTERM ends it within 10 seconds; what was running goes on at the next start. With --once it ends by
    itself: with 5 when jobs are left that need a token, 6 when they need credits or a plan, else 3 when some files
    failed or need you. What is left, and which command helps, is told at the end.
    """
    import asyncio

    from nemowatch.daemon import Daemon
    from nemowatch.logs import LogFile, configure_logs
    from nemowatch.places import StateFolder, default_rules_path
    from nemowatch.rules.load import load_rules

    # Absolute, since `status`, `explain` and `reload` are told of it in whatever folder they run.
    book = load_rules((rules or default_rules_path()).expanduser().absolute())
    state = StateFolder.locate()
    configure_logs(book.log_level, book.log_format, file=LogFile(state.log))
    report = asyncio.run(Daemon(book, state).run(once=once))
    if report.stopped_by is signal.SIGINT:
        raise typer.Exit(128 + signal.SIGINT)
    if not once:
        return
    for line in describe_left(report.left):
        typer.echo(line)
    code = choose_exit_code(failed=report.failed, left=report.left)
    if code:
        raise typer.Exit(code)


def choose_exit_code(*, failed: int, left: Sequence[JobRecord]) -> int:
    """What `run --once` returns to the shell (README, "Exit codes").

    Args:
        failed: how many files failed.
        left: the jobs that are held, or need the user.
    """
    from nemowatch.jobs.records import Cause

    causes = {record.stop.cause for record in left if record.stop is not None}
    if causes & {Cause.TOKEN, Cause.SCOPE}:
        return NEEDS_A_TOKEN
    if causes & {Cause.CREDITS, Cause.BUDGET, Cause.PLAN}:
        return NEEDS_CREDITS
    return SOME_FILES_FAILED if failed or left else 0


def describe_left(left: Sequence[JobRecord]) -> list[str]:
    """One line for each job that is left: why, and what helps."""
    from nemowatch.cli.screen import printable
    from nemowatch.cli.ways_out import describe_standing, find_ways_out
    from nemowatch.clock import SystemClock
    from nemowatch.jobs.views import view_job

    now, lines = SystemClock().now(), []
    for job in map(view_job, left):
        ways = "; ".join(f"`{way.command}` {way.does}" for way in find_ways_out(job))
        why = describe_standing(job, now=now)
        line = f"{job.short_id} {job.file_name}: {job.state}. {why} {ways}"
        lines.append(printable(line.rstrip()))
    return lines
