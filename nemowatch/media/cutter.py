"""One stretch of a recording made a film: which way its picture takes, and sound and subtitles beside it.

Used by `cut.py`. Two reels of the same recording are read side by side, one for the picture and one for all else:
decoding pictures and reading sound from where it belongs do not get into each other's way, and the second reading
comes out of the system's cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any

from nemowatch.media.cut_errors import NothingLeft
from nemowatch.media.cut_parts import CutPart
from nemowatch.media.film import can_hold, for_h264, place, write_film
from nemowatch.media.joining import JoinedPicture, plan_joint
from nemowatch.media.reel import shown_at, time_base_of
from nemowatch.media.runs import copy_run, find_run, is_played_everywhere
from nemowatch.media.showing import PictureEncoder, show_pictures
from nemowatch.media.tracks import Span, add_tracks, read_tracks
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from nemowatch.media.film import Film
    from nemowatch.media.joining import Joint
    from nemowatch.media.progress import Report
    from nemowatch.media.reel import Reel

COPIED = "copied"
ENCODED = "re-encoded"
JOINED = "copied, its edges re-encoded"


class Advance:
    """How far the work on several stretches has come, by their time."""

    def __init__(self, report: Report, total_seconds: float) -> None:
        self._report = report
        self._total = max(total_seconds, 0.001)
        self._done = 0.0
        self._share = 0.0

    def reach(self, seconds: float) -> None:
        """So much of the stretch that is worked on is written."""
        self._share = max(self._share, min((self._done + seconds) / self._total, 1.0))
        self._report(self._share)

    def idle(self) -> None:
        """Something is done that takes time and leads nowhere yet."""
        self._report(self._share)

    def finish(self, seconds: float) -> None:
        """A stretch of so many seconds is done."""
        self._done += seconds
        self.reach(0.0)


@dataclass(frozen=True)
class Manner:
    """What may be copied into a film.

    Attributes:
        is_picture_copied: whether a picture may go as it is, where it can be cut like that.
        is_copied: the same for each stream of sound and subtitles.
        may_be_joined: whether it may be copied but for its edges; see `joining.py`.
    """

    is_picture_copied: Callable[[VideoStream], bool]
    is_copied: Callable[[Stream], bool]
    may_be_joined: bool


def _is_aac(stream: Stream) -> bool:
    return stream.codec_context.name == "aac"


FOR_EVERY_PLAYER = Manner(is_played_everywhere, _is_aac, may_be_joined=False)
AS_IT_IS = Manner(lambda _: True, lambda _: True, may_be_joined=True)


def cut_stretch(
    pictures: Reel, sounds: Reel, wanted: Span, target: Path, manner: Manner, advance: Advance
) -> CutPart:
    """Make a film of one stretch, whose first and last pictures are those that were asked for.

    Raises:
        NothingLeft: no picture and no sound lies within it.
        MediaError, OSError: as `trim` does.
    """
    picture = pictures.picture
    begin: Fraction | None = None
    if picture is not None and manner.is_picture_copied(picture) and can_hold(target, picture):
        begin = find_run(pictures, wanted.start, wanted.end, idle=advance.idle)
    if begin is None and picture is not None:
        target = for_h264(target)
        joint = plan_joint(pictures, wanted, idle=advance.idle) if manner.may_be_joined else None
        joined = join_stretch(pictures, sounds, joint, target, advance) if joint is not None else None
        if joined is not None:
            return joined
    with write_film(target) as film:
        film.take_tags(pictures)
        packets: Iterator[Packet[Any]] = iter(())
        span = wanted
        if begin is not None:
            span = Span(begin, wanted.end)
            packets = copy_picture(pictures, film, begin, wanted.end)
        elif picture is not None:
            span, packets = encode_picture(pictures, film, wanted, advance)
        tracks = add_tracks(sounds, film, span, manner.is_copied)
        length = fill(film, (packets, read_tracks(sounds, span, tracks)), advance)
        if not length:
            raise nothing_between(pictures.path.name, wanted)
    advance.finish(float(wanted.end - wanted.start))
    is_encoded = picture is not None and begin is None
    end = min(span.end, span.start + length)
    return describe(target, pictures, Span(span.start, end), ENCODED if is_encoded else COPIED)


def join_stretch(
    pictures: Reel, sounds: Reel, joint: Joint, target: Path, advance: Advance
) -> CutPart | None:
    """Make the film of a stretch from copied and encoded pictures; None if it does not decode as it should.

    Raises:
        MediaError, OSError: as `trim` does.
    """
    if pictures.picture is None:
        return None
    span = joint.span
    with write_film(target) as film:
        film.take_tags(pictures)
        picture = JoinedPicture(pictures, pictures.picture, film, joint)
        tracks = add_tracks(sounds, film, span, AS_IT_IS.is_copied)
        length = fill(film, (picture.read(advance.idle), read_tracks(sounds, span, tracks)), advance)
    if not picture.is_right(target):
        target.unlink()
        return None
    advance.finish(float(span.end - span.start))
    return describe(target, pictures, Span(span.start, min(span.end, span.start + length)), JOINED)


def encode_picture(
    reel: Reel, film: Film, wanted: Span, advance: Advance
) -> tuple[Span, Iterator[Packet[Any]]]:
    """Add a stream for the picture of a span, to be encoded anew.

    Returns:
        The span as it begins with a picture, and the packets.

    Raises:
        NothingLeft: there is no picture in it.
    """
    source = reel.picture
    showings = show_pictures(reel, wanted.start, wanted.end, idle=advance.idle)
    first = next(showings, None)
    if source is None or first is None:
        raise nothing_between(reel.path.name, wanted)
    # A picture that begins later than the cut, after sound alone, stays where it is.
    is_first = abs(first.begin - wanted.start) < first.end - first.begin
    span = Span(first.begin if is_first else wanted.start, wanted.end)
    encoder = PictureEncoder(film, source, first.frame, span.start)
    return span, encoder.encode(chain((first,), showings))


def copy_picture(reel: Reel, film: Film, begin: Fraction, end: Fraction) -> Iterator[Packet[Any]]:
    """Add a stream for the picture and give the packets of a run that `find_run` found."""
    if reel.picture is None:
        return iter(())
    stream = film.add_copy(reel.picture)
    if stream is None:
        raise ValueError(f"{film.output.format.name} can't hold {reel.picture.codec_context.name}")
    origin = reel.origin + begin
    return (place(packet, stream, origin) for packet in copy_run(reel, begin, end))


def fill(film: Film, sources: Iterable[Iterator[Packet[Any]]], advance: Advance) -> Fraction:
    """Write what several sources give, side by side in time.

    Returns:
        How long the film is by its packets, in seconds.

    Raises:
        OSError: as `Film.write` does.
    """
    length = Fraction(0)
    for packet in merge(*sources, key=_seconds_of):
        base = packet.time_base or time_base_of(packet.stream)
        length = max(length, ((packet.pts or 0) + (packet.duration or 0)) * base)
        advance.reach(_seconds_of(packet))
        film.write((packet,))
    return length


def describe(path: Path, reel: Reel, span: Span, how: str) -> CutPart:
    """What was made, by its file."""
    picture = reel.picture
    return CutPart(
        path,
        float(span.start),
        float(span.end),
        path.stat().st_size,
        float(span.end - span.start),
        picture.codec_context.width if picture is not None else None,
        picture.codec_context.height if picture is not None else None,
        how,
    )


def nothing_between(name: str, span: Span) -> NothingLeft:
    """The error of a stretch without content."""
    start, end = (format_duration(float(moment)) for moment in (span.start, span.end))
    return NothingLeft(f"{name} has nothing to show between {start} and {end}.")


def to_moment(seconds: float) -> Fraction:
    """Seconds from outside as a moment, to the microsecond."""
    return Fraction(round(seconds * 1_000_000), 1_000_000)


def _seconds_of(packet: Packet[Any]) -> float:
    ticks = packet.dts if packet.dts is not None else shown_at(packet) or 0
    return float(ticks * (packet.time_base or time_base_of(packet.stream)))
