"""How long and how large a media file is, and what it is coded with.

Called by intake's complete-file gate, by `verify.py`, and by the embedded service for uploads. Blocking:
callers use a thread. It reads headers, not the whole file, and leaves libav's logging alone (changing it can
deadlock with decoding threads).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

from nemowatch.media.errors import BrokenMedia, IncompleteMedia
from nemowatch.media.sniff import AAC, WEBP, Format, Kind, identify, open_regular, read_head
from nemowatch.media.wholeness import require_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

_LONGEST_SECONDS = 30 * 24 * 3600.0  # anything above is a header's nonsense
_SANE_FPS = (0.01, 1000.0)
_WEBP_ANIMATION = 0x02


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds.

    Attributes:
        kind: by content: a film without a picture is audio.
        container: its usual suffix without the dot: `mp4`, `mkv`, `png`.
        duration_seconds: None for pictures, and where the file does not say.
        width: pixels as coded, before a phone's note to turn the picture is followed; so is `height`.
        fps: pictures a second; None without a moving picture.
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


def probe(path: Path) -> MediaInfo:
    """Look into a file.

    Raises:
        NotMedia: it is something else than accepted media.
        IncompleteMedia: it may be readable later: empty, cut off, or without its index.
        BrokenMedia: it can't be opened, or holds neither picture nor sound.
        OSError: the file can't be read.
    """
    found = identify(path)
    require_whole(path, found)
    with open_media(path, found) as container:
        return describe_media(path, found, container)


@contextmanager
def open_media(path: Path, found: Format) -> Iterator[InputContainer]:
    """Open a file with the one demuxer of its format, and translate libav's complaints, also later ones.

    Raises:
        NotMedia: the path is no regular file.
        IncompleteMedia: the file ends where more was expected, as one does that is still being recorded.
        BrokenMedia: anything else that libav can't make sense of.
        OSError: the file can't be read.
    """
    with open_regular(path) as file, translate_faults(path, found):
        # By its descriptor: the path could lead to a pipe by now, and a name with a colon to a protocol.
        options = {"fd": str(file.fileno())}
        with av.open("fd:", format=found.demuxer, options=options) as container:
            yield container


@contextmanager
def translate_faults(path: Path, found: Format) -> Iterator[None]:
    """Turn what libav raises in the block into this package's errors. Raises as `open_media` does."""
    try:
        yield
    except (av.error.EOFError, av.error.OSError) as fault:
        raise IncompleteMedia(f"{path.name} ends too early: {fault.strerror}.") from fault
    except av.FFmpegError as fault:
        raise BrokenMedia(f"{path.name} can't be read as {found.name.upper()}: {fault.strerror}.") from fault


def describe_media(path: Path, found: Format, container: InputContainer) -> MediaInfo:
    """Put an open container's headers into words. Raises BrokenMedia if nothing in it can be shown."""
    if is_animated_webp(path, found):
        return _describe_animated_webp(path)
    picture, sound = pick_picture(container), pick_sound(container)
    if picture is None and sound is None:
        raise BrokenMedia(f"{path.name} holds neither picture nor sound.")
    kind: Kind = found.kind if picture is not None else "audio"
    width, height = _measure_picture(picture) if picture is not None else (None, None)
    return MediaInfo(
        kind=kind,
        container=found.name,
        duration_seconds=None if kind == "image" else _read_duration(found, container),
        width=width,
        height=height,
        fps=_read_fps(picture) if picture is not None and kind == "video" else None,
        video_codec=picture.codec_context.name if picture is not None else None,
        audio_codec=sound.codec_context.name if sound is not None else None,
        size_bytes=path.stat().st_size,
    )


def is_animated_webp(path: Path, found: Format) -> bool:
    """Whether a picture is one that libav can't decode though every browser shows it."""
    if found != WEBP:
        return False
    head = read_head(path)
    return head[12:16] == b"VP8X" and bool(head[20] & _WEBP_ANIMATION)


def _describe_animated_webp(path: Path) -> MediaInfo:
    head = read_head(path)
    width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
    return MediaInfo("image", WEBP.name, None, width, height, None, "webp", None, path.stat().st_size)


def pick_picture(container: InputContainer) -> VideoStream | None:
    """The first stream that is a picture to be shown: cover art is not."""
    for stream in container.streams.video:
        if _is_decodable(stream) and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def pick_sound(container: InputContainer) -> AudioStream | None:
    """The first sound stream that can be decoded."""
    return next((stream for stream in container.streams.audio if _is_decodable(stream)), None)


def measure_packets(packets: Iterable[Packet[Stream]]) -> float | None:
    """Play length in seconds by the packets, whatever the header says; None if they carry no times.

    With `container.demux()` this reads the whole file once, without decoding it.
    """
    first: float | None = None
    last: float | None = None
    for packet in packets:
        moment = packet.pts if packet.pts is not None else packet.dts
        if moment is None or packet.stream.type not in {"video", "audio"}:
            continue
        begin = float(moment * packet.time_base)
        end = begin + float((packet.duration or 0) * packet.time_base)
        first = begin if first is None else min(first, begin)
        last = end if last is None else max(last, end)
    if first is None or last is None:
        return None
    return last - max(first, 0.0)  # sound may begin before zero: encoder delay that no player shows


def _is_decodable(stream: VideoStream | AudioStream) -> bool:
    # PyAV's stubs promise a codec context; for a codec that libav does not know there is none.
    return getattr(stream, "codec_context", None) is not None


def _measure_picture(stream: VideoStream) -> tuple[int | None, int | None]:
    width, height = stream.codec_context.width, stream.codec_context.height
    if not width or not height:
        return None, None
    return width, height


def _read_duration(found: Format, container: InputContainer) -> float | None:
    # A bare ADTS stream has no header; libav guesses from its bit rate and can be off by half.
    seconds = measure_packets(container.demux()) if found == AAC else (container.duration or 0) / av.time_base
    return seconds if seconds is not None and 0 < seconds < _LONGEST_SECONDS else None


def _read_fps(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    if rate is None or not _SANE_FPS[0] <= rate <= _SANE_FPS[1]:
        return None
    return round(float(rate), 3)
