"""Asks the person at the terminal before something is done that costs, or that is done to many jobs at once."""

from __future__ import annotations

import sys

import typer

from nemowatch.errors import NemoWatchError


class NobodyToAsk(NemoWatchError):
    """It costs credits, and there is no terminal at which somebody could agree."""

    exit_code = 2


class Declined(NemoWatchError):
    """The person at the terminal said no."""


def agree(facts: str, question: str, *, is_costly: bool, yes: bool) -> None:
    """Return when the user agrees. What is said goes to stderr; stdout is for the answer.

    Args:
        facts: what will be done, and what it costs.
        question: what is asked then.
        is_costly: without a terminal the user must have agreed beforehand.
        yes: the user has.

    Raises:
        NobodyToAsk: there is no terminal, and it is costly.
        Declined: the answer was no.
    """
    if yes:
        typer.echo(facts, err=True)
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        if is_costly:
            raise NobodyToAsk(facts, hint="Nobody can be asked here: give --yes to agree.")
        return
    typer.echo(facts, err=True)
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
    if not agreed:
        raise Declined("Nothing was ordered.")
