"""`nemowatch explain`: what each rule says to a path, and where the file stands now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nemowatch.cli.options import AsJson, RulesPath  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from nemowatch.cli.explaining import Explanation, RuleAnswer
    from nemowatch.cli.whereabouts import Whereabouts


def explain(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A file or a folder; it need not exist.", show_default=False),
    ],
    rules: RulesPath = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain what happens to a file or folder, and why.

    For each rule: why it takes it, or the first condition that fails; and where the file stands now. Without --rules,
    the rules file of the running daemon counts. Ends with 0 when a rule takes it, 1 when none does.
    """
    from nemowatch.cli.explaining import explain_path
    from nemowatch.cli.running import find_rules_file
    from nemowatch.cli.screen import open_console, print_json
    from nemowatch.places import StateFolder
    from nemowatch.rules.load import load_rules

    if not path.strip():
        raise typer.BadParameter("it is empty", param_hint="PATH")
    state = StateFolder.locate()
    book = load_rules(find_rules_file(rules, state))
    explanation = explain_path(_expand(path), book, state)
    if as_json:
        print_json(_as_json(explanation))
    else:
        _show(open_console(), explanation)
    if not explanation.is_taken:
        raise typer.Exit(1)


def _expand(typed: str) -> Path:
    """The path with `~` filled in, where there is such a user: a name may begin like this, too."""
    try:
        return Path(typed).expanduser()
    except RuntimeError:
        return Path(typed)


def _show(console: Console, explanation: Explanation) -> None:
    from nemowatch.cli.screen import print_below, print_labelled

    print_below(console, explanation.headline, indent=0)
    for note in explanation.notes:
        print_labelled(console, "note", [note], style="yellow")
    for answer in explanation.answers:
        _show_rule(console, answer.rule, answer, answer.whereabouts)
    for rule, whereabouts in explanation.of_earlier_rules:
        _show_rule(console, f"{rule} (no longer among the rules)", None, whereabouts)


def _show_rule(console: Console, heading: str, answer: RuleAnswer | None, whereabouts: Whereabouts) -> None:
    from nemowatch.cli.screen import print_labelled, printable

    console.print()
    console.print(printable(heading), style="bold", markup=False, soft_wrap=True)
    if answer is not None:
        label, style = _LABELS[answer.verdict.answer.value]
        print_labelled(console, f"  {label}", [answer.verdict.reason], style=style)
    print_labelled(console, "  now", whereabouts.lines)
    print_labelled(console, "  what helps", [f"{way.command}  {way.does}" for way in whereabouts.ways])


_LABELS = {"takes": ("takes it", "green"), "not yet": ("not yet", "yellow"), "leaves": ("leaves it", "dim")}


def _as_json(explanation: Explanation) -> dict[str, Any]:
    return {
        "path": str(explanation.path),
        "kind": explanation.kind,
        "rules_file": str(explanation.rules_file),
        "is_running": explanation.is_running,
        "taken": explanation.is_taken,
        "notes": list(explanation.notes),
        "rules": [
            {
                "rule": answer.rule,
                "answer": answer.verdict.answer.value,
                "reason": answer.verdict.reason,
                **_whereabouts_as_json(answer.whereabouts),
            }
            for answer in explanation.answers
        ],
        "earlier_rules": [
            {"rule": rule, **_whereabouts_as_json(whereabouts)}
            for rule, whereabouts in explanation.of_earlier_rules
        ],
    }


def _whereabouts_as_json(whereabouts: Whereabouts) -> dict[str, Any]:
    return {
        "state": whereabouts.state,
        "now": list(whereabouts.lines),
        "job": None if whereabouts.job is None else whereabouts.job.id,
        "helps": _ways_as_json(whereabouts.ways),
    }


def _ways_as_json(ways: Sequence[Any]) -> list[dict[str, str]]:
    return [{"command": way.command, "does": way.does} for way in ways]
