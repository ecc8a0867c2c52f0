"""Durations, sizes and rates as people write them: read from the rules, shown in tables and logs.

One place for both directions, so that what is shown can be typed back in.
"""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|min|s|m|h|d)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt]?)(i?)b)", re.IGNORECASE)
_RATE = re.compile(r"(\d+)\s*/\s*(\S+)")


def parse_duration(text: str) -> float:
    """Read `250ms`, `3s`, `5m`, `1h30m` or `2d` as seconds.

    Raises:
        ValueError: the text is not a duration; the message says what one looks like.
    """
    compact = text.strip().replace(" ", "")
    parts = _DURATION_PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f"{text!r} is not a duration; write a number and a unit: 250ms, 3s, 5m, 1h30m, 2d")
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def parse_size(text: str) -> float:
    """Read `500MB`, `1.5 GB` or `2GiB` as bytes; KB, MB … count by 1000, KiB, MiB … by 1024.

    Raises:
        ValueError: the text is not a size; the message says what one looks like.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a size; write a number and a unit: 500KB, 20MB, 1.5GB, 2GiB")
    base = 1024 if found[3] else 1000
    return float(found[1]) * float(base ** " kmgt".index(found[2].lower() or " "))


def parse_rate(text: str) -> tuple[int, float]:
    """Read `30/1m` as (30, 60.0): so many per so many seconds; the number before a bare unit is 1 (`30/m`).

    Raises:
        ValueError: the text is not a rate; the message says what one looks like.
    """
    found = _RATE.fullmatch(text.strip())
    if found is None or int(found[1]) < 1:
        raise ValueError(f"{text!r} is not a rate; write a count, a slash and a duration: 30/1m, 5/10s")
    period = found[2] if found[2][0].isdigit() else f"1{found[2]}"
    return int(found[1]), parse_duration(period)


def format_duration(seconds: float) -> str:
    """Show seconds as people read them: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    seconds = max(0.0, seconds)  # a clock that was set back must not show as a negative time
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_bytes(count: float) -> str:
    """Show bytes in decimal units, as disks and the service count them: `512 B`, `4.2 MB`."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def format_count(count: int, noun: str, plural: str = "") -> str:
    """Show a number of things: `1 output`, `3 outputs`; `plural` where it takes more than an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or f'{noun}s'}"
