"""What an edit changed, in words: about 30 % of edits end without a text (nemo-api.md §5).

Called by the job runner with the outlines of the states before and after a prompt; each change is a part of a
sentence, for the job's log and report. Pure, and never fails.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.nemo.outline import Outline, SegmentOutline, TrackOutline
from nemowatch.nemo.pairing import pair_segments, pair_tracks
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nemowatch.nemo.pairing import Pairing

__all__ = ["Outline", "describe_changes"]

BEYOND_WORDS = "the draft changed in a way that can't be put in words"

_MOST_CHANGES = 8
_MOST_ALIKE = 3
_SOUNDS = {"BGM": "music", "Voice": "voice-over", "Sound": "sound"}
_GENERATED = {"image": "image", "video": "video", "audio": "audio file", "other": "file"}
_LONGEST_NAME = 60


@dataclass(frozen=True)
class _Change:
    """One change; `many` says it of several at once, with a place for their number."""

    text: str
    many: str = ""


def describe_changes(before: Outline, after: Outline) -> tuple[str, ...]:
    """What differs, at most eight parts of sentences and one that counts the rest; none where nothing differs."""
    if before == after or (before.fingerprint and before.fingerprint == after.fingerprint):
        return ()
    tracks = list(_compare_tracks(before, after))
    texts = _sum_up([*_compare_canvas(before, after), *tracks])
    texts += [*_compare_generated(before, after), *_compare_uploads(before, after)]
    if not _is_one_length(tracks):
        texts += _compare_durations(before, after)
    if len(texts) > _MOST_CHANGES:
        rest = format_count(len(texts) - _MOST_CHANGES, "more change")
        return (*texts[:_MOST_CHANGES], f"and {rest}")
    return tuple(texts) or (BEYOND_WORDS,)


def _sum_up(changes: Sequence[_Change]) -> list[str]:
    """Changes of one kind are told one by one, unless there are many."""
    counts = Counter(change.many for change in changes if change.many)
    texts = (
        change.many.format(counts[change.many]) if counts[change.many] > _MOST_ALIKE else change.text
        for change in changes
    )
    return list(dict.fromkeys(texts))


def _is_one_length(changes: Sequence[_Change]) -> bool:
    """All that happened to the tracks is one clip's new length, which tells the timeline's."""
    return len(changes) == 1 and changes[0].many in (
        _many("clips", "shortened"),
        _many("clips", "lengthened"),
    )


def _compare_canvas(before: Outline, after: Outline) -> Iterator[_Change]:
    if before.canvas != after.canvas and after.canvas:
        if before.canvas:
            yield _Change(f"canvas changed from {before.canvas} to {after.canvas}")
        elif before.fingerprint:
            yield _Change(f"canvas set to {after.canvas}")


def _compare_generated(before: Outline, after: Outline) -> Iterator[str]:
    for kind, noun in _GENERATED.items():
        (old, old_digest), (new, new_digest) = (
            outline.generated.get(kind, (0, "")) for outline in (before, after)
        )
        if new > old:
            yield f"{format_count(new - old, noun)} generated"
        elif new < old:
            yield f"{format_count(old - new, f'generated {noun}')} removed"
        elif new_digest != old_digest:
            yield f"the generated {noun}s changed"


def _compare_uploads(before: Outline, after: Outline) -> Iterator[str]:
    more = after.upload_count - before.upload_count
    if more > 0:
        yield f"{format_count(more, 'file')} uploaded"
    elif more < 0:
        yield f"{format_count(-more, 'uploaded file')} removed"


def _compare_durations(before: Outline, after: Outline) -> Iterator[str]:
    old, new = _show_seconds(before.duration), _show_seconds(after.duration)
    if old != new:
        if not before.duration:
            yield f"the timeline is {new} long now"
        else:
            shorter = "shorter" if after.duration < before.duration else "longer"
            yield f"the timeline got {shorter}: {old} to {new}"


def _compare_tracks(before: Outline, after: Outline) -> Iterator[_Change]:
    groups: defaultdict[str, tuple[list[TrackOutline], list[TrackOutline]]] = defaultdict(lambda: ([], []))
    for side, outline in enumerate((before, after)):
        for track in outline.tracks:
            groups[track.label][side].append(track)
    for label, (old, new) in groups.items():
        pairing = pair_tracks(old, new)
        empty = TrackOutline(label, "", "", 0, 0.0, (), "")
        is_many = max(len(old), len(new)) > 1
        for place, (one, other) in enumerate(
            [
                *((old[left], new[right]) for left, right in pairing.pairs),
                *((old[left], empty) for left in pairing.removed),
                *((empty, new[right]) for right in pairing.added),
            ],
            1,
        ):
            if one != other:
                yield from _compare_track(label, one, other, f" of track {place}" if is_many else "")


def _compare_track(label: str, before: TrackOutline, after: TrackOutline, where: str) -> Iterator[_Change]:
    if label in _SOUNDS:
        yield from _compare_sound(_SOUNDS[label], before, after)
    elif label == "Captions":
        yield from _compare_captions(before, after)
    elif before.unlisted or after.unlisted:
        yield from _compare_counts({"Video": "clips", "Title": "titles"}.get(label, "parts"), before, after)
    elif label == "Title":
        yield from _compare_titles(before, after)
    else:
        yield from _compare_clips("clip" if label == "Video" else "part", before, after, where)


def _compare_counts(nouns: str, before: TrackOutline, after: TrackOutline) -> Iterator[_Change]:
    """All that can be said of tracks whose segments are too many to be listed."""
    if before.count == after.count:
        yield _Change(f"some of the {before.count} {nouns} changed")
    else:
        yield _Change(f"the number of {nouns} changed from {before.count} to {after.count}")


def _compare_clips(noun: str, before: TrackOutline, after: TrackOutline, where: str) -> Iterator[_Change]:
    old, new = before.segments, after.segments
    if (
        len(old) == 1 < len(new)
        and old[0].source
        and {segment.source for segment in (*old, *new)} == {old[0].source}
    ):
        yield _Change(f"{noun} 1{where} cut into {len(new)} {noun}s")
        return
    pairing = pair_segments(old, new)
    changes = [
        _Change(f"{noun} {place + 1}{where} removed", _many(f"{noun}s", "removed"))
        for place in pairing.removed
    ]
    for left, right in pairing.pairs:
        changes += _compare_clip(noun, f"{noun} {left + 1}{where}", old[left], new[right])
    changes += _compare_order(noun, pairing, where)
    for place in pairing.added:
        length = _show_seconds(new[place].duration)
        changes.append(_Change(f"{noun} {place + 1}{where} added ({length})", _many(f"{noun}s", "added")))
    if not changes:
        changes = [
            _Change(
                f"{noun} {left + 1}{where} moved from {_show_seconds(old[left].start)} to "
                f"{_show_seconds(new[right].start)}",
                _many(f"{noun}s", "moved"),
            )
            for left, right in pairing.pairs
            if _show_seconds(old[left].start) != _show_seconds(new[right].start)
        ]
    yield from changes


def _compare_order(noun: str, pairing: Pairing, where: str) -> Iterator[_Change]:
    ranks = {after: rank for rank, after in enumerate(sorted(after for _, after in pairing.pairs))}
    misplaced = [pair for place, pair in enumerate(pairing.pairs) if ranks[pair[1]] != place]
    if len(misplaced) == 2:
        first, second = (before + 1 for before, _ in misplaced)
        yield _Change(f"{noun}s {first} and {second}{where} changed places")
        return
    for before, after in pairing.find_moved():
        yield _Change(
            f"{noun} {before + 1}{where} moved to place {after + 1}", _many(f"{noun}s", "changed places")
        )


def _compare_clip(noun: str, name: str, before: SegmentOutline, after: SegmentOutline) -> Iterator[_Change]:
    changes = [*_compare_lengths(noun, name, before.duration, after.duration)]
    if before.speed != after.speed and (before.speed or 1.0) != (after.speed or 1.0):
        told = f"from {before.speed or 1.0:g}x to {after.speed or 1.0:g}x"
        changes.append(_Change(f"speed of {name} changed {told}", f"speed of {{}} {noun}s changed"))
    changes += _compare_volumes(noun, name, before.volume, after.volume)
    is_other = before.source != after.source and before.name != after.name
    if is_other and before.name and after.name:
        told = f"from {_quote(before.name)} to {_quote(after.name)}"
        changes.append(_Change(f"{name} changed {told}", _many(f"{noun}s", "replaced")))
    elif not changes and before.offset != after.offset:
        changes.append(_Change(f"{name} shows another part of its source", f"{{}} {noun}s show another part"))
    elif not changes and (before.rest, before.name, before.source) != (after.rest, after.name, after.source):
        changes.append(_Change(f"{name} changed", _many(f"{noun}s", "changed")))
    yield from changes


def _compare_volumes(noun: str, name: str, before: float | None, after: float | None) -> Iterator[_Change]:
    old, new = (1.0 if volume is None else volume for volume in (before, after))
    if _show_percent(old) == _show_percent(new):
        return
    if not new:
        yield _Change(f"{name} muted", _many(f"{noun}s", "muted"))
    elif not old:
        yield _Change(f"{name} unmuted", _many(f"{noun}s", "unmuted"))
    else:
        told = f"from {_show_percent(old)} to {_show_percent(new)}"
        yield _Change(f"volume of {name} changed {told}", f"volume of {{}} {noun}s changed")


def _compare_lengths(noun: str, name: str, before: float, after: float) -> Iterator[_Change]:
    old, new = _show_seconds(before), _show_seconds(after)
    if old != new:
        done = "shortened" if after < before else "lengthened"
        yield _Change(f"{name} {done} from {old} to {new}", _many(f"{noun}s", done))


def _compare_sound(noun: str, before: TrackOutline, after: TrackOutline) -> Iterator[_Change]:
    if not before.count or not after.count:
        done, track = ("removed", before) if before.count else ("added", after)
        if track.count:
            told = _name_sound(track)
            yield _Change(
                f"{noun} {done}: {told}" if told else f"{noun} {done}", f"{noun} {done} ({{}} tracks)"
            )
        return
    if _title_of(before) != _title_of(after):
        old, new = (_name_sound(track) or "an untitled one" for track in (before, after))
        yield _Change(f"{noun} changed from {old} to {new}")
        return
    changes = []
    old_volume, new_volume = _volume_of(before), _volume_of(after)
    if (
        old_volume is not None
        and new_volume is not None
        and _show_percent(old_volume) != _show_percent(new_volume)
    ):
        told = f"from {_show_percent(old_volume)} to {_show_percent(new_volume)}"
        changes.append(_Change(f"{noun} volume changed {told}"))
    changes += _compare_lengths(noun, noun, _length_of(before), _length_of(after))
    if not changes and before.count != after.count:
        changes.append(_Change(f"{noun} changed from {before.count} to {format_count(after.count, 'part')}"))
    if not changes and (before.segments, before.unlisted) != (after.segments, after.unlisted):
        changes.append(_Change(f"{noun} changed"))
    yield from changes


def _compare_titles(before: TrackOutline, after: TrackOutline) -> Iterator[_Change]:
    old, new = before.segments, after.segments
    pairing = pair_segments(old, new)
    for place in pairing.removed:
        yield _Change(_told("title removed", old[place].name), _many("titles", "removed"))
    for left, right in pairing.pairs:
        one, other = old[left], new[right]
        name = f"title {_quote(one.name)}" if one.name else f"title {left + 1}"
        if one.name != other.name:
            yield _Change(
                f"title changed from {_quote(one.name)} to {_quote(other.name)}", _many("titles", "changed")
            )
            continue
        changes = [*_compare_lengths("title", name, one.duration, other.duration)]
        starts = [_show_seconds(segment.start) for segment in (one, other)]
        if starts[0] != starts[1]:
            changes.append(_Change(f"{name} moved from {starts[0]} to {starts[1]}", _many("titles", "moved")))
        if not changes and one.rest != other.rest:
            changes.append(_Change(f"{name} changed", _many("titles", "changed")))
        yield from changes
    for place in pairing.added:
        yield _Change(_told("title added", new[place].name), _many("titles", "added"))


def _compare_captions(before: TrackOutline, after: TrackOutline) -> Iterator[_Change]:
    if before.count != after.count:
        if before.count and after.count:
            yield _Change(f"captions changed from {before.count} to {format_count(after.count, 'line')}")
        else:
            done, count = ("removed", before.count) if before.count else ("added", after.count)
            yield _Change(f"captions {done} ({format_count(count, 'line')})")
        return
    pairs = [*zip(before.segments, after.segments, strict=False)]
    reworded = sum(one.name != other.name for one, other in pairs)
    moved = sum((one.start, one.duration) != (other.start, other.duration) for one, other in pairs)
    if reworded:
        yield _Change(f"captions reworded ({format_count(reworded, 'line')})")
    if moved:
        yield _Change(f"captions moved in time ({format_count(moved, 'line')})")
    if not reworded and not moved and (before.segments, before.unlisted) != (after.segments, after.unlisted):
        yield _Change("captions changed")


def _many(nouns: str, done: str) -> str:
    return f"{{}} {nouns} {done}"


def _told(what: str, name: str) -> str:
    return f"{what}: {_quote(name)}" if name else what


def _name_sound(track: TrackOutline) -> str:
    title, volume = _title_of(track), _volume_of(track)
    told = [
        *([_quote(title)] if title else []),
        *([f"({_show_percent(volume)})"] if volume is not None else []),
    ]
    return " ".join(told)


def _title_of(track: TrackOutline) -> str:
    return track.title or next((segment.name for segment in track.segments), "")


def _volume_of(track: TrackOutline) -> float | None:
    volumes = {segment.volume for segment in track.segments}
    return volumes.pop() if len(volumes) == 1 else None


def _length_of(track: TrackOutline) -> float:
    return track.end - min((segment.start for segment in track.segments), default=track.end)


def _quote(name: str) -> str:
    line = " ".join(name.split())
    return f'"{line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"}"'


def _show_percent(factor: float) -> str:
    return f"{factor * 100:.0f} %"


def _show_seconds(seconds: float) -> str:
    """`8 s`, `8.5 s`, `2m 10s`, `1h 2m 10s`."""
    if seconds < 59.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m {rest}s" if hours else f"{minutes}m {rest}s"
