"""Moments of a recording as people write them: `0:30`, `1:02:03.5`, `90s`, and `-1m` for a minute before its end.

Read by the model, shown by `nemowatch check`. No I/O.
"""

from __future__ import annotations

import re

from nemowatch.units import parse_duration

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d+)?)")
_LONGEST_PART = 60
_GOOD_ONES = "0:30, 1:02:03.5, 90s, or -1m for a minute before the end"


def parse_moment(text: str) -> float:
    """Read a moment as seconds of playing time; below zero it counts from the end.

    Raises:
        ValueError: the text is none, or is the end itself; the message says what one looks like.
    """
    written = text.strip()
    sign = -1.0 if written.startswith("-") else 1.0
    seconds = _parse_unsigned(written, written.removeprefix("-").strip())
    if sign < 0 and not seconds:
        raise ValueError(
            f'"{written}" is the end itself; write a time before it, such as -1s, or leave it out'
        )
    return sign * seconds


def format_moment(seconds: float) -> str:
    """Show a moment so that it can be typed back in: `0:30`, `1:02:03.5`, `-1:00`."""
    millis = round(abs(seconds) * 1000)
    whole, rest = divmod(millis, 1000)
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    hours, minutes = divmod(whole // 60, 60)
    ahead = f"{hours}:{minutes:02d}" if hours else str(minutes)
    return f"{'-' if seconds < 0 else ''}{ahead}:{whole % 60:02d}{fraction}"


def describe_moment(seconds: float) -> str:
    """Show a moment in words: `0:30`, or `1:00 before the end`."""
    return f"{format_moment(-seconds)} before the end" if seconds < 0 else format_moment(seconds)


def _parse_unsigned(written: str, bare: str) -> float:
    clock = _CLOCK.fullmatch(bare)
    if clock is None:
        try:
            return parse_duration(bare)
        except ValueError as error:
            raise ValueError(
                f'"{written}" is not a time of a recording; write one as {_GOOD_ONES}'
            ) from error
    hours, minutes, seconds = int(clock[1] or 0), int(clock[2]), float(clock[3])
    if seconds >= _LONGEST_PART or (clock[1] and minutes >= _LONGEST_PART):
        raise ValueError(f'"{written}" has a part above 59; write a time of a recording as {_GOOD_ONES}')
    return hours * 3600 + minutes * 60 + seconds
