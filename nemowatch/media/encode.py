"""Recordings made to fit: under the service's limit, or into a form that it takes.

Called by the job's preparing step, in a worker process; blocking, for as long as the recording is. The result is
H.264 and AAC in an MP4, sound alone in an M4A, a still picture as JPEG. The recording itself is never changed, and
what stands under the target's name when it returns is whole and small enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from nemowatch.media.attempts import (
    Done,
    can_copy_sound,
    common_options,
    compress_film,
    count_bits,
    shape_of,
)
from nemowatch.media.bitrate import CannotFit, even_size, fit_largest, plan_budget, plan_sound
from nemowatch.media.cut_errors import NothingLeft
from nemowatch.media.encode_film import Orders, OverLimit, encode_film
from nemowatch.media.encode_lines import Span
from nemowatch.media.encode_picture import shrink_picture
from nemowatch.media.formats import AAC, AVI, GIF, JPG, M4A, MKV, MOV, MP3, MP4, PNG, WAV, WEBM, WEBP
from nemowatch.media.probe import measure_packets, probe, read_packets
from nemowatch.media.progress import Report, ignore_progress
from nemowatch.media.sniff import identify
from nemowatch.media.survey import open_for_decoding, survey_recording
from nemowatch.units import format_bytes, format_duration

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.media.probe import MediaInfo
    from nemowatch.media.survey import Survey

_TAKEN_CONTAINERS = frozenset(
    form.name for form in (MP4, MOV, M4A, AVI, WEBM, MKV, JPG, PNG, GIF, WEBP, MP3, WAV, AAC)
)
_TAKEN_PICTURES = frozenset({"h264", "mpeg4", "vp8", "vp9", "av1", "mjpeg"})
"""Codecs of films that players and services read everywhere."""

_GOOD_CRF = "20"
_GOOD_TOTAL_BITS = 5_000_000  # what the sound of a film is measured by where size does not matter
_BUFFER_SECONDS = 4.0
_GUESSED_SECONDS = 60.0
_MOST_GROWTH = 4
"""How much larger a film may become as H.264 that a later codec had made small, as phones do."""


@dataclass(frozen=True)
class Reencoded:
    """What was made.

    Attributes:
        duration_seconds: None for a still picture; so are `width` and `height` for sound alone.
        note: what was done, in one sentence.
    """

    size_bytes: int
    duration_seconds: float | None
    width: int | None
    height: int | None
    note: str


def compress(
    source: Path,
    target: Path,
    *,
    max_bytes: int,
    start: float = 0.0,
    end: float | None = None,
    report: Report = ignore_progress,
) -> Reencoded:
    """Write a recording, or a part of it, so that it is never larger than a limit. Blocking.

    Args:
        source: the recording; also one that the service does not take.
        target: what is written, with the suffix that `suffix_for` names.
        max_bytes: the limit. Aimed at is a little less; what needs fewer bits than there are ends smaller.
        start: where to begin, in seconds of playing time; the first picture is the one shown then.
        end: where to stop; None for the recording's own end.
        report: told the share that is done.

    Raises:
        CannotFit: it plays for too long to fit.
        MediaError: it can't be read.
        OSError: the target can't be written.
    """
    info = probe(source, foreign=True)
    if suffix_for(info) == ".jpg":
        return _shrink(source, target, info, max_bytes, report)
    survey, span, seconds = _look(source, info, start, end)
    done = compress_film(survey, target, span, seconds, max_bytes, report)
    return _tell(survey, done)


def convert(
    source: Path,
    target: Path,
    *,
    start: float = 0.0,
    end: float | None = None,
    max_bytes: int | None = None,
    report: Report = ignore_progress,
) -> Reencoded:
    """Write a recording at constant good quality, for a service that does not take it as it is. Blocking.

    Takes what `compress` takes, and does what that does where the result would be larger than `max_bytes`.

    Raises:
        CannotFit: it plays for too long to fit.
        MediaError: it can't be read.
        OSError: the target can't be written.
    """
    info = probe(source, foreign=True)
    if suffix_for(info) == ".jpg":
        return _shrink(source, target, info, max_bytes, report)
    survey, span, seconds = _look(source, info, start, end)
    orders, is_copied = _order_quality(survey, span, seconds, max_bytes)
    try:
        outcome = encode_film(survey, target, orders, report)
        if max_bytes is None or outcome.size_bytes <= max_bytes:
            return _tell(survey, Done(outcome, orders.size, is_copied, orders.channels))
        target.unlink()
    except OverLimit:
        pass  # longer than it said; measured and planned anew
    if max_bytes is None:
        raise CannotFit(f"{source.name} could not be converted.")
    return _tell(survey, compress_film(survey, target, span, seconds, max_bytes, report))


def needs_convert(info: MediaInfo) -> bool:
    """Whether the service does not take a file as it is: its container, or the codec of its picture."""
    if info.container not in _TAKEN_CONTAINERS:
        return True
    return info.kind == "video" and info.video_codec is not None and info.video_codec not in _TAKEN_PICTURES


def suffix_for(info: MediaInfo) -> str:
    """The suffix, with its dot, of what `compress` and `convert` make of such a file."""
    if info.kind == "image":
        # A GIF that is worth compressing moves.
        return ".mp4" if info.container == GIF.name else ".jpg"
    return ".m4a" if info.kind == "audio" else ".mp4"


def estimate_bytes(info: MediaInfo, max_bytes: int) -> int:
    """How much room on the disk encoding a file takes at most, or nearly so."""
    if info.kind == "image":
        return min(info.size_bytes, max_bytes)
    larger = _MOST_GROWTH * info.size_bytes if info.kind == "video" else info.size_bytes
    return min(max_bytes, larger)


def _shrink(source: Path, target: Path, info: MediaInfo, max_bytes: int | None, report: Report) -> Reencoded:
    width, height = shrink_picture(source, target, max_bytes, report)
    size_bytes = target.stat().st_size
    note = f"a JPEG of {width} x {height}, {format_bytes(size_bytes)}, from {format_bytes(info.size_bytes)}."
    return Reencoded(size_bytes, None, width, height, note)


def _look(source: Path, info: MediaInfo, start: float, end: float | None) -> tuple[Survey, Span, float]:
    """What the recording holds, what of it is wanted, and how many seconds that should be."""
    survey = survey_recording(source, identify(source, foreign=True), info.duration_seconds)
    begin = Fraction(start).limit_denominator(1_000_000)
    stop = None if end is None else Fraction(end).limit_denominator(1_000_000)
    span = Span(survey.origin + begin, None if stop is None else survey.origin + stop)
    whole = survey.seconds or _measure(survey)
    length = (whole if end is None else min(end, whole)) - start
    if length <= 0:
        raise NothingLeft(f"{source.name} plays for {format_duration(whole)}: nothing is left to encode.")
    return survey, span, length


def _measure(survey: Survey) -> float:
    """How long a recording without a length in its header plays."""
    with open_for_decoding(survey.path, survey.found) as (container, _, _):
        return measure_packets(read_packets(container)) or _GUESSED_SECONDS


def _order_quality(survey: Survey, span: Span, seconds: float, max_bytes: int | None) -> tuple[Orders, bool]:
    """Orders for a film that looks good, whatever it takes; and whether its sound stays as it is."""
    shape = shape_of(survey, seconds)
    if max_bytes is None:
        size = fit_largest(shape)
        sound_bits, channels = plan_sound(_GOOD_TOTAL_BITS, shape.channels, is_alone=not shape.width)
        cap: dict[str, str] = {}
    else:
        budget = plan_budget(shape, max_bytes, survey.path.name)
        size, sound_bits, channels = (budget.width, budget.height), budget.sound_bits, budget.channels
        cap = {
            "maxrate": count_bits(budget.picture_bits),
            "bufsize": count_bits(budget.picture_bits * _BUFFER_SECONDS),
        }
    is_copied = can_copy_sound(survey, sound_bits, channels)
    options = common_options(shape.fps) | {"crf": _GOOD_CRF} | cap
    orders = Orders(span, seconds, size, options, 0 if is_copied else sound_bits, channels, max_bytes)
    return orders, is_copied


def _tell(survey: Survey, done: Done) -> Reencoded:
    outcome = done.outcome
    size = format_bytes(outcome.size_bytes)
    if not done.size[0]:
        return Reencoded(outcome.size_bytes, outcome.seconds, None, None, f"AAC sound, {size}.")
    width, height = done.size
    note = f"H.264 at {width} x {height}{_tell_changes(survey, done)}, {size}."
    return Reencoded(outcome.size_bytes, outcome.seconds, width, height, note)


def _tell_changes(survey: Survey, done: Done) -> str:
    picture, sound = survey.picture, survey.sound
    words = ""
    if picture is not None and even_size(picture.shown_width, picture.shown_height) != done.size:
        words += f" (from {picture.shown_width} x {picture.shown_height})"
    if picture is not None and picture.is_wide:
        words += ", HDR turned into standard colours"
    if sound is None:
        return f"{words}, without sound"
    if done.is_sound_copied:
        return f"{words}, the sound as it was"
    return f"{words}, the sound mixed down to stereo" if done.channels < sound.channels else words
