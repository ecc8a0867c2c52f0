"""Numbers and times as people write them in prompts, in English and Chinese.

Used by the other files of this package alone. The patterns are pieces of regular expressions without
groups of their own, so that they can be put together freely.
"""

from __future__ import annotations

import re

_ENGLISH = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60, "half a": 0.5,
}  # fmt: skip
_CHINESE = {
    "半": 0.5,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_UNITS = (
    (re.compile(r"h|hours?|小时"), 3600.0),
    (re.compile(r"m|mins?|minutes?|分钟?"), 60.0),
    (re.compile(r"s|secs?|seconds?|秒钟?"), 1.0),
)

_WORDS = "|".join(sorted(_ENGLISH, key=len, reverse=True))
NUMBER = rf"(?:\d+(?:\.\d+)?|\b(?:{_WORDS})\b|[半一二两三四五六七八九十]+)"
CLOCK = r"(?:\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)"
UNIT = r"(?:(?:seconds?|secs?|s|minutes?|mins?|m|hours?|h)(?![a-z])|秒钟?|分钟?|小时)"
SPAN = rf"(?:{NUMBER}[\s-]*{UNIT}(?:\s*(?:and\s+)?{NUMBER}[\s-]*{UNIT})*)"
TIME = rf"(?:{CLOCK}|{SPAN})"
LOOSE_TIME = rf"(?:{CLOCK}|{SPAN}|\d+(?:\.\d+)?)"  # a bare number counts as seconds: "from 5 to 12"

_PART = re.compile(rf"({NUMBER})[\s-]*({UNIT})")


def parse_number(text: str) -> float:
    """Read `12`, `1.5`, `three`, `half a`, `十二` …; the text must match `NUMBER`."""
    plain = text.strip()
    if plain[0].isdigit():
        return float(plain)
    if plain in _ENGLISH:
        return float(_ENGLISH[plain])
    return _parse_chinese(plain)


def parse_time(text: str) -> float:
    """Read `0:05`, `1:02:03`, `90s`, `1 minute 30 seconds`, `1分30秒` or a bare number as seconds."""
    plain = text.strip()
    if ":" in plain:
        seconds = 0.0
        for part in plain.split(":"):
            seconds = seconds * 60 + float(part)
        return seconds
    parts = _PART.findall(plain)
    if not parts:
        return parse_number(plain)
    return sum(parse_number(number) * _unit_seconds(unit) for number, unit in parts)


def _unit_seconds(unit: str) -> float:
    return next(seconds for pattern, seconds in _UNITS if pattern.fullmatch(unit))


def _parse_chinese(text: str) -> float:
    """Numbers up to 99: 三, 十, 十二, 二十, 二十五."""
    tens, found, ones = text.partition("十")
    if not found:
        return float(_CHINESE[text[0]])
    return 10.0 * (_CHINESE[tens[0]] if tens else 1) + (_CHINESE[ones[0]] if ones else 0)
