"""The condition on what streams a file holds (`when.streams`): `video, audio>=2, no subtitles`.

Read by the model, asked by `condition.py`. Each part names a kind of stream: alone, it is there; behind `no`, it is
not; or with a comparison of how many there are. All parts must hold.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Callable

_PART = re.compile(r"(?:(no)\s+)?([a-z]+)\s*(?:(<=|>=|<|>|=)\s*(\d{1,4}))?", re.IGNORECASE)
COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
"""What the signs of a condition mean, here and in `condition.py`."""

_KINDS: Final = {
    "video": "video",
    "audio": "audio",
    "sound": "audio",
    "subtitles": "subtitles",
    "subtitle": "subtitles",
}


@dataclass(frozen=True)
class Streams:
    """How many streams of each kind a file holds; None where nobody looked into it."""

    video: int | None
    audio: int | None
    subtitles: int | None


@dataclass(frozen=True)
class _Part:
    """One part of a condition: how a number of streams is compared, and as it is written."""

    kind: str
    sign: str
    count: int
    written: str


def check_streams(text: str) -> str:
    """A condition on the streams, in its usual form.

    Raises:
        ValueError: it is none.
    """
    return ", ".join(part.written for part in _read(text))


def find_unmet_streams(condition: str, held: Streams) -> str:
    """Why a file does not meet the condition, in words; empty where it does, and where there is none."""
    if not condition:
        return ""
    for part in _read(condition):
        count: int | None = getattr(held, part.kind)
        if count is None:
            return f"nobody knows what it holds; the rule takes streams {condition}"
        if not COMPARISONS[part.sign](count, part.count):
            return f"it holds {_describe(part.kind, count)}; the rule takes streams {condition}"
    return ""


def _describe(kind: str, count: int) -> str:
    noun = "subtitle stream" if kind == "subtitles" else f"{kind} stream"
    return format_count(count, noun) if count else f"no {noun}"


def _read(text: str) -> list[_Part]:
    return [_read_part(part.strip()) for part in text.split(",")]


def _read_part(text: str) -> _Part:
    found = _PART.fullmatch(text)
    kind = _KINDS.get(found[2].lower()) if found else None
    if found is None or kind is None or (found[1] and found[3]):
        raise ValueError(
            f'"{text}" says nothing of streams; write video, audio or subtitles, alone, with "no" before it, or '
            "with a number: video, audio>=2, no subtitles"
        )
    if found[1]:
        return _Part(kind, "=", 0, f"no {kind}")
    if found[3]:
        return _Part(kind, found[3], int(found[4]), f"{kind}{found[3]}{int(found[4])}")
    return _Part(kind, ">=", 1, kind)
