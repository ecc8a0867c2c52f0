"""Which picture a player shows at a moment of a film, and the shortest way to it.

Used by `stills.py` and `sheet.py`. The picture at a moment is the last one that begins no later; nothing here
estimates a picture's number from a frame rate. One decoder goes forward through the film: it seeks where the index
knows a later key frame to begin at, and reads on where it does not. It writes nothing.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

import av

from nemowatch.media.errors import BrokenMedia
from nemowatch.media.reel import shown_at, time_base_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from nemowatch.media.reel import Reel

_COARSEST = Fraction(1, 1000)
"""Times are rounded to their clock's ticks, but where a tick is a whole picture (AVI) half of one is no rounding."""

_AHEAD = 32
"""Packets that are looked at before they are decoded: twice as many as the most that a codec may rearrange (16)."""

_WORTH_A_SEEK = Fraction(3, 10)
_BLIND_SEEK = Fraction(2)
_FARTHER_BACK = Fraction(10)
_MOST_THREADS = 8  # each holds pictures; a worker's memory is bounded

_HAVE_UNREFERENCED = frozenset({"h264", "mpeg2video"})
"""Codecs that mark pictures which no other is made from, and mean it. HEVC's mark holds within a layer alone."""

_WITHOUT_TIMES = frozenset({"avi"})
"""Containers that say only when a picture is decoded; when it is shown, the decoder tells."""


@dataclass(frozen=True)
class Shown:
    """A decoded picture, and the moment of playing at which it begins, in seconds."""

    frame: VideoFrame
    at: Fraction


class _BeganTooLate(Exception):
    """The decoder gave nothing for a moment: its key frame can't be decoded from, or can't be found."""


