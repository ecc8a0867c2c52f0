"""`nemowatch reload`: has the running daemon read its rules again, and says what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemowatch.cli.reloading import Reloaded


def reload() -> None:
    """Have the running NemoWatch read its rules again, now.

    The rules are checked first: when they are invalid, the problems are shown, nothing is sent, and it ends with 4.
    Ends with 1 when NemoWatch does not run. It reads an edited file by itself within seconds, too.
    """
    from nemowatch.cli.reloading import reload_rules  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.places import StateFolder  # noqa: PLC0415

    _show(reload_rules(StateFolder.locate()))


def _show(reloaded: Reloaded) -> None:
    from nemowatch.cli.screen import open_console, print_below, show_moment  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.units import format_count  # noqa: PLC0415

    console = open_console()
    rules = format_count(reloaded.rule_count, "rule")
    moment = show_moment(reloaded.loaded_at)
    print_below(console, f"In force: {rules} of {reloaded.rules_file}, read {moment}.", indent=0)
    for what, names in (
        ("added", reloaded.added),
        ("changed", reloaded.changed),
        ("removed", reloaded.removed),
    ):
        for name in names:
            print_below(console, f"{what}: {name}", indent=2)
    if not (reloaded.added or reloaded.changed or reloaded.removed):
        print_below(console, "No rule differs from before.", indent=2)
    for trouble in reloaded.troubles:
        print_below(console, f"Trouble: {trouble}", indent=0)
