"""`nemowatch reload`: has the running daemon read its rules again, and says what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.cli.options import AsJson  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from nemowatch.web.bodies import RulesChange


def reload(*, as_json: AsJson = False) -> None:
    """Have the running NemoWatch read its rules again, now.

    When they are invalid, the problems are shown, those from before stay in force, and it ends with 4. Ends with 1
    when NemoWatch does not run. It reads an edited file by itself within seconds, too.
    """
    from nemowatch.cli.running import reload_rules
    from nemowatch.cli.screen import print_json
    from nemowatch.places import StateFolder

    change = reload_rules(StateFolder.locate())
    if as_json:
        print_json(change.to_json())
    else:
        _show(change)


def _show(change: RulesChange) -> None:
    from nemowatch.cli.screen import open_console, print_below, show_moment
    from nemowatch.units import format_count

    console = open_console()
    rules = format_count(change.rule_count, "rule")
    moment = show_moment(change.loaded_at)
    print_below(console, f"In force: {rules} of {change.rules_file}, read {moment}.", indent=0)
    for what, names in (("added", change.added), ("changed", change.changed), ("removed", change.removed)):
        for name in names:
            print_below(console, f"{what}: {name}", indent=2)
    if not (change.added or change.changed or change.removed):
        print_below(console, "No rule differs from before.", indent=2)
    for trouble in change.troubles:
        print_below(console, f"Trouble: {trouble}", indent=0)
