"""What is kept of a state so that a later one can be compared with it, also after a restart.

Made by the job runner before a prompt is sent and kept beside the prompt's marker; read by `changes.py` and
`tracks.py`. At most 200 KB of JSON whatever the draft: what does not fit is counted and digested, not listed.
Pure, and no state or kept JSON, however strange, is an error.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote, urlsplit

from nemowatch.nemo.state import digest
from nemowatch.nemo.timeline import objects_in, read_track, with_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nemowatch.nemo.calls import JsonObject
    from nemowatch.nemo.state import SessionState
    from nemowatch.nemo.timeline import Segment, Track

_Counts: TypeAlias = dict[str, tuple[int, str]]

_MOST_SEGMENT_BYTES = 120_000
_MOST_TRACKS = 50
_MOST_UPLOADS = 500
_LONGEST_NAME = 60
_DIGEST_LENGTH = 8
# Where a segment says what it plays; an object under one of these names has the fields of the same names.
_SOURCE_KEYS = ("src", "source", "material", "media", "url", "cdn_url", "material_id", "asset_id", "filename")
_INNER_SOURCE_KEYS = ("id", "url", "cdn_url", "filename")
_OFFSET_KEYS = ("in", "source_start", "trim_start", "clip_start", "offset")
# Told by the other fields of an outline, or numbered anew by the service at each edit.
_TOLD_KEYS = frozenset(
    {"id", "m", "st", "start", "start_ms", "begin", "d", "duration", "duration_ms", "end", "end_ms", "et"}
    | {"volume", "vol", "speed", "muted", "title", "name", "text", "content"}
)
_FRAME_KEYS = (("width", "height"), ("w", "h"))
_RATIO_KEYS = ("ratio", "aspect_ratio", "aspectRatio", "aspect")


@dataclass(frozen=True)
class SegmentOutline:
    """One segment; times in seconds.

    Attributes:
        key: digest of the service's name for it; empty where it has none.
        source: digest of what it plays; empty where the draft does not tell.
        name: what people call it, on one line; empty where it has none.
        start: where it plays on the timeline.
        duration: how long.
        offset: where in its source it begins, where the draft tells.
        volume: 1.0 is unchanged, 0.0 is muted; where the draft tells.
        speed: 1.0 is unchanged; where the draft tells.
        rest: digest of everything else.
    """

    key: str
    source: str
    name: str
    start: float
    duration: float
    offset: float | None
    volume: float | None
    speed: float | None
    rest: str

    def to_json(self) -> list[Any]:
        """As `from_json` reads it."""
        times = [self.start, self.duration, self.offset, self.volume, self.speed]
        return [self.key, self.source, self.name, *times, self.rest]

    @classmethod
    def from_json(cls, kept: object) -> SegmentOutline:
        """Read what `to_json` gave; what is missing counts as not told."""
        fields = [*(kept if isinstance(kept, list) else []), *[None] * 9][:9]
        return cls(
            key=_text(fields[0]),
            source=_text(fields[1]),
            name=_text(fields[2]),
            start=_number(fields[3]) or 0.0,
            duration=_number(fields[4]) or 0.0,
            offset=_number(fields[5]),
            volume=_number(fields[6]),
            speed=_number(fields[7]),
            rest=_text(fields[8]),
        )


@dataclass(frozen=True)
class TrackOutline:
    """One track.

    Attributes:
        label: what a person calls it: `Video`, `BGM`, `Voice`, `Sound`, `Title`, `Captions` or `Track`.
        key: digest of the service's name for it; empty where it has none.
        title: its own name, on one line; empty where it has none but its kind's.
        count: how many segments it has.
        end: where its last segment ends, in seconds.
        segments: the first of them; all, unless the draft is huge.
        unlisted: digest of the others; empty where there are none.
    """

    label: str
    key: str
    title: str
    count: int
    end: float
    segments: tuple[SegmentOutline, ...]
    unlisted: str

    def to_json(self) -> JsonObject:
        """As `from_json` reads it."""
        return {
            "label": self.label,
            "key": self.key,
            "title": self.title,
            "count": self.count,
            "end": self.end,
            "segments": [segment.to_json() for segment in self.segments],
            "unlisted": self.unlisted,
        }

    @classmethod
    def from_json(cls, kept: JsonObject) -> TrackOutline:
        """Read what `to_json` gave; what is missing counts as not told."""
        entries = kept.get("segments")
        segments = (
            tuple(SegmentOutline.from_json(entry) for entry in entries) if isinstance(entries, list) else ()
        )
        return cls(
            label=_text(kept.get("label")) or "Track",
            key=_text(kept.get("key")),
            title=_text(kept.get("title")),
            count=max(int(_number(kept.get("count")) or 0), len(segments)),
            end=_number(kept.get("end")) or 0.0,
            segments=segments,
            unlisted=_text(kept.get("unlisted")),
        )


@dataclass(frozen=True)
class Outline:
    """A state in brief.

    Attributes:
        fingerprint: the state's (see `SessionState.fingerprint`); empty where nothing was kept.
        tracks: of the draft, in its order; the first 50.
        duration: where the last segment of any track ends, in seconds.
        canvas: `1920x1080` or a ratio such as `9:16`; empty where the state does not tell.
        generated: for `image`, `video`, `audio` and `other`, how many files the service made, and their digest.
        uploads: digests of the names under which the uploaded files may be found in a draft.
        upload_count: how many files were uploaded.
    """

    fingerprint: str = ""
    tracks: tuple[TrackOutline, ...] = ()
    duration: float = 0.0
    canvas: str = ""
    generated: _Counts = field(default_factory=dict)
    uploads: frozenset[str] = frozenset()
    upload_count: int = 0

    @classmethod
    def of(cls, state: SessionState) -> Outline:
        """Take the outline of a state as read."""
        entries = objects_in((state.draft or {}).get("t"))
        budget = _Budget(_MOST_SEGMENT_BYTES)
        tracks = [(entry, read_track(entry)) for entry in entries]
        return cls(
            fingerprint=state.fingerprint(),
            tracks=tuple(_outline_track(entry, track, budget) for entry, track in tracks[:_MOST_TRACKS]),
            duration=max((track.end for _, track in tracks), default=0.0),
            canvas=_read_canvas(state.raw.get("canvas_config")),
            generated=_count_generated(state),
            uploads=_name_uploads(state.video_infos),
            upload_count=len(state.video_infos),
        )

    def to_json(self) -> JsonObject:
        """As `from_json` reads it; at most 200 KB."""
        return {
            "fingerprint": self.fingerprint,
            "tracks": [track.to_json() for track in self.tracks],
            "duration": self.duration,
            "canvas": self.canvas,
            "generated": {kind: list(counted) for kind, counted in self.generated.items()},
            "uploads": sorted(self.uploads),
            "upload_count": self.upload_count,
        }

    @classmethod
    def from_json(cls, kept: object) -> Outline:
        """Read what `to_json` gave; what is missing counts as not there."""
        facts = kept if isinstance(kept, dict) else {}
        uploads = facts.get("uploads")
        return cls(
            fingerprint=_text(facts.get("fingerprint")),
            tracks=tuple(TrackOutline.from_json(entry) for entry in objects_in(facts.get("tracks"))),
            duration=_number(facts.get("duration")) or 0.0,
            canvas=_text(facts.get("canvas")),
            generated=_read_counts(facts.get("generated")),
            uploads=frozenset(map(_text, uploads)) if isinstance(uploads, list) else frozenset(),
            upload_count=int(_number(facts.get("upload_count")) or 0),
        )


@dataclass
class _Budget:
    """How many bytes of segments may still be listed."""

    left: int

    def take(self, segment: SegmentOutline) -> bool:
        self.left -= len(json.dumps(segment.to_json())) + 2
        return self.left >= 0


def name_sources(entry: JsonObject) -> frozenset[str]:
    """Digests of all names under which a draft's segment or an uploaded file tells what it plays."""
    return frozenset(_digest_name(name) for name in _find_sources(with_metadata(entry))) - {""}


