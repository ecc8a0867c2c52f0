"""What `nemowatch check` says of who is told (`notify`) and of what is run (`hook`).

Called by the check's report. Looks at what is installed on this machine; sends nothing and runs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nemowatch.notices.command import find_program
from nemowatch.rules.telling_kinds import show_address
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.rules.rule import Hook, Rule, RuleBook


def describe_notices(book: RuleBook) -> list[str]:
    """Who is told of what, a line for each section; no address is shown."""
    return [
        f"{', '.join(map(show_address, notify.addresses))} of {', '.join(notify.on)}; at most one message every "
        f"{format_duration(notify.pause_seconds)}"
        for notify in book.notices
    ]


def describe_hooks(rule: Rule) -> list[str]:
    """What is run for a rule's jobs, a line for each hook."""
    return [f"{', '.join(hook.on)}: {_show_command(hook)}" for hook in rule.hooks]


def notices_as_json(book: RuleBook) -> list[dict[str, Any]]:
    """The same for scripts."""
    return [
        {
            "services": [address.partition("://")[0] for address in notify.addresses],
            "on": list(notify.on),
            "pause_seconds": notify.pause_seconds,
        }
        for notify in book.notices
    ]


def hooks_as_json(rule: Rule) -> list[dict[str, Any]]:
    """The same for scripts."""
    return [
        {"on": list(hook.on), "run": list(hook.run), "timeout_seconds": hook.timeout_seconds}
        for hook in rule.hooks
    ]


def find_doubts(book: RuleBook) -> Iterator[str]:
    """What is as it may be, and will not do: addresses that Apprise does not know, programs that are not there."""
    if book.notices:
        # Only where there are notices: it takes a third of a second to load.
        from nemowatch.notices.messenger import is_understood

        for number, address in enumerate(address for notify in book.notices for address in notify.addresses):
            if not is_understood(address):
                yield (
                    f"Apprise does not understand the {_ordinal(number)} address under `notify`, "
                    f"{show_address(address)} (https://github.com/caronc/apprise/wiki): nobody is told there."
                )
    for rule in book.rules:
        for hook in rule.hooks:
            if find_program(hook.run[0], os.environ) is None:
                yield f'A hook of "{rule.name}" can\'t be run: there is no program {hook.run[0]}.'


def _show_command(hook: Hook) -> str:
    return f"{' '.join(hook.run)} (at most {format_duration(hook.timeout_seconds)})"


def _ordinal(number: int) -> str:
    names = ("first", "second", "third")
    return names[number] if number < len(names) else f"{number + 1}th"
