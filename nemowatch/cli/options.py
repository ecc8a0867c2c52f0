"""Options that several commands share, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

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

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Agree beforehand; nothing is asked.")]
