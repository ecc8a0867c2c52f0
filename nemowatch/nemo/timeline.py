"""A draft as people see it: tracks and segments, and the one line that sums them up (nemo-api.md §6).

Called by the job runner with a draft as read. Only `t`, `tt`, `sg`, `d` (ms) and `m` are documented; the
other names below are what drafts commonly use. Nothing in a draft, however strange, is an error here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from nemowatch.nemo.calls import mend

if TYPE_CHECKING:
    from nemowatch.nemo.calls import JsonObject

TrackKind: TypeAlias = Literal["video", "audio", "text", "other"]

_KINDS: dict[Any, TrackKind] = {0: "video", 1: "audio", 7: "text"}
_LABELS: dict[TrackKind, str] = {"video": "Video", "audio": "BGM", "text": "Title", "other": "Track"}
# What a track says it is, the more exact word first: a subtitle is no title, a soundtrack no sound effect.
_ROLES: tuple[tuple[str, TrackKind, re.Pattern[str]], ...] = (
    ("Captions", "text", re.compile(r"caption|subtitle|lyric|transcript|字幕|歌词")),
    ("Title", "text", re.compile(r"title|heading|headline|标题|片头|片尾")),
    ("Voice", "audio", re.compile(r"voice|narrat|\btts\b|\bdub|speech|配音|旁白|人声|解说")),
    ("BGM", "audio", re.compile(r"bgm|music|soundtrack|\bsong\b|音乐|配乐")),
    ("Sound", "audio", re.compile(r"\bsfx\b|sound|original|原声|音效|环境音")),
)
_GENERIC_NAME = re.compile(
    r"(?:(?:video|audio|text|track|bgm|(?:background[ _])?music|voice(?:[- ]?over)?|narration|tts|sfx|sound"
    r"|original|captions?|subtitles?|titles?)(?:[ _-]*track)?|视频|音频|文字|文本|背景音乐|音乐|配乐|字幕|标题|配音)"
    r"(?:轨道?)?[ _#-]*\d*"
)
_ROLE_KEYS = ("role", "kind", "type")
_NAME_KEYS = ("title", "name", "text", "content", "filename", "label", "description")
_START_KEYS = ("st", "start", "start_ms", "begin")
_LENGTH_KEYS = ("d", "duration", "duration_ms")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Segment:
    """One piece of a track; times in seconds on the timeline.

    Attributes:
        start, end: where it plays.
        title: what it shows or says, where the draft tells.
        score: how well it is thought to do, where the draft tells (skill `opusclip`: higher is better).
        volume: 1.0 is unchanged, where the draft tells.
    """

    start: float
    end: float
    title: str | None = None
    score: float | None = None
    volume: float | None = None

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class Track:
    """Segments of one kind, in their order in the draft; `label` is what a person calls such a track."""

    kind: TrackKind
    label: str
    title: str | None
    segments: tuple[Segment, ...]

    @property
    def end(self) -> float:
        """Where the last segment ends, in seconds."""
        return max((segment.end for segment in self.segments), default=0.0)


@dataclass(frozen=True)
class Timeline:
    """All tracks of a draft, in its order."""

    tracks: tuple[Track, ...]

    @classmethod
    def from_draft(cls, draft: JsonObject | None) -> Timeline:
        """Read a draft; what is no track or segment is left out."""
        entries = (draft or {}).get("t")
        return cls(tuple(read_track(entry) for entry in objects_in(entries)))

    @property
    def is_exportable(self) -> bool:
        """At least one track has a segment."""
        return any(track.segments for track in self.tracks)

    @property
    def duration(self) -> float:
        """Where the last segment of any track ends, in seconds."""
        return max((track.end for track in self.tracks), default=0.0)

    def video_segments(self) -> tuple[Segment, ...]:
        """The pieces that the picture is made of, in the order in which they play.

        A further video track counts where the ones before it show nothing; what lies over another picture is part of
        that one.
        """
        found: list[Segment] = []
        for track in self.tracks:
            if track.kind == "video":
                shown = [piece for piece in track.segments if piece.duration > 0]
                found += [piece for piece in shown if not any(_overlap(piece, other) for other in found)]
        return tuple(sorted(found, key=lambda piece: piece.start))

    def describe(self) -> str:
        """One line for people: `Timeline (2 tracks): 1. Video: city (0-10s) 2. BGM: Lo-fi (0-10s, 35%)`."""
        if not self.tracks:
            return "Timeline (0 tracks): empty"
        count = f"{len(self.tracks)} track{'' if len(self.tracks) == 1 else 's'}"
        parts = [f"{number}. {_describe_track(track)}" for number, track in enumerate(self.tracks, 1)]
        return f"Timeline ({count}): {' '.join(parts)}"


def _overlap(one: Segment, other: Segment) -> bool:
    return one.start < other.end and other.start < one.end


def _describe_track(track: Track) -> str:
    if not track.segments:
        return f"{track.label}: empty"
    name = track.title or track.segments[0].title
    if len(track.segments) > 1:
        noun = "clips" if track.kind == "video" else "parts"
        pieces = f"{len(track.segments)} {noun}"
        shown = f"{_show_name(track.title, track.kind)}, {pieces}" if track.title else pieces
    else:
        shown = _show_name(name, track.kind) if name else "1 clip" if track.kind == "video" else "untitled"
    start = min(segment.start for segment in track.segments)
    return f"{track.label}: {shown} ({_show_facts(track, start)})"


def _show_facts(track: Track, start: float) -> str:
    facts = [f"{_show_seconds(start)}-{_show_seconds(track.end)}s"]
    volumes = {segment.volume for segment in track.segments}
    volume = volumes.pop() if len(volumes) == 1 else None
    if track.kind == "audio" and volume is not None:
        facts.append(f"{volume * 100:.0f}%")
    return ", ".join(facts)


def _show_name(name: str, kind: TrackKind) -> str:
    line = " ".join(name.split())
    short = line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"
    return f'"{short}"' if kind == "text" else short


def _show_seconds(seconds: float) -> str:
    return f"{seconds:.1f}".removesuffix(".0")


def read_track(entry: JsonObject) -> Track:
    """Read one of a draft's tracks; its segments are those of `objects_in(entry["sg"])`, one for one."""
    told = entry.get("tt")
    kind = (
        _KINDS.get(told, "other") if isinstance(told, int | float) and not isinstance(told, bool) else "other"
    )
    segments: list[Segment] = []
    for item in objects_in(entry.get("sg")):
        segments.append(_read_segment(item, segments[-1].end if segments else 0.0))
    label = find_role(entry, kind) or _LABELS[kind]
    title = _first_text(with_metadata(entry), ("title", "name"))
    # Many drafts name a track after its kind; that is no title.
    is_generic = title is not None and _GENERIC_NAME.fullmatch(title.lower())
    return Track(kind, label, None if is_generic else title, tuple(segments))


