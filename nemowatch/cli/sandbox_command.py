"""`nemowatch sandbox`: the embedded NemoVideo service alone, for one's own experiments and tests."""

from __future__ import annotations

import signal
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from nemowatch.sandbox.faults import BadFault, Fault, parse_fault
from nemowatch.sandbox.options import (
    ANONYMOUS_CREDITS,
    ErrorsForm,
    EventsForm,
    Questions,
    RenderForm,
    Silence,
)

_Port = Annotated[
    int, typer.Option(metavar="PORT", help="The port to listen on; 0 takes a free one.", min=0, max=65535)
]
_Events = Annotated[EventsForm, typer.Option(help="The form of the events that answer a prompt.")]
_Render = Annotated[RenderForm, typer.Option(help="The form of a render's status.")]
_Errors = Annotated[
    ErrorsForm,
    typer.Option(help="The form of a refusal: the HTTP status, the envelope's code, or each as usual."),
]
_Silent = Annotated[Silence, typer.Option(help="How many edits end without a word; some: 3 in 10.")]
_Questions = Annotated[Questions, typer.Option(help="Whether the agent asks back before it edits.")]
_Fault = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FAULT",
        help='What goes wrong, such as "prompt:2001 x2", "state:503 10%" or "upload:reset after"; repeatable. '
        "All calls and kinds: docs/sandbox.md, Faults.",
    ),
]
_Seed = Annotated[
    int, typer.Option(metavar="N", help="Decides which calls a fault with a rate strikes.", min=0)
]
_Credits = Annotated[
    int, typer.Option("--credits", metavar="N", help="What an anonymous account starts with.", min=0)
]
_Folder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where uploads and results are kept; a temporary folder if not given."),
]
_ReadyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Complete every render at once with this file.", exists=True, dir_okay=False
    ),
]


def sandbox(  # noqa: PLR0913, PLR0917 -- one parameter for each option of the command
    port: _Port = 0,
    events: _Events = "flat",
    render: _Render = "top",
    errors: _Errors = "mixed",
    silent: _Silent = "some",
    questions: _Questions = "never",
    fault: _Fault = None,
    seed: _Seed = 0,
    credits_: _Credits = ANONYMOUS_CREDITS,
    folder: _Folder = None,
    ready_file: _ReadyFile = None,
) -> None:
    """Run the embedded NemoVideo service on this machine until Ctrl-C.

    It speaks the whole API, edits and renders for real, and needs neither an account nor a network. What it does
    not do: docs/sandbox.md.
    """
    from nemowatch.logs import configure_logs
    from nemowatch.sandbox.server import Sandbox

    faults = _read_faults(fault or [])
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
                errors=errors,
                questions=questions,
                faults=faults,
                seed=seed,
                credits=credits_,
                ready_file=ready_file,
            )
        )
        # Scripts wait for the first line, so it must leave the buffer even when stdout is a pipe.
        typer.echo(f"NemoVideo sandbox on {service.url}")
        typer.echo(f"Use it with: NEMO_API_URL={service.url} nemowatch run")
        typer.echo(f"What it did so far: {service.url}/_sandbox/ledger · files: {place} · Ctrl-C stops it.")
        stop.wait()


def _read_faults(texts: list[str]) -> list[Fault]:
    try:
        return [parse_fault(text) for text in texts]
    except BadFault as error:
        raise typer.BadParameter(str(error), param_hint="--fault") from error
