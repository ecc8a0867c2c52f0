"""The timeline as the API's JSON draft, and the check that a draft came back as it went out.

Written for `GET /api/state`, read back by the render call. The short keys are the service's: `t` tracks, `tt`
track type, `sg` segments, `d` milliseconds, `m` metadata. Everything beside them stands for the many keys of the
real draft that no client knows and every client must return unchanged.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nemowatch.sandbox.answers import JsonObject
    from nemowatch.sandbox.timeline import Segment, Sound, Timeline, Words

VIDEO_TRACK, AUDIO_TRACK, TEXT_TRACK = 0, 1, 7

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)


@dataclass(frozen=True)
class DraftFrame:
    """What a draft says besides its timeline: which project, which revision, where this server is."""

    task_id: str
    revision: int
    base_url: str


def write_draft(timeline: Timeline, frame: DraftFrame) -> JsonObject:
    """Make the draft of a timeline; an empty object while there is nothing on it."""
    tracks = [*_video_tracks(timeline, frame), *_audio_tracks(timeline, frame), *_text_tracks(timeline)]
    if not tracks:
        return {}
    return {
        "id": f"draft_{frame.task_id}",
        "v": frame.revision,
        "d": _milliseconds(timeline.duration),
        "m": {"title": timeline.title, "agent": "nemo_agent"},
        "t": [{"id": f"track_{index}", **track} for index, track in enumerate(tracks, 1)],
        "x_render_hints": {"color": "bt709", "loudness": -14.0, "lanes": [track["lane"] for track in tracks]},
        "x_checkpoint": None,
    }


def fingerprint(draft: JsonObject) -> str:
    """The same for equal drafts, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(draft, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ShownDraft:
    """A draft as it went out, and the timeline that it was made of."""

    draft: JsonObject
    timeline: Timeline


def match_draft(shown: ShownDraft, draft: JsonObject) -> Timeline | None:
    """The timeline of a draft that is a shown one with none but whole tracks left out; None for any other."""
    tracks = draft.get("t")
    if not isinstance(tracks, list) or {**draft, "t": []} != {**shown.draft, "t": []}:
        return None
    kept = [track for track in shown.draft["t"] if track in tracks]
    return _keep_tracks(shown.timeline, kept) if kept == tracks else None


def _keep_tracks(timeline: Timeline, tracks: list[JsonObject]) -> Timeline:
    """The timeline with what these tracks of its draft show."""
    lanes = {track["lane"] for track in tracks if track["tt"] == AUDIO_TRACK}
    roles = {track["sg"][0]["m"]["role"] for track in tracks if track["tt"] == TEXT_TRACK}
    return replace(
        timeline,
        segments=timeline.segments if any(track["tt"] == VIDEO_TRACK for track in tracks) else (),
        sounds=tuple(sound for lane, sound in enumerate(timeline.sounds, 1) if lane in lanes),
        words=tuple(words for words in timeline.words if words.role in roles),
    )


def find_difference(expected: Any, actual: Any, path: str = "draft") -> str | None:
    """Say where the second JSON value first departs from the first; None when they are equal."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _compare_objects(expected, actual, path)
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{path} has {len(actual)} items instead of {len(expected)}"
        pairs = zip(expected, actual, strict=True)
        found = (find_difference(one, other, f"{path}[{index}]") for index, (one, other) in enumerate(pairs))
        return next((difference for difference in found if difference), None)
    return None if expected == actual else f"{path} was changed"


def _compare_objects(expected: JsonObject, actual: JsonObject, path: str) -> str | None:
    missing = [key for key in expected if key not in actual]
    if missing:
        return f"{path}.{missing[0]} is missing"
    added = [key for key in actual if key not in expected]
    if added:
        return f"{path}.{added[0]} is not part of it"
    found = (find_difference(expected[key], actual[key], f"{path}.{key}") for key in expected)
    return next((difference for difference in found if difference), None)


def _video_tracks(timeline: Timeline, frame: DraftFrame) -> list[JsonObject]:
    if not timeline.segments:
        return []
    begin = 0.0
    segments = []
    for index, segment in enumerate(timeline.segments, 1):
        segments.append({"id": f"v{index}", **_write_segment(segment, begin, frame)})
        begin += segment.duration
    return [
        {
            "tt": VIDEO_TRACK,
            "name": "Video",
            "d": _milliseconds(timeline.duration),
            "lane": 0,
            "m": {"title": timeline.title},
            "sg": segments,
        }
    ]


def _write_segment(segment: Segment, begin: float, frame: DraftFrame) -> JsonObject:
    notes: JsonObject = {
        "title": segment.title or segment.material.filename,
        "source": segment.material.filename,
    }
    if segment.score is not None:
        notes |= {"score": round(segment.score, 1), "reason": segment.reason}
    return {
        "start": _milliseconds(begin),
        "d": _milliseconds(segment.duration),
        "speed": segment.speed,
        "muted": segment.muted,
        "src": {
            "id": segment.material.key,
            "url": frame.base_url + segment.material.address,
            "in": _milliseconds(segment.start),
            "out": _milliseconds(segment.end),
        },
        "m": notes,
        "x_fx": [],
    }


def _audio_tracks(timeline: Timeline, frame: DraftFrame) -> list[JsonObject]:
    return [
        {
            "tt": AUDIO_TRACK,
            "name": "BGM",
            "d": _milliseconds(sound.end - sound.start),
            "lane": lane,
            "m": {"title": sound.title},
            "sg": [_write_sound(sound, lane, frame)],
        }
        for lane, sound in enumerate(timeline.sounds, 1)
    ]


def _write_sound(sound: Sound, lane: int, frame: DraftFrame) -> JsonObject:
    return {
        "id": f"a{lane}",
        "start": _milliseconds(sound.start),
        "d": _milliseconds(sound.end - sound.start),
        "src": {"id": sound.material.key, "url": frame.base_url + sound.material.address},
        "m": {"title": sound.title, "volume": sound.volume},
    }


def _text_tracks(timeline: Timeline) -> list[JsonObject]:
    tracks = []
    for lane, (role, name) in enumerate((("title", "Title"), ("caption", "Captions")), 8):
        entries = [words for words in timeline.words if words.role == role]
        if entries:
            segments = [_write_words(words, f"{role[0]}{index}") for index, words in enumerate(entries, 1)]
            last = max(words.end for words in entries)
            track = {"tt": TEXT_TRACK, "name": name, "d": _milliseconds(last), "lane": lane, "sg": segments}
            tracks.append({**track, "m": {"title": name}})
    return tracks


def _write_words(words: Words, key: str) -> JsonObject:
    return {
        "id": key,
        "start": _milliseconds(words.start),
        "d": _milliseconds(words.end - words.start),
        "m": {"text": words.text, "title": words.text, "role": words.role},
        "x_style": {"font": "Inter", "anchor": "bottom" if words.role == "caption" else "center"},
    }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
