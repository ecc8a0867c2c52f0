"""Sound and subtitles of a cut: copied where the new film can hold them, else the sound is encoded anew as AAC.

Used by the modules that `cut.py` is made of. Times are moments of playing, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from nemowatch.media.film import place
from nemowatch.media.reel import shown_at, time_base_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.stream import Stream
    from numpy.typing import NDArray

    from nemowatch.media.film import Film
    from nemowatch.media.reel import Reel

_AAC_RATES = frozenset({8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000})
_AAC_BITS_PER_CHANNEL = 96_000
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
"""By the number of channels; what has another number is mixed down to two."""

_DEFAULT_RATE = 48_000
_LEAD = Fraction(1)
_PATIENCE = Fraction(5)
_GAP_SECONDS = 0.02


@dataclass(frozen=True)
class Span:
    """A stretch of a recording; `start` becomes the zero of the film that is made of it."""

    start: Fraction
    end: Fraction


class CopiedTrack:
    """Packets as they are, those that are heard or read within the span."""

    def __init__(
        self, reel: Reel, span: Span, source: Stream, stream: Stream, *, is_hidden_lead: bool
    ) -> None:
        """Take what `stream` of a film gets from `source` of a reel.

        Args:
            reel: the recording.
            span: what is cut out of it.
            source: a stream of the recording.
            stream: the film's stream that was made after it.
            is_hidden_lead: whether a packet may come before the film's zero, to be decoded and not heard.
        """
        self._reel, self._span, self._stream = reel, span, stream
        self._leads = 2 if is_hidden_lead and source.codec_context.name == "aac" else 1

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        """The packet made one of the film, or nothing."""
        source, ticks = packet.stream, shown_at(packet)
        if ticks is None:
            return
        begin = self._reel.to_moment(source, ticks)
        length = (packet.duration or 0) * time_base_of(source)
        if begin >= self._span.end:
            return
        if source.type == "subtitle":
            if begin + length <= self._span.start and begin < self._span.start:
                return
            self._clip_words(packet, begin, length)
        elif self._is_early(begin, length):
            return
        yield place(packet, self._stream, self._reel.origin + self._span.start)

    def finish(self) -> Iterator[Packet[Any]]:
        """Nothing: no packet is held back."""
        return iter(())

    def _is_early(self, begin: Fraction, length: Fraction) -> bool:
        if self._leads == 1:
            return begin < self._span.start - length / 2
        # AAC decodes to noise without the packet before.
        return begin + self._leads * length <= self._span.start

    def _clip_words(self, packet: Packet[Any], begin: Fraction, length: Fraction) -> None:
        """What is read already when the cut begins stays for as long as it has left."""
        base = time_base_of(packet.stream)
        shown, gone = max(begin, self._span.start), min(begin + length, self._span.end)
        packet.pts = packet.dts = self._reel.to_ticks(packet.stream, shown)
        packet.duration = max(0, round((gone - shown) / base))


class EncodedTrack:
    """Sound written anew as AAC, cut to the sample; gaps in the recording become silence, so it stays in sync."""

    def __init__(self, reel: Reel, span: Span, source: AudioStream, film: Film) -> None:
        """Add the stream to a film that has not begun."""
        rate = source.rate if source.rate in _AAC_RATES else _DEFAULT_RATE
        layout = _LAYOUTS.get(source.channels, "stereo")
        self._reel, self._source = reel, source
        self._stream: AudioStream = film.output.add_stream("aac", rate=rate, layout=layout)
        self._stream.bit_rate = self._stream.layout.nb_channels * _AAC_BITS_PER_CHANNEL
        self._stream.metadata.update(source.metadata)
        self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        self._rate, self._layout = rate, layout
        self._begin = span.start
        self._total = round((span.end - span.start) * rate)
        self._written = 0

    def take(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        """The packet's sound, encoded; a damaged one gives nothing."""
        try:
            frames: Sequence[object] = packet.decode()
        except av.FFmpegError:
            return
        for frame in frames:
            if isinstance(frame, av.AudioFrame):
                yield from self._add(frame)

    def finish(self) -> Iterator[Packet[Any]]:
        """What the encoder holds back, to the very last packet."""
        yield from self._stream.encode(None)

    def _add(self, frame: AudioFrame) -> Iterator[Packet[Any]]:
        if frame.pts is None or frame.time_base is None:
            return
        moment = frame.pts * frame.time_base - self._reel.origin
        at = round((moment - self._begin) * self._rate)
        frame.pts = None  # the resampler's own guesses at gaps are not wanted: they are filled here
        for block in self._resampler.resample(frame):
            samples = block.to_ndarray()
            yield from self._place(at, samples)
            at += samples.shape[1]

    def _place(self, at: int, samples: NDArray[Any]) -> Iterator[Packet[Any]]:
        """Write a block of sound that belongs at a sample of the film, as far as it lies within it."""
        gap = at - self._written
        if gap > self._rate * _GAP_SECONDS and at < self._total:
            yield from self._write_silence(samples, gap)
        elif gap < 0 and (at < 0 or -gap > self._rate * _GAP_SECONDS):
            samples = samples[:, -gap:]
        yield from self._write(samples[:, : max(0, self._total - self._written)])

    def _write_silence(self, like: NDArray[Any], length: int) -> Iterator[Packet[Any]]:
        while length > 0:
            piece = min(length, self._rate)
            yield from self._write(np.zeros((like.shape[0], piece), like.dtype))
            length -= piece

    def _write(self, samples: NDArray[Any]) -> Iterator[Packet[Any]]:
        if not samples.shape[1]:
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._written
        self._written += samples.shape[1]
        yield from self._stream.encode(frame)


