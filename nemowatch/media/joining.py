"""A long stretch copied but for its edges, which are encoded anew: exact to the picture, and done in seconds.

Used by `cut.py` for what is uploaded, never for what people get: decoders that follow the standard show such a film
right, but a player may look at the first parameter sets alone. Plain H.264 only. The encoder's parameter sets get an
id of their own, stand beside the recording's in one header, and each encoded edge begins with a picture that makes
decoders forget all before it. What was made is decoded around the joints before it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from nemowatch.media.cut_errors import CutImpossible
from nemowatch.media.film import place
from nemowatch.media.h264 import ParameterSets, find_free_id, merge_sets, read_parameter_sets, with_lengths
from nemowatch.media.reel import length_of, shown_at, snap_of, time_base_of, usual_length
from nemowatch.media.runs import (
    copy_run,
    find_clean_end,
    is_clean_start,
    is_over,
    is_played_everywhere,
)
from nemowatch.media.showing import QUALITY, Showing, dress_encoder, fit_picture, show_pictures
from nemowatch.media.tracks import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from nemowatch.media.film import Film
    from nemowatch.media.reel import Reel

_LEAST_SHARE = 0.5
"""Where less than this would be copied, encoding all of it takes hardly longer."""

_PROFILES = {"Baseline": "baseline", "Constrained Baseline": "baseline", "Main": "main", "High": "high"}
_PROGRESSIVE = frozenset({0, 1})  # AV_FIELD_UNKNOWN, AV_FIELD_PROGRESSIVE
_LOOK_SECONDS = 2
_MATCH_SECONDS = 0.002  # Matroska counts in milliseconds


@dataclass(frozen=True)
class Joint:
    """How a stretch is put together: encoded up to `first`, copied up to `last`, encoded to its end.

    Attributes:
        span: the stretch; its start is where its first picture begins.
        first: the moment of the key frame at which copying begins.
        last: where it stops.
        sample: a picture of it.
        delay: how long before it is shown a copied picture is decoded, in ticks.
        sets: the recording's parameter sets.
    """

    span: Span
    first: Fraction
    last: Fraction
    sample: VideoFrame
    delay: int
    sets: ParameterSets


def plan_joint(reel: Reel, wanted: Span, *, idle: Callable[[], None]) -> Joint | None:
    """Find how most of a stretch can be copied; None if it is not coded for that, or too little could be."""
    stream = reel.picture
    if stream is None or not _is_joinable(stream):
        return None
    sets = read_parameter_sets(stream.codec_context.extradata)
    end = wanted.end if reel.duration is None else min(wanted.end, Fraction(reel.duration))
    key = _find_key(reel, stream, wanted.start, end, idle)
    if sets is None or key is None or not sets.length_bytes:
        return None
    first = reel.to_moment(stream, shown_at(key) or 0)
    last = wanted.end if end < wanted.end else find_clean_end(reel, wanted.end, idle=idle)
    if min(last, end) - first < (end - wanted.start) * _LEAST_SHARE:
        return None
    showing = next(show_pictures(reel, wanted.start, wanted.end, idle=idle), None)
    if showing is None or showing.frame.interlaced_frame:
        return None
    delay = 0 if key.dts is None else (shown_at(key) or 0) - key.dts
    return Joint(Span(min(showing.begin, first), wanted.end), first, last, showing.frame, delay, sets)


class JoinedPicture:
    """The picture of a film that is joined: gives its packets, and says afterwards whether they decode right."""

    def __init__(self, reel: Reel, stream: VideoStream, film: Film, joint: Joint) -> None:
        """Add the stream to a film that has not begun.

        Raises:
            CutImpossible: the encoder makes pictures of another kind than the recording's.
        """
        self._reel, self._source, self._joint = reel, stream, joint
        self._base = time_base_of(stream)
        self._zero = reel.to_ticks(stream, joint.span.start)
        self._number = find_free_id(joint.sets)
        context = self._make_encoder()
        own = read_parameter_sets(context.extradata)
        copy = film.add_copy(stream)
        if own is None or copy is None or (context.width, context.height) != (stream.width, stream.height):
            raise CutImpossible(f"{reel.path.name} can't be joined from copied and encoded pictures.")
        copy.codec_context.extradata = merge_sets(joint.sets, own)
        self._stream = copy
        self._seams = [
            moment for moment in (joint.first, joint.last) if joint.span.start < moment < joint.span.end
        ]
        self._expected: set[int] = set()
        self._decoded_at = -(1 << 62)

    def read(self, idle: Callable[[], None]) -> Iterator[Packet[Any]]:
        """All packets in the order of decoding."""
        joint = self._joint
        if joint.span.start < joint.first:
            yield from self._encode(show_pictures(self._reel, joint.span.start, joint.first, idle=idle))
        for packet in copy_run(self._reel, joint.first, joint.last):
            yield self._note(place(packet, self._stream, self._reel.origin + joint.span.start))
        if joint.last < joint.span.end:
            yield from self._encode(show_pictures(self._reel, joint.last, joint.span.end, idle=idle))

    def is_right(self, path: Path) -> bool:
        """Decode the film that was made around its seams: every picture must be there, at its time, and no other."""
        try:
            with av.open(f"file:{path}") as film:
                return all(self._is_seam_right(film, seam - self._joint.span.start) for seam in self._seams)
        except av.FFmpegError:
            return False

    def _is_seam_right(self, film: InputContainer, seam: Fraction) -> bool:
        stream = film.streams.video[0]
        base, begin = time_base_of(stream), stream.start_time or 0
        low, high = float(seam) - _LOOK_SECONDS, float(seam) + _LOOK_SECONDS
        film.seek(begin + max(0, round(low / base)), stream=stream, backward=True)
        found: list[float] = []
        for packet in film.demux(stream):
            found += [
                float(((frame.pts or 0) - begin) * base) for frame in packet.decode() if not frame.is_corrupt
            ]
            if packet.dts is not None and (packet.dts - begin) * base > high + 1:
                break
        seen = sorted(moment for moment in found if low <= moment <= high)
        wanted = sorted(ticks * float(self._base) for ticks in self._expected)
        wanted = [moment for moment in wanted if low <= moment <= high]
        return len(seen) == len(wanted) and all(
            abs(one - other) < _MATCH_SECONDS for one, other in zip(seen, wanted, strict=True)
        )

    def _make_encoder(self) -> VideoCodecContext:
        level = self._joint.sets.head[2]
        context = VideoCodecContext.create("libx264", "w")
        context.options = {
            **QUALITY,
            "profile": _PROFILES[self._source.codec_context.profile or ""],
            "x264-params": f"sps-id={self._number}:bframes=0:level={level / 10:g}:annexb=1",
        }
        dress_encoder(context, self._source, self._joint.sample)
        context.time_base = self._base
        context.framerate = 1 / usual_length(self._source)
        context.flags |= Flags.global_header
        context.open()
        return context

    def _encode(self, showings: Iterator[Showing]) -> Iterator[Packet[Any]]:
        context = self._make_encoder()
        lengths: dict[int, int] = {}
        for showing in showings:
            ticks = self._reel.to_ticks(self._source, showing.begin) - self._zero
            lengths[ticks] = max(1, self._reel.to_ticks(self._source, showing.end) - self._zero - ticks)
            frame = fit_picture(showing.frame, context)
            frame.pts, frame.time_base = ticks, self._base
            yield from (self._fit_in(packet, lengths) for packet in context.encode(frame))
        yield from (self._fit_in(packet, lengths) for packet in context.encode(None))

    def _fit_in(self, packet: Packet[Any], lengths: dict[int, int]) -> Packet[Any]:
        """An encoder's packet in the form of the recording's."""
        made = av.Packet(with_lengths(bytes(packet), self._joint.sets.length_bytes))
        made.pts = packet.pts or 0
        made.dts = made.pts - self._joint.delay
        made.duration = lengths.pop(made.pts, 0)
        made.is_keyframe = packet.is_keyframe
        made.time_base = self._base
        made.stream = self._stream
        return self._note(made)

    def _note(self, packet: Packet[Any]) -> Packet[Any]:
        """Remember what will have to be found near a seam; times of decoding only ever go up."""
        ticks = shown_at(packet) or 0
        if packet.dts is not None:
            packet.dts = self._decoded_at = max(packet.dts, self._decoded_at + 1)
        moment = ticks * self._base + self._joint.span.start
        if any(abs(moment - seam) <= _LOOK_SECONDS for seam in self._seams):
            self._expected.add(ticks)
        return packet


def _find_key(
    reel: Reel, stream: VideoStream, start: Fraction, end: Fraction, idle: Callable[[], None]
) -> Packet[VideoStream] | None:
    """The first key frame in a stretch at which copying can begin."""
    for packet in reel.read_picture(start):
        idle()
        if is_over(reel, packet, end):
            return None
        begin = reel.to_moment(stream, shown_at(packet) or 0)
        if begin - start > -snap_of(length_of(packet)) and is_clean_start(stream, packet):
            return packet
    return None


def _is_joinable(stream: VideoStream) -> bool:
    context = stream.codec_context
    return (
        is_played_everywhere(stream)
        and context.profile in _PROFILES
        and context.field_order in _PROGRESSIVE
        and not (context.width % 2 or context.height % 2)
    )
