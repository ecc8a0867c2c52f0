"""`nemowatch status`: is it running, does it need anything, and what is it doing? Once, or all the time."""

from __future__ import annotations

from typing import Annotated

import typer

from nemowatch.cli.options import AsJson  # noqa: TC001 -- Typer reads the annotations


def status(
    *,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Go on showing it until q or Ctrl-C; outside of a terminal, what changes."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show whether the daemon runs, what needs you, what waits, what runs and what ended last."""
    from nemowatch.cli.reader import Reader
    from nemowatch.cli.screen import open_console, print_json
    from nemowatch.clock import SystemClock
    from nemowatch.places import StateFolder

    state = StateFolder.locate()
    if watch:
        if as_json:
            raise typer.BadParameter("it is for people; --json tells once", param_hint="--watch")
        from nemowatch.cli.watching import watch_status

        watch_status(open_console(), state)
        return
    with Reader(state) as reader:
        view = reader.status()
    if as_json:
        print_json(view.to_json())
        return
    from nemowatch.cli.status_lines import print_status

    print_status(open_console(), view, now=SystemClock().now())
