"""When a rule's jobs may start: hours of the day, or the minutes of a cron expression.

Asked by the dispatcher and the commands; `check_schedule` by loading. Times are seconds since the Unix epoch,
read in the machine's local time. Keeps no clock of its own and never waits.

A minute of local time that the clocks leave out in spring counts with the first minute after the change, so that
what was to start in it is not put off to another day; one that they repeat in autumn counts twice.
"""

from __future__ import annotations

import functools
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_MINUTE = 60
_DAY = 86_400
_DAY_MINUTES = 1440
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*[-\u2013]\s*(\d{1,2}):(\d{2})")
_CRON_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON_DAY = rf"[0-7]|{'|'.join(_CRON_DAYS)}"
_CRON_DAYS_PART = re.compile(
    rf"(?:\*|(?P<first>{_CRON_DAY})-(?P<last>{_CRON_DAY}))(?:/(?P<step>[1-7]))?|(?P<day>{_CRON_DAY})"
)


def check_schedule(text: str) -> str:
    """Read a schedule as it was written, and give it in its usual form, which the other functions take.

    Args:
        text: `22:00-06:00`, several such windows with commas between, or five fields of a cron expression.

    Raises:
        ValueError: it is none of these, or its time never comes; the message says what is wrong.
    """
    schedule = " ".join(text.lower().split())
    if ":" in schedule:
        windows = [_read_window(window) for window in schedule.split(",")]
        return ", ".join(f"{_as_clock(begin)}-{_as_clock(end)}" for begin, end in windows)
    if _read_cron(schedule).next_open(0) is None:
        raise ValueError(f'the time of the cron expression "{schedule}" never comes')
    return schedule


def is_cron(schedule: str) -> bool:
    """Whether a schedule names minutes at which jobs are let go, not hours in which they may start."""
    return bool(schedule) and ":" not in schedule


def is_open(schedule: str, moment: float) -> bool:
    """Whether jobs may start at a moment (seconds since the epoch); always where the schedule is empty."""
    return not schedule or _is_open(_read(schedule), moment)


def next_start(schedule: str, moment: float) -> float:
    """When jobs may start next: the moment itself when they may then, else the begin of a minute after it.

    Args:
        schedule: as `check_schedule` gave it; empty for always.
        moment: seconds since the epoch.
    """
    if not schedule:
        return moment
    hours = _read(schedule)
    while not _is_open(hours, moment):
        offset = _offset(moment)
        opens = hours.next_open(moment + offset)
        if opens is None:
            raise ValueError(f'the time of "{schedule}" never comes')  # refused when the rules are read
        # As long as the clocks don't change, local time goes by like any other.
        begin = opens - offset
        moment = _find_change(moment, begin) or begin
    return moment


class _Hours(Protocol):
    """When jobs may start by a clock on the wall: times are seconds that it has counted since 1970."""

    def next_open(self, wall: float) -> float | None:
        """The first such time from `wall` on: `wall` itself, or the begin of a later minute; None for never."""


@dataclass(frozen=True)
class _Windows:
    """Hours of each day.

    Attributes:
        windows: begin and end of each, in minutes of the day; an end before its begin is on the next day.
    """

    windows: tuple[tuple[int, int], ...]

    def next_open(self, wall: float) -> float:
        midnight, minute = wall // _DAY * _DAY, int(wall % _DAY // _MINUTE)
        if any(_holds(window, minute) for window in self.windows):
            return wall
        return (
            midnight + (minute + min((begin - minute) % _DAY_MINUTES for begin, _ in self.windows)) * _MINUTE
        )


