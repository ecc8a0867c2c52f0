"""Options and arguments that several commands share, worded once, and what is demanded of each text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer


def check_text(typed: Any) -> Any:
    """Give back what was typed, a text, several or None: as the database and the service can take it.

    Paths are not checked: a file's name need not be text in any encoding.

    Raises:
        typer.BadParameter: it is not in the encoding of the terminal.
    """
    for text in [typed] if isinstance(typed, str) else typed or ():
        if any("\ud800" <= each <= "\udfff" for each in text):
            raise typer.BadParameter(f"{text!r} is no text in this terminal's encoding")
    return typed


RulesPath: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        metavar="PATH",
        envvar="NEMOWATCH_RULES",
        help="The rules file; default: ~/.config/nemowatch/rules.yaml.",
        show_default=False,
    ),
]

JobId: TypeAlias = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id, or its beginning.", callback=check_text)
]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Agree beforehand; nothing is asked.")]
