"""The command line: which commands there are, in which order and groups. Loads nothing heavy."""

from __future__ import annotations

import io
import sys
from typing import Annotated, NoReturn

import typer

from nemowatch import __version__
from nemowatch.cli.credits_command import show_credits
from nemowatch.cli.demo_command import demo
from nemowatch.cli.doctor_command import doctor
from nemowatch.cli.explain_command import explain
from nemowatch.cli.guard import guarded
from nemowatch.cli.jobs_commands import list_jobs, open_project, show_job, show_log
from nemowatch.cli.manner import Command, CommandGroup
from nemowatch.cli.order_commands import answer, cancel, refine, release, rerun, retry
from nemowatch.cli.pause_commands import pause, resume
from nemowatch.cli.reload_command import reload
from nemowatch.cli.rules_commands import check, init, schema
from nemowatch.cli.run_command import run
from nemowatch.cli.sandbox_command import sandbox
from nemowatch.cli.service_commands import (
    install,
    print_service,
    restart,
    show_service,
    start,
    stop,
    uninstall,
)
from nemowatch.cli.status_command import status

_START = "Start here"
_DAILY = "Every day"
_WORKSHOP = "For tools and tests"
_LOOK = "Look"
_ORDER = "Order"

app = typer.Typer(
    name="nemowatch",
    cls=CommandGroup,
    help="Save a recording into a folder; clips, stills or a finished MP4 appear in the folder beside it.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong use, 3 some files failed (run --once), 4 rules invalid, "
    "5 token, 6 credits or plan, 7 another instance runs, 8 state folder gone or of another version, "
    "130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode="markdown",  # joins the lines of a docstring's paragraphs
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
jobs = typer.Typer(
    cls=CommandGroup,
    help="What became of your recordings, and what is to become of them.",
    no_args_is_help=True,
)

service = typer.Typer(
    cls=CommandGroup,
    help="NemoWatch as a service of the system: systemd, or launchd on macOS.",
    no_args_is_help=True,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 -- Typer calls it with the option's value
    if wanted:
        typer.echo(f"nemowatch {__version__}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Save a recording into a folder; clips, stills or a finished MP4 appear in the folder beside it."""


app.command(cls=Command, rich_help_panel=_START)(guarded(demo))
app.command(cls=Command, rich_help_panel=_START)(guarded(init))
app.command(cls=Command, rich_help_panel=_START)(guarded(check))
app.command(cls=Command, rich_help_panel=_DAILY)(guarded(run))
app.command(cls=Command, rich_help_panel=_DAILY)(guarded(status))
app.command(cls=Command, rich_help_panel=_DAILY)(guarded(explain))
app.command(cls=Command, rich_help_panel=_DAILY)(guarded(pause))
app.command(cls=Command, rich_help_panel=_DAILY)(guarded(resume))
app.command(cls=Command, rich_help_panel=_DAILY)(guarded(reload))
app.command(cls=Command, rich_help_panel=_DAILY)(guarded(doctor))
app.add_typer(jobs, name="jobs", rich_help_panel=_DAILY)
app.add_typer(service, name="service", rich_help_panel=_DAILY)
app.command("credits", cls=Command, rich_help_panel=_DAILY)(guarded(show_credits))
jobs.command("list", cls=Command, rich_help_panel=_LOOK)(guarded(list_jobs))
jobs.command("show", cls=Command, rich_help_panel=_LOOK)(guarded(show_job))
jobs.command("logs", cls=Command, rich_help_panel=_LOOK)(guarded(show_log))
jobs.command("open", cls=Command, rich_help_panel=_LOOK)(guarded(open_project))
jobs.command(cls=Command, rich_help_panel=_ORDER)(guarded(retry))
jobs.command(cls=Command, rich_help_panel=_ORDER)(guarded(cancel))
jobs.command(cls=Command, rich_help_panel=_ORDER)(guarded(release))
jobs.command(cls=Command, rich_help_panel=_ORDER)(guarded(answer))
jobs.command(cls=Command, rich_help_panel=_ORDER)(guarded(refine))
jobs.command(cls=Command, rich_help_panel=_ORDER)(guarded(rerun))
service.command(cls=Command)(guarded(install))
service.command(cls=Command)(guarded(uninstall))
service.command(cls=Command)(guarded(start))
service.command(cls=Command)(guarded(stop))
service.command(cls=Command)(guarded(restart))
service.command("status", cls=Command)(guarded(show_service))
service.command("print", cls=Command)(guarded(print_service))
app.command(cls=Command, rich_help_panel=_WORKSHOP)(guarded(schema))
app.command(cls=Command, rich_help_panel=_WORKSHOP)(guarded(sandbox))


def run_command_line() -> NoReturn:
    """Run the command that the arguments name, and exit with its code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be text in any encoding
    app()
    raise SystemExit(0)
