"""From a stream's packets to those of an H.264 and AAC film, cut to a span: one line for pictures, one for sound.

Used by `encode_film.py`, which reads the packets and writes what comes out. Nothing is collected: a line holds one
picture, or less than a second of sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import av
import numpy as np

from nemowatch.media.film import place
from nemowatch.media.picture_filter import PIXELS, PictureFilter, pick_colours
from nemowatch.media.survey import NARROW_RANGE, clock_of, decode_packet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from nemowatch.media.film import Film
    from nemowatch.media.survey import Picture

AAC_RATES = frozenset({8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000})
_USUAL_RATE = 48_000
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
_SILENCE_STEP = 16_384
_SLACK_SECONDS = 0.04
"""Sound whose times are off by less is taken as it comes: files count it in milliseconds, or in packets."""

_LONGEST_SILENCE_SECONDS = 3_600
_LEAD_PACKETS = 2  # of AAC that is copied: its decoder needs them before the first one that is heard


@dataclass(frozen=True)
class Span:
    """What is encoded of a recording, by the file's own clock, in seconds. `end` is None for its own end."""

    begin: Fraction
    end: Fraction | None

    @property
    def length(self) -> Fraction | None:
        """Seconds; None where the end is not known."""
        return None if self.end is None else self.end - self.begin


class Line(Protocol):
    """What takes a stream's packets and gives those of a film.

    Attributes:
        seconds: how far it has come, from the beginning of the span.
        is_over: whether all of the span has been seen or heard.
    """

    seconds: float

    @property
    def is_over(self) -> bool:
        """See above."""

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        """The next packet of the recording's stream."""

    def finish(self) -> Iterator[Packet[Any]]:
        """The recording has ended, or its span."""


class PictureLine:
    """Pictures, written anew as H.264 with the times that they have."""

    def __init__(
        self, film: Film, picture: Picture, size: tuple[int, int], span: Span, options: Mapping[str, str]
    ) -> None:
        """Add the stream to a film that has not begun; `options` are libx264's."""
        self.seconds = 0.0
        self._span, self._clock = span, picture.clock
        self._length = None if span.length is None else round(span.length / self._clock)
        self._usual = max(1, round(1 / (Fraction(picture.fps).limit_denominator(1001) * self._clock)))
        self._filter = PictureFilter(picture, size, self._clock)
        self._held: VideoFrame | None = None
        self._held_at = 0
        self._lengths: dict[int, int] = {}
        self.is_over = False
        rate = Fraction(picture.fps).limit_denominator(1001)
        self._stream: VideoStream = film.output.add_stream("libx264", rate=rate)
        self._dress(picture, size, options)

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        """Decode, filter and encode what a packet holds."""
        for frame in decode_packet(packet):
            yield from self._place(frame)

    def finish(self) -> Iterator[Packet[Any]]:
        """Encode what is held back."""
        if self._held is not None and not self.is_over:
            length = self._held.duration or self._usual
            end = max(self._held_at, 0) + (length if self._clock == self._held.time_base else self._usual)
            yield from self._let_go_last(end if self._length is None else min(end, self._length))
        for frame in self._filter.finish():
            yield from self._encode(frame)
        yield from self._measured(self._stream.encode(None))

    def _dress(self, picture: Picture, size: tuple[int, int], options: Mapping[str, str]) -> None:
        stream, context = self._stream, self._stream.codec_context
        stream.width, stream.height, stream.pix_fmt = *size, PIXELS
        stream.time_base = self._clock
        context.time_base = self._clock
        colours = pick_colours(picture, min(size))
        context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        context.colorspace, context.color_range = colours.matrix, NARROW_RANGE
        context.options = dict(options)
        # PyAV asks for slices, which x264 encodes one picture after the other: slower, and larger.
        context.thread_type = "AUTO"

    def _place(self, frame: VideoFrame) -> Iterator[Packet[Any]]:
        """Hold a picture until the next one tells how long it is shown; the one shown at the beginning is first."""
        at = self._time_of(frame)
        if self.is_over or (self._held is not None and at < self._held_at):
            return
        if self._length is not None and at >= self._length:
            self.is_over = True
            yield from self._let_go_last(self._length)
        elif self._held is not None and at > max(self._held_at, 0):
            yield from self._let_go(at)
        self._held, self._held_at = frame, at

    def _time_of(self, frame: VideoFrame) -> int:
        if frame.pts is None or frame.time_base is None:
            return self._held_at + self._usual if self._held is not None else 0
        return round((frame.pts * frame.time_base - self._span.begin) / self._clock)

    def _let_go_last(self, end: int) -> Iterator[Packet[Any]]:
        """The last picture; one that stays for long is written twice, because MP4 counts times by those of decoding.

        There the length of the last shown picture has no place, if another is decoded after it.
        """
        if end - max(self._held_at, 0) > 2 * self._usual:
            yield from self._let_go(end - self._usual)
            self._held_at = end - self._usual
        yield from self._let_go(end)

    def _let_go(self, end: int) -> Iterator[Packet[Any]]:
        frame, at = self._held, max(self._held_at, 0)
        if frame is None or end <= at:
            return
        frame.pts, frame.time_base, frame.duration = at, self._clock, end - at
        self._lengths[at] = end - at
        self.seconds = float(end * self._clock)
        for ready in self._filter.take(frame):
            yield from self._encode(ready)

    def _encode(self, frame: VideoFrame) -> Iterator[Packet[Any]]:
        frame.pict_type = 0  # the recording's own kinds of pictures are no advice for this encoder
        yield from self._measured(self._stream.encode(frame))

    def _measured(self, packets: list[Packet[Any]]) -> Iterator[Packet[Any]]:
        """Say of each coded picture how long it is shown, which the encoder forgets: the last may stay for long."""
        for packet in packets:
            packet.duration = self._lengths.pop(packet.pts or 0, self._usual)
            yield packet