def _outline_track(entry: JsonObject, track: Track, budget: _Budget) -> TrackOutline:
    raw = objects_in(entry.get("sg"))
    listed: list[SegmentOutline] = []
    for item, segment in zip(raw, track.segments, strict=True):
        if budget.left <= 0:
            break
        outline = _outline_segment(item, segment)
        if budget.take(outline):
            listed.append(outline)
    hidden = raw[len(listed) :]
    return TrackOutline(
        label=track.label,
        key=_digest_name(entry.get("id")),
        title=_one_line(track.title),
        count=len(raw),
        end=track.end,
        segments=tuple(listed),
        unlisted=digest(hidden)[:_DIGEST_LENGTH] if hidden else "",
    )


def _outline_segment(entry: JsonObject, segment: Segment) -> SegmentOutline:
    facts = with_metadata(entry)
    source = next(iter(_find_sources(facts)), "")
    nested = facts.get("src")
    return SegmentOutline(
        key=_digest_name(entry.get("id")),
        source=_digest_name(source),
        name=_one_line(segment.title),
        start=segment.start,
        duration=segment.duration,
        offset=_read_offset(nested if isinstance(nested, dict) else facts),
        volume=0.0 if facts.get("muted") is True else segment.volume,
        speed=_number(facts.get("speed")),
        rest=digest({key: facts[key] for key in facts if key not in _TOLD_KEYS})[:_DIGEST_LENGTH],
    )


