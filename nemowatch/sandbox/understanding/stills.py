"""Stills: "one frame every 5 seconds", "a screenshot at 0:05 and 0:12", "10 frames as JPG", "每5秒截一帧"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from nemowatch.sandbox.edits import SaveStills
from nemowatch.sandbox.understanding.numbers import NUMBER, TIME, UNIT, parse_number, parse_time

if TYPE_CHECKING:
    from nemowatch.sandbox.understanding.prompt import Prompt

DEFAULT_PACE_SECONDS = 5.0

_NOUN = r"(?:frames?|stills?|screenshots?|snapshots?|thumbnails?)"
_STILL = re.compile(rf"\b{_NOUN}\b(?!\s*rate)|帧(?!率)|截图|静帧")
_PACE = re.compile(rf"\b(?:every|each|per)\s+({NUMBER}\s*)?-?({UNIT})|每隔?\s*({NUMBER})?\s*个?({UNIT})")
_RATE = re.compile(rf"({NUMBER})\s*(?:still\s+)?(?:{_NOUN}|images?)\s+(?:per|a|each|every)\s+({UNIT})")
_TIMES = re.compile(rf"(?:\bat\b|在|,|，|、|\band\b|和)\s*({TIME})")
_COUNT = re.compile(rf"({NUMBER})\s*(?:\w+\s+)?{_NOUN}|({NUMBER})\s*[张帧]")
_JPEG = re.compile(r"\bjpe?gs?\b")


def read_stills(prompt: Prompt) -> SaveStills | None:
    """Stills at a pace, at times, or so many; without any of these, one every 5 seconds."""
    text = prompt.wishes
    if not _STILL.search(text):
        return None
    form = _read_format(text)
    rate = _RATE.search(text)
    if rate and parse_number(rate[1]) > 0:
        return SaveStills(every=parse_time(f"1 {rate[2]}") / parse_number(rate[1]), form=form)
    pace = _PACE.search(text)
    if pace:
        number, unit = pace[1] or pace[3] or "1", pace[2] or pace[4]
        return SaveStills(every=parse_number(number) * parse_time(f"1 {unit}"), form=form)
    times = tuple(parse_time(time) for time in _TIMES.findall(text))
    if times:
        return SaveStills(times=times, form=form)
    count = _COUNT.search(text)
    if count:
        return SaveStills(count=max(1, round(parse_number(count[1] or count[2]))), form=form)
    return SaveStills(every=DEFAULT_PACE_SECONDS, form=form)


def _read_format(text: str) -> Literal["png", "jpg"]:
    return "jpg" if _JPEG.search(text) else "png"
