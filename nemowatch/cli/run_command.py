"""`nemowatch run`: the daemon, in the foreground."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from nemowatch.cli.options import RulesPath  # noqa: TC001 -- Typer reads the annotations

SOME_FILES_FAILED = 3


def run(
    rules: RulesPath = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Work through what is there, then end.")] = False,
) -> None:
    """Watch the folders and work, in the foreground.

    Ctrl-C or SIGTERM ends it within 10 seconds; what was running goes on at the next start. With --once it ends by
    itself, with exit code 3 when some files failed.
    """
    from nemowatch.daemon import Daemon  # noqa: PLC0415 -- loads the engine, which --help must not
    from nemowatch.logs import configure_logs  # noqa: PLC0415
    from nemowatch.places import StateFolder, default_rules_path  # noqa: PLC0415
    from nemowatch.rules.load import load_rules  # noqa: PLC0415

    book = load_rules(rules or default_rules_path())
    configure_logs(book.log_level, book.log_format)
    report = asyncio.run(Daemon(book, StateFolder.locate()).run(once=once))
    if report.stopped_by is signal.SIGINT:
        raise typer.Exit(128 + signal.SIGINT)
    if once and report.failed:
        raise typer.Exit(SOME_FILES_FAILED)
