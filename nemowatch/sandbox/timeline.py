"""A project's timeline as the service thinks of it, and the arithmetic of cutting it.

Pure values and functions: no files, no JSON (`drafts.py` writes that). All times are seconds; a segment's
`start` and `end` lie in its material, everything else on the timeline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Range = tuple[float, float]

_SHORTEST = 0.04  # one frame at 25 a second: anything less is a rounding leftover, not a piece


@dataclass(frozen=True)
class Material:
    """One file of a project: uploaded or made by the service. `address` is its path on this server."""

    key: str
    path: Path
    filename: str
    kind: Literal["video", "audio", "image"]
    address: str
    size_bytes: int
    sha256: str
    duration: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0


@dataclass(frozen=True)
class Segment:
    """A stretch of a material, played at a speed. `score` is 0 to 100, higher is better."""

    material: Material
    start: float
    end: float
    speed: float = 1.0
    muted: bool = False
    title: str = ""
    score: float | None = None
    reason: str = ""

    @property
    def duration(self) -> float:
        """How long it plays on the timeline."""
        return (self.end - self.start) / self.speed


@dataclass(frozen=True)
class Words:
    """A title or a caption."""

    text: str
    start: float
    end: float
    role: Literal["title", "caption"]


@dataclass(frozen=True)
class Sound:
    """Music or an uploaded sound under the picture. `volume` is 0 to 1; `repeat` plays it again and again."""

    material: Material
    title: str
    start: float
    end: float
    volume: float = 1.0
    repeat: bool = False


@dataclass(frozen=True)
class Timeline:
    """What a render would show."""

    segments: tuple[Segment, ...] = ()
    sounds: tuple[Sound, ...] = ()
    words: tuple[Words, ...] = ()
    title: str = ""

    @property
    def duration(self) -> float:
        """The picture's length; that of the longest sound where there is no picture."""
        if self.segments:
            return sum(segment.duration for segment in self.segments)
        return max((sound.end for sound in self.sounds), default=0.0)

    def locate(self, moment: float) -> tuple[Segment, float] | None:
        """The segment that plays at a moment, and the time in its material; None past the end."""
        begin = 0.0
        for segment in self.segments:
            if moment < begin + segment.duration:
                return segment, segment.start + (moment - begin) * segment.speed
            begin += segment.duration
        return None


def keep_ranges(timeline: Timeline, ranges: Sequence[Range]) -> Timeline:
    """Keep only these stretches of a timeline, in the order given, joined without gaps."""
    segments: list[Segment] = []
    words: list[Words] = []
    begin = 0.0
    for start, end in ranges:
        pieces = _cut_segments(timeline.segments, start, end)
        segments += pieces
        words += _cut_words(timeline.words, start, end, begin - start)
        begin += sum(piece.duration for piece in pieces)
    sounds = tuple(
        replace(sound, end=min(sound.end, begin)) for sound in timeline.sounds if sound.start < begin
    )
    return replace(timeline, segments=tuple(segments), words=tuple(words), sounds=sounds)


def remove_ranges(timeline: Timeline, ranges: Sequence[Range]) -> Timeline:
    """Cut these stretches out of a timeline."""
    kept: list[Range] = []
    position = 0.0
    for start, end in sorted(ranges):
        kept.append((position, start))
        position = max(position, end)
    kept.append((position, timeline.duration))
    return keep_ranges(timeline, [(start, end) for start, end in kept if end > start])


def change_speed(timeline: Timeline, factor: float) -> Timeline:
    """Play everything faster (above 1) or slower (below 1)."""
    return replace(
        timeline,
        segments=tuple(replace(segment, speed=segment.speed * factor) for segment in timeline.segments),
        words=tuple(
            replace(words, start=words.start / factor, end=words.end / factor) for words in timeline.words
        ),
        sounds=tuple(replace(sound, end=sound.end / factor) for sound in timeline.sounds),
    )


def replace_segments(timeline: Timeline, segments: Sequence[Segment]) -> Timeline:
    """Play these segments instead; captions belonged to the old ones, sounds and titles are fitted to the new."""
    fresh = replace(timeline, segments=tuple(segments))
    length = fresh.duration
    return replace(
        fresh,
        words=tuple(
            replace(words, end=min(words.end, length))
            for words in timeline.words
            if words.role == "title" and words.start < length
        ),
        sounds=tuple(
            replace(sound, end=min(sound.end, length)) for sound in timeline.sounds if sound.start < length
        ),
    )


def _cut_segments(segments: Sequence[Segment], start: float, end: float) -> list[Segment]:
    pieces = []
    begin = 0.0
    for segment in segments:
        first = max(start - begin, 0.0)
        last = min(end - begin, segment.duration)
        if last - first >= _SHORTEST:
            inside = segment.start + first * segment.speed
            pieces.append(replace(segment, start=inside, end=segment.start + last * segment.speed))
        begin += segment.duration
    return pieces


def _cut_words(words: Sequence[Words], start: float, end: float, shift: float) -> list[Words]:
    return [
        replace(entry, start=max(entry.start, start) + shift, end=min(entry.end, end) + shift)
        for entry in words
        if min(entry.end, end) - max(entry.start, start) >= _SHORTEST
    ]
