"""Recordings cut: a stretch of one for the upload, parts of one that is too large, clips of a finished video.

Called by the job's steps, in a worker process. Blocking. What it writes is under its name when it is whole and not
before. Times are seconds of playing time; 0.0 is the first moment that is shown or heard.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from nemowatch.media.cut_errors import NothingLeft, PieceTooLarge
from nemowatch.media.cut_parts import Clip, CutPart
from nemowatch.media.cutter import (
    AS_IT_IS,
    FOR_EVERY_PLAYER,
    Advance,
    cut_stretch,
    nothing_between,
    to_moment,
)
from nemowatch.media.progress import Report, ignore_progress
from nemowatch.media.reel import open_reel
from nemowatch.media.sniff import identify
from nemowatch.media.splitting import plan_shares, write_parts
from nemowatch.media.tracks import Span
from nemowatch.units import format_bytes, format_duration

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Clip", "CutPart", "cut_clips", "resolve_times", "split", "trim"]

_LONGEST_SECONDS = 30 * 24 * 3600.0  # later than any recording's end


def resolve_times(start: float, end: float | None, duration: float) -> tuple[float, float]:
    """Put times into playing time: below zero they count from the end, and none lies outside the recording.

    Raises:
        NothingLeft: nothing lies between them.
    """
    first = start + duration if start < 0 else start
    last = duration if end is None else end + duration if end < 0 else end
    first, last = max(first, 0.0), min(last, duration)
    if first < last:
        return first, last
    raise NothingLeft(
        f"From {format_duration(first)} to {format_duration(max(last, 0.0))} there is nothing of a recording of "
        f"{format_duration(duration)}.",
        hint="Change the times: those below zero count from the end.",
    )


def cut_clips(
    source: Path, clips: tuple[Clip, ...], *, report: Report = ignore_progress
) -> tuple[CutPart, ...]:
    """Cut a video into clips, each an MP4 that begins and ends with exactly the pictures that were asked for.

    A clip that begins at a key frame and needs no picture from beyond its end is copied; any other is encoded anew.
    Sound that is AAC is copied, other sound becomes AAC; subtitles are left out. Clips may overlap and leave gaps.

    Args:
        source: the video.
        clips: what is wanted, in any order; each target's folder must exist.
        report: is told the share of the clips' time that is done.

    Returns:
        What was made, in the order of `clips`.

    Raises:
        NothingLeft: a clip has nothing in it.
        MediaError: the video can't be read.
        OSError: a clip can't be written.
    """
    spans = [_require_length(source, clip.start, clip.end) for clip in clips]
    advance = Advance(report, float(sum(span.end - span.start for span in spans)))
    with open_reel(source) as pictures, open_reel(source) as sounds:
        parts = []
        for span, clip in zip(spans, clips, strict=True):
            parts.append(cut_stretch(pictures, sounds, span, clip.target, FOR_EVERY_PLAYER, advance))
            # A film and its streams hold each other, and an encoder the size of dozens of pictures, of which
            # Python's collector knows nothing: without this, memory grows with each clip.
            gc.collect()
        return tuple(parts)


def trim(
    source: Path, target: Path, *, start: float, end: float | None, report: Report = ignore_progress
) -> CutPart:
    """Cut one stretch out of a recording, with all its sound and subtitles.

    What can be copied is copied, as `CutPart.how` tells.

    Args:
        source: the recording.
        target: the film; its suffix says what kind of file it is. Where the picture has to be encoded anew and that
            kind does not take H.264 well (AVI, WebM), it becomes an `.mp4` beside it, as `CutPart.path` tells.
        start: where the stretch begins.
        end: where it ends; None for the recording's own end.
        report: is told the share that is done.

    Returns:
        What was made.

    Raises:
        NothingLeft: there is nothing in the stretch.
        MediaError: the recording can't be read.
        OSError: the film can't be written.
    """
    with open_reel(source) as pictures, open_reel(source) as sounds:
        last = _LONGEST_SECONDS if end is None else end
        span = _require_length(source, start, last)
        known = pictures.duration or last
        advance = Advance(report, min(last, known) - start)
        return cut_stretch(pictures, sounds, span, target, AS_IT_IS, advance)


def split(
    source: Path, folder: Path, *, stem: str, max_bytes: int, report: Report = ignore_progress
) -> tuple[CutPart, ...]:
    """Cut a recording at key frames into parts that each fit under a limit, without encoding anything.

    Every packet of its picture, sound and subtitles is in exactly one part, unchanged; a part begins with a picture
    that needs none before it. As few parts as possible, of about one size.

    Args:
        source: the recording.
        folder: where the parts go: `<stem>-part1.mp4`, `<stem>-part2.mp4` …, with the suffix of what it is.
        stem: see `folder`.
        max_bytes: what a part may have.
        report: is told the share that is done.

    Returns:
        The parts in order.

    Raises:
        PieceTooLarge: what lies between two key frames is over the limit by itself.
        CutImpossible: it has no key frame that it could be parted at.
        MediaError: it can't be read.
        OSError: a part can't be written.
    """
    suffix = f".{identify(source).name}"
    with open_reel(source) as reel:
        advance = Advance(report, 2 * (reel.duration or 0.0))
        shares = plan_shares(reel, max_bytes, advance)
        advance.finish(float(shares[-1].end))
    targets = [folder / f"{stem}-part{number}{suffix}" for number in range(1, len(shares) + 1)]
    try:
        with open_reel(source) as pictures, open_reel(source) as sounds:
            parts = write_parts(pictures, sounds, shares, targets, advance)
        _require_fit(parts, max_bytes)
    except BaseException:
        for target in targets:
            target.unlink(missing_ok=True)
        raise
    return tuple(parts)


def _require_length(source: Path, start: float, end: float) -> Span:
    span = Span(to_moment(max(start, 0.0)), to_moment(end))
    if span.start >= span.end:
        raise nothing_between(source.name, span)
    return span


def _require_fit(parts: list[CutPart], max_bytes: int) -> None:
    largest = max(parts, key=lambda part: part.size_bytes)
    if largest.size_bytes > max_bytes:
        raise PieceTooLarge(
            f"{largest.path.name} came to {format_bytes(largest.size_bytes)}, over {format_bytes(max_bytes)}.",
            hint="Set the rule's `oversize` to `compress`: that encodes it anew, smaller.",
        )
