"""A recording that is open to be cut: its streams, and its packets from any moment of its playing time.

Used by the modules that `cut.py` is made of. It decodes nothing and writes nothing. A reel is read in one place at a
time: who needs pictures and sound side by side opens two.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import av

from nemowatch.media.probe import MAX_PIXELS, open_media, pick_picture, read_packets
from nemowatch.media.sniff import identify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

_AnyStream = TypeVar("_AnyStream", bound="Stream")

_GENERATE_TIMES = 0x0001  # AVFMT_FLAG_GENPTS; PyAV's stubs give its name a type that can't be set
_DEFAULT_RATE = 25
_WIDEST_SNAP = Fraction(1, 20)


@dataclass(frozen=True)
class Reel:
    """An open recording.

    Attributes:
        path: where it lies.
        container: libav's reader.
        picture: the stream that is shown, None for sound alone.
        others: sound and subtitles, in the file's order.
        origin: the file's own time at which playing begins, in seconds.
    """

    path: Path
    container: InputContainer
    picture: VideoStream | None
    others: tuple[Stream, ...]
    origin: Fraction

    @property
    def duration(self) -> float | None:
        """Seconds by the header; None where it does not say."""
        length = self.container.duration
        return length / av.time_base if length is not None and length > 0 else None

    def to_ticks(self, stream: Stream, moment: Fraction) -> int:
        """A playing time as the stream counts it."""
        return round((moment + self.origin) / time_base_of(stream))

    def to_moment(self, stream: Stream, ticks: int) -> Fraction:
        """The playing time of one of a stream's time stamps."""
        return ticks * time_base_of(stream) - self.origin

    def read_picture(self, moment: Fraction) -> Iterator[Packet[VideoStream]]:
        """The picture's packets in the order of decoding, from the last key frame shown at or before a moment.

        Where the file has none before, from its first key frame on.
        """
        stream = self.picture
        if stream is None:
            return iter(())
        wanted, begin = self.to_ticks(stream, moment), stream.start_time or 0
        aim, step = wanted, max(1, round(1 / time_base_of(stream)))
        while aim >= begin:
            packets, key = self._seek_key(stream, aim)
            # An index is sorted by the time of decoding: the key frame that it names can be shown too late.
            if key is not None and (when := shown_at(key)) is not None and when <= wanted:
                return chain((key,), packets)
            found = aim if key is None or key.dts is None else key.dts
            aim, step = min(found - 1, aim - step), step * 4
        packets, key = self._seek_key(stream, begin)
        return packets if key is None else chain((key,), packets)

    def read_streams(
        self, streams: Iterable[Stream], moment: Fraction, *, lead: Fraction
    ) -> Iterator[Packet[Stream]]:
        """Packets of some streams in the file's order, from `lead` seconds before a moment on, or from earlier."""
        at = round((max(moment - lead, Fraction(0)) + self.origin) * av.time_base)
        self.container.seek(at, backward=True)
        return _timed(read_packets(self.container, *streams))

    def read_all(self, streams: Sequence[Stream]) -> Iterator[Packet[Stream]]:
        """All packets of some streams in the file's order; only before anything else is read."""
        return _timed(read_packets(self.container, *streams)) if streams else iter(())

    def _seek_key(
        self, stream: VideoStream, aim: int
    ) -> tuple[Iterator[Packet[VideoStream]], Packet[VideoStream] | None]:
        try:
            self.container.seek(aim, stream=stream, backward=True)
        except av.FFmpegError:
            # Nothing before it in the index: AVI says so, others go to their first key frame.
            self.container.seek(aim, stream=stream, backward=False)
        packets = _timed(self.container.demux(stream))
        return packets, next((packet for packet in packets if packet.is_keyframe), None)


@contextmanager
def open_reel(path: Path) -> Iterator[Reel]:
    """Open a recording for cutting. Raises as `probe` does."""
    with open_media(path, identify(path)) as container:
        container.flags |= _GENERATE_TIMES  # AVI and some MKV carry times of decoding alone
        picture = pick_picture(container)
        if picture is not None:
            picture.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            picture.thread_type = "AUTO"
        others = tuple(
            stream
            for stream in container.streams
            if stream.type in {"audio", "subtitle"} and getattr(stream, "codec_context", None) is not None
        )
        yield Reel(path, container, picture, others, _find_origin(container, picture))


def time_base_of(stream: Stream) -> Fraction:
    """Seconds of one tick of a stream's clock."""
    return stream.time_base or Fraction(1, av.time_base)


def shown_at(packet: Packet[Any]) -> int | None:
    """A packet's time in ticks; the time of decoding where the file has no other."""
    return packet.pts if packet.pts is not None else packet.dts


def snap_of(length: Fraction) -> Fraction:
    """How far a boundary may be from the beginning or end of a picture and still mean it: half the time it is shown.

    A picture that is shown for long is not taken for its neighbour: there the boundary lies in it.
    """
    return min(length / 2, _WIDEST_SNAP)


def length_of(packet: Packet[VideoStream]) -> Fraction:
    """How long a packet's picture is shown, as far as the packet or the stream knows."""
    if packet.duration:
        return packet.duration * time_base_of(packet.stream)
    return usual_length(packet.stream)


def usual_length(stream: VideoStream) -> Fraction:
    """How long a picture of the stream is shown on average."""
    return 1 / Fraction(stream.average_rate or stream.guessed_rate or _DEFAULT_RATE)


def _find_origin(container: InputContainer, picture: VideoStream | None) -> Fraction:
    start = Fraction(container.start_time or 0, av.time_base)
    if start >= 0:
        return start
    # Sound before zero is what an encoder needs to start, and no player lets it be heard; pictures are shown.
    if picture is None or picture.start_time is None:
        return Fraction(0)
    return min(Fraction(0), picture.start_time * time_base_of(picture))


def _timed(packets: Iterator[Packet[_AnyStream]]) -> Iterator[Packet[_AnyStream]]:
    """Without the empty packets that libav ends with, and those that have no time at all."""
    return (packet for packet in packets if shown_at(packet) is not None and packet.size)
