"""How many bits a film gets, and how large its picture may stay with them.

Called by `encode.py` before anything is encoded. Arithmetic alone: it opens nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nemowatch.media.errors import MediaError
from nemowatch.units import format_bytes, format_duration

AIM_SHARE = 0.96
"""What an encode aims at, of the limit: an encoder that is 3 % off stays below it."""

LARGEST_PIXELS = 4096 * 2304
"""Of what is written: H.264 level 5.2, which is as far as decoders in phones and browsers go."""

_CONTAINER_BYTES = 3_000
_PICTURE_ENTRY_BYTES = (
    17  # in the index of an MP4: size, time, offset of showing, key, and a share of the chunk
)
_SOUND_ENTRY_BYTES = 6
_SOUND_FRAME_SECONDS = 1024 / 48_000

# What H.264 needs for a picture that people don't find bad: talks, screens, people. Larger pictures need fewer bits
# a pixel, and more pictures a second fewer bits a picture.
_ENOUGH_BITS = 900_000
_ENOUGH_PIXELS = 1280 * 720
_ENOUGH_FPS = 30.0
_BY_PIXELS = 0.75
_KEEPS_LOOKS = 0.6
"""A film that was encoded well looks much the same at this share of its bits, however few they are."""

_HEIGHTS = (2160, 1440, 1080, 720, 540, 480, 360, 270)
_FEWEST_PICTURE_BITS = 12_000

# From bits a second of the whole, to bits a second for each channel of sound.
_SOUND_STEPS = ((1_800_000, 96_000), (700_000, 64_000), (350_000, 48_000), (150_000, 32_000), (0, 16_000))
_FEWEST_SURROUND_BITS = 1_500_000
_SOUND_ALONE_BITS = 128_000
_FEWEST_SOUND_BITS = 8_000


class CannotFit(MediaError):
    """The recording plays for so long that nothing worth seeing or hearing fits under the limit."""


@dataclass(frozen=True)
class Shape:
    """What is to be encoded.

    Attributes:
        seconds: how long it plays.
        width: pixels as shown: turned upright, square; zero without a picture. So is `height`.
        fps: pictures a second.
        known_bits: bits a second that the picture has now, where its codec is about as good as H.264; else None.
        channels: of its sound; zero without.
    """

    seconds: float
    width: int
    height: int
    fps: float
    known_bits: float | None
    channels: int


@dataclass(frozen=True)
class Budget:
    """What an encode gets.

    Attributes:
        aim_bytes: size of the file that it aims at.
        picture_bits: bits a second; zero without a picture.
        sound_bits: bits a second; zero without sound.
        channels: of the sound that is written.
        width: even; zero without a picture. So is `height`.
    """

    aim_bytes: int
    picture_bits: int
    sound_bits: int
    channels: int
    width: int
    height: int


def plan_budget(shape: Shape, max_bytes: int, name: str) -> Budget:
    """Share out what fits under a limit.

    Raises:
        CannotFit: it is too little for a film of that length. `name` is the file's.
    """
    aim = int(max_bytes * AIM_SHARE)
    index_bytes = _CONTAINER_BYTES + _index_bytes(shape)
    total = max(aim - index_bytes, 0) * 8 / shape.seconds
    sound, channels = plan_sound(total, shape.channels, is_alone=not shape.width)
    picture = int(total) - sound if shape.width else 0
    if (shape.width and picture < _FEWEST_PICTURE_BITS) or (channels and sound < _FEWEST_SOUND_BITS):
        raise CannotFit(
            f"{name} plays for {format_duration(shape.seconds)}: too long to fit under {format_bytes(max_bytes)}.",
            hint="Cut it with the rule's `trim`, or set `oversize: split`.",
        )
    width, height = fit_size(shape, picture) if shape.width else (0, 0)
    return Budget(aim, picture, sound, channels, width, height)


def plan_sound(total_bits: float, channels: int, *, is_alone: bool) -> tuple[int, int]:
    """Bits a second for the sound, and its channels: surround becomes stereo where bits are few."""
    if not channels:
        return 0, 0
    if is_alone:
        kept = channels if total_bits >= 48_000 * channels else min(channels, 2)
        return int(min(total_bits * 0.98, _SOUND_ALONE_BITS * kept)), kept
    kept = channels if total_bits >= _FEWEST_SURROUND_BITS else min(channels, 2)
    each = next(bits for floor, bits in _SOUND_STEPS if total_bits >= floor)
    return int(min(each * kept, total_bits * 0.3)), kept


def fit_size(shape: Shape, picture_bits: float) -> tuple[int, int]:
    """The largest size, of the usual ones, for which bits a second are enough; the film's own where they are."""
    known = shape.known_bits
    is_enough = known is not None and picture_bits >= _KEEPS_LOOKS * known
    if shape.width * shape.height <= LARGEST_PIXELS and (
        is_enough or picture_bits >= enough_bits(shape.width, shape.height, shape.fps)
    ):
        return even_size(shape.width, shape.height)
    shorter = min(shape.width, shape.height)
    size = even_size(shape.width, shape.height)
    for side in (side for side in _HEIGHTS if side < shorter):
        size = scale_size(shape.width, shape.height, side / shorter)
        if size[0] * size[1] > LARGEST_PIXELS:
            continue
        if is_enough or picture_bits >= enough_bits(*size, shape.fps):
            break
    return size


def fit_largest(shape: Shape) -> tuple[int, int]:
    """The film's own size, or the largest that may be written; (0, 0) without a picture."""
    return fit_size(shape, math.inf) if shape.width else (0, 0)


def enough_bits(width: int, height: int, fps: float) -> float:
    """Bits a second that a picture of this size is worth."""
    by_pixels = math.pow(width * height / _ENOUGH_PIXELS, _BY_PIXELS)
    return _ENOUGH_BITS * by_pixels * math.sqrt(fps / _ENOUGH_FPS)


def scale_size(width: int, height: int, share: float) -> tuple[int, int]:
    """A size made smaller, in even numbers: colours are stored for two by two pixels."""
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def even_size(width: int, height: int) -> tuple[int, int]:
    """A size without an odd last column or row."""
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


def _index_bytes(shape: Shape) -> int:
    pictures = math.ceil(shape.seconds * shape.fps) if shape.width else 0
    sounds = math.ceil(shape.seconds / _SOUND_FRAME_SECONDS) if shape.channels else 0
    return pictures * _PICTURE_ENTRY_BYTES + sounds * _SOUND_ENTRY_BYTES