def _read_offset(facts: JsonObject) -> float | None:
    found = (_number(facts.get(key)) for key in _OFFSET_KEYS)
    return next((number / 1000 for number in found if number is not None), None)


def _find_sources(facts: JsonObject) -> Iterable[str]:
    """What a segment or an upload says it plays: ids, addresses, file names; the most exact first."""
    for key in _SOURCE_KEYS:
        value = facts.get(key)
        names = [value.get(inner) for inner in _INNER_SOURCE_KEYS] if isinstance(value, dict) else [value]
        for name in names:
            if isinstance(name, str) and name.strip():
                yield name
                yield _file_name(name)


def _file_name(address: str) -> str:
    try:
        path = PurePosixPath(unquote(urlsplit(address).path))
    except ValueError:  # such as "http://["
        return ""
    # A last part such as "download" or "1" names no file.
    return path.name if path.suffix else ""


def _name_uploads(video_infos: tuple[Any, ...]) -> frozenset[str]:
    names: set[str] = set()
    for info in objects_in(list(video_infos[:_MOST_UPLOADS])):
        names |= name_sources(info) | {_digest_name(info.get(key)) for key in ("id", "hash")}
    return frozenset(sorted(names - {""})[: 4 * _MOST_UPLOADS])


def _count_generated(state: SessionState) -> _Counts:
    addresses: dict[str, list[str]] = {}
    for media in state.generated_media:
        addresses.setdefault(media.kind, []).append(media.url)
    if state.unaddressed_media:
        addresses["other"] = [*addresses.get("other", []), digest(list(state.unaddressed_media))]
    return {kind: (len(urls), digest(urls)[:_DIGEST_LENGTH]) for kind, urls in addresses.items()}


def _read_counts(kept: object) -> _Counts:
    counts: _Counts = {}
    for kind, counted in kept.items() if isinstance(kept, dict) else ():
        if isinstance(counted, list) and len(counted) == 2:
            counts[kind] = (int(_number(counted[0]) or 0), _text(counted[1]))
    return counts


def _read_canvas(config: object) -> str:
    facts = config if isinstance(config, dict) else {}
    for keys in _FRAME_KEYS:
        width, height = (_number(facts.get(key)) for key in keys)
        if width and height:
            return f"{width:.0f}x{height:.0f}"
    return next((_one_line(facts[key]) for key in _RATIO_KEYS if isinstance(facts.get(key), str)), "")


def _digest_name(name: object) -> str:
    """Eight hex digits for a name or a number; empty for anything else."""
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        return ""
    return _digest_text(str(name))


@lru_cache(maxsize=1_000)
def _digest_text(text: str) -> str:
    return digest(text)[:_DIGEST_LENGTH]


def _one_line(text: str | None) -> str:
    line = " ".join((text or "")[: 4 * _LONGEST_NAME].split())
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        return None
    return float(value) if math.isfinite(value) else None