def _read_segment(entry: JsonObject, after: float) -> Segment:
    """Read a segment; one that does not say where it starts follows the one before."""
    facts = with_metadata(entry)
    told = _first_number(facts, _START_KEYS)
    start = after if told is None else max(0.0, told / 1000)
    length = max(0.0, (_first_number(facts, _LENGTH_KEYS) or 0.0) / 1000)
    end = _first_number(facts, ("end", "end_ms", "et"))
    if not length and end is not None:
        length = max(0.0, end / 1000 - start)
    return Segment(
        start=start,
        end=start + length,
        title=_first_text(facts, _NAME_KEYS) or _name_from_address(facts),
        score=_first_number(facts, ("score", "virality", "virality_score")),
        volume=_read_volume(facts),
    )


def find_role(entry: JsonObject, kind: TrackKind) -> str | None:
    """What a track, or else its first segment, says it is: `BGM`, `Captions` …; None where it says nothing."""
    own = with_metadata(entry)
    first = with_metadata(next(iter(objects_in(entry.get("sg"))), {}))
    name = first.get("name")
    # A segment's name is what it plays ("Voice of spring"), unless it is nothing but a role.
    is_role = isinstance(name, str) and _GENERIC_NAME.fullmatch(name.lower())
    told = [own.get(key) for key in (*_ROLE_KEYS, "name")] + [first.get(key) for key in _ROLE_KEYS]
    for words in [*told, name if is_role else None]:
        if isinstance(words, str):
            line = words[:_LONGEST_NAME].lower()
            for label, belongs_to, pattern in _ROLES:
                if belongs_to == kind and pattern.search(line):
                    return label
    return None


def with_metadata(entry: JsonObject) -> JsonObject:
    """A track's or segment's own fields, and those of its `m` where it has none of that name."""
    metadata = entry.get("m")
    return {**metadata, **entry} if isinstance(metadata, dict) else entry


def _read_volume(facts: JsonObject) -> float | None:
    volume = _first_number(facts, ("volume", "vol"))
    if volume is None or volume < 0:
        return None
    # A factor reaches 2 or so; what is greater counts in percent.
    return volume if volume <= 4 else volume / 100


def _name_from_address(facts: JsonObject) -> str | None:
    for key in ("url", "cdn_url", "src", "source"):
        address = facts.get(key)
        if isinstance(address, str):
            try:
                return PurePosixPath(unquote(urlsplit(address).path)).name or None
            except ValueError:
                continue
    return None


def _first_text(facts: JsonObject, keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = facts.get(key)
        if isinstance(value, str) and value.strip():
            return mend(value.strip())
    return None


def _first_number(facts: JsonObject, keys: tuple[str, ...]) -> float | None:
    for key in keys:
        value = facts.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
            return float(value) if math.isfinite(value) else None
    return None


def objects_in(value: object) -> list[JsonObject]:
    """The objects of a list, in its order; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
