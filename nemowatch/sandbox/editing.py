"""Making the edits: a project's content and one edit in, the new content out.

Called by `agent.py` in a worker thread, because looking into media takes its time. It never changes a content
in place, and nothing it does shows before the agent puts the new content into the session.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from nemowatch.sandbox.analysis import Analysis, analyse, choose_highlights
from nemowatch.sandbox.edits import (
    AddCaptions,
    AddMusic,
    AddTitle,
    ChangeSpeed,
    DropTracks,
    Edit,
    GenerateVideo,
    KeepFile,
    KeepRanges,
    OpenRange,
    PickClips,
    RemoveRanges,
    SaveStills,
)
from nemowatch.sandbox.materials import make_material
from nemowatch.sandbox.music import make_music
from nemowatch.sandbox.recordings import make_recording
from nemowatch.sandbox.sessions import Content, GeneratedFile, lay_out
from nemowatch.sandbox.stills import save_stills, still_name
from nemowatch.sandbox.timeline import (
    Material,
    Range,
    Segment,
    Sound,
    Timeline,
    Words,
    change_speed,
    keep_ranges,
    remove_ranges,
    replace_segments,
)

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.sandbox.answers import JsonObject
    from nemowatch.sandbox.shelf import Shelf

DEFAULT_CLIPS = 3
MAX_STILLS = 500
TITLE_SECONDS = 3.0
MAX_GENERATED_SECONDS = 30.0
MAX_CAPTION_SECONDS = 4.0

_SHORTEST_CLIP = 0.5


class EditImpossible(Exception):
    """The edit was understood and can't be made here; the message is for the person who asked."""


