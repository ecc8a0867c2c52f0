"""`nemowatch check`, `init` and `schema`: the rules file, before the daemon meets it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- Typer reads the annotations at run time
from typing import Annotated

import typer

from nemowatch.cli.options import (  # noqa: TC001 -- Typer reads the annotations at run time
    AsJson,
    RulesPath,
)


def check(
    rules: RulesPath = None,
    *,
    files: Annotated[
        bool,
        typer.Option("--files", help="List which file would make which job, and why others would not."),
    ] = False,
    json_output: AsJson = False,
) -> None:
    """Check the rules, their folders and permissions.

    With --files it tells of every file what becomes of it, by name, place and what is known of it. Ends with 0 when
    all is well, 1 when a folder can't be read or written, 4 when the rules are invalid.
    """
    from nemowatch.cli.check_report import invalid_as_json, make_report
    from nemowatch.cli.screen import print_json
    from nemowatch.rules.load import load_rules
    from nemowatch.rules.problems import RulesInvalid

    path = _rules_path(rules)
    try:
        book = load_rules(path)
    except RulesInvalid as error:
        if not json_output:
            raise
        print_json(invalid_as_json(path, error))
        raise typer.Exit(error.exit_code) from None
    report = make_report(book, with_files=files)
    if json_output:
        print_json(report.as_json())
    else:
        report.show()
    if report.has_problems:
        raise typer.Exit(1)


def init(rules: RulesPath = None) -> None:
    """Write a commented example of the rules and make its folders; never overwrites."""
    from nemowatch.rules.example import write_example
    from nemowatch.rules.load import load_rules

    path = _rules_path(rules)
    write_example(path)
    typer.echo(f"Wrote {path}")
    for rule in load_rules(path).rules:
        for folder in rule.watch:
            folder.mkdir(parents=True, exist_ok=True)
            typer.echo(f"Watch folder {folder}")
    typer.echo("Next: edit the file, look at it with `nemowatch check`, and start with `nemowatch run`.")


def schema() -> None:
    """Print the JSON Schema of the rules file: editors complete and check with it."""
    from nemowatch.cli.screen import print_json
    from nemowatch.rules.schema import rules_schema

    print_json(rules_schema())


def _rules_path(named: Path | None) -> Path:
    from nemowatch.places import default_rules_path

    return named.expanduser() if named else default_rules_path()
