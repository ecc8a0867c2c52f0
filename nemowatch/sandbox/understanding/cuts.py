"""Cuts by times: "cut from 0:05 to 0:12", "remove the first 3 seconds", "只保留最后10秒"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nemowatch.sandbox.edits import KeepRanges, OpenRange, RemoveRanges
from nemowatch.sandbox.understanding.numbers import LOOSE_TIME, TIME, parse_time

if TYPE_CHECKING:
    from nemowatch.sandbox.understanding.prompt import Prompt

_REMOVE = (
    r"(?:\b(?:remove|delete|drop|skip|strip|discard|cut\s+(?:out|off|away)|trim\s+(?:out|off|away))\b"
    r"|删除|删掉|去掉|剪掉|裁掉|移除)"
)
_KEEP = (
    r"(?:\b(?:keep|only|use|trim\s+to|cut\s+to|cut|trim|crop|clip|extract|take)\b"
    r"|保留|截取|只要|裁剪|剪(?!掉)|取)"
)
_FIRST = r"(?:first|opening|initial|前面?|开头的?|最初|开始的?)"
_LAST = r"(?:last|final|closing|最后|结尾的?|末尾|后面?)"
_FILLER = r"(?:\s*(?:only|just|the|video|clip|it|off|out|掉|的)\b)*\s*"

# "cut the first 3 seconds" takes them away, "keep the first 3 seconds" leaves nothing else.
_EDGE = re.compile(
    rf"(?P<keep>\bkeep\b|\bonly\b|\buse\b|\bextract\b|\btrim\s+(?:it\s+)?to\b|保留|只要|截取)?"
    rf"(?P<remove>{_REMOVE}|\bcut\b|\btrim\b|\bcrop\b)?"
    rf"{_FILLER}(?:(?P<first>{_FIRST})|(?P<last>{_LAST}))\s*(?P<time>{TIME})"
)
_AND = re.compile(r"\s*(?:,|and|&|，|、|和|以及|及)?\s*(?:also\s+)?(?:the)?\s*")
_LENGTH = re.compile(
    rf"\b(?:trim|cut|shorten)\b(?:\s+[a-z]+){{0,3}}?\s+to\s+({TIME})|(?:缩短|剪短|剪)[到至]({TIME})"
)
_RANGE = re.compile(
    rf"(?:(?P<named>\bfrom\b|\bbetween\b|从)\s*(?P<loose_start>{LOOSE_TIME})|(?P<start>{TIME}))"
    rf"\s*(?:to|until|till|and|through|-|–|—|~|[剪截裁切]?[到至])\s*(?P<end>{LOOSE_TIME}|\b(?:the\s+)?end\b|结尾|最后)"
)
_REMOVES = re.compile(_REMOVE)
_KEEPS = re.compile(_KEEP)
_STILLS = re.compile(r"\b(?:frames?|stills?|screenshots?|snapshots?|thumbnails?)\b|帧|截图")


def read_kept(prompt: Prompt) -> KeepRanges | None:
    """The stretches that alone shall stay; "trim it to 30 seconds" keeps the beginning."""
    text = prompt.text
    ranges = [edge for edge, removed in _find_edges(text) if not removed]
    if _KEEPS.search(text) and not _REMOVES.search(text) and not _STILLS.search(text):
        ranges += _find_ranges(text)
    length = _LENGTH.search(text)
    if length and not ranges:
        ranges.append((0.0, parse_time(length[1] or length[2])))
    return KeepRanges(tuple(ranges)) if ranges else None


def read_removed(prompt: Prompt) -> RemoveRanges | None:
    """The stretches that shall go."""
    ranges = [edge for edge, removed in _find_edges(prompt.text) if removed]
    if _REMOVES.search(prompt.text):
        ranges += _find_ranges(prompt.text)
    return RemoveRanges(tuple(ranges)) if ranges else None


def _find_edges(text: str) -> list[tuple[OpenRange, bool]]:
    """Ranges at the beginning or the end, each with whether it is to be removed."""
    edges: list[tuple[OpenRange, bool]] = []
    removed: bool | None = None
    previous = 0
    for found in _EDGE.finditer(text):
        if found["keep"] or found["remove"]:
            removed = found["remove"] is not None
        elif not _AND.fullmatch(text[previous : found.start()]):
            removed = None  # no verb of its own, and not joined to one: "add a title in the first 3 seconds"
        previous = found.end()
        if removed is not None:
            seconds = parse_time(found["time"])
            edges.append(((0.0, seconds) if found["first"] else (-seconds, None), removed))
    return edges


def _find_ranges(text: str) -> list[OpenRange]:
    ranges: list[OpenRange] = []
    for found in _RANGE.finditer(text):
        start = parse_time(found["loose_start"] or found["start"])
        end = parse_time(found["end"]) if found["end"][0].isdigit() else None
        if end is None or end > start:
            ranges.append((start, end))
    return ranges
