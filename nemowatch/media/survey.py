"""What an encode has to know of a recording before it begins: its first picture tells more than headers do.

Called by `encode.py`. It decodes one picture and one piece of sound, and writes nothing.
"""

from __future__ import annotations

import math
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

from nemowatch.media.errors import BrokenMedia
from nemowatch.media.probe import MAX_PIXELS, open_media, pick_picture, pick_sound, read_packets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from nemowatch.media.sniff import Format

# ITU-T H.273: the numbers that files carry.
BT709, UNSPECIFIED, BT2020 = 1, 2, 9
SMPTE_170M = 6
PQ, HLG = 16, 18
FULL_RANGE, NARROW_RANGE = 2, 1
_GOOD_CODECS = frozenset({"h264", "hevc", "av1", "vp8", "vp9", "mpeg4"})
_FIRST_LOOK_PACKETS = 2_000
_SANE_FPS = (1.0, 240.0)
_USUAL_FPS = 30.0
_CLOCKS = (600, 1_000_000)  # ticks a second
_USUAL_CLOCK = 90_000
_LARGEST_SQUEEZE = 8


@dataclass(frozen=True)
class Colours:
    """How numbers stand for colours (ITU-T H.273): primaries, transfer, matrix."""

    primaries: int
    transfer: int
    matrix: int


@dataclass(frozen=True)
class Picture:
    """The picture of a recording.

    Attributes:
        width: pixels as coded; so is `height`.
        shown_width: turned upright, with square pixels; so is `shown_height`.
        turns: filters that turn it upright, in libav's words, in order.
        is_sideways: they exchange width and height.
        fps: pictures a second, or a guess.
        known_bits: bits a second, where the codec is about as good as H.264.
        colours: as the first picture says.
        is_rgb: as screens and drawings are.
        clock: what its times are counted in, in seconds.
    """

    width: int
    height: int
    shown_width: int
    shown_height: int
    turns: tuple[tuple[str, str], ...]
    is_sideways: bool
    fps: float
    known_bits: float | None
    colours: Colours
    is_rgb: bool
    clock: Fraction

    @property
    def is_wide(self) -> bool:
        """Brighter or more colourful than eight bits hold well (HDR)."""
        return self.colours.transfer in {PQ, HLG} or self.colours.primaries == BT2020


@dataclass(frozen=True)
class Sound:
    """The sound of a recording. `bits` a second, zero if unknown; `is_plain_aac`: an MP4 can take it as it is."""

    rate: int
    channels: int
    bits: int
    is_plain_aac: bool


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes:
        seconds: by the header; None where it says nothing usable.
        origin: the file's own time at which playing begins, in seconds.
    """

    path: Path
    found: Format
    seconds: float | None
    origin: Fraction
    picture: Picture | None
    sound: Sound | None


def survey_recording(path: Path, found: Format, seconds: float | None) -> Survey:
    """Look at the beginning of a recording. `seconds` is what `probe` says.

    Raises:
        BrokenMedia: there is nothing in it that can be decoded.
        MediaError, OSError: as `open_media`.
    """
    with open_for_decoding(path, found) as (container, picture, sound):
        origin = find_origin(container, picture)
        first, heard = _first_frames(container, picture, sound)
        seen = _describe_picture(container, picture, first, sound) if picture is not None and first else None
        told = _describe_sound(sound) if sound is not None and heard else None
    if seen is None and told is None:
        raise BrokenMedia(f"{path.name} has no picture and no sound that can be decoded.")
    return Survey(path, found, seconds, origin, seen, told)


@contextmanager
def open_for_decoding(
    path: Path, found: Format
) -> Iterator[tuple[InputContainer, VideoStream | None, AudioStream | None]]:
    """Open a recording with a limit on what its picture may take, and threads for decoding it."""
    with open_media(path, found) as container:
        picture, sound = pick_picture(container), pick_sound(container)
        if picture is not None:
            picture.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            picture.thread_type = "AUTO"
        yield container, picture, sound


def find_origin(container: InputContainer, picture: VideoStream | None) -> Fraction:
    """The file's own time of the first moment that is played, in seconds."""
    start = Fraction(container.start_time or 0, av.time_base)
    if start >= 0:
        return start
    # Sound before zero is what its decoder needs to start, and no player lets it be heard; pictures are shown.
    if picture is None or picture.start_time is None:
        return Fraction(0)
    return min(Fraction(0), picture.start_time * clock_of(picture))