class Editor:
    """Makes edits, and remembers what it heard and saw in each file."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._analyses: dict[str, Analysis] = {}

    def make(self, edit: Edit, content: Content, folder: Path) -> Content:
        """Make one edit; new files go into `folder`.

        Raises:
            EditImpossible: there is nothing to make it on, or its times lie outside.
            MediaError: a file can't be read.
        """
        if isinstance(edit, GenerateVideo):
            return self._generate(edit, content, folder)
        if isinstance(edit, KeepFile):
            return _keep_file(edit.filename, content)
        if not content.timeline.segments:
            raise EditImpossible("There is no video in this project yet. Please upload one first.")
        match edit:
            case SaveStills():
                return self._save_stills(edit, content, folder)
            case PickClips():
                return self._pick_clips(edit, content)
            case AddCaptions():
                return self._add_captions(content)
            case AddMusic():
                return self._add_music(edit, content, folder)
            case _:
                return replace(content, timeline=_reshape(edit, content.timeline))

    def _save_stills(self, edit: SaveStills, content: Content, folder: Path) -> Content:
        moments = _choose_moments(edit, content.timeline.duration)
        target = folder / f"stills-{content.revision}-{len(content.generated)}"
        target.mkdir(parents=True, exist_ok=True)
        made = [self._save_still(content.timeline, moment, target, edit) for moment in moments]
        return replace(content, generated=(*content.generated, *made))

    def _save_still(self, timeline: Timeline, moment: float, target: Path, edit: SaveStills) -> GeneratedFile:
        place = timeline.locate(moment)
        if place is None:
            raise EditImpossible(
                f"There is no frame at {moment:.1f} s: the video is {timeline.duration:.1f} s long."
            )
        segment, inside = place
        name = still_name(moment, edit.form)
        (path,) = save_stills(segment.material.path, [inside], target, format=edit.form, names=[name])
        media_type = "image/jpeg" if edit.form == "jpg" else "image/png"
        return GeneratedFile(self._shelf.put(path, path.name), path.name, media_type, round(moment, 3))

    def _pick_clips(self, edit: PickClips, content: Content) -> Content:
        count = edit.count or DEFAULT_CLIPS
        timeline = content.timeline
        clips = [
            clip
            for material in _videos(timeline)
            for clip in self._find_clips(material, timeline, edit, count)
        ]
        best = sorted(clips, key=lambda clip: -(clip.score or 0.0))[:count]
        if not best:
            raise EditImpossible("The video is too short to cut clips from it.")
        if not edit.viral:
            order = {material.key: index for index, material in enumerate(_videos(timeline))}
            best.sort(key=lambda clip: (order[clip.material.key], clip.start))
        name = "Short" if edit.viral else "Highlight"
        titled = [replace(clip, title=f"{name} {index}: {clip.title}") for index, clip in enumerate(best, 1)]
        return replace(
            content, timeline=replace_segments(timeline, titled), analyses=self._describe_analyses(content)
        )

    def _find_clips(
        self, material: Material, timeline: Timeline, edit: PickClips, count: int
    ) -> list[Segment]:
        """The best of one material, no more of it than the timeline still shows."""
        found = choose_highlights(self._analyse(material), count, max_seconds=edit.seconds)
        shown = [segment for segment in timeline.segments if segment.material == material]
        clips = []
        for best in found:
            for segment in shown:
                start, end = max(best.start, segment.start), min(best.end, segment.end)
                if end - start >= min(_SHORTEST_CLIP, best.end - best.start):
                    clips.append(
                        replace(
                            segment,
                            start=start,
                            end=end,
                            title=best.reason,
                            score=best.score,
                            reason=best.reason,
                        )
                    )
        return clips

    def _add_captions(self, content: Content) -> Content:
        """Captions where the sound is not a pause. Nothing here understands speech: they count and time it."""
        captions: list[Range] = []
        begin = 0.0
        for segment in content.timeline.segments:
            if segment.material.kind == "video":
                shift = begin - segment.start / segment.speed
                captions += [
                    (start / segment.speed + shift, end / segment.speed + shift)
                    for start, end in _spoken_ranges(self._analyse(segment.material), segment)
                ]
            begin += segment.duration
        numbered = [
            Words(f"Speech {index} of {len(captions)}", start, end, "caption")
            for index, (start, end) in enumerate(captions, 1)
        ]
        kept = _words_without(content.timeline, "caption")
        return replace(content, timeline=replace(content.timeline, words=(*kept, *numbered)))

    def _add_music(self, edit: AddMusic, content: Content, folder: Path) -> Content:
        made, sound = self._make_music(
            edit.style, edit.volume, content.timeline.duration, folder, content.revision
        )
        kept = tuple(sound for sound in content.timeline.sounds if not sound.repeat)
        timeline = replace(content.timeline, sounds=(*kept, sound))
        return replace(content, timeline=timeline, generated=(*content.generated, made))

    def _make_music(
        self, style: str, volume: float, seconds: float, folder: Path, revision: int
    ) -> tuple[GeneratedFile, Sound]:
        filename = f"{style.lower()}-{revision}.m4a"
        path = make_music(folder / filename, seed=_seed(style))
        material = make_material(path, filename, "audio", self._shelf)
        made = GeneratedFile(material.address, filename, "audio/mp4")
        return made, Sound(material, style, 0.0, seconds, volume, repeat=True)

    def _generate(self, edit: GenerateVideo, content: Content, folder: Path) -> Content:
        seconds = min(max(edit.seconds, 1.0), MAX_GENERATED_SECONDS)
        filename = f"generated-{content.revision}.mp4"
        path = make_recording(folder / filename, seconds=seconds, seed=_seed(edit.subject))
        material = make_material(path, filename, "video", self._shelf)
        clip = Segment(material, 0.0, material.duration, title=edit.subject)
        segments = (*content.timeline.segments, clip)
        timeline = replace(content.timeline, segments=segments, title=content.timeline.title or edit.subject)
        made = GeneratedFile(material.address, filename, "video/mp4")
        return replace(content, timeline=timeline, generated=(*content.generated, made))

    def _analyse(self, material: Material) -> Analysis:
        if material.key not in self._analyses:
            self._analyses[material.key] = analyse(material.path)
        return self._analyses[material.key]

    def _describe_analyses(self, content: Content) -> tuple[tuple[str, JsonObject], ...]:
        described = dict(content.analyses)
        for material in _videos(content.timeline):
            seen = self._analyse(material)
            described[material.key] = {
                "filename": material.filename,
                "duration": round(seen.duration, 3),
                "scene_changes": [round(moment, 3) for moment in seen.scene_changes],
                "pauses": [[round(start, 3), round(end, 3)] for start, end in seen.pauses],
            }
        return tuple(described.items())


def _keep_file(filename: str, content: Content) -> Content:
    """The content with one uploaded file on its timeline; the latest of that name."""
    named = [file for file in content.uploads if file.filename == filename]
    if not named:
        known = ", ".join(file.filename for file in content.uploads) or "none"
        raise EditImpossible(f"There is no file {filename} in this project. Its files: {known}.")
    timeline = content.timeline
    shown = {piece.material.key for piece in timeline.segments}
    sounding = {sound.material.key for sound in timeline.sounds if not sound.repeat}
    if shown | sounding == {named[-1].key}:
        return content
    return replace(content, timeline=replace(lay_out(named[-1:]), title=PurePath(filename).stem))


def _reshape(edit: Edit, timeline: Timeline) -> Timeline:
    """The edits that need no look into a file."""
    match edit:
        case KeepRanges(ranges):
            return _require_picture(keep_ranges(timeline, _resolve(ranges, timeline.duration)))
        case RemoveRanges(ranges):
            return _require_picture(remove_ranges(timeline, _resolve(ranges, timeline.duration)))
        case ChangeSpeed(factor):
            return change_speed(timeline, factor)
        case AddTitle(text):
            title = Words(text or timeline.title, 0.0, min(TITLE_SECONDS, timeline.duration), "title")
            return replace(timeline, words=(title, *_words_without(timeline, "title")))
        case DropTracks(kind):
            return _drop_tracks(timeline, kind)
        case _:
            raise TypeError(f"no way to make {edit}")


def _drop_tracks(timeline: Timeline, kind: str) -> Timeline:
    if kind == "music":
        return replace(timeline, sounds=())
    if kind == "voice":
        return replace(timeline, segments=tuple(replace(piece, muted=True) for piece in timeline.segments))
    return replace(timeline, words=_words_without(timeline, kind))


def _words_without(timeline: Timeline, role: str) -> tuple[Words, ...]:
    return tuple(words for words in timeline.words if words.role != role)


def _resolve(ranges: tuple[OpenRange, ...], duration: float) -> list[Range]:
    """Count negative starts from the end, close open ends, and stay inside the timeline."""
    closed = []
    for start, end in ranges:
        first = max(duration + start, 0.0) if start < 0 else start
        last = min(duration if end is None else end, duration)
        if last <= first:
            raise EditImpossible(f"{first:.1f} s lies outside the video, which is {duration:.1f} s long.")
        closed.append((first, last))
    return closed


def _require_picture(timeline: Timeline) -> Timeline:
    if not timeline.segments:
        raise EditImpossible("That would leave nothing of the video.")
    return timeline


def _choose_moments(edit: SaveStills, duration: float) -> list[float]:
    if edit.times:
        return list(edit.times)
    if edit.count is not None:
        return [duration * (index + 0.5) / edit.count for index in range(min(edit.count, MAX_STILLS))]
    every = edit.every or duration
    count = math.ceil(duration / every - 1e-9)
    if count > MAX_STILLS:
        raise EditImpossible(f"That would make {count} stills; {MAX_STILLS} at a time is the most.")
    return [index * every for index in range(count)]


def _videos(timeline: Timeline) -> list[Material]:
    """The videos that the timeline shows, each once, in order of first appearance."""
    seen = {segment.material.key: segment.material for segment in timeline.segments}
    return [material for material in seen.values() if material.kind == "video"]


def _spoken_ranges(seen: Analysis, segment: Segment) -> list[Range]:
    """What lies between the pauses of a segment, in stretches that can be read, in the material's time."""
    if not seen.loudness:
        return []
    spoken: list[Range] = []
    position = segment.start
    for start, end in (*seen.pauses, (segment.end, segment.end)):
        stop = min(start, segment.end)
        while stop - position >= _SHORTEST_CLIP:
            until = min(position + MAX_CAPTION_SECONDS, stop)
            spoken.append((position, until))
            position = until
        position = max(position, end)
    return spoken


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:2])