def show_at(
    reel: Reel, moments: Sequence[Fraction], *, is_seekable: bool = True, idle: Callable[[], None]
) -> Iterator[Shown]:
    """The pictures at moments of playing, one for each, in their order.

    Args:
        reel: nobody else may read it meanwhile.
        moments: seconds, ascending. What comes before the first picture gets the first, what comes after the last
            the last.
        is_seekable: False reads from where the reel stands to its end, for pictures and GIFs.
        idle: called for each packet.

    Raises:
        BrokenMedia: the film holds no picture that can be decoded.
    """
    stream = reel.picture
    if stream is None:
        raise BrokenMedia(f"{reel.path.name} has no picture.")
    if not stream.codec_context.is_open:
        stream.codec_context.thread_count = min(os.cpu_count() or 1, _MOST_THREADS)
    base = time_base_of(stream)
    leeway = min(base / 2, _COARSEST)
    # The last tick of the film's clock that is no later than a moment: pictures begin at whole ticks.
    wanted = deque((moment + reel.origin + leeway) // base for moment in moments)
    while wanted:
        yield from _play_from_anywhere(reel, stream, wanted, idle, is_seekable=is_seekable)


def _play_from_anywhere(
    reel: Reel, stream: VideoStream, wanted: deque[int], idle: Callable[[], None], *, is_seekable: bool
) -> Iterator[Shown]:
    """Answers from the nearest place that the first moment's picture can be decoded from."""
    if not is_seekable:
        packets: Iterator[Packet[VideoStream]] = (
            packet for packet in reel.container.demux(stream) if packet.size
        )
        yield from _Playback(reel, stream, packets, is_whole=True).answer(wanted, idle)
        return
    for start in _choose_starts(reel, stream, wanted[0]):
        try:
            packets = reel.read_picture(max(start, Fraction(0)))
            yield from _Playback(reel, stream, packets, is_whole=start <= 0).answer(wanted, idle)
        except (_BeganTooLate, av.FFmpegError):
            if start <= 0:
                raise
            continue
        return


def _choose_starts(reel: Reel, stream: VideoStream, wanted: int) -> Iterator[Fraction]:
    """Places to begin at, each for the case that those before did not do; the last one is the film's beginning.

    The picture at a moment may need more than the key frame before it: what is refreshed bit by bit is whole only
    some pictures later, and some files call pictures key frames that are none.
    """
    moment = reel.to_moment(stream, wanted)
    if reel.duration is not None:
        moment = min(moment, Fraction(reel.duration))  # some readers refuse to seek behind the end
    for back in (Fraction(0), _BLIND_SEEK, _FARTHER_BACK):
        if moment - back > 0:
            yield moment - back
    yield Fraction(0)


class _Playback:
    """Decoding without a break, from one key frame on."""

    def __init__(
        self, reel: Reel, stream: VideoStream, packets: Iterator[Packet[VideoStream]], *, is_whole: bool
    ) -> None:
        self._reel = reel
        self._stream = stream
        self._packets = packets
        self._is_whole = is_whole

    def answer(self, wanted: deque[int], idle: Callable[[], None]) -> Iterator[Shown]:
        """Pictures for the first of the wanted ticks, which are taken away, until it is better to begin anew.

        Raises:
            _BeganTooLate: there is none for the first of them, and the film began earlier.
            BrokenMedia: the film was decoded from its beginning, and there is none.
        """
        feed = _Feed(self._stream, self._packets, tuple(wanted), idle)
        held: Shown | None = None
        for frame in self._decode(feed):
            ticks = frame.pts if frame.pts is not None else frame.dts
            if ticks is None:
                continue
            shown = Shown(frame, self._reel.to_moment(self._stream, ticks))
            while wanted and ticks > wanted[0]:
                if held is None and not self._is_whole:
                    raise _BeganTooLate
                wanted.popleft()
                yield shown if held is None else held
            held = shown
        if held is None:
            raise self._explain_nothing()
        while wanted and (feed.is_at_end or wanted[0] <= feed.fed_up_to):
            wanted.popleft()
            yield held

    def _decode(self, feed: _Feed) -> Iterator[VideoFrame]:
        context = self._stream.codec_context
        for packet, is_needed in feed:
            context.skip_frame = "DEFAULT" if is_needed else "NONREF"
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue  # damage: players too go on with the next one
            yield from frames
        context.skip_frame = "DEFAULT"
        yield from context.decode(None)

    def _explain_nothing(self) -> Exception:
        if self._is_whole:
            return BrokenMedia(f"{self._reel.path.name} has no picture that can be decoded.")
        return _BeganTooLate()


class _Feed:
    """Packets to be decoded, each with whether its picture is needed or only what is made from it.

    Iterate over it once; it ends where the film does, or where the next wanted tick is reached sooner by a seek.

    Attributes:
        fed_up_to: the last wanted tick whose picture was among the packets.
        is_at_end: the film has ended.
    """

    def __init__(
        self,
        stream: VideoStream,
        packets: Iterator[Packet[VideoStream]],
        wanted: tuple[int, ...],
        idle: Callable[[], None],
    ) -> None:
        self._stream = stream
        self._packets = packets
        self._wanted = deque(wanted)
        self._idle = idle
        carries_times = stream.container.format.name not in _WITHOUT_TIMES
        self._may_skip = carries_times and stream.codec_context.name in _HAVE_UNREFERENCED
        self.fed_up_to = wanted[0] - 1
        self.is_at_end = False
        self._has_fed = False

    def __iter__(self) -> Iterator[tuple[Packet[VideoStream], bool]]:
        ahead = deque(islice(self._packets, _AHEAD))
        while ahead:
            self._idle()
            if self._settle(ahead) and (not self._wanted or self._is_seek_better(ahead[0])):
                return
            packet = ahead.popleft()
            ahead.extend(islice(self._packets, 1))
            yield packet, self._is_needed(packet, ahead)
        self.is_at_end = True

    def _settle(self, ahead: deque[Packet[VideoStream]]) -> bool:
        """Take away the wanted ticks whose pictures are behind, as all that is to come is shown later.

        Never before the first packet was fed: a film that begins behind a moment shows its first picture for it.
        """
        if not self._has_fed:
            self._has_fed = True
            return False
        earliest = min(_ticks_of(packet) for packet in ahead)
        before = len(self._wanted)
        while self._wanted and self._wanted[0] < earliest:
            self.fed_up_to = self._wanted.popleft()
        return len(self._wanted) < before

    def _is_seek_better(self, packet: Packet[VideoStream]) -> bool:
        """Whether a later key frame than the ones that were fed is a shorter way to the next picture."""
        base = time_base_of(self._stream)
        here = packet.dts if packet.dts is not None else _ticks_of(packet)
        index = self._stream.index_entries
        found = index.search_timestamp(self._wanted[0]) if len(index) else -1
        if found < 0:
            return (self._wanted[0] - here) * base > _BLIND_SEEK
        return (index[found].timestamp - here) * base > _WORTH_A_SEEK

    def _is_needed(self, packet: Packet[VideoStream], ahead: deque[Packet[VideoStream]]) -> bool:
        """Whether it may be the picture of a wanted tick; sure only where one shown between them is in sight."""
        if not self._may_skip or packet.pts is None:
            return True
        begin = packet.pts
        tick = next((tick for tick in self._wanted if tick >= begin), None)
        if tick is None:
            return False
        return not any(begin < _ticks_of(later) <= tick and not later.is_discard for later in ahead)


def _ticks_of(packet: Packet[VideoStream]) -> int:
    return shown_at(packet) or 0  # a reel gives none without a time
