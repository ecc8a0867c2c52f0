"""One run through a recording that writes it anew as H.264 and AAC.

Called by `encode.py`, once or twice a film: it decides how many bits there are and whether the result is good enough;
this does as it is told. Streams: packets go through one by one, and nothing is collected.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av

from nemowatch.media.encode_lines import CopiedSoundLine, PictureLine, SoundLine
from nemowatch.media.errors import BrokenMedia
from nemowatch.media.film import write_film
from nemowatch.media.probe import read_packets
from nemowatch.media.survey import clock_of, open_for_decoding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from nemowatch.media.encode_lines import Line, Span
    from nemowatch.media.film import Film
    from nemowatch.media.progress import Report
    from nemowatch.media.survey import Survey

_SEEK_MARGIN_SECONDS = 0.5
"""Sound is needed from a little before the place where it begins."""


class OverLimit(Exception):
    """Not worth going on: what has been written is more than there may be.

    Attributes:
        seconds: how far it had come.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Orders:
    """How to write a film.

    Attributes:
        span: what of the recording.
        seconds: how long that is supposed to be, for telling progress.
        size: of the picture; (0, 0) for none.
        picture_options: libx264's.
        sound_bits: bits a second; 0 to copy it as it is.
        channels: of the sound; 0 for none.
        max_bytes: when more than this has been written, it is given up; None for no limit.
    """

    span: Span
    seconds: float
    size: tuple[int, int]
    picture_options: Mapping[str, str]
    sound_bits: int
    channels: int
    max_bytes: int | None


@dataclass(frozen=True)
class Outcome:
    """What has been written.

    Attributes:
        picture_bytes: of the file's, those of the coded pictures alone.
        seconds: how long it plays.
    """

    size_bytes: int
    picture_bytes: int
    seconds: float


def encode_film(survey: Survey, target: Path, orders: Orders, report: Report) -> Outcome:
    """Write a film; it appears under its name when it is whole.

    Raises:
        OverLimit: it became larger than the orders allow.
        BrokenMedia: nothing of the span could be decoded.
        MediaError: the recording can't be read.
        OSError: the film can't be written.
    """
    with ExitStack() as stack:
        # The recording is the inner one: what it raises must leave nothing of the film behind.
        film = stack.enter_context(write_film(target))
        opened = stack.enter_context(open_for_decoding(survey.path, survey.found))
        run = _Run(survey, film, orders, opened)
        run.work(report)
        seconds, picture_bytes = run.seconds, run.picture_bytes
    size_bytes = target.stat().st_size
    return Outcome(size_bytes, picture_bytes, seconds)


class _Run:
    def __init__(
        self,
        survey: Survey,
        film: Film,
        orders: Orders,
        opened: tuple[InputContainer, VideoStream | None, AudioStream | None],
    ) -> None:
        self._survey, self._film, self._orders = survey, film, orders
        self._container, picture, sound = opened
        self._lines: dict[int, Line] = {}
        self._picture_index = -1
        self.picture_bytes = 0
        self._bytes = 0
        if picture is not None and survey.picture is not None and orders.size[0]:
            self._picture_index = picture.index
            self._lines[picture.index] = PictureLine(
                film, survey.picture, orders.size, orders.span, orders.picture_options
            )
        if sound is not None and survey.sound is not None and orders.channels:
            self._lines[sound.index] = self._add_sound(sound)

    @property
    def seconds(self) -> float:
        """How far the film has come."""
        return max((line.seconds for line in self._lines.values()), default=0.0)

    def work(self, report: Report) -> None:
        """Go through the recording, from a key frame before the span to its end."""
        report(0.0)
        open_lines = dict(self._lines)
        for packet in self._read():
            line = open_lines.get(packet.stream.index)
            if line is None:
                continue
            self._write(packet.stream.index, line, packet)
            if line.is_over:
                del open_lines[packet.stream.index]
                if not open_lines:
                    break
            report(min(self.seconds / self._orders.seconds, 1.0))
        for index, line in self._lines.items():
            self._write(index, line, None)
        if not self._bytes:
            raise BrokenMedia(f"{self._survey.path.name} has nothing that can be decoded there.")
        report(1.0)

    def _read(self) -> Any:
        streams: list[Stream] = [self._container.streams[index] for index in self._lines]
        begin = float(self._orders.span.begin)
        if begin > float(self._survey.origin):
            self._seek(begin, streams)
        try:
            yield from read_packets(self._container, *streams)
        except av.error.EOFError:
            return  # cut off, and all that is there has been read

    def _seek(self, begin: float, streams: list[Stream]) -> None:
        aim = max(begin - _SEEK_MARGIN_SECONDS, float(self._survey.origin))
        leader = next((stream for stream in streams if stream.index == self._picture_index), streams[0])
        try:
            self._container.seek(int(aim / clock_of(leader)), stream=leader, backward=True)
        except av.FFmpegError:
            self._container.seek(0)  # no index: read from the beginning, and leave out what comes before

    def _write(self, index: int, line: Line, packet: Packet[Any] | None) -> None:
        coded = line.finish() if packet is None else line.take(packet)
        for piece in coded:
            size = piece.size
            self._film.write((piece,))
            self._bytes += size
            if index == self._picture_index:
                self.picture_bytes += size
        limit = self._orders.max_bytes
        if limit is not None and self._bytes > limit:
            raise OverLimit(self.seconds)

    def _add_sound(self, stream: AudioStream) -> Line:
        orders = self._orders
        if not orders.sound_bits:
            return CopiedSoundLine(self._film, stream, orders.span)
        return SoundLine(self._film, stream, orders.channels, orders.sound_bits, orders.span)
