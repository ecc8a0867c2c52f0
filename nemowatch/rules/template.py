"""Placeholders in prompts and output paths: `{stem}`, `{date}`, …; `{{` and `}}` are plain braces.

Templates are checked when the rules are read and filled in when a job is made. Filling in is one pass: a
value that itself looks like a placeholder (a file named `{job}.mp4`) stays as it is. No I/O.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from nemowatch.rules.rule import Rule

PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "watch": "the watch folder, whole path",
        "rule": "the rule's name",
        "dir": "the subfolder of the file within the watch folder; empty at its top",
        "stem": "the file's name without its type",
        "name": "the file's name",
        "ext": "the file's type, in lower case, without the dot",
        "date": "the day on which the file was last written, as 2026-01-31",
        "time": "the local time at which the file was last written, as 18-05-59",
        "duration": "how long the recording plays, as `3 min 05 s`, or `unknown length` (prompts only)",
        "job": "the job's id",
    }
)
"""Every placeholder, with what it stands for."""

PROMPT_PLACEHOLDERS = frozenset(PLACEHOLDERS)
OUTPUT_PLACEHOLDERS = frozenset(PLACEHOLDERS) - {"duration"}
DISTINCT_PLACEHOLDERS = frozenset({"stem", "name", "job"})
"""An output path must hold one of these, or all files of a rule would share one folder."""

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FIXED = frozenset({"watch", "rule"})


def names_in(template: str) -> tuple[str, ...]:
    """List the placeholders of a template, in order, known or not.

    Raises:
        ValueError: a brace stands alone.
    """
    names = []
    for found in _PART.finditer(template):
        if found[0] in {"{", "}"}:
            raise ValueError(f'a single "{found[0]}" stands alone. Write "{found[0] * 2}" for a plain brace')
        if found[1] is not None:
            names.append(found[1])
    return tuple(names)


def describe_unknown(template: str, known: Collection[str]) -> tuple[str, str] | None:
    """Find the first placeholder that may not stand in a template; gives it, and what is wrong, in words.

    Raises:
        ValueError: a brace stands alone.
    """
    unknown = next((name for name in names_in(template) if name not in known), None)
    if unknown is None:
        return None
    why = "can't be used here" if unknown in PLACEHOLDERS else "is not a placeholder"
    listed = " ".join(f"{{{name}}}" for name in PLACEHOLDERS if name in known)
    return unknown, (
        f'{{{unknown}}} {why}. Placeholders: {listed}; plain braces are doubled: "{{{{" and "}}}}"'
    )


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill in the placeholders.

    Raises:
        KeyError: a placeholder has no value; templates of a `Rule` have been checked and never do this.
    """
    return _PART.sub(lambda found: found[0][0] if found[1] is None else values[found[1]], template)


def source_values(
    rule: Rule, folder: Path, path: Path, *, duration_seconds: float | None, modified: float, job: str
) -> dict[str, str]:
    """Give each placeholder its value for one file.

    Args:
        rule: the rule that takes the file.
        folder: the rule's watch folder that holds it.
        path: the file.
        duration_seconds: how long it plays; None where it does not play or nobody knows.
        modified: when it was last written, seconds since the Unix epoch; shown in local time.
        job: the job's id.
    """
    written = datetime.fromtimestamp(modified, UTC).astimezone()
    subfolder = path.parent.relative_to(folder)
    return {
        "watch": str(folder),
        "rule": rule.name,
        "dir": "" if subfolder == PurePath() else str(subfolder),
        "stem": path.stem,
        "name": path.name,
        "ext": path.suffix[1:].lower(),
        "date": f"{written:%Y-%m-%d}",
        "time": f"{written:%H-%M-%S}",
        "duration": "unknown length" if duration_seconds is None else format_duration(duration_seconds),
        "job": job,
    }


def output_root(rule: Rule, folder: Path) -> Path:
    """The deepest folder that holds every output of a rule for one of its watch folders.

    It is the part of the output template before the first component that differs from file to file:
    `/r/talks-output/shorts` for `{watch}-output/{rule}/{dir}/{stem}`.
    """
    return fixed_root(rule.output, {"watch": str(folder), "rule": rule.name})


def output_roots(rules: Iterable[Rule]) -> tuple[Path, ...]:
    """Every folder that outputs land under, of all rules: nothing in them is ever taken as an input."""
    return tuple(dict.fromkeys(output_root(rule, folder) for rule in rules for folder in rule.watch))


def move_roots(rules: Iterable[Rule]) -> tuple[Path, ...]:
    """Every folder into which rules move recordings: nothing in them is ever taken as an input either."""
    return tuple(
        dict.fromkeys(
            fixed_root(rule.after.folder, {"watch": str(folder), "rule": rule.name})
            for rule in rules
            for folder in rule.watch
            if rule.after.does == "move"
        )
    )


def keep_out_roots(rules: Sequence[Rule]) -> tuple[Path, ...]:
    """Every folder in which nothing is taken: where outputs land, and into which recordings are moved."""
    return tuple(dict.fromkeys((*output_roots(rules), *move_roots(rules))))


def fixed_root(template: str, values: Mapping[str, str]) -> Path:
    """The same for a template and the values of `{watch}` and `{rule}`."""
    for found in _PART.finditer(template):
        if found[1] is not None and found[1] not in _FIXED:
            fixed = render(template[: found.start()], values).rpartition("/")[0]
            return Path(os.path.normpath(fixed or "/"))
    return Path(os.path.normpath(render(template, values)))