class SoundLine:
    """Sound, written anew as AAC, cut to the sample; gaps become silence, so it stays in step with the picture."""

    def __init__(self, film: Film, source: AudioStream, channels: int, bits: int, span: Span) -> None:
        """Add the stream to a film that has not begun."""
        self.seconds = 0.0
        self._span = span
        self._rate = source.rate if source.rate in AAC_RATES else _USUAL_RATE
        self._layout = source.layout.name if channels == source.channels else ""
        if self._layout not in _LAYOUTS.values():
            self._layout = _LAYOUTS.get(channels, "stereo")
        self._total = None if span.length is None else round(span.length * self._rate)
        self._at: int | None = None  # samples that came so far, below zero before the span begins
        self._skip = 0
        self._resampler: av.AudioResampler | None = None
        self._made_for: tuple[object, ...] = ()
        self._stream: AudioStream = film.output.add_stream("aac", rate=self._rate, layout=self._layout)
        self._stream.codec_context.bit_rate = bits

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        """Decode and encode what a packet holds."""
        for frame in decode_packet(packet):
            yield from self._place(frame)

    def finish(self) -> Iterator[Packet[Any]]:
        """Encode what is held back."""
        yield from self._drain()
        yield from self._stream.encode(None)

    def _place(self, frame: AudioFrame) -> Iterator[Packet[Any]]:
        facts = (frame.format.name, frame.layout.name, frame.sample_rate)
        if facts != self._made_for:
            yield from self._drain()
            self._made_for = facts
        yield from self._keep_step(frame)
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        frame.pts = None
        for block in self._resampler.resample(frame):
            yield from self._add(block.to_ndarray())

    def _keep_step(self, frame: AudioFrame) -> Iterator[Packet[Any]]:
        """Fill what is missing before a frame, or note how much of it came before already."""
        if frame.pts is None or frame.time_base is None:
            return
        at = round((frame.pts * frame.time_base - self._span.begin) * self._rate)
        if self._at is None:
            self._at = min(at, 0)
            gap = at - self._at
        else:
            gap = at - self._at if abs(at - self._at) > _SLACK_SECONDS * self._rate else 0
        if gap < 0:
            self._skip = -gap
        elif gap:
            yield from self._drain()
            yield from self._be_silent(gap)

    def _be_silent(self, gap: int) -> Iterator[Packet[Any]]:
        if gap > _LONGEST_SILENCE_SECONDS * self._rate:
            return  # a damaged time, not a pause
        while gap > 0 and not self.is_over:
            step = min(gap, _SILENCE_STEP)
            yield from self._add(np.zeros((self._stream.codec_context.channels, step), np.float32))
            gap -= step

    @property
    def is_over(self) -> bool:
        """Whether all of the span has been heard."""
        return self._total is not None and (self._at or 0) >= self._total

    def _drain(self) -> Iterator[Packet[Any]]:
        if self._resampler is not None:
            for block in self._resampler.resample(None):
                yield from self._add(block.to_ndarray())
        self._resampler = None

    def _add(self, samples: NDArray[Any]) -> Iterator[Packet[Any]]:
        """Encode samples of each channel, without those that are not of the span."""
        samples = samples[:, self._skip :] if self._skip else samples
        self._skip = 0
        at = self._at or 0
        self._at = at + samples.shape[1]
        begin = min(max(-at, 0), samples.shape[1])
        end = samples.shape[1] if self._total is None else max(0, min(samples.shape[1], self._total - at))
        if begin >= end:
            return
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, begin:end]), format="fltp", layout=self._layout
        )
        frame.sample_rate = self._rate
        frame.pts, frame.time_base = at + begin, Fraction(1, self._rate)
        self.seconds = (at + end) / self._rate
        yield from self._stream.encode(frame)


class CopiedSoundLine:
    """AAC as it is: its packets find their new places, and an edit list hides what lies before the span."""

    def __init__(self, film: Film, source: AudioStream, span: Span) -> None:
        """Add the stream to a film that has not begun."""
        self.seconds = 0.0
        self.is_over = False
        self._span = span
        self._stream: Stream | None = film.add_copy(source)

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        """Pass a packet on, if it is of the span."""
        at = self._time_of(packet)
        if at is None or not packet.size or self._stream is None:
            return
        length = (packet.duration or 0) * clock_of(packet.stream)
        self.is_over = self._span.length is not None and at >= self._span.length
        if at + length * _LEAD_PACKETS <= 0 or self.is_over:
            return
        self.seconds = float(at)
        yield place(packet, self._stream, self._span.begin)

    def finish(self) -> Iterator[Packet[Any]]:
        """Nothing is held back."""
        return iter(())

    def _time_of(self, packet: Packet[Any]) -> Fraction | None:
        return None if packet.pts is None else packet.pts * clock_of(packet.stream) - self._span.begin
