"""The pictures that a player shows between two moments, and their way into a new film.

Used by the modules that `cut.py` is made of. What is shown is what counts: a picture that stands for three seconds
is in every cut that begins while it stands. Times are moments of playing, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.buffer import Buffer
from av.video.frame import PictureType

from nemowatch.media.reel import shown_at, snap_of, time_base_of, usual_length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from nemowatch.media.film import Film
    from nemowatch.media.reel import Reel

QUALITY = {"preset": "veryfast", "crf": "17"}
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_RGB_MATRIX = 0  # AVCOL_SPC_RGB
_BT709 = 1
_NUDGE = Fraction(1, 1000)  # times from outside are rounded: a key frame this close is the one that is meant


@dataclass(frozen=True)
class Showing:
    """One picture, and when it is shown: from `begin` until `end`."""

    frame: VideoFrame
    begin: Fraction
    end: Fraction


def show_pictures(
    reel: Reel, start: Fraction, end: Fraction, *, idle: Callable[[], None]
) -> Iterator[Showing]:
    """The pictures between two moments.

    A boundary that is within half a frame of a picture's beginning stands for that beginning, so the cuts on both
    sides of it share no picture and lose none.

    Args:
        reel: the recording; nobody else may read it meanwhile.
        start: where the cut begins.
        end: where it ends.
        idle: called for each picture that is decoded only to get at another.
    """
    stream = reel.picture
    if stream is None:
        return
    packets = reel.read_picture(start + _NUDGE)
    for showing in _time_pictures(reel, stream, decode_pictures(stream, packets)):
        snap = snap_of(showing.end - showing.begin)
        if showing.end <= start or showing.end - start < snap:
            idle()
            continue
        if end - showing.begin <= snap:
            return
        is_held = start - showing.begin > snap
        is_cut = showing.end > end and showing.end - end >= snap
        yield Showing(showing.frame, start if is_held else showing.begin, end if is_cut else showing.end)


def decode_pictures(stream: VideoStream, packets: Iterable[Packet[VideoStream]]) -> Iterator[VideoFrame]:
    """What packets decode to; a damaged one gives nothing, as in players."""
    for packet in packets:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # libav has many words for damage, and the next packet may be whole
        yield from frames
    yield from stream.codec_context.decode(None)


def _time_pictures(reel: Reel, stream: VideoStream, frames: Iterable[VideoFrame]) -> Iterator[Showing]:
    """Pictures with their ends, which are the beginnings of the next."""
    last: tuple[VideoFrame, Fraction] | None = None
    for frame in frames:
        ticks = frame.pts if frame.pts is not None else frame.dts
        if ticks is None:
            continue
        begin = reel.to_moment(stream, ticks)
        if last is not None:
            if begin <= last[1]:
                continue  # two pictures at one time: the first was shown already
            yield Showing(last[0], last[1], begin)
        last = (frame, begin)
    if last is not None:
        frame, begin = last
        yield Showing(frame, begin, begin + _length_of(frame, stream))


def _length_of(frame: VideoFrame, stream: VideoStream) -> Fraction:
    return frame.duration * time_base_of(stream) if frame.duration > 0 else usual_length(stream)


class PictureEncoder:
    """Writes pictures anew, as H.264 that every player takes, each at its own time.

    Attributes:
        stream: the film's stream that the packets belong to.
    """

    def __init__(self, film: Film, source: VideoStream, first: VideoFrame, origin: Fraction) -> None:
        """Make the stream from what the first picture says of size, colours and how it is to be turned.

        Args:
            film: takes the stream.
            source: where the pictures come from; its clock is kept.
            first: a picture of it.
            origin: the moment that becomes the film's zero.
        """
        self._origin = origin
        self._base = time_base_of(source)
        rate = 1 / usual_length(source)
        self.stream = film.output.add_stream("libx264", rate=rate, options=dict(QUALITY))
        dress_encoder(self.stream.codec_context, source, first)
        matrix = first.side_data.get("DISPLAYMATRIX")
        if isinstance(matrix, Buffer):
            self.stream.set_display_matrix(memoryview(bytes(matrix)).cast("i").tolist())
        self.stream.codec_context.time_base = self._base
        self.stream.time_base = self._base
        self._lengths: dict[int, int] = {}
        self._last = -1

    def encode(self, showings: Iterable[Showing]) -> Iterator[Packet[VideoStream]]:
        """Their packets, up to the very last."""
        for showing in showings:
            ticks = max(round((showing.begin - self._origin) / self._base), self._last + 1)
            self._lengths[ticks] = max(1, round((showing.end - self._origin) / self._base) - ticks)
            self._last = ticks
            frame = fit_picture(showing.frame, self.stream.codec_context)
            frame.pts, frame.time_base = ticks, self._base
            yield from self._finish(self.stream.encode(frame))
        yield from self._finish(self.stream.encode(None))

    def _finish(self, packets: Iterable[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
        for packet in packets:
            ticks = shown_at(packet)
            if ticks is not None:
                # The last one has no successor that would tell how long it is shown.
                packet.duration = self._lengths.pop(ticks, 0)
            yield packet


def dress_encoder(context: VideoCodecContext, source: VideoStream, first: VideoFrame) -> None:
    """Give an encoder that is not open yet the looks of the pictures it will get."""
    context.width, context.height = first.width // 2 * 2, first.height // 2 * 2
    context.pix_fmt = "yuvj420p" if _is_full_range(first) else "yuv420p"
    context.color_range = first.color_range
    context.color_primaries = first.color_primaries
    context.color_trc = first.color_trc
    context.colorspace = _BT709 if _is_rgb(first) else first.colorspace
    aspect = source.sample_aspect_ratio or source.codec_context.sample_aspect_ratio
    if aspect:
        context.sample_aspect_ratio = aspect
    # PyAV asks for slices, which x264 encodes one picture after the other: slower, and larger.
    context.thread_type = "AUTO"


def fit_picture(frame: VideoFrame, context: VideoCodecContext) -> VideoFrame:
    """A picture in the form an encoder was told of; the same one where it has it already."""
    size, form = (context.width, context.height), context.pix_fmt
    if (frame.width, frame.height) != size or frame.format.name != form:
        frame = frame.reformat(*size, format=form, dst_colorspace=_BT709 if _is_rgb(frame) else None)
    frame.pict_type = PictureType.NONE  # else the encoder repeats the source's choice of key frames
    return frame


def _is_rgb(frame: VideoFrame) -> bool:
    return bool(frame.format.is_rgb) or frame.colorspace == _RGB_MATRIX


def _is_full_range(frame: VideoFrame) -> bool:
    return not frame.format.is_rgb and (
        frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    )
