"""`nemowatch pause · resume`: whether jobs may start, kept over restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nemowatch.cli.options import AsJson, check_text

if TYPE_CHECKING:
    from nemowatch.web.bodies import PauseStanding


def pause(
    why: Annotated[
        str,
        typer.Option(
            "--why",
            metavar="TEXT",
            help="Kept with it, and shown by `nemowatch status`.",
            callback=check_text,
        ),
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Let no job start until `nemowatch resume`, also over restarts; those at work go on.

    Folders are watched as before, and new recordings wait in the queue.
    """
    from nemowatch.cli.pausing import switch_pause
    from nemowatch.places import StateFolder

    _show(switch_pause(StateFolder.locate(), is_paused=True, why=why.strip()), as_json=as_json)


def resume(*, as_json: AsJson = False) -> None:
    """Let jobs start again after `nemowatch pause`."""
    from nemowatch.cli.pausing import switch_pause
    from nemowatch.places import StateFolder

    _show(switch_pause(StateFolder.locate(), is_paused=False), as_json=as_json)


def _show(standing: PauseStanding, *, as_json: bool) -> None:
    from nemowatch.cli.screen import print_json, printable, show_moment

    if as_json:
        print_json(standing.to_json())
    elif standing.paused_at is None:
        typer.echo("Jobs may start.")
    else:
        why = f" ({printable(standing.why)})" if standing.why else ""
        since = show_moment(standing.paused_at)
        typer.echo(f"Paused since {since}{why}: no job starts until `nemowatch resume`; those at work go on.")