@dataclass(frozen=True)
class _Cron:
    """Minutes that one of some cron triggers names; they take the clock on the wall for one of UTC."""

    triggers: tuple[CronTrigger, ...]

    def next_open(self, wall: float) -> float | None:
        minute = datetime.fromtimestamp(wall // _MINUTE * _MINUTE, UTC)
        found = [trigger.get_next_fire_time(None, minute) for trigger in self.triggers]
        opens = min((each.timestamp() for each in found if each is not None), default=None)
        return None if opens is None else max(opens, wall)


@functools.lru_cache(maxsize=256)
def _read(schedule: str) -> _Hours:
    if ":" in schedule:
        return _Windows(tuple(_read_window(window) for window in schedule.split(",")))
    return _read_cron(schedule)


def _holds(window: tuple[int, int], minute: int) -> bool:
    begin, end = window
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def _read_window(written: str) -> tuple[int, int]:
    text = written.strip()
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is not a window of time; write its begin and end: 22:00-06:00')
    begin, end = (_read_clock(found[hour], found[hour + 1]) for hour in (1, 3))
    begin %= _DAY_MINUTES
    if begin == end % _DAY_MINUTES and (begin, end) != (0, _DAY_MINUTES):
        raise ValueError(f'"{text}" begins when it ends; leave the schedule out to start at any time')
    return begin, end


def _read_clock(hour: str, minute: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > _DAY_MINUTES:
        raise ValueError(f'"{hour}:{minute}" is no time of the day; 00:00 to 24:00 are')
    return minutes


def _as_clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _read_cron(text: str) -> _Cron:
    """Read a crontab's five fields as crontab means them, which is not in all as APScheduler does.

    APScheduler counts weekdays from Monday, crontab from Sunday (both 0 and 7). Where both the day of the month
    and the weekday are limited, crontab takes the days of either (crontab(5)), APScheduler those of both.
    """
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 -- loaded by rules that have one alone

    fields = text.split()
    if len(fields) != 5:
        raise ValueError(
            f'"{text}" is neither hours such as 22:00-06:00 nor a cron expression such as "0 22 * * 1-5"'
        )
    minute, hour, day, month, weekday = fields
    try:
        named = "*" if weekday == "*" else _name_weekdays(weekday)
        either = not day.startswith("*") and not weekday.startswith("*")
        days = [(day, "*"), ("*", named)] if either else [(day, named)]
        # UTC, because local time is told by the system: the trigger's own way to it fails where TZ is no zone's name.
        return _Cron(
            tuple(
                CronTrigger.from_crontab(f"{minute} {hour} {each} {month} {weekdays}", timezone=UTC)
                for each, weekdays in days
            )
        )
    except ValueError as error:
        raise ValueError(f'"{text}" is not a cron expression: {error}') from error


def _name_weekdays(field: str) -> str:
    """Write out the weekdays of a field by name: `0-2` is `sun,mon,tue`."""
    days = []
    for part in field.split(","):
        found = _CRON_DAYS_PART.fullmatch(part)
        if found is None:
            raise ValueError(f'"{part}" is no weekday; mon to sun and 0 (Sunday) to 7 (Sunday again) are')
        first = _weekday(found["day"] or found["first"] or "0")
        last = _weekday(found["day"] or found["last"] or "6")
        last += 7 if last < first else 0  # from Friday to Monday, over the week's end
        days += [_CRON_DAYS[number % 7] for number in range(first, last + 1, int(found["step"] or 1))]
    return ",".join(dict.fromkeys(days))


def _weekday(word: str) -> int:
    return int(word) if word.isdigit() else _CRON_DAYS.index(word)


def _is_open(hours: _Hours, moment: float) -> bool:
    minute = moment // _MINUTE * _MINUTE
    wall = minute + _offset(minute)
    # Local time that the clocks left out right before this minute counts with it.
    since = min(wall, minute - _MINUTE + _offset(minute - _MINUTE) + _MINUTE)
    opens = hours.next_open(since)
    return opens is not None and opens <= wall


def _offset(moment: float) -> int:
    """How many seconds local time is ahead of UTC."""
    return time.localtime(moment).tm_gmtoff


def _find_change(begin: float, end: float) -> float | None:
    """The first moment after `begin`, up to `end`, at which the clocks have changed; None if they don't."""
    offset = _offset(begin)
    day = begin
    while day < end:
        before, day = day, min(day + _DAY, end)
        if _offset(day) != offset:
            return _first_changed(before, day, offset)
    return None


def _first_changed(before: float, after: float, offset: int) -> float:
    """Clocks change on a full second: halve the time between until it is found."""
    low, high = int(before), int(after)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle) == offset:
            low = middle
        else:
            high = middle
    return float(high)
