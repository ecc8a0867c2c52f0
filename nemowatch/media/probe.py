"""How long and how large a media file is, and what it is coded with.

Called by intake's complete-file gate, by `verify.py`, by everything that opens a recording to work on it, and by the
embedded service for uploads. Blocking: callers use a worker process, or a thread. It reads headers and one picture,
the whole file only where that has no header that says how long it plays, and leaves libav's logging alone (changing
it can deadlock with decoding threads). Nothing in a file makes it take more memory than a large picture needs.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

from nemowatch.media.errors import BrokenMedia, IncompleteMedia
from nemowatch.media.formats import PNG, WEBP, Format, Kind
from nemowatch.media.progress import Report, ignore_progress
from nemowatch.media.sniff import identify, open_regular, read_head
from nemowatch.media.wholeness import require_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_LONGEST_SECONDS = 30 * 24 * 3600.0  # anything above is a header's nonsense
_SANE_FPS = (0.01, 1000.0)
_WEBP_ANIMATION = 0x02
_FIRST_LOOK_PACKETS = 2_000  # a broadcast that was cut anywhere has a key frame among so many
_LARGEST_SQUEEZE = 8  # a pixel that is longer than this is a header's nonsense

# Streams of frames without a header. libav guesses from the bit rate and can be off by half.
_GUESSED_LENGTHS = frozenset({"aac", "mp3"})
# Headers with a number that nothing else in them bears out, and that a recorder which broke off never corrected.
_CLAIMED_LENGTHS = frozenset({"matroska", "avi", "flv"})
_CLAIM_SLACK = (1.0, 0.02)  # seconds and share by which such a number is off in good files

MAX_PIXELS = 16_384 * 16_384 // 2
"""The largest picture that is decoded: 16K film stays below it."""

_LARGEST_PICTURE = 1_000_000_000
"""Pixels that a picture may announce: five times what the largest sensors of phones have."""

_DECODER_LIMITS = {"max_pixels": str(MAX_PIXELS)}
_MOST_STREAMS = 256  # a whole satellite channel group has fewer; a decoder for each is what takes the memory


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds.

    Attributes:
        kind: by content: a film without a picture is audio.
        container: its usual suffix without the dot: `mp4`, `mkv`, `png`.
        duration_seconds: None for pictures, and where nothing in the file tells.
        width: pixels as coded, before a phone's note to turn the picture is followed; so is `height`.
            None where nothing says, and where what says it is more than `MAX_PIXELS`.
        fps: pictures a second; None without a moving picture.
        rotation: degrees clockwise by which the picture is to be turned for showing: 0, 90, 180 or 270.
        video_streams: how many moving pictures it holds; cover art is none, nor is what nobody can decode.
        audio_streams: how many of them can be decoded.
        subtitle_streams: how many there are.
        pixel_aspect: how wide a pixel is shown for its height.
    """

    kind: Kind
    container: str
    duration_seconds: float | None
    width: int | None
    height: int | None
    fps: float | None
    video_codec: str | None
    audio_codec: str | None
    size_bytes: int
    rotation: int = 0
    video_streams: int = 0
    audio_streams: int = 0
    subtitle_streams: int = 0
    pixel_aspect: float = 1.0

    @property
    def shown_width(self) -> int | None:
        """Pixels across as a player shows it: upright, and with square pixels."""
        return self._measure_shown()[0]

    @property
    def shown_height(self) -> int | None:
        """Pixels from top to bottom as a player shows it: upright, and with square pixels."""
        return self._measure_shown()[1]

    def _measure_shown(self) -> tuple[int | None, int | None]:
        if self.width is None or self.height is None:
            return None, None
        # As players do: narrow pixels are drawn out, wide ones too, and lines stay lines.
        wide = max(1, round(self.width * self.pixel_aspect))
        return (self.height, wide) if self.rotation % 180 else (wide, self.height)


def probe(path: Path, *, foreign: bool = False, report: Report = ignore_progress) -> MediaInfo:
    """Look into a file.

    Args:
        path: the file.
        foreign: whether also one that the service does not take and libav reads is looked into.
        report: is told how far a file is read that has to be read whole.

    Raises:
        NotMedia: it is something else than accepted media.
        IncompleteMedia: it may be readable later: empty, cut off, or without its index.
        BrokenMedia: it can't be opened, or holds neither picture nor sound.
        OSError: the file can't be read.
    """
    found = identify(path, foreign=foreign)
    require_whole(path, found)
    with open_media(path, found) as container:
        first = None if is_animated_webp(path, found) else _find_first_picture(container)
        info = describe_media(path, found, container, first)
        if info.kind == "image":
            return info
        length = info.duration_seconds
        if length is not None and found.demuxer in _CLAIMED_LENGTHS:
            length = _check_claim(container, length, report)
    if length is None or found.demuxer in _GUESSED_LENGTHS:
        length = _measure_length(path, found, report)
    return replace(info, duration_seconds=length)


