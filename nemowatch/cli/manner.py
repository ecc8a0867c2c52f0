"""How every command explains itself, set once for all: what its help shows, and what a wrong command's name is told.

Used by the app alone.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


class Command(TyperCommand):
    """A command whose flags stand alone in its help: Typer writes `<bool>` after `--json` as if it took a value."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, as the help and the parser read them."""
        return _without_flag_types(super().get_params(ctx))


class CommandGroup(TyperGroup):
    """The same for a group of commands, which also names those that there are to whoever mistypes one."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, as the help and the parser read them."""
        return _without_flag_types(super().get_params(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first argument names, or end with a usage error that lists them all."""
        name = args[0] if args else ""
        known = self.list_commands(ctx)
        # Shells that complete ask with half a name, and what begins with a dash is no command's name.
        if name and not name.startswith("-") and name not in known and not ctx.resilient_parsing:
            nearest = "".join(f" Did you mean {match!r}?" for match in get_close_matches(name, known, n=1))
            ctx.fail(f"There is no command {name!r}.{nearest} There are: {', '.join(known)}.")
        return super().resolve_command(ctx, args)


def _without_flag_types(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag and parameter.metavar is None:
            parameter.metavar = ""
    return parameters
