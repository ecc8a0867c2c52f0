"""`nemowatch doctor`: what is wrong with this installation, and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from nemowatch.cli.options import AsJson, RulesPath  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from nemowatch.doctor.finding import Finding

_MARKS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "problem": ("PROBLEM", "bold red")}


def doctor(rules: RulesPath = None, *, as_json: AsJson = False) -> None:
    """Examine this installation: what is well, what is wrong, and what mends it.

    It looks at the rules, the daemon, the state folder, every folder of the rules, the limits of the system, the
    token, the service and the clock, and changes nothing. Ends with 0 when there is no problem, 1 when there is one.
    """
    from nemowatch.cli.screen import open_console, print_json
    from nemowatch.doctor.apart import examine_apart
    from nemowatch.doctor.finding import Verdict

    findings = examine_apart((rules or _find_rules()).expanduser().absolute())
    is_healthy = all(finding.verdict is not Verdict.PROBLEM for finding in findings)
    if as_json:
        print_json(_as_json(findings, is_healthy=is_healthy))
    else:
        _show(open_console(), findings)
    if not is_healthy:
        raise typer.Exit(1)


def _find_rules() -> Path:
    """The usual rules; where there are none, those of an installed service."""
    from nemowatch.places import default_rules_path
    from nemowatch.service.installed import find_units

    usual = default_rules_path()
    if usual.exists():
        return usual
    try:
        units = find_units()
    except OSError:
        return usual  # why one can't be read is told by the examination
    return next((unit.rules for unit in units if unit.rules is not None), usual)


def _show(console: Console, findings: Sequence[Finding]) -> None:
    from nemowatch.cli.screen import print_below
    from nemowatch.units import format_count

    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark, style = _MARKS[finding.verdict.value]
        _print_row(console, finding, mark, style, width)
    counts = {word: sum(finding.verdict == word for finding in findings) for word in ("problem", "warning")}
    told = [format_count(count, word) for word, count in counts.items() if count]
    console.print()
    print_below(console, f"{' and '.join(told)}." if told else "All is well.", indent=0)


def _print_row(console: Console, finding: Finding, mark: str, style: str, width: int) -> None:
    from rich.text import Text

    from nemowatch.cli.screen import printable

    column = 9 + width + 2
    room = max(20, console.width - column)
    start = Text.assemble((mark.ljust(9), style), finding.name.ljust(width + 2))
    for text, is_mend in ((finding.text, False), (finding.mend, True)):
        if not text:
            continue
        shown = Text(printable(f"→ {text}" if is_mend else text), style="bold" if is_mend else "")
        for line in shown.wrap(console, room, overflow="fold"):
            line.rstrip()
            console.print(start.append_text(line))
            start = Text(" " * column)


def _as_json(findings: Sequence[Finding], *, is_healthy: bool) -> dict[str, Any]:
    import nemowatch

    return {
        "healthy": is_healthy,
        "version": nemowatch.__version__,
        "findings": [
            {
                "name": finding.name,
                "verdict": finding.verdict.value,
                "text": finding.text,
                "mend": finding.mend or None,
            }
            for finding in findings
        ],
    }
