"""The best of a recording: "top 5 viral shorts", "key highlights as separate clips", "提取5个精彩片段"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nemowatch.sandbox.edits import PickClips
from nemowatch.sandbox.understanding.numbers import NUMBER, SPAN, UNIT, parse_number, parse_time

if TYPE_CHECKING:
    from nemowatch.sandbox.understanding.prompt import Prompt

_NOUN = r"(?:clips?|shorts?|highlights?|moments?|reels?|scenes?|segments?|parts?|tiktoks?)"
_CLIPS = re.compile(
    r"\b(?:highlights?|key moments?|viral|shorts|reels|tiktoks?|clips)\b"
    rf"|\b(?:best|top|short|separate|interesting|funniest|strongest)\s+(?:[\w-]+\s+){{0,3}}{_NOUN}\b"
    r"|精彩|高光|集锦|爆款|短视频|最好的|(?:提取|剪出|切成|选出|找出).{0,8}片段"
)
_COUNT = re.compile(
    rf"\b(?:top|best)\s+({NUMBER})(?![\s-]*{UNIT})\b"
    rf"|(?<![\d:.])({NUMBER})(?![\s-]*{UNIT})\s+(?:[\w-]+\s+){{0,4}}?{_NOUN}\b"
    rf"|({NUMBER})\s*[个条段]"
)
_LENGTH = re.compile(
    rf"({SPAN})\s*(?:long\s+)?(?:each|long|(?:[\w-]+\s+){{0,2}}{_NOUN})\b|\b(?:under|up to|max|at most)\s+({SPAN})"
)
_VIRAL = re.compile(r"\b(?:viral|virality|shorts?|tiktoks?|reels|top|best|score)\b|爆款|短视频|最好")


def read_clips(prompt: Prompt) -> PickClips | None:
    """So many of the best stretches; by score where the prompt ranks them, else in order of time."""
    text = prompt.wishes
    if not _CLIPS.search(text):
        return None
    return PickClips(
        count=_read_count(text), viral=_VIRAL.search(text) is not None, seconds=_read_length(text)
    )


def _read_count(text: str) -> int | None:
    for found in _COUNT.finditer(text):
        number = next(group for group in found.groups() if group)
        if number not in {"a", "an"}:
            return max(1, round(parse_number(number)))
    return None


def _read_length(text: str) -> float | None:
    found = _LENGTH.search(text)
    return parse_time(found[1] or found[2]) if found else None