@contextmanager
def open_media(path: Path, found: Format) -> Iterator[InputContainer]:
    """Open a file with the one demuxer of its format, and translate libav's complaints, also later ones.

    No decoder of it gives a picture of more than `MAX_PIXELS`.

    Raises:
        NotMedia: the path is no regular file.
        IncompleteMedia: the file ends where more was expected, as one does that is still being recorded.
        BrokenMedia: anything else that libav can't make sense of.
        OSError: the file can't be read.
    """
    with open_regular(path) as file, translate_faults(path, found):
        # By its descriptor: the path could lead to a pipe by now, and a name with a colon to a protocol. The limit
        # is for libav's own first look, which decodes.
        options = {"fd": str(file.fileno()), "max_streams": str(_MOST_STREAMS), **_DECODER_LIMITS}
        # Titles in an old code page are common, and nobody reads them here.
        with av.open("fd:", format=found.demuxer, options=options, metadata_errors="replace") as container:
            for stream in container.streams.video:
                if is_decodable(stream):
                    stream.codec_context.options = dict(_DECODER_LIMITS)
            yield container


@contextmanager
def translate_faults(path: Path, found: Format) -> Iterator[None]:
    """Turn what libav raises in the block into this package's errors. Raises as `open_media` does."""
    try:
        yield
    except (av.error.EOFError, av.error.OSError) as fault:
        raise IncompleteMedia(f"{path.name} ends too early: {fault.strerror}.") from fault
    except av.error.MemoryError as fault:
        raise BrokenMedia(f"{path.name} asks for more streams or memory than a recording needs.") from fault
    except av.FFmpegError as fault:
        raise BrokenMedia(f"{path.name} can't be read as {found.name.upper()}: {fault.strerror}.") from fault


def describe_media(
    path: Path, found: Format, container: InputContainer, first: VideoFrame | None
) -> MediaInfo:
    """Put an open container's headers into words.

    Args:
        path: the file.
        found: what it is.
        container: the file, opened.
        first: its first picture, which alone says how it is to be turned; None where there is none to be had.

    Raises:
        BrokenMedia: nothing in it can be shown.
    """
    if is_animated_webp(path, found):
        return _describe_animated_webp(path)
    picture, sound = pick_picture(container), pick_sound(container)
    if picture is None and sound is None:
        raise BrokenMedia(f"{path.name} holds neither picture nor sound.")
    kind: Kind = found.kind if picture is not None else "audio"
    width, height = _measure_picture(picture, first) if picture is not None else (None, None)
    if found == PNG and not (width and height):
        width, height = _read_png_size(path)
    return MediaInfo(
        kind=kind,
        container=found.name,
        duration_seconds=None if kind == "image" else _read_duration(container),
        width=width,
        height=height,
        fps=_read_fps(picture) if picture is not None and kind == "video" else None,
        video_codec=picture.codec_context.name if picture is not None else None,
        audio_codec=sound.codec_context.name if sound is not None else None,
        size_bytes=path.stat().st_size,
        rotation=_read_rotation(first) if first is not None else 0,
        video_streams=0 if kind == "image" else sum(map(_is_moving_picture, container.streams.video)),
        audio_streams=sum(map(is_decodable, container.streams.audio)),
        subtitle_streams=len(container.streams.subtitles),
        pixel_aspect=_read_pixel_aspect(picture) if picture is not None else 1.0,
    )


def is_animated_webp(path: Path, found: Format) -> bool:
    """Whether a picture is one that libav can't decode though every browser shows it."""
    if found != WEBP:
        return False
    head = read_head(path)
    return head[12:16] == b"VP8X" and bool(head[20] & _WEBP_ANIMATION)


def _read_png_size(path: Path) -> tuple[int, int]:
    """The size that a PNG announces which libav does not open for it: large ones exist, but not any size."""
    head = read_head(path)
    width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
    if not 0 < width * height <= _LARGEST_PICTURE:
        raise BrokenMedia(f"{path.name} announces a picture of {width} x {height} pixels.")
    return width, height


def _describe_animated_webp(path: Path) -> MediaInfo:
    head = read_head(path)
    width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
    return MediaInfo("image", WEBP.name, None, width, height, None, "webp", None, path.stat().st_size)


def pick_picture(container: InputContainer) -> VideoStream | None:
    """The first stream that is a picture to be shown: cover art is not."""
    return next(filter(_is_moving_picture, container.streams.video), None)


