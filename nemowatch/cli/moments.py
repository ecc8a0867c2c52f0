"""Moments as they are typed after `--since`: how long ago, a date, a time of day, or both."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import typer

from nemowatch.units import parse_duration

_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_LOOKS_LIKE_A_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def parse_since(text: str, *, now: float) -> float:
    """Read `2d`, `2026-11-01`, `14:00` or `2026-11-01 14:00` as seconds since the epoch.

    Dates and times are local, unless an offset follows (`2026-11-01T14:00+01:00`, `…Z`). A time alone is that of
    today; where that is still to come, of yesterday.

    Args:
        text: as typed.
        now: seconds since the epoch.

    Raises:
        typer.BadParameter: it is none of these, or a moment to come.
    """
    moment = _read(text.strip(), now)
    if moment is None:
        raise typer.BadParameter(
            f"{text!r} is no moment; write how long ago (2d, 1h30m), a date (2026-11-01), a time (14:00), or a date "
            "and a time (2026-11-01T14:00)",
            param_hint="--since",
        )
    if moment > now:
        raise typer.BadParameter(f"{text!r} is still to come", param_hint="--since")
    return moment


def _read(text: str, now: float) -> float | None:
    time_of_day = _TIME_OF_DAY.fullmatch(text)
    if time_of_day is not None:
        hour, minute, second = (int(part or 0) for part in time_of_day.groups())
        return _latest(time(hour, minute, second), now)
    try:
        if _LOOKS_LIKE_A_DATE.match(text):
            # Without an offset it is local: which one holds then is for the machine's time zone to say.
            return datetime.fromisoformat(text).timestamp()
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        return None


def _latest(time_of_day: time, now: float) -> float:
    today = datetime.fromtimestamp(now).astimezone().date()
    moment = datetime.combine(today, time_of_day).timestamp()
    if moment > now:
        moment = datetime.combine(today - timedelta(days=1), time_of_day).timestamp()
    return moment
