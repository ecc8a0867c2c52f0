"""`nemowatch sandbox`: the embedded NemoVideo service alone, for one's own experiments and tests."""

from __future__ import annotations

import signal
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from nemowatch.logs import configure_logs
from nemowatch.sandbox.options import ANONYMOUS_CREDITS, EventsForm, RenderForm, Silence


def sandbox(
    port: Annotated[
        int, typer.Option(metavar="PORT", help="The port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 0,
    events: Annotated[EventsForm, typer.Option(help="The form of the events that answer a prompt.")] = "flat",
    render: Annotated[RenderForm, typer.Option(help="The form of a render's status.")] = "top",
    silent: Annotated[
        Silence, typer.Option(help="How many edits end without a word; some: 3 in 10.")
    ] = "some",
    credits_: Annotated[
        int, typer.Option("--credits", metavar="N", help="What an anonymous account starts with.", min=0)
    ] = ANONYMOUS_CREDITS,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where uploads and results are kept; a temporary folder if not given."
        ),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Complete every render at once with this file.", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Run the embedded NemoVideo service on this machine until Ctrl-C.

    It speaks the whole API, edits and renders for real, and needs neither an account nor a network. What it does
    not do: docs/sandbox.md.
    """
    from nemowatch.sandbox.server import Sandbox  # noqa: PLC0415 -- the web server is loaded for this command alone

    configure_logs("WARNING")
    stop = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nemowatch-sandbox-")))
        service = stack.enter_context(
            Sandbox(
                place,
                port=port,
                events=events,
                render=render,
                silent=silent,
                credits=credits_,
                ready_file=ready_file,
            )
        )
        # Scripts wait for the first line, so it must leave the buffer even when stdout is a pipe.
        typer.echo(f"NemoVideo sandbox on {service.url}")
        typer.echo(f"Use it with: NEMO_API_URL={service.url} nemowatch run")
        typer.echo(f"What it did so far: {service.url}/_sandbox/ledger · files: {place} · Ctrl-C stops it.")
        stop.wait()
