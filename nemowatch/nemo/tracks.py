"""Leaving out tracks that the service added by itself (nemo-api.md §5: music and titles come after the edit).

Called by the job runner before an export, where a rule says so. Pure: the draft that is given is never changed,
and what is not left out stays as it came, unknown keys and order and all. When in doubt a track stays.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal, TypeAlias

from nemowatch.nemo.outline import Outline, name_sources
from nemowatch.nemo.pairing import pair_tracks
from nemowatch.nemo.state import SessionState
from nemowatch.nemo.timeline import find_role, objects_in, read_track

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nemowatch.nemo.calls import JsonObject
    from nemowatch.nemo.outline import TrackOutline
    from nemowatch.nemo.timeline import Track

DroppedKind: TypeAlias = Literal["music", "title"]

_LABELS: dict[DroppedKind, str] = {"music": "BGM", "title": "Title"}
_ASKED: dict[DroppedKind, re.Pattern[str]] = {
    "music": re.compile(
        r"(?<![\w-])(?:music(?:al)?|bgm|soundtracks?|songs?|audio beds?|jingles?|tunes?|melod(?:y|ies)|beats?|lo-?fi"
        r"|backing tracks?|background (?:audio|sound|tracks?))\b|音乐|配乐|歌|伴奏|背景音|旋律"
    ),
    "title": re.compile(
        r"\b(?:titles?|titled|headings?|headlines?|text|lower[- ]thirds?|name tags?|(?:end|intro|opening) cards?)\b"
        r"|\b(?:add|make|create|generate|insert|with)\b[^.]{0,30}\b(?:intro|outro|opener)\b"
        r"|标题|片头|片尾|文字|花字|字样"
    ),
}
_UNWANTED = re.compile(
    r"\b(?:no|without|not? add|don't add|do not add|remove|delete|drop|skip|mute|leave out)\s+(?:(?:any|the|all)\s+)?"
    r"(?:(?:background|extra|added)\s+)?(?:music|bgm|soundtracks?|songs?|titles?|headlines?|text overlays?|text)\b"
    r"|(?:不要|不需要|无需|无|没有|去掉|去除|删除|删掉|移除|不加|别加|不添加)(?:任何|所有)?(?:的)?(?:背景)?(?:音乐|配乐|歌曲|标题|片头|文字)"
)
_MOST_UNTOLD_TITLES = 3
"""A text track that does not say what it is and has more lines than this is taken for captions."""
_LONGEST_PROMPT = 20_000
_LONGEST_NAME = 60
_MOST_NAMES = 3


def drop_tracks(
    draft: JsonObject, before: Outline, kinds: Collection[DroppedKind], asked: Sequence[str]
) -> tuple[JsonObject, tuple[str, ...]]:
    """Leave out the tracks of these kinds that nobody asked for.

    Args:
        draft: as the service gave it.
        before: of the state before the job's first prompt; what was there then stays.
        kinds: `music`, `title` or both.
        asked: all prompts of the job; a kind that one of them speaks of stays.

    Returns:
        The draft without them, and what was left out, in words; the draft itself where nothing was.
    """
    unwanted = [kind for kind in _LABELS if kind in kinds and not _is_asked_for(kind, asked)]
    entries = objects_in(draft.get("t"))
    if not unwanted or not entries or not before.fingerprint:
        return draft, ()
    tracks = [read_track(entry) for entry in entries]
    if not {_LABELS[kind] for kind in unwanted} & {track.label for track in tracks}:
        return draft, ()
    others = before.uploads | _sources_of(
        [entry for entry, track in zip(entries, tracks, strict=True) if track.kind == "video"]
    )
    outlines = Outline.of(SessionState.from_json({"draft": draft})).tracks
    dropped: dict[int, str] = {}
    for kind in unwanted:
        for place in _find_new(outlines, before, _LABELS[kind]):
            entry, track = entries[place], tracks[place]
            if track.segments and (_is_music(entry, others) if kind == "music" else _is_title(entry)):
                dropped[id(entry)] = _describe(kind, track)
    rest = [entry for entry in draft["t"] if id(entry) not in dropped]
    # A draft that is nothing but a title was asked for in some way: there would be nothing left to export.
    if not dropped or not any(objects_in(entry.get("sg")) for entry in objects_in(rest)):
        return draft, ()
    return {**draft, "t": rest}, tuple(dropped.values())


def _is_asked_for(kind: DroppedKind, asked: Sequence[str]) -> bool:
    for prompt in asked:
        text = unicodedata.normalize("NFKC", prompt[:_LONGEST_PROMPT]).casefold().replace("’", "'")
        if _ASKED[kind].search(_UNWANTED.sub(" ", text)):
            return True
    return False


def _find_new(now: Sequence[TrackOutline], before: Outline, label: str) -> list[int]:
    """The places of the tracks of this label that have no partner before."""
    places = [place for place, track in enumerate(now) if track.label == label]
    old = [track for track in before.tracks if track.label == label]
    pairing = pair_tracks(old, [now[place] for place in places])
    return [places[place] for place in pairing.added]


def _is_music(entry: JsonObject, others: frozenset[str]) -> bool:
    """No voice or effect among it, and not the sound of a recording or an upload."""
    segments = objects_in(entry.get("sg"))
    roles = {find_role({"sg": [segment]}, "audio") for segment in segments}
    return roles <= {None, "BGM"} and not _sources_of([entry]) & others


def _is_title(entry: JsonObject) -> bool:
    segments = objects_in(entry.get("sg"))
    roles = {find_role({"sg": [segment]}, "text") for segment in segments}
    is_told = find_role(entry, "text") == "Title"
    return roles <= {None, "Title"} and (is_told or len(segments) <= _MOST_UNTOLD_TITLES)


def _sources_of(entries: Sequence[JsonObject]) -> frozenset[str]:
    return frozenset[str]().union(
        *(name_sources(segment) for entry in entries for segment in objects_in(entry.get("sg")))
    )


def _describe(kind: DroppedKind, track: Track) -> str:
    found = [track.title] if track.title else [segment.title for segment in track.segments]
    names = [_quote(name) for name in dict.fromkeys(found) if name]
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"{kind} {shown}" if shown else f"{kind} without a name"


def _quote(name: str) -> str:
    line = " ".join(name[: 4 * _LONGEST_NAME].split())
    return f'"{line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"}"'