Track = CopiedTrack | EncodedTrack


def add_tracks(reel: Reel, film: Film, span: Span, is_copied: Callable[[Stream], bool]) -> dict[int, Track]:
    """Streams of a film for the sound and subtitles of a recording.

    Args:
        reel: the recording.
        film: the film; it has not begun.
        span: what is cut out of the recording.
        is_copied: which of the recording's streams go as they are. Other sound is encoded anew; other subtitles, and
            subtitles that the film can't hold, are left out.

    Returns:
        By the recording's stream index.
    """
    tracks: dict[int, Track] = {}
    for source in reel.others:
        stream = film.add_copy(source) if is_copied(source) else None
        if stream is not None:
            tracks[source.index] = CopiedTrack(reel, span, source, stream, is_hidden_lead=film.has_edit_lists)
        elif isinstance(source, av.audio.stream.AudioStream):
            tracks[source.index] = EncodedTrack(reel, span, source, film)
    return tracks


def read_tracks(reel: Reel, span: Span, tracks: dict[int, Track]) -> Iterator[Packet[Any]]:
    """The packets of all tracks of a span, in the order of the file.

    The picture's packets are looked at for the time alone where there is no sound: a subtitle may never come.
    """
    sources = [stream for stream in reel.others if stream.index in tracks]
    if not sources:
        return
    clocks = {stream.index for stream in sources if stream.type == "audio"}
    if not clocks and reel.picture is not None:
        clocks = {reel.picture.index}
    for packet in reel.read_streams([*sources, *_clock_of(reel, clocks, tracks)], span.start, lead=_LEAD):
        begin = reel.to_moment(packet.stream, shown_at(packet) or 0)
        if packet.stream.index in tracks:
            yield from tracks[packet.stream.index].take(packet)
        if begin >= span.end:
            clocks.discard(packet.stream.index)
        if begin >= span.end + _PATIENCE or not clocks:
            break
    for track in tracks.values():
        yield from track.finish()


def _clock_of(reel: Reel, clocks: set[int], tracks: dict[int, Track]) -> list[Stream]:
    is_needed = reel.picture is not None and reel.picture.index in clocks - tracks.keys()
    return [reel.picture] if is_needed and reel.picture is not None else []
