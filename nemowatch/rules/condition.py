"""Conditions on a recording itself (`when`): how long it plays, and how large it is.

Read by the model, asked by the gate once a file's content is known. A condition is one comparison, or several with
commas between, all of which must hold: `>=10m`, `>1MB, <2GB`.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.units import format_bytes, format_duration, parse_duration, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.rules.rule import When

_COMPARISON = re.compile(r"(<=|>=|<|>|=)\s*(.+)")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


@dataclass(frozen=True)
class _Kind:
    """A property that can be compared: what it is called, and how its values are read and shown."""

    noun: str
    parse: Callable[[str], float]
    show: Callable[[float], str]


_DURATION = _Kind("it plays", parse_duration, format_duration)
_SIZE = _Kind("its size is", parse_size, format_bytes)


def check_duration(text: str) -> str:
    """A condition on the duration, in its usual form.

    Raises:
        ValueError: it is none.
    """
    return _check(text, _DURATION, ">=10m")


def check_size(text: str) -> str:
    """A condition on the size, in its usual form.

    Raises:
        ValueError: it is none.
    """
    return _check(text, _SIZE, "<2GB")


def describe_when(when: When) -> str:
    """The conditions in one line, such as `duration >=10m, size <2GB`; empty for none."""
    parts = (("duration", when.duration), ("size", when.size))
    return "; ".join(f"{name} {condition}" for name, condition in parts if condition)


def find_unmet(when: When, *, duration_seconds: float | None, size_bytes: int) -> str:
    """Why a recording does not meet a rule's conditions, in words; empty where it does.

    Args:
        when: the conditions.
        duration_seconds: None where it does not play, or nobody knows how long.
        size_bytes: of the file.
    """
    return find_unmet_size(when, size_bytes) or _find_unmet(
        "duration", when.duration, _DURATION, duration_seconds
    )


def find_unmet_size(when: When, size_bytes: int) -> str:
    """The part of `find_unmet` that needs no look into the file."""
    return _find_unmet("size", when.size, _SIZE, size_bytes)


def _find_unmet(name: str, condition: str, kind: _Kind, value: float | None) -> str:
    if not condition:
        return ""
    if value is None:
        return f"nobody knows how long it plays; the rule takes {name} {condition}"
    for part in condition.split(","):
        sign, limit = _read(part, kind, condition)
        if not _OPERATORS[sign](value, limit):
            return f"{kind.noun} {kind.show(value)}; the rule takes {name} {condition}"
    return ""


def _check(text: str, kind: _Kind, example: str) -> str:
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        _read(part, kind, example)
    return ", ".join(re.sub(r"\s+", "", part) for part in parts)


def _read(part: str, kind: _Kind, example: str) -> tuple[str, float]:
    found = _COMPARISON.fullmatch(part.strip())
    if found is None:
        raise ValueError(
            f'"{part.strip()}" is not a comparison; write one of < <= > >= = and a value: {example}'
        )
    return found[1], kind.parse(found[2])