def clock_of(stream: Stream) -> Fraction:
    """Seconds of one tick of a stream's times."""
    return stream.time_base or Fraction(1, av.time_base)


def decode_packet(packet: Packet[Any]) -> list[Any]:
    """What a packet holds; nothing where it is damaged, as players do it."""
    try:
        return packet.decode()
    except (av.error.InvalidDataError, av.error.ArgumentError):
        return []


def _first_frames(
    container: InputContainer, picture: VideoStream | None, sound: AudioStream | None
) -> tuple[VideoFrame | None, bool]:
    streams = [stream for stream in (picture, sound) if stream is not None]
    first: VideoFrame | None = None
    is_heard = sound is None
    for number, packet in enumerate(read_packets(container, *streams)):
        frames = decode_packet(packet)
        if packet.stream is picture:
            first = first or next(iter(frames), None)
        else:
            is_heard = is_heard or bool(frames)
        if number > _FIRST_LOOK_PACKETS or (is_heard and (first is not None or picture is None)):
            break
    return first, is_heard and sound is not None


def _describe_picture(
    container: InputContainer, stream: VideoStream, first: VideoFrame, sound: AudioStream | None
) -> Picture:
    turns, is_sideways = find_turns(first)
    width, height = _square(first.width, first.height, stream.sample_aspect_ratio)
    return Picture(
        width=first.width,
        height=first.height,
        shown_width=height if is_sideways else width,
        shown_height=width if is_sideways else height,
        turns=turns,
        is_sideways=is_sideways,
        fps=_guess_fps(stream),
        known_bits=_known_bits(container, stream, sound),
        colours=Colours(first.color_primaries, first.color_trc, first.colorspace),
        is_rgb=first.format.is_rgb,
        clock=_pick_clock(stream),
    )


def find_turns(frame: VideoFrame) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Filters that turn a picture as its file notes it, mirrored ones too; and whether its sides change places.

    The note is a matrix (ISO/IEC 14496-12, 8.3.2), and they are what the ffmpeg program turns it with.
    """
    notes: Any = frame.side_data
    note = notes.get("DISPLAYMATRIX")
    if note is None:
        return (), False
    a, b, _, c, d = struct.unpack_from("=5i", bytes(note))
    quarter = round(math.degrees(math.atan2(b, a)) / 90) % 4
    if quarter == 1:
        return (("transpose", "cclock_flip" if c > 0 else "clock"),), True
    if quarter == 3:
        return (("transpose", "clock_flip" if c < 0 else "cclock"),), True
    flips = (("hflip", ""),) if quarter == 2 else ()
    return flips + ((("vflip", ""),) if d < 0 else ()), False


def _square(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size with square pixels: the longer way of a pixel is kept."""
    if not aspect or not Fraction(1, _LARGEST_SQUEEZE) <= aspect <= _LARGEST_SQUEEZE:
        return width, height
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


def _guess_fps(stream: VideoStream) -> float:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and _SANE_FPS[0] <= rate <= _SANE_FPS[1]:
            return float(rate)
    return _USUAL_FPS


def _known_bits(container: InputContainer, stream: VideoStream, sound: AudioStream | None) -> float | None:
    if stream.codec_context.name not in _GOOD_CODECS:
        return None
    told = stream.codec_context.bit_rate
    if told:
        return float(told)
    rest = (container.bit_rate or 0) - ((sound.codec_context.bit_rate or 0) if sound is not None else 0)
    return float(rest) if rest > 0 else None


def _pick_clock(stream: VideoStream) -> Fraction:
    """The recording's own clock, so that its times stay as they are, unless it is too coarse or too fine for MP4."""
    clock = clock_of(stream)
    return (
        clock if _CLOCKS[0] <= 1 / clock <= _CLOCKS[1] and clock.numerator == 1 else Fraction(1, _USUAL_CLOCK)
    )


def _describe_sound(stream: AudioStream) -> Sound:
    context = stream.codec_context
    is_plain = context.name == "aac" and context.profile == "LC" and bool(context.extradata)
    return Sound(context.sample_rate, context.channels, context.bit_rate or 0, is_plain)
