"""Conditions on a recording itself (`when`): how long it plays, how large it and its picture are, what it holds.

Read by the model, asked by the gate once a file's content is known. A condition is one comparison, or several with
commas between, all of which must hold: `>=10m`, `>1MB, <2GB`, `>=720p`. What streams a file holds has a form of its
own, in `streams.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.rules.streams import COMPARISONS, Streams, find_unmet_streams
from nemowatch.units import format_bytes, format_duration, parse_duration, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.rules.rule import When

_COMPARISON = re.compile(r"(<=|>=|<|>|=)\s*(.+)")
_LINES = re.compile(r"(\d{1,5})p", re.IGNORECASE)
_SIDES = re.compile(r"(\d{1,5})\s*[xX×]\s*(\d{1,5})")

_Sides = tuple[float, ...]
"""What is compared: one number, or width and height."""


@dataclass(frozen=True)
class _Kind:
    """A property that can be compared.

    Attributes:
        name: the key that holds its condition.
        noun: begins the sentence that ends with a value.
        unknown: what is said where there is no value.
        parse: reads a limit; raises ValueError with what one looks like.
        show: writes a value.
    """

    name: str
    noun: str
    unknown: str
    parse: Callable[[str], _Sides]
    show: Callable[[_Sides], str]


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


def check_resolution(text: str) -> str:
    """A condition on the picture's sides, in its usual form.

    Raises:
        ValueError: it is none.
    """
    return _check(text, _RESOLUTION, ">=720p").lower().replace("×", "x")


def describe_when(when: When) -> str:
    """The conditions in one line, such as `duration >=10m; size <2GB`; empty for none."""
    parts = (
        ("duration", when.duration),
        ("size", when.size),
        ("resolution", when.resolution),
        ("streams", when.streams),
    )
    return "; ".join(f"{name} {condition}" for name, condition in parts if condition)


def find_unmet(  # noqa: PLR0913 -- one keyword for each fact that a rule may ask about
    when: When,
    *,
    duration_seconds: float | None,
    size_bytes: int,
    shown_width: int | None = None,
    shown_height: int | None = None,
    video_streams: int | None = None,
    audio_streams: int | None = None,
    subtitle_streams: int | None = None,
) -> str:
    """Why a recording does not meet a rule's conditions, in words; empty where it does.

    Args:
        when: the conditions.
        duration_seconds: None where it does not play, or nobody knows how long.
        size_bytes: of the file.
        shown_width: pixels of the picture as a player shows it; None where there is none, or nobody knows.
        shown_height: the same.
        video_streams: how many it holds; None where nobody looked into it.
        audio_streams: the same.
        subtitle_streams: the same.
    """
    is_shown = shown_width is not None and shown_height is not None
    return (
        find_unmet_size(when, size_bytes)
        or _find_unmet(_DURATION, when.duration, None if duration_seconds is None else (duration_seconds,))
        or _find_unmet(
            _RESOLUTION, when.resolution, (shown_width or 0, shown_height or 0) if is_shown else None
        )
        or find_unmet_streams(when.streams, Streams(video_streams, audio_streams, subtitle_streams))
    )


def find_unmet_size(when: When, size_bytes: int) -> str:
    """The part of `find_unmet` that needs no look into the file."""
    return _find_unmet(_SIZE, when.size, (size_bytes,))


def _find_unmet(kind: _Kind, condition: str, value: _Sides | None) -> str:
    if not condition:
        return ""
    takes = f"the rule takes {kind.name} {condition}"
    if value is None:
        return f"{kind.unknown}; {takes}"
    for part in condition.split(","):
        sign, limit = _read(part, kind, condition)
        # One number for a picture is about its shorter side: 720p is 1280x720, held upright too.
        sides = value if len(limit) == len(value) else (min(value),)
        if not all(map(COMPARISONS[sign], sides, limit)):
            return f"{kind.noun} {kind.show(value)}; {takes}"
    return ""


def _check(text: str, kind: _Kind, example: str) -> str:
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        _read(part, kind, example)
    return ", ".join(re.sub(r"\s+", "", part) for part in parts)


def _read(part: str, kind: _Kind, example: str) -> tuple[str, _Sides]:
    found = _COMPARISON.fullmatch(part.strip())
    if found is None:
        raise ValueError(
            f'"{part.strip()}" is not a comparison; write one of < <= > >= = and a value: {example}'
        )
    return found[1], kind.parse(found[2])


def _parse_resolution(text: str) -> _Sides:
    written = text.strip()
    if lines := _LINES.fullmatch(written):
        return (float(lines[1]),)
    if sides := _SIDES.fullmatch(written):
        return float(sides[1]), float(sides[2])
    raise ValueError(
        f"{written!r} is not a resolution; write the shorter side and a p, or width and height: 720p, 1280x720"
    )


_DURATION = _Kind(
    "duration",
    "it plays",
    "nobody knows how long it plays",
    lambda text: (parse_duration(text),),
    lambda value: format_duration(value[0]),
)
_SIZE = _Kind(
    "size",
    "its size is",
    "nobody knows how large it is",
    lambda text: (parse_size(text),),
    lambda value: format_bytes(value[0]),
)
_RESOLUTION = _Kind(
    "resolution",
    "its picture is",
    "it shows no picture, or nobody knows how large one",
    _parse_resolution,
    lambda value: f"{value[0]:.0f}x{value[1]:.0f}",
)