def pick_sound(container: InputContainer) -> AudioStream | None:
    """The first sound stream that can be decoded."""
    return next(filter(is_decodable, container.streams.audio), None)


def is_decodable(stream: Stream) -> bool:
    """Whether libav knows what a stream is coded with."""
    # PyAV's stubs promise a codec context; for a codec that libav does not know there is none.
    return getattr(stream, "codec_context", None) is not None


def measure_packets(packets: Iterable[Packet[Stream]]) -> float | None:
    """Play length in seconds by the packets, whatever the header says; None if they carry no times.

    With those of `read_packets` this reads the whole file once, without decoding it.
    """
    first: float | None = None
    last: float | None = None
    for packet in packets:
        times = _time_packet(packet)
        if times is None:
            continue
        begin, end = times
        first = begin if first is None else min(first, begin)
        last = end if last is None else max(last, end)
    if first is None or last is None:
        return None
    return last - max(first, 0.0)  # sound may begin before zero: encoder delay that no player shows


def _time_packet(packet: Packet[Stream]) -> tuple[float, float] | None:
    """From when to when a piece of picture or sound lasts, in the file's own seconds."""
    moment = packet.pts if packet.pts is not None else packet.dts
    if moment is None or not packet.time_base or packet.stream.type not in {"video", "audio"}:
        return None
    begin = float(moment * packet.time_base)
    return begin, begin + float((packet.duration or 0) * packet.time_base)


def read_packets(
    container: InputContainer, *streams: Stream, report: Report = ignore_progress
) -> Iterator[Packet[Stream]]:
    """The packets from where a container stands, and at the end the empty ones that decoders are emptied with.

    Args:
        container: the file.
        streams: whose packets; of all, if none are given.
        report: is told how far into the file they are.
    """
    packets: Iterator[Packet[Stream]] = container.demux(*streams)
    size_bytes = max(1, container.size)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, IndexError):
            # IndexError: a stream that began late, as in broadcasts. PyAV stumbles over it behind the last packet.
            return
        if packet.pos is not None:
            report(min(1.0, packet.pos / size_bytes))
        yield packet


def _check_claim(container: InputContainer, claimed: float, report: Report) -> float | None:
    """The claimed length, or where it is wrong the true one; None where only reading it all can tell."""
    start = max(container.start_time or 0, 0) / av.time_base
    try:
        container.seek(int((start + max(claimed - _CLAIM_SLACK[0], 0.0)) * av.time_base))
        # From there on everything is read: the last moment is found, however far before or behind it is.
        pieces = map(_time_packet, read_packets(container, report=report))
        last = max((times[1] for times in pieces if times is not None), default=0.0)
    except av.FFmpegError:
        return None
    true = last - start
    slack = max(_CLAIM_SLACK[0], claimed * _CLAIM_SLACK[1])
    return claimed if abs(true - claimed) <= slack else _check_length(true)


def _measure_length(path: Path, found: Format, report: Report) -> float | None:
    with open_media(path, found) as container:
        return _check_length(measure_packets(read_packets(container, report=report)))


def _find_first_picture(container: InputContainer) -> VideoFrame | None:
    """The first picture that can be decoded, if there is one among the first packets."""
    stream = pick_picture(container)
    if stream is None:
        return None
    # Of all streams: where the picture has no packets at all, its own would be looked for to the file's end.
    for packet in islice(read_packets(container), _FIRST_LOOK_PACKETS):
        if packet.stream is not stream:
            continue
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # libav has many words for damage, and the next packet may be whole
        for frame in frames:
            if isinstance(frame, av.VideoFrame):
                return frame
    return None


def _is_moving_picture(stream: VideoStream) -> bool:
    return is_decodable(stream) and not stream.disposition & Disposition.attached_pic


def _measure_picture(stream: VideoStream, first: VideoFrame | None) -> tuple[int | None, int | None]:
    # What was decoded is true, whatever the header says.
    source = first or stream.codec_context
    return (source.width, source.height) if source.width and source.height else (None, None)


def _read_rotation(first: VideoFrame) -> int:
    # libav counts the other way round.
    return -round(first.rotation / 90) * 90 % 360


def _read_pixel_aspect(stream: VideoStream) -> float:
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 1 / _LARGEST_SQUEEZE <= aspect <= _LARGEST_SQUEEZE else 1.0


def _read_duration(container: InputContainer) -> float | None:
    return _check_length((container.duration or 0) / av.time_base)


def _check_length(seconds: float | None) -> float | None:
    return seconds if seconds is not None and 0 < seconds < _LONGEST_SECONDS else None


def _read_fps(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    if rate is None or not _SANE_FPS[0] <= rate <= _SANE_FPS[1]:
        return None
    return round(float(rate), 3)
